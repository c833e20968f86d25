"""Process start → first 200, beside a bare Gradio page in the same environment.

Run: ``python tests/benchmarks/bench_start.py [pairs]``. The two are started in turn; printed are
the medians of wall time and of processor time up to the first answer, and the ratios pair by pair.
"""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import free_port

ROOT = Path(__file__).parents[2]
BARE = """
import sys
import gradio as gr

with gr.Blocks(analytics_enabled=False) as demo:
    slider = gr.Slider(0, 1)
    slider.input(lambda x: x, slider, gr.Number())
demo.launch(server_port=int(sys.argv[1]), quiet=True)
"""


def start(command: list[str], port: int, folder: str) -> tuple[float, float]:
    """Wall and processor seconds from the process's start to its first 200."""
    environment = {
        **os.environ,
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_SERVER_PORT": str(port),
        "SWISHDEMO_DATA_DIR": folder,
    }
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            try:
                connection.request("GET", "/")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.005)
            finally:
                connection.close()
        wall = time.perf_counter() - begun
        fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return wall, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        rows = []
        for pair in range(pairs + 1):
            port = free_port()
            ours = start([sys.executable, "app.py"], port, folder)
            port = free_port()
            peer = start([sys.executable, str(bare), str(port)], port, folder)
            if pair:  # the first pair warms the file caches
                rows.append((*ours, *peer))
    wall, cpu, bare_wall, bare_cpu = (statistics.median(c) for c in zip(*rows, strict=True))
    print(f"ours  {wall:.2f} s wall  {cpu:.2f} s processor")
    print(f"bare  {bare_wall:.2f} s wall  {bare_cpu:.2f} s processor")
    print(
        f"ratio of wall time, median of pairs: {statistics.median(r[0] / r[2] for r in rows):.3f}"
    )
    print(
        f"ratio of processor time:             {statistics.median(r[1] / r[3] for r in rows):.3f}"
    )


if __name__ == "__main__":
    main()
