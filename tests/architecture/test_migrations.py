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

pytestmark = pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")


@pytest.fixture
def engine(bare_database_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(bare_database_url)
    yield engine
    engine.dispose()


def differences(engine: sa.Engine) -> list[object]:
    """What Alembic finds, but for indexes: their expressions escape it, and `definitions` has them."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, Base.metadata)
    return [change for change in found if change[0] not in ("add_index", "remove_index")]


def definitions(engine: sa.Engine) -> set[str]:
    """Every index and constraint as the database itself words it: conditions, checks and references."""
    sqlite = """
        SELECT sql FROM sqlite_master
        WHERE type = 'index' AND sql IS NOT NULL AND tbl_name <> 'alembic_version'
    """
    postgresql = """
        SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        UNION
        SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
    """
    with engine.connect() as connection:
        rows = connection.execute(sa.text(sqlite if engine.dialect.name == "sqlite" else postgresql))
        return {" ".join(str(row[0]).split()) for row in rows}


def checks(engine: sa.Engine) -> set[str]:
    inspector = sa.inspect(engine)
    return {
        f"{table}.{check['name']}: {' '.join(check['sqltext'].split())}"
        for table in inspector.get_table_names()
        for check in inspector.get_check_constraints(table)
    }


def test_there_is_one_newest_migration(engine: sa.Engine) -> None:
    assert len(ScriptDirectory.from_config(config(engine)).get_heads()) == 1


def test_the_migrations_lead_to_the_schema_of_the_code(engine: sa.Engine) -> None:
    upgrade(engine)
    assert at_head(engine)
    assert differences(engine) == []


def test_the_migrations_word_checks_and_indexes_as_the_code_does(engine: sa.Engine) -> None:
    upgrade(engine)
    migrated = definitions(engine) | checks(engine)
    downgrade(engine, "base")
    Base.metadata.create_all(engine)
    assert migrated == definitions(engine) | checks(engine)


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
