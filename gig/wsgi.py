"""Flask alone, on the threads of a WSGI server: the role `web` of a deployment."""

from __future__ import annotations

from flask import Flask

from gig import process
from gig.app import create_app


def web() -> Flask:
    """The application, ready to serve; called in each worker, after it was forked."""
    app = create_app()
    process.begin(app)
    return app
