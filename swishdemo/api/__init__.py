"""The REST interface, documented at ``/docs``.

- `application`: the FastAPI app, and how it stands beside the page.
- `facts`, `jobs`, `claims`, `export`, `events`: the routes.
- `bodies`, `answers`, `schemas`: strict JSON in, finite JSON out, and how both are documented.
- `documentation`: ``/docs`` and ``/openapi.json``; `guard`: Gradio's own routes, made polite.
"""
