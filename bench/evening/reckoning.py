"""What the people of an evening were told, held against what the database holds afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bench.site import Site
from gig.simulator.http import ServerClock


@dataclass(frozen=True)
class Line:
    """One thing that must be equal on both sides."""

    what: str
    told: Any
    found: Any

    @property
    def holds(self) -> bool:
        return bool(self.told == self.found)


def reckon(site: Site, told: dict[str, Any]) -> list[Line]:
    """No inquiry lost or doubled, no reply lost, doubled, paid twice or not at all; all were answered."""
    return [*_inquiries(site, told["counts"]), *_replies(site, told)]


def _inquiries(site: Site, counts: dict[str, int]) -> Iterator[Line]:
    new = counts.get("inquiries", 0) + counts.get("re-contacts that did not join: 201", 0)
    yield Line("inquiries taken in, and inquiries there", new, site.count("SELECT count(*) FROM inquiry"))
    yield Line(
        "re-contacts that joined, and their names there",
        counts.get("re-contacts that joined", 0),
        site.count("SELECT count(*) FROM inquiry_alias"),
    )
    yield Line(
        "requests of customers and agents that never got an answer, and faults of theirs",
        0,
        sum(number for what, number in counts.items() if "without an answer" in what or "faults" in what),
    )
    lost = "SELECT count(*) FROM inquiry WHERE state = 'open' AND open_turn_id NOT IN (SELECT id FROM turn)"
    yield Line("open inquiries without an open turn", 0, site.count(lost))
    stuck = "SELECT count(*) FROM inquiry WHERE state = 'claimed' AND expires_at < :since"
    since = ServerClock.of(site.web.url).now() - dt.timedelta(minutes=1)
    yield Line("inquiries held beyond their expiry", 0, site.count(stuck, since=since))


def _replies(site: Site, told: dict[str, Any]) -> Iterator[Line]:
    counts = told["counts"]
    answers = counts.get("replies that answer a turn", 0)
    others = counts.get("replies that answer no turn", 0) + counts.get("replies that say nothing", 0)
    sent = "SELECT count(*) FROM message WHERE author = 'agent'"
    yield Line("replies sent, and messages of agents there", answers + others, site.count(sent))
    yield Line("replies that answered, and earnings", answers, site.count("SELECT count(*) FROM earning"))
    odd = (
        "SELECT count(*) FROM turn LEFT JOIN earning ON earning.turn_id = turn.id"
        " WHERE (turn.state = 'answered') <> (earning.id IS NOT NULL)"
    )
    yield Line("turns answered and not paid, or paid and not answered", 0, site.count(odd))
    unposted = (
        "SELECT count(*) FROM earning WHERE gross_fen > 0 AND 1 <>"
        " (SELECT count(*) FROM ledger_entry WHERE ledger_entry.source_key = 'earning:' || earning.id)"
    )
    yield Line("earnings not in the book exactly once", 0, site.count(unposted))
    sums = "SELECT sum(pay_fen) FROM earning GROUP BY agent_id ORDER BY 1"
    found = site.ask(lambda session: [int(fen) for fen in session.execute(sa.text(sums)).scalars()])
    yield Line("fen earned, agent by agent", sorted(told["pay_fen_by_agent"].values()), found)


def figures(site: Site) -> dict[str, str]:
    """How the evening was for those who waited and those who worked."""
    states = site.ask(
        lambda session: session.execute(
            sa.text("SELECT state, count(*) FROM inquiry GROUP BY state ORDER BY state")
        ).all()
    )
    return {
        "waited for an agent": _shares(site, CLAIMED_AFTER),
        "waited for an answer": _shares(site, ANSWERED_AFTER),
        "memory at the end, MiB": ", ".join(f"{host.name} {host.rss_kib() // 1024}" for host in site.hosts),
        "inquiries at the end": ", ".join(f"{number} {state}" for state, number in states),
    }


CLAIMED_AFTER = (
    "SELECT extract(epoch FROM min(clock_started_at) - min(arrived_at)) AS s FROM inquiry"
    " JOIN turn_quote ON turn_quote.inquiry_id = inquiry.id GROUP BY inquiry.id"
)
ANSWERED_AFTER = (
    "SELECT extract(epoch FROM answered_at - asked_at) AS s FROM turn WHERE answered_at IS NOT NULL"
)


def _shares(site: Site, seconds: str) -> str:
    """Of those seconds the middle one and the hundredth from above."""
    asked = sa.text(
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s),"
        f" percentile_cont(0.99) WITHIN GROUP (ORDER BY s) FROM ({seconds}) AS all_of_them"
    )
    half, most = site.ask(lambda session: session.execute(asked).one())
    return "nobody" if half is None else f"half of them {half:.1f} s at most, 99 % {most:.1f} s"
