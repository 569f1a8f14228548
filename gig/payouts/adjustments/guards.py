"""What each database itself refuses: reversals beyond their entry, more taken from a reply than it paid,
and a decided adjustment that changes.

From one reply are taken: its penalty, reversals of what it earned, clawbacks that name it; each less what
was given back of it. On PostgreSQL the entry in question is locked first, so that two at once are judged
one after the other.
"""

from __future__ import annotations

KEPT = (
    "id",
    "kind",
    "agent_id",
    "amount_fen",
    "replies",
    "earning_id",
    "reverses_id",
    "run_id",
    "reason",
    "evidence",
    "evidence_blob_id",
    "evidence_name",
    "maker_id",
    "made_at",
)
REVERSED = "the reversals of an entry never exceed it"
TAKEN = "no more is taken from a reply than it paid"
FIXED = "an adjustment is decided once and never changes"
SHARES = "a share of back pay never changes"
PARTS = "what was taken of back pay never changes"
JUDGED = "NEW.reverses_id IS NOT NULL OR (NEW.kind = 'adjustment' AND NEW.payable_fen < 0)"


def guards(dialect: str) -> list[str]:
    """The statements that put the refusals in place, in order."""
    return _postgresql() if dialect == "postgresql" else _sqlite()


def unguards(dialect: str) -> list[str]:
    """The statements that take them away, for a downgrade."""
    on = {"adjustment": " ON adjustment", "ledger_entry": " ON ledger_entry"}
    names = (
        ("ledger_entry_within", "ledger_entry"),
        ("adjustment_keep_update", "adjustment"),
        ("adjustment_keep_delete", "adjustment"),
    )
    if dialect != "postgresql":
        return [f"DROP TRIGGER {name}" for name, _table in names]
    drops = [f"DROP TRIGGER {name}{on[table]}" for name, table in names]
    return [*drops, "DROP FUNCTION ledger_entry_within()", "DROP FUNCTION adjustment_keep()"]


def share_guards(dialect: str) -> list[str]:
    """The statements that keep the shares of back pay; `refuse_change()` is there already."""
    return _kept(dialect, "back_pay_share", SHARES)


def taken_guards(dialect: str) -> list[str]:
    """The statements that keep what was taken of back pay."""
    return _kept(dialect, "back_pay_taken", PARTS)


def _kept(dialect: str, table: str, why: str) -> list[str]:
    does = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    if dialect != "postgresql":
        does = f"BEGIN SELECT RAISE(ABORT, '{why}'); END"
    return [
        f"CREATE TRIGGER {table}_keep_{what} BEFORE {what.upper()} ON {table} {does}"
        for what in ("update", "delete")
    ]


def _reversed_so_far() -> str:
    return """(SELECT coalesce(sum(r.amount_fen), 0) FROM ledger_entry r
      WHERE r.reverses_id = NEW.reverses_id AND r.source_key <> NEW.source_key)"""


def _taken(reply: str) -> str:
    """What is taken from the reply already, but for the new entry, should it be there already."""
    return f"""(SELECT coalesce(sum(CASE WHEN kind = 'earning' THEN back ELSE amount_fen - back END), 0)
      FROM (
      SELECT e.kind, e.amount_fen, (SELECT coalesce(sum(r.amount_fen), 0) FROM ledger_entry r
        WHERE r.reverses_id = e.id AND r.source_key <> NEW.source_key) AS back
      FROM ledger_entry e WHERE e.source_key <> NEW.source_key AND e.source_key IN (
        SELECT 'earning:' || {reply} UNION ALL SELECT 'penalty:' || {reply}
        UNION ALL SELECT 'adjustment:' || a.id FROM adjustment a
        WHERE a.earning_id = {reply} AND a.kind = 'clawback')) AS part)"""


def _earned(reply: str) -> str:
    return f"(SELECT coalesce(max(amount_fen), 0) FROM ledger_entry WHERE source_key = 'earning:' || {reply})"


def _allowed(same: str) -> str:
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in KEPT)
    return f"OLD.state = 'proposed' AND {kept}"


def _sqlite() -> list[str]:
    reply = (
        "(CASE WHEN NEW.reverses_id IS NULL THEN"
        " (SELECT earning_id FROM adjustment WHERE id = substr(NEW.source_key, 12))"
        " ELSE (SELECT substr(source_key, 9) FROM ledger_entry"
        " WHERE id = NEW.reverses_id AND kind = 'earning') END)"
    )
    refuse = f"BEGIN SELECT RAISE(ABORT, '{FIXED}'); END"
    return [
        f"""CREATE TRIGGER ledger_entry_within BEFORE INSERT ON ledger_entry WHEN {JUDGED} BEGIN
          SELECT RAISE(ABORT, '{REVERSED}') WHERE NEW.reverses_id IS NOT NULL
            AND NEW.amount_fen + {_reversed_so_far()}
              > (SELECT amount_fen FROM ledger_entry WHERE id = NEW.reverses_id);
          SELECT RAISE(ABORT, '{TAKEN}') FROM (SELECT {reply} AS reply) AS one WHERE one.reply IS NOT NULL
            AND NEW.amount_fen + {_taken("one.reply")} > {_earned("one.reply")};
        END""",
        "CREATE TRIGGER adjustment_keep_update BEFORE UPDATE ON adjustment "
        f"WHEN NOT ({_allowed('IS')}) {refuse}",
        f"CREATE TRIGGER adjustment_keep_delete BEFORE DELETE ON adjustment {refuse}",
    ]


def _postgresql() -> list[str]:
    fail = "USING ERRCODE = 'check_violation'; END IF;"
    return [
        f"""CREATE FUNCTION ledger_entry_within() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE original record; reply text;
        BEGIN
          IF NEW.reverses_id IS NOT NULL THEN
            SELECT * INTO original FROM ledger_entry WHERE id = NEW.reverses_id FOR UPDATE;
            IF NEW.amount_fen + {_reversed_so_far()} > original.amount_fen THEN
              RAISE EXCEPTION '{REVERSED}' {fail}
            IF original.kind <> 'earning' THEN RETURN NEW; END IF;
            reply := substr(original.source_key, 9);
          ELSE
            SELECT earning_id INTO reply FROM adjustment WHERE id = substr(NEW.source_key, 12);
            IF reply IS NULL THEN RETURN NEW; END IF;
            PERFORM 1 FROM ledger_entry WHERE source_key = 'earning:' || reply FOR UPDATE;
          END IF;
          IF NEW.amount_fen + {_taken("reply")} > {_earned("reply")} THEN
            RAISE EXCEPTION '{TAKEN}' {fail}
          RETURN NEW;
        END $$""",
        f"""CREATE TRIGGER ledger_entry_within BEFORE INSERT ON ledger_entry FOR EACH ROW
          WHEN ({JUDGED}) EXECUTE FUNCTION ledger_entry_within()""",
        "CREATE FUNCTION adjustment_keep() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{FIXED}' USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER adjustment_keep_update BEFORE UPDATE ON adjustment FOR EACH ROW "
        f"WHEN (NOT ({_allowed('IS NOT DISTINCT FROM')})) EXECUTE FUNCTION adjustment_keep()",
        "CREATE TRIGGER adjustment_keep_delete BEFORE DELETE ON adjustment "
        "FOR EACH ROW EXECUTE FUNCTION adjustment_keep()",
    ]
