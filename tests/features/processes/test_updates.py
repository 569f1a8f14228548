"""An update while processes run: the schema comes first, then the code."""

from __future__ import annotations

import sqlalchemy as sa

from gig.core.schema import at_head, serves, upgrade


def test_an_older_process_serves_on_after_the_migrations_of_an_update(bare_database_url: str) -> None:
    engine = sa.create_engine(bare_database_url)
    assert not serves(engine)
    upgrade(engine)
    assert serves(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert serves(engine)
    assert not at_head(engine)
    engine.dispose()
