"""What comes in about a what-if, and what goes out."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from gig.api import Schema
from gig.api.fields import Instant
from gig.core.money import half_up
from gig.payouts.whatif import queries
from gig.payouts.whatif.models import WhatIf
from gig.payouts.whatif.tally import Sum, Tally, read_tally
from gig.payouts.whatif.values import share_of_budget

LISTED = 100
"""How many winners and how many losers are named in an answer; the page lists them all."""


class WhatIfIn(Schema):
    """Which span of past replies the card is tried on."""

    since = Instant(required=True, data_key="from")
    until = Instant(required=True, data_key="to")


def run_out(session: Session, run: WhatIf) -> dict[str, Any]:
    """How far the run is; once it is done, everything that it found."""
    known = {
        "id": run.id,
        "card_id": run.card_id,
        "card_name": run.card_name,
        "revision": run.revision,
        "from": run.since,
        "to": run.until,
        "state": run.state,
        "reached_at": run.reached_at,
        "replies": run.replies,
    }
    return {**known, **found_out(session, run)} if run.state == "done" else known


def found_out(session: Session, run: WhatIf) -> dict[str, Any]:
    """The figures: totals are sums of their parts, and every share is said with its whole."""
    tally = read_tally(run.tally)
    total = tally.total
    up, down = winners_and_losers(tally)
    listed = [*up[:LISTED], *down[:LISTED]]
    people = named(session, run, listed)
    return {
        **_sum(total),
        "by_issue_type": [{"issue_type": name, **_sum(each)} for name, each in by_change(tally)],
        "by_hour": [{"hour": int(name), **_sum(each)} for name, each in sorted(tally.hours.items())],
        "winners": _group(up, people),
        "losers": _group(down, people),
        "largest_drop": people[down[0][0]] if down else None,
        "budget": share_of_budget(session, total.new_fen, run.since, run.until),
    }


def by_change(tally: Tally) -> list[tuple[str, Sum]]:
    """Issue types, the largest change first."""
    return sorted(tally.issues.items(), key=lambda each: (-abs(each[1].change_fen), each[0]))


def winners_and_losers(tally: Tally) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Agents and their changes: who would have had more, and who less, the most first."""
    changes = sorted(tally.changes(), key=lambda each: (-abs(each[1]), each[0]))
    return [each for each in changes if each[1] > 0], [each for each in changes if each[1] < 0]


def named(session: Session, run: WhatIf, changes: list[tuple[str, int]]) -> dict[str, dict[str, Any]]:
    """Each of these agents with a name, what they had and what they would have had."""
    ids = [agent_id for agent_id, _ in changes]
    names = queries.names(session, ids)
    paid = queries.paid(session, ids, run.since, run.until)
    return {
        agent_id: {
            "agent_id": agent_id,
            "name": names.get(agent_id, ""),
            "old_fen": paid[agent_id],
            "new_fen": paid[agent_id] + change,
            "change_fen": change,
        }
        for agent_id, change in changes
    }


def permille(part_fen: int, whole_fen: int) -> int | None:
    """How many thousandths; None of nothing."""
    return half_up(1000 * part_fen, whole_fen) if whole_fen else None


def _sum(each: Sum) -> dict[str, Any]:
    return {
        "replies": each.replies,
        "old_fen": each.old_fen,
        "new_fen": each.new_fen,
        "change_fen": each.change_fen,
        "change_permille": permille(each.change_fen, each.old_fen),
    }


def _group(changes: list[tuple[str, int]], people: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "count": len(changes),
        "change_fen": sum(change for _, change in changes),
        "agents": [people[agent_id] for agent_id, _ in changes[:LISTED]],
    }
