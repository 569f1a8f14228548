"""The statements by which each database itself refuses to change a published rate card."""

from __future__ import annotations

KEPT = (
    "id",
    "name",
    "valid_from",
    "body",
    "revision",
    "based_on",
    "created_by",
    "created_at",
    "changed_at",
    "published_by",
    "published_at",
)
"""What stays as it is when a scheduled card is withdrawn: everything but the withdrawal."""

MESSAGE = "a published rate card never changes"


def guards(dialect: str) -> list[str]:
    """The statements that put the refusal in place, in order."""
    return _postgresql() if dialect == "postgresql" else _sqlite()


def unguards(dialect: str) -> list[str]:
    """The statements that take it away, for a downgrade."""
    on_table = " ON rate_card" if dialect == "postgresql" else ""
    dropped = [f"DROP TRIGGER rate_card_keep{what}{on_table}" for what in ("_update", "_delete")]
    return [*dropped, "DROP FUNCTION rate_card_keep()"] if dialect == "postgresql" else dropped


def _withdrawal(same: str) -> str:
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in KEPT)
    return f"OLD.state = 'published' AND NEW.state = 'withdrawn' AND {kept}"


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    return [
        "CREATE TRIGGER rate_card_keep_update BEFORE UPDATE ON rate_card "
        f"WHEN OLD.state <> 'draft' AND NOT ({_withdrawal('IS')}) {refuse}",
        f"CREATE TRIGGER rate_card_keep_delete BEFORE DELETE ON rate_card WHEN OLD.state <> 'draft' {refuse}",
    ]


def _postgresql() -> list[str]:
    return [
        "CREATE FUNCTION rate_card_keep() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER rate_card_keep_update BEFORE UPDATE ON rate_card FOR EACH ROW "
        f"WHEN (OLD.state <> 'draft' AND NOT ({_withdrawal('IS NOT DISTINCT FROM')})) "
        "EXECUTE FUNCTION rate_card_keep()",
        "CREATE TRIGGER rate_card_keep_delete BEFORE DELETE ON rate_card FOR EACH ROW "
        "WHEN (OLD.state <> 'draft') EXECUTE FUNCTION rate_card_keep()",
    ]
