"""The statements by which each database itself refuses to change what tax has written."""

from __future__ import annotations

APPEND_ONLY = ("tax_record", "tax_filing")
KEPT = (
    "id",
    "policy",
    "gap",
    "from_month",
    "payer_name",
    "payer_code",
    "reason",
    "proposed_by",
    "proposed_at",
)
MESSAGE = "a choice of tax policy is decided once and never changes"


def guards(dialect: str) -> list[str]:
    """The statements that put the refusal in place, in order. `refuse_change()` is there already."""
    return _postgresql() if dialect == "postgresql" else _sqlite()


def unguards(dialect: str) -> list[str]:
    """The statements that take it away, for a downgrade."""
    postgresql = dialect == "postgresql"
    drops = [
        f"DROP TRIGGER {table}_keep_{what}" + (f" ON {table}" if postgresql else "")
        for table in (*APPEND_ONLY, "tax_choice")
        for what in ("update", "delete")
    ]
    return [*drops, "DROP FUNCTION tax_choice_keep()"] if postgresql else drops


def _decision(same: str) -> str:
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in KEPT)
    return f"OLD.state = 'proposed' AND NEW.state <> 'proposed' AND {kept}"


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    return [
        *(
            f"CREATE TRIGGER {table}_keep_{what} BEFORE {what.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in APPEND_ONLY
            for what in ("update", "delete")
        ),
        "CREATE TRIGGER tax_choice_keep_update BEFORE UPDATE ON tax_choice "
        f"WHEN NOT ({_decision('IS')}) {refuse}",
        f"CREATE TRIGGER tax_choice_keep_delete BEFORE DELETE ON tax_choice {refuse}",
    ]


def _postgresql() -> list[str]:
    return [
        *(
            f"CREATE TRIGGER {table}_keep_{what} BEFORE {what.upper()} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            for table in APPEND_ONLY
            for what in ("update", "delete")
        ),
        "CREATE FUNCTION tax_choice_keep() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER tax_choice_keep_update BEFORE UPDATE ON tax_choice FOR EACH ROW "
        f"WHEN (NOT ({_decision('IS NOT DISTINCT FROM')})) EXECUTE FUNCTION tax_choice_keep()",
        "CREATE TRIGGER tax_choice_keep_delete BEFORE DELETE ON tax_choice FOR EACH ROW "
        "EXECUTE FUNCTION tax_choice_keep()",
    ]
