#!/usr/bin/env python3
"""Adds up a period from the API's answers alone and compares the sum with the payout sheet.

    scripts/sheet_check.py --logins LOGINS [--url URL] [--period ID] [--pay]

LOGINS is what `gig demo seed --json` printed. Every agent's earnings are read with the agent's own token and
priced again from their steps, by arithmetic of this file and not of the product. Then: agent by agent the
statement, the period's totals, and the lines of the exported sheet, CSV and XLSX. `--pay` approves the
period, makes the batch, has it approved by the second finance person and exports it, if nobody has yet;
its id is kept beside LOGINS, since batches have no list.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

MINIMUM_FEN = 1000


class Mismatch(Exception):
    pass


class Reader:
    """One token's view of the API."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/") + "/api/v1", token
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def raw(self, method: str, path: str, body: Any = None) -> bytes:
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with self.opener.open(request, timeout=120) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            raise Mismatch(f"{method} {path}: {error.code} {error.read().decode()[:300]}") from None

    def get(self, path: str, **query: str) -> Any:
        return json.loads(self.raw("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path))

    def every(self, path: str) -> list[Any]:
        """The whole of a list, page by page."""
        answer = self.get(path, limit="200")
        items: list[Any] = answer["items"]
        while answer["next_cursor"]:
            answer = self.get(path, limit="200", cursor=answer["next_cursor"])
            items += answer["items"]
        return items

    def post(self, path: str, body: Any = None) -> Any:
        return json.loads(self.raw("POST", path, body or {}))


def same(what: str, one: object, other: object) -> None:
    if one != other:
        raise Mismatch(f"{what}: {one} is not {other}")


def half_up(amount: int, percent: int) -> int:
    return (amount * percent * 2 + 100) // 200


def earned(agent: Reader, period: dict[str, Any]) -> Counter[str]:
    """The sums of the agent's earnings in the period, each line priced again."""
    sums: Counter[str] = Counter()
    query = {"from": period["first_day"], "to": _day_before(period["end_day"]), "limit": "100"}
    while True:
        answer = agent.get("/me/earnings", **query)
        for line in answer["items"]:
            gross = half_up(line["base_fen"], line["multiplier_percent"]) if line["gross_fen"] else 0
            penalty = half_up(gross, line["late_percent"])
            same(f"gross of {line['id']}", line["gross_fen"], gross)
            same(f"penalty of {line['id']}", line["penalty_fen"], penalty)
            same(f"pay of {line['id']}", line["pay_fen"], gross - penalty)
            sums["answered"] += 1
            if gross:
                sums.update(
                    turns=1, late_turns=penalty > 0, base_fen=line["base_fen"], gross_fen=gross - penalty
                )
                sums.update(peak_fen=gross - line["base_fen"], late_fen=penalty)
        if not answer.get("next_cursor"):
            fees = sum(fee["fee_fen"] for fee in answer["triage"])
            same("fees of turns handed on", answer["triage_fen"], fees)
            sums.update(triage_fen=fees, gross_fen=fees)
            return sums
        query["cursor"] = answer["next_cursor"]


def _day_before(day: str) -> str:
    import datetime as dt

    return (dt.date.fromisoformat(day) - dt.timedelta(days=1)).isoformat()


def check_agent(agent: Reader, name: str, period: dict[str, Any]) -> tuple[Counter[str], int]:
    """The agent's sums and payable amount, after their statement was found to say the same."""
    sums = earned(agent, period)
    mine = [each for each in agent.every("/me/statements") if each["period"]["id"] == period["id"]]
    if not mine:
        same(f"{name}: earned without a statement", sums["gross_fen"], 0)
        return sums, 0
    (statement,) = mine
    for figure in ("turns", "late_turns", "base_fen", "peak_fen", "late_fen", "triage_fen", "gross_fen"):
        same(f"{name}: {figure}", statement[figure], sums[figure])
    available = statement["carried_in_fen"] + sums["gross_fen"]
    payable = available if available >= MINIMUM_FEN else 0
    same(f"{name}: payable", statement["payable_fen"], payable)
    same(f"{name}: carried out", statement["carried_out_fen"], available - payable)
    return sums, payable


def pay_out(maker: Reader, checker: Reader, period: dict[str, Any], kept: Path) -> str:
    """The id of the period's exported batch; made now if it is still to be paid."""
    if kept.exists():
        return kept.read_text()
    if period["state"] == "closed":
        checker.post(f"/periods/{period['id']}/approval")
    batch = maker.post("/batches", {"period_id": period["id"], "template": "generic"})
    checker.post(f"/batches/{batch['id']}/approval")
    maker.post(f"/batches/{batch['id']}/export")
    kept.write_text(batch["id"])
    return str(batch["id"])


def amounts(maker: Reader, batch_id: str) -> list[int]:
    """The sheet's amounts in fen: the same in both files, whose bytes are the same on every download."""
    batch = maker.get(f"/batches/{batch_id}")
    path = f"/batches/{batch_id}/sheet"
    xlsx, plain = (maker.raw("GET", f"{path}?format={kind}") for kind in ("xlsx", "csv"))
    same("the sheet's SHA-256", hashlib.sha256(xlsx).hexdigest(), batch["sha256"])
    same("the sheet downloaded again", maker.raw("GET", f"{path}?format=xlsx"), xlsx)
    rows = list(csv.reader(io.StringIO(plain.decode("utf-8-sig"))))[1:]
    found = [int(row[4].replace(".", "")) for row in rows]
    same("the CSV's control totals", (len(found), sum(found)), (batch["lines"], batch["total_fen"]))
    same("the XLSX and the CSV", _of_xlsx(xlsx), found)
    return found


def _of_xlsx(content: bytes) -> list[int]:
    from python_calamine import load_workbook

    rows = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()[1:]
    return [round(float(str(row[4])) * 100) for row in rows]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--logins", required=True, type=Path)
    parser.add_argument("--period", help="the latest that is not open, unless told")
    parser.add_argument("--pay", action="store_true")
    given = parser.parse_args()
    logins = [json.loads(line) for line in given.logins.read_text(encoding="utf-8").splitlines() if line]
    maker, checker = (Reader(given.url, one["token"]) for one in logins if one["role"] == "finance")
    periods = [one for one in maker.every("/periods") if one["state"] not in ("open", "closing")]
    chosen = [one for one in periods if given.period in (None, one["id"])]
    if not chosen:
        raise Mismatch("no period is closed yet")
    period = chosen[0]
    total: Counter[str] = Counter()
    payable: list[int] = []
    for login in logins:
        if login["role"] == "agent":
            sums, due = check_agent(Reader(given.url, login["token"]), login["name"], period)
            total.update(sums)
            payable += [due] if due else []
    same("the period's gross", period["gross_fen"], total["gross_fen"])
    same("the period's payable", period["payable_fen"], sum(payable))
    print(f"{period['id']}: {total['answered']} answered turns, {total['late_turns']} late")
    print(f"agents' earnings  {_yuan(total['gross_fen'])}   payable {_yuan(sum(payable))} to {len(payable)}")
    if given.pay:
        kept = given.logins.with_suffix(f".{period['id']}.batch")
        found = amounts(maker, pay_out(maker, checker, period, kept))
        same("the sheet's lines", sorted(found), sorted(payable))
        print(f"payout sheet      {_yuan(sum(found))}   {len(found)} lines: the same to the fen")
    return 0


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d} yuan"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Mismatch as mismatch:
        sys.exit(f"NOT THE SAME: {mismatch}")
