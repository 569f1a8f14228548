"""The floor: a bare Flask route that does one indexed conditional UPDATE and commits.

It is served as the product is: the same server, the same bridge and threads, the same engine settings,
the same writer lock. Only the product's work is missing.
"""

from __future__ import annotations

import os

import sqlalchemy as sa
from flask import Flask, jsonify

from gig import process
from gig.asgi import Everything
from gig.core.db import db, transaction
from gig.foundation import absolute, engine_options
from gig.settings import Settings

TABLE = "bench_floor"
_TAKE = sa.text(f"UPDATE {TABLE} SET state = 'claimed', owner = :owner WHERE id = :id AND state = 'open'")


def make(rows: list[str]) -> None:
    """The table, with as many rows as there are inquiries."""
    with transaction() as session:
        session.execute(sa.text(f"CREATE TABLE {TABLE} (id TEXT PRIMARY KEY, state TEXT, owner TEXT)"))
        session.execute(
            sa.text(f"INSERT INTO {TABLE} (id, state) VALUES (:id, 'open')"), [{"id": id} for id in rows]
        )


def create_floor() -> Flask:
    settings = Settings.from_env()
    app = Flask("floor")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=absolute(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
    )
    app.extensions["gig.settings"] = settings
    db.init_app(app)

    @app.post("/floor/<id>")
    def take(id: str) -> tuple[object, int]:
        with transaction() as session:
            taken = session.execute(_TAKE, {"id": id, "owner": os.urandom(4).hex()}).rowcount
        return jsonify(taken=taken), 201 if taken else 409

    return app


def web() -> Flask:
    """As the role `web` serves the product."""
    app = create_floor()
    process.begin(app)
    return app


def application() -> Everything:
    return Everything(create_floor(), scheduler=False)
