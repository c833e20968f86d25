"""The REST interface, documented at ``/docs``; the page uses it as notebooks do.

- `application`: the FastAPI app, and how it stands beside the page, whose own routes it guards.
- `catalogue`, `jobs`, `watching`, `claims`, `small_pages`: the routes.
- `dependencies`, `responses`: who asks and what was sent; finite JSON and errors out, with schemas.
"""
