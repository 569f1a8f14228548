"""Ten thousand inquiries handed in within a minute, each twice: how long until the last one is answered.

A whole site with two web workers on PostgreSQL with durable commits. The two copies of an inquiry go out side
by side over different connections, so that they race. It holds if each inquiry is there once, with one turn
and one message, and all 20,000 were answered within the minute.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.conversations import WORDS
from bench.desk import QUEUE, staff
from bench.load import Request, send
from bench.site import FRESH, Commands, Site, until
from gig.core.clock import real_now
from gig.core.db import db

INQUIRIES, CONNECTIONS, AGENTS = 10_000, 32, 40
AIM_S = 60.0


def run() -> list[dict[str, Any]]:
    """One result."""
    return [measure(INQUIRIES)]


def measure(inquiries: int, commands: Commands = FRESH) -> dict[str, Any]:
    """The figure of a burst of so many."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        site = Site(Path(folder), stack, commands=commands)
        with site.app.app_context():
            staff(AGENTS, now=real_now())
            db.session.remove()
        until(site.is_whole, *site.hosts)
        outcome = send(site.web.port, [*_twice(inquiries)], connections=CONNECTIONS)
        rows = [site.count(f"SELECT count(*) FROM {table}") for table in ("inquiry", "turn", "message")]
        clean = site.books_are_clean()
    as_it_should = outcome.statuses == {"201": inquiries, "200": inquiries}
    return {
        "name": "burst_10000_twice_s",
        "value": round(outcome.seconds, 1),
        "unit": "s",
        "aim": f"<= {AIM_S:g}",
        "holds": outcome.seconds <= AIM_S and as_it_should and rows == [inquiries] * 3 and clean,
        "detail": f"{inquiries} inquiries, each handed in twice over {CONNECTIONS} connections: answers "
        f"{dict(sorted(outcome.statuses.items()))}, {outcome.rate:.0f}/s, "
        f"p99 {outcome.percentile(0.99):.0f} ms; "
        f"inquiries, turns, messages afterwards: {rows}; books {'clean' if clean else 'NOT clean'}",
    }


def _twice(inquiries: int) -> list[Request]:
    """Both copies of each, one after the other."""
    found = []
    for number in range(inquiries):
        new = {
            "external_id": f"burst-{number}",
            "queue": QUEUE,
            "issue_type": "general",
            "text": WORDS,
        }
        found += [Request("POST", "/api/v1/inquiries", "gig_c_bench", json.dumps(new))] * 2
    return found
