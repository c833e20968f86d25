"""The REST interface, documented at ``/docs``; the page uses it as notebooks do.

- `application`: the FastAPI app, and how it stands beside the page.
- `catalogue`, `calculation`, `jobs`, `claims`, `downloads`, `events`: the routes.
- `dependencies`, `responses`: who asks and what was sent; finite JSON and errors out, with schemas.
- `guard`: Gradio's own routes, made polite.
"""
