"""What the API of settlement answers."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from gig.core.businesstime import format_instant
from gig.payouts.settlement.lists import PeriodRow
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.tie import Tie

_STATEMENT = (
    "turns",
    "late_turns",
    "peak_turns",
    "base_fen",
    "peak_fen",
    "late_fen",
    "adjustments_fen",
    "awards_fen",
    "triage_fen",
    "reversals_fen",
    "gross_fen",
    "carried_in_fen",
    "available_fen",
    "payable_fen",
    "carried_out_fen",
)


def _period(row: Period | PeriodRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "first_day": row.first_day.isoformat(),
        "end_day": row.end_day.isoformat(),
        "starts_at": format_instant(row.starts_at),
        "ends_at": format_instant(row.ends_at),
        "state": row.state,
    }


def period_row(row: PeriodRow) -> dict[str, Any]:
    """A period in a list."""
    return {
        **_period(row),
        "agents": row.agents,
        "turns": row.turns,
        "gross_fen": row.gross_fen,
        "payable_fen": row.payable_fen,
    }


def period(period: Period, totals: dict[str, int], tie: Tie) -> dict[str, Any]:
    """One period with its sums and its tie."""
    return {
        **_period(period),
        "closed_at": format_instant(period.closed_at) if period.closed_at else None,
        "approved_at": format_instant(period.approved_at) if period.approved_at else None,
        **totals,
        "tie": {
            "ledger_fen": tie.ledger_fen,
            "statements_fen": tie.gross_fen,
            "payable_fen": tie.payable_fen,
            "lines_fen": tie.lines_fen,
            "held_fen": tie.held_fen,
            "holds": tie.holds,
        },
    }


def statement(found: Statement, period: Period, tax_fen: int, paid_fen: int) -> dict[str, Any]:
    """One's own statement over a period; what was withheld and sent so far."""
    return {
        "id": found.id,
        "period": _period(period),
        **{name: getattr(found, name) for name in _STATEMENT},
        "tax_fen": tax_fen,
        "paid_fen": paid_fen,
        "cut_at": format_instant(found.cut_at),
    }


class PeriodOut(ma.Schema):
    id = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    first_day = ma.fields.String(required=True)
    end_day = ma.fields.String(required=True, metadata={"description": "The first day after the period."})
    starts_at = ma.fields.String(required=True)
    ends_at = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    agents = ma.fields.Integer(required=True)
    turns = ma.fields.Integer(required=True)
    gross_fen = ma.fields.Integer(required=True)
    payable_fen = ma.fields.Integer(required=True)


class Periods(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(PeriodOut), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class StatementOut(ma.Schema):
    id = ma.fields.String(required=True)
    gross_fen = ma.fields.Integer(required=True)
    payable_fen = ma.fields.Integer(required=True)
    carried_in_fen = ma.fields.Integer(required=True)
    carried_out_fen = ma.fields.Integer(required=True)
    tax_fen = ma.fields.Integer(required=True)
    paid_fen = ma.fields.Integer(required=True)
    cut_at = ma.fields.String(required=True)


class Statements(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(StatementOut), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)
