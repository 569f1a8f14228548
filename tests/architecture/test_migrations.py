"""The migrations lead to exactly the schema of the code, forth and back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import gig.app  # noqa: F401  (every feature's tables join Base.metadata)
from gig.core.db import Base
from gig.core.schema import at_head, config, downgrade, upgrade


@pytest.fixture
def engine(bare_database_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(bare_database_url)
    yield engine
    engine.dispose()


def differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def checks_of_the_code(engine: sa.Engine) -> set[str]:
    preparer = engine.dialect.identifier_preparer
    found = set()
    for table in Base.metadata.tables.values():
        for check in table.constraints:
            if isinstance(check, sa.CheckConstraint):
                found.add(f"{table.name}.{preparer.format_constraint(check)}")
    return found


def checks_of_the_database(engine: sa.Engine) -> set[str]:
    inspector = sa.inspect(engine)
    return {
        f"{table}.{check['name']}"
        for table in inspector.get_table_names()
        for check in inspector.get_check_constraints(table)
    }


def test_there_is_one_newest_migration(engine: sa.Engine) -> None:
    assert len(ScriptDirectory.from_config(config(engine)).get_heads()) == 1


def test_the_migrations_lead_to_the_schema_of_the_code(engine: sa.Engine) -> None:
    upgrade(engine)
    assert at_head(engine)
    assert differences(engine) == []


def test_the_migrations_make_every_check_of_the_code(engine: sa.Engine) -> None:
    upgrade(engine)
    assert checks_of_the_database(engine) == checks_of_the_code(engine)


def test_the_migrations_go_down_to_nothing_and_up_again(engine: sa.Engine) -> None:
    upgrade(engine)
    downgrade(engine, "base")
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]
    upgrade(engine)
    assert differences(engine) == []


def test_each_migration_goes_down_one_step_and_up_again(engine: sa.Engine) -> None:
    scripts = ScriptDirectory.from_config(config(engine))
    for script in reversed(list(scripts.walk_revisions())):
        upgrade(engine, script.revision)
        downgrade(engine, "-1")
        upgrade(engine, script.revision)
    assert at_head(engine)
