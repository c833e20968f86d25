"""What stands before a Space: TLS, and on huggingface.co the page in whose frame it is shown.

The frame's page gives out a token whenever the Space asks, as Gradio's page does before each event
of its queue; the test says which (``giveToken``).
"""

from __future__ import annotations

import ssl
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import trustme
import uvicorn
from browser import free_port
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

SPACE = "https://somebody-swish-lab.hf.space"
SHOWN = "https://huggingface.co/spaces/somebody/swish-lab"

_PAGE = """<!doctype html><title>Spaces</title><style>body, iframe {{margin: 0; border: 0}}</style>
<script>
  addEventListener("message", async ({{data, ports, source, origin}}) => {{
    if (data === "supports-zerogpu-headers") source.postMessage(data, origin);
    if (data.queryString) history.replaceState(null, "", `?${{data.queryString}}`);
    if (data === "zerogpu-headers") ports[0].postMessage({{"x-ip-token": await giveToken()}});
  }});
</script>
<iframe src="{space}/{path}" style="width: 100vw; height: 100vh"></iframe>"""

_HOP = {"connection", "transfer-encoding", "content-encoding", "content-length", "host"}


@contextmanager
def fronting(space: str) -> Iterator[list[str]]:
    """Chromium's arguments by which it finds both names here, in front of ``space``'s address."""
    client = httpx.AsyncClient(base_url=space, timeout=None)

    async def shown(request: Request) -> Response:
        path = f"?{request.url.query}" if request.url.query else ""
        return HTMLResponse(_PAGE.format(space=SPACE, path=path))

    async def passed_on(request: Request) -> Response:
        if request.url.hostname == "huggingface.co":
            return await shown(request)
        headers = {k: v for k, v in request.headers.items() if k not in _HOP}
        headers |= {"x-forwarded-proto": "https", "x-forwarded-host": request.url.hostname or ""}
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = client.build_request(
            request.method, path, headers=headers, content=await request.body()
        )
        answer = await client.send(asked, stream=True)

        async def body() -> AsyncIterator[bytes]:
            try:
                async for part in answer.aiter_raw():
                    yield part
            finally:
                await answer.aclose()

        passed = StreamingResponse(body(), answer.status_code)
        passed.raw_headers = [
            (name, value)
            for name, value in answer.headers.raw
            if name.decode().lower() not in _HOP - {"content-encoding"}
        ]
        return passed

    methods = ["GET", "POST", "HEAD", "PATCH", "DELETE", "PUT"]
    app = Starlette(routes=[Route("/{path:path}", passed_on, methods=methods)])
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        certificate = trustme.CA().issue_cert("huggingface.co", "*.hf.space")
        key, chain = Path(folder, "key.pem"), Path(folder, "chain.pem")
        certificate.private_key_pem.write_to_path(key)
        for part in certificate.cert_chain_pems:
            part.write_to_path(chain, append=True)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                port=port,
                log_level="error",
                ssl_keyfile=str(key),
                ssl_certfile=str(chain),
                ssl_version=ssl.PROTOCOL_TLS_SERVER,
                timeout_graceful_shutdown=1,
            )
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        rules = f"MAP *.hf.space 127.0.0.1:{port},MAP huggingface.co 127.0.0.1:{port}"
        try:
            yield [f"--host-resolver-rules={rules}"]
        finally:
            server.should_exit = True
            thread.join(10)
