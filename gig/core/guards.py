"""The statements by which each database itself refuses to change what is append-only."""

from __future__ import annotations

APPEND_ONLY = ("ledger_entry", "audit_log", "tunable_change")
"""The book, the log of who did what, the history of the numbers."""


def guards(dialect: str) -> list[str]:
    """What puts the refusal in place on every append-only table, in order."""
    return _postgresql() if dialect == "postgresql" else _sqlite()


def unguards(dialect: str) -> list[str]:
    """What takes it away, for a downgrade."""
    on = "" if dialect == "sqlite" else " ON {table}"
    drops = [
        f"DROP TRIGGER {table}_keep_{what}{on.format(table=table)}"
        for table in APPEND_ONLY
        for what in _whats(dialect)
    ]
    return drops if dialect == "sqlite" else [*drops, "DROP FUNCTION refuse_change()"]


def _whats(dialect: str) -> tuple[str, ...]:
    return ("update", "delete") if dialect == "sqlite" else ("update", "delete", "truncate")


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER {table}_keep_{what} BEFORE {what.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in APPEND_ONLY
        for what in _whats("sqlite")
    ]


def _postgresql() -> list[str]:
    function = (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; "
        "END $$"
    )
    triggers = [
        f"CREATE TRIGGER {table}_keep_{what} BEFORE {what.upper()} ON {table} "
        f"FOR EACH {'STATEMENT' if what == 'truncate' else 'ROW'} EXECUTE FUNCTION refuse_change()"
        for table in APPEND_ONLY
        for what in _whats("postgresql")
    ]
    return [function, *triggers]
