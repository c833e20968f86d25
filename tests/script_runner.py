"""A process that runs scripts one after the other, and cannot import this project.

It serves requests of one JSON line each, ``{"path": …, "arguments": […]}``, and answers each with a
line: what the script printed, to the output and beside it, and the traceback where it failed.
"""

import contextlib
import io
import json
import runpy
import sys
import traceback
import warnings


def main():
    sys.modules["swishdemo"] = None  # an import of it is an error
    warnings.simplefilter("error")
    for line in sys.stdin:
        request = json.loads(line)
        written, said, failed = io.StringIO(), io.StringIO(), ""
        sys.argv = [request["path"], *request["arguments"]]
        try:
            with contextlib.redirect_stdout(written), contextlib.redirect_stderr(said):
                runpy.run_path(request["path"], run_name="__main__")
        except Exception:
            failed = traceback.format_exc()
        print(
            json.dumps({"written": written.getvalue(), "said": said.getvalue(), "failed": failed}),
            flush=True,
        )


if __name__ == "__main__":
    main()
