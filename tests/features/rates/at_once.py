"""Several acts that begin at one instant, each in a thread and a session of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from gig.core.db import db
from gig.core.errors import GigError


def at_once(app: Flask, acts: Sequence[Callable[[], object]]) -> list[GigError | None]:
    """How each was refused, None if it was done; anything else that one raises is raised."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> GigError | None:
        with app.app_context():
            start.wait()
            try:
                act()
                return None
            except GigError as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
