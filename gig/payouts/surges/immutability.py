"""The statements by which each database itself refuses to change what a surge promised."""

from __future__ import annotations

KEPT = ("id", "queue", "percent", "starts_at", "ends_at", "budget_fen", "reason", "made_by")
MESSAGE = "a surge never changes, it only ends"


def guards(dialect: str) -> list[str]:
    """The statements that put the refusal in place, in order."""
    return _postgresql() if dialect == "postgresql" else _sqlite()


def unguards(dialect: str) -> list[str]:
    """The statements that take it away, for a downgrade."""
    on_table = " ON surge" if dialect == "postgresql" else ""
    dropped = [f"DROP TRIGGER surge_keep{what}{on_table}" for what in ("_update", "_delete")]
    return [*dropped, "DROP FUNCTION surge_keep()"] if dialect == "postgresql" else dropped


def _allowed(same: str) -> str:
    """More was promised, or it ended; both only while it had not ended."""
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in KEPT)
    return f"OLD.ended_at IS NULL AND NEW.promised_fen >= OLD.promised_fen AND {kept}"


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    return [
        f"CREATE TRIGGER surge_keep_update BEFORE UPDATE ON surge WHEN NOT ({_allowed('IS')}) {refuse}",
        f"CREATE TRIGGER surge_keep_delete BEFORE DELETE ON surge {refuse}",
    ]


def _postgresql() -> list[str]:
    return [
        "CREATE FUNCTION surge_keep() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER surge_keep_update BEFORE UPDATE ON surge FOR EACH ROW "
        f"WHEN (NOT ({_allowed('IS NOT DISTINCT FROM')})) EXECUTE FUNCTION surge_keep()",
        "CREATE TRIGGER surge_keep_delete BEFORE DELETE ON surge FOR EACH ROW EXECUTE FUNCTION surge_keep()",
    ]
