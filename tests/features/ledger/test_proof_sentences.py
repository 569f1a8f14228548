"""The page of the checks with every sentence that a check can say, of things there and not there."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.ids import new_id
from gig.payouts.books.models import BookCheck
from gig.payouts.books.told import kept
from gig.payouts.ledger.audit import Difference, Finding, checks
from tests.features.ledger.said import SEEDED_AT, Said, a_world, everything_said, one_of_each
from tests.features.settlement.conftest import Desk, desk

__all__ = ["desk"]

PAGE = "/console/ledger/checks"
ROW = re.compile(r'<td data-label="(?:哪里对不上|What does not match)">(.*?)</td>', re.DOTALL)
CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
BARE_ID = re.compile(r"[0-9a-hjkmnp-tv-zA-HJKMNP-TV-Z]{26}")
NAMES = re.compile(r"Lin|…\w{6}|AP-\w{6}|PB\d{8}-\d{4}(-\d+)?(\.csv)?|week-1999-01-04|\b[0-9a-f]{8}…")
"""What is the same in each language: names, ends of ids, numbers of things, the id of a missing period."""
FEN = "7654321"
PLAIN = "an unnamed value"
VALUES: Mapping[str, Sequence[str | None]] = {
    "fen": (FEN, "0", "-50"),
    "count": ("1234", "1"),
    "instant": ("2026-11-18 12:00:03", "2026-11-18 12:00:03.000004+00:00", None),
    "day": ("2026-11-18", None),
    "hash": ("9f86d081" * 8, None),
}
UNKNOWN = "01m8cn4pypb6aqhkpyc7vh2e99"
AN_UNKNOWN_PERIOD = "写着属于周期"
"""Of a period that does not exist its id is all that can be said."""


def differences(said: Said, things: Mapping[str, Sequence[str]]) -> Iterator[Difference]:
    """The sentence of each thing that is there, of one that is not, with each value on both sides."""
    plain = "week-1999-01-04" if AN_UNKNOWN_PERIOD in said.says else PLAIN
    sides = [VALUES.get(kind) or (known(kind, things) if kind else [plain]) for kind in said.are]
    subjects = known(said.about, things)
    for place in range(max(len(subjects), *map(len, sides))):
        expected, value = (side[place % len(side)] for side in sides)
        about = (said.about, subjects[place % len(subjects)])
        fen = (int(FEN), -50, 0)[place % 3] if "fen" in said.are else 0
        yield Difference(about[1], expected, value, said.says, about, said.are, fen)


def known(kind: str, things: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Ids of the kind, and one that nobody knows; accounts and queues are called by their ids then."""
    if kind in ("account", "accounts", "queue"):
        return things[kind]
    return [*things[kind], f"{UNKNOWN} {UNKNOWN}" if kind == "due" else UNKNOWN]


def broken_everywhere(session: Session, secret_key: str) -> int:
    """A proof that found all that a proof can find is the newest; how many sentences it has."""
    a_world(secret_key)
    things, said = one_of_each(session), everything_said(session)
    session.rollback()
    rules = []
    for check in checks:
        ours = [one for each in said if each.rule == check.name for one in differences(each, things)]
        finding = Finding(check, len(ours), sum(abs(one.fen) for one in ours), ours)
        rules.append(kept(finding, since=SEEDED_AT.isoformat()))
    store(rules)
    return sum(len(rule["differences"]) for rule in rules)


def store(rules: Sequence[Mapping[str, object]]) -> None:
    with transaction() as writing:
        writing.add(
            BookCheck(
                id=new_id(), day=SEEDED_AT.date(), checked_at=SEEDED_AT, asked_by="x", claims=len(checks),
                broken=len(rules), found=json.dumps({"took_ms": 1500, "rules": rules}),
            )
        )  # fmt: skip
        writing.flush()


def words_of(page: str) -> list[str]:
    return [html.unescape(re.sub("<[^>]+>", "", row)).strip() for row in ROW.findall(page)]


def test_every_sentence_reads_in_both_languages_with_names_and_yuan(
    app: Flask, session: Session, desk: Desk
) -> None:
    count = broken_everywhere(session, app.config["SECRET_KEY"])
    finance = desk()
    chinese, english = finance.get(PAGE), finance.get(f"{PAGE}?lang=en")
    assert (chinese.status_code, english.status_code) == (200, 200)
    told = words_of(chinese.text), words_of(english.text)
    assert [len(words) for words in told] == [count, count]
    rows = [row for words in told for row in words]
    never = ("%(", FEN, "—", PLAIN, "  ")
    assert [row for row in rows if BARE_ID.search(row) or any(each in row for each in never)] == []
    mixed = [row for row in told[0] if re.search("[A-Za-z]{2}", NAMES.sub("", row))]
    assert mixed == [], "Latin words in Chinese"
    assert [row for row in told[1] if CHINESE.search(row)] == [], "Chinese in English"
