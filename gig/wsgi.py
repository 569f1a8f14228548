"""Flask alone, on the threads of a WSGI server: the role `web` of a deployment."""

from __future__ import annotations

from flask import Flask

from gig.app import create_app
from gig.asgi import warm
from gig.core.db import db


def web() -> Flask:
    """The application with open connections; called in each worker, after it was forked."""
    app = create_app()
    with app.app_context():
        warm(db.engine)
    return app
