"""What identity plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig.api.idempotency import purge_keys
from gig.identity import login
from gig.scheduler import Job, register


def plug_into(app: Flask) -> None:
    """People log in, programs carry tokens, keys of retries are forgotten after a day."""
    login.init_app(app)
    register(app, Job("api.purge_keys", every_s=3600, run=purge_keys))
