"""The statements by which each database itself refuses to change a published rate card."""

from __future__ import annotations

KEPT_AT_FIRST = (
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
"""The columns that there were when the first guards were written (revision 0002)."""

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
    "changed_by",
    "submitted_by",
    "submitted_at",
    "why",
    "published_by",
    "published_at",
)
"""What stays as it is when a scheduled card is withdrawn: everything but the withdrawal."""

MESSAGE = "a published rate card never changes"


def guards(dialect: str) -> list[str]:
    """The statements that put the refusal in place, in order."""
    leaves_review = "OLD.state = 'submitted' AND NEW.state <> 'submitted'"
    return _guards(dialect, KEPT, f" AND NOT ({leaves_review})")


def guards_at_first(dialect: str) -> list[str]:
    """The same before cards were reviewed."""
    return _guards(dialect, KEPT_AT_FIRST, "")


def unguards(dialect: str) -> list[str]:
    """The statements that take it away, for a downgrade."""
    on_table = " ON rate_card" if dialect == "postgresql" else ""
    dropped = [f"DROP TRIGGER rate_card_keep{what}{on_table}" for what in ("_update", "_delete")]
    return [*dropped, "DROP FUNCTION rate_card_keep()"] if dialect == "postgresql" else dropped


def _guards(dialect: str, kept: tuple[str, ...], unless: str) -> list[str]:
    same = "IS NOT DISTINCT FROM" if dialect == "postgresql" else "IS"
    stays = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in kept)
    withdrawal = f"OLD.state = 'published' AND NEW.state = 'withdrawn' AND {stays}"
    changed = f"OLD.state <> 'draft'{unless} AND NOT ({withdrawal})"
    if dialect == "postgresql":
        return _postgresql(changed)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    return [
        f"CREATE TRIGGER rate_card_keep_update BEFORE UPDATE ON rate_card WHEN {changed} {refuse}",
        f"CREATE TRIGGER rate_card_keep_delete BEFORE DELETE ON rate_card WHEN OLD.state <> 'draft' {refuse}",
    ]


def _postgresql(changed: str) -> list[str]:
    return [
        "CREATE FUNCTION rate_card_keep() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER rate_card_keep_update BEFORE UPDATE ON rate_card FOR EACH ROW WHEN ({changed}) "
        "EXECUTE FUNCTION rate_card_keep()",
        "CREATE TRIGGER rate_card_keep_delete BEFORE DELETE ON rate_card FOR EACH ROW "
        "WHEN (OLD.state <> 'draft') EXECUTE FUNCTION rate_card_keep()",
    ]
