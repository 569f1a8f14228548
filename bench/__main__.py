"""`python -m bench [--only NAME]`: runs the benches and writes bench/results.md and bench/results.json.

NAME is a bench (claims) or one of its figures (claim_race_winners). Figures that were not measured in
this run keep the values of the last one; what was measured is written as soon as its bench is through.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BENCHES = {
    "claims": (
        "claim_http_over_floor_sqlite",
        "claim_http_over_floor_postgresql",
        "reply_http_over_floor_sqlite",
        "reply_http_over_floor_postgresql",
        "claim_backlog_ratio_sqlite",
        "claim_backlog_ratio_postgresql",
        "feed_backlog_ratio_sqlite",
        "feed_backlog_ratio_postgresql",
        "claim_race_winners",
    ),
    "backlog": ("claim_backlog_ratio_1m",),
    "deployed": ("claim_http_over_floor_postgresql_2_workers", "claim_http_over_pgbench"),
    "rivals": ("reply_over_procrastinate", "reply_over_pgqueuer"),
    "offers": ("offers_1000x1000_s",),
    "push": ("push_p99_ms", "push_kib_per_stream", "push_p99_ms_5000", "push_kib_per_stream_5000"),
    "burst": ("burst_10000_twice_s",),
    "close": ("close_over_sql_sqlite", "close_over_sql_postgresql"),
    "close_1m": ("close_1m_over_sql_sqlite", "close_1m_over_sql_postgresql", "claims_p99_during_close"),
    "sheet": ("sheet_over_xlsxwriter", "sheet_100k_over_xlsxwriter"),
    "results_import": ("results_import_over_bare",),
    "what_if": ("what_if_over_read", "what_if_over_read_postgresql"),
    "soak": ("soak_rss_growth",),
}
"""The figures by their bench, in the order of the page. The soak comes last: it takes ten minutes."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--only", default="", help="one bench, or one of its figures")
    only = parser.parse_args().only
    chosen = [name for name, figures in BENCHES.items() if only in ("", name, *figures)]
    if not chosen:
        print(f"no bench and no figure is called {only}", file=sys.stderr)
        return 2
    found = {row["name"]: row for row in _earlier()}
    failed = [name for name in chosen if not _measure(name, found)]
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    return 0 if not failed and all(row["holds"] for row in found.values()) else 1


def _measure(name: str, found: dict[str, dict[str, Any]]) -> bool:
    """Runs one bench and writes both pages; False, with the reason printed, when it could not be run."""
    try:
        rows = import_module(f"bench.{name}").run()
    except (Exception, SystemExit):
        traceback.print_exc()
        return False
    for row in rows:
        found[row["name"]] = row
        print(_line(row), flush=True)
    ordered = [found[name] for figures in BENCHES.values() for name in figures if name in found]
    ordered += [row for row in found.values() if row not in ordered]
    (HERE / "results.json").write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (HERE / "results.md").write_text(_page(ordered), "utf-8")
    return True


def _earlier() -> list[dict[str, Any]]:
    path = HERE / "results.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else []


def _line(row: dict[str, Any]) -> str:
    holds = "holds" if row["holds"] else "MISSED"
    return f"{row['name']}: {row['value']} {row['unit']} (aim {row['aim']}, {holds})"


def _page(rows: list[dict[str, Any]]) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    ).stdout.strip()
    lines = [
        "# What was measured",
        "",
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}; commit {commit or 'unknown'}.",
        "Each ratio has both of its sides from the same run; `make bench` writes this page.",
        "",
        "| figure | value | unit | aim | holds | how |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        holds = "yes" if row["holds"] else "**no**"
        cells = (
            row["name"],
            row["value"],
            row["unit"],
            row["aim"],
            holds,
            row.get("detail") or row.get("how", ""),
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
