"""The REST interface, documented at ``/docs``; the page uses it as notebooks do.

- `application`: the FastAPI app, and how it stands beside the page.
- `catalogue`, `calculation`, `jobs`, `claims`, `downloads`, `events`: the routes.
- `caller`, `strict_json`, `responses`, `schemas`: who asks and what was sent, finite JSON and
  errors out, and how both are documented.
- `guard`: Gradio's own routes, made polite.
"""
