"""Every kind of thing that a check names has words and pages that open; what is not there has words."""

from __future__ import annotations

import re

from flask import Flask, url_for
from sqlalchemy.orm import Session

from gig.identity.access import CAPABILITIES
from gig.payouts.ledger import accounts
from gig.payouts.ledger.audit import checks
from gig.web import things
from tests.features.ledger.said import (
    SOLID,
    a_world,
    everything_said,
    one_of_each,
    sentences_in_code,
)
from tests.features.settlement import books
from tests.features.settlement.conftest import Desk, desk

__all__ = ["desk"]

BARE_ID = re.compile(r"\b[0-9a-hjkmnp-tv-zA-HJKMNP-TV-Z]{26}\b")


def kinds_named(session: Session) -> set[str]:
    return {
        kind
        for said in everything_said(session)
        for kind in (said.about, *said.are)
        if kind not in ("", *SOLID)
    }


def test_no_sentence_of_a_check_is_beyond_these_tests(app: Flask, session: Session) -> None:
    said = {each.says for each in everything_said(session)}
    assert said == sentences_in_code() - {"%(thing)s：应该是 %(expected)s，实际是 %(found)s。"}
    assert len(said) >= 85
    assert {each.rule for each in everything_said(session)} == {check.name for check in checks}


def test_what_is_named_and_exists_has_words_and_each_of_its_pages_opens(
    app: Flask, session: Session, desk: Desk
) -> None:
    a_world(app.config["SECRET_KEY"])
    ids = one_of_each(session)
    assert kinds_named(session) == set(ids)
    wanted = [(kind, id) for kind, some in ids.items() for id in some]
    with app.test_request_context():
        found = things.named(wanted)
        places = {
            (place.capability, url_for(place.endpoint, **place.values)): key
            for key, thing in found.items()
            for place in thing.places
        }
    nameless = [key for key, thing in found.items() if not thing.words or thing.words.startswith("…")]
    assert nameless == []
    assert [key for key, thing in found.items() if BARE_ID.search(thing.words)] == []
    desks = {capability: desk(sorted(CAPABILITIES[capability])[0]) for capability, _url in places}
    answers = {(url, key): desks[by].get(url).status_code for (by, url), key in places.items()}
    assert {key: status for key, status in answers.items() if status != 200} == {}
    assert len(places) >= 40


GARBAGE = (
    "0" * 26,
    "",
    " ",
    "nothing",
    "a b",
    "1 ",
    " 1",
    "' OR 1=1 --",
    "%s",
    "%(thing)s",
    "\N{SNOWMAN}" * 30,
)


def test_what_is_not_there_or_no_id_at_all_is_said_without_a_fault_and_leads_to_no_missing_page(
    app: Flask, session: Session, desk: Desk
) -> None:
    kinds = kinds_named(session)
    with app.test_request_context():
        found = things.named((kind, id) for kind in kinds for id in GARBAGE)
        urls = {
            (place.capability, url_for(place.endpoint, **place.values))
            for thing in found.values()
            for place in thing.places
        }
    assert len(found) == len(kinds) * len(GARBAGE)
    assert [key for key, thing in found.items() if "\n" in thing.words] == [], "the head of the translations"
    desks = {capability: desk(sorted(CAPABILITIES[capability])[0]) for capability, _url in urls}
    answers = {url: desks[by].get(url).status_code for by, url in urls}
    assert {url: status for url, status in answers.items() if status != 200} == {}


def test_accounts_of_two_agents_are_told_apart_by_their_names(app: Flask, session: Session) -> None:
    lin, xu = books.agent(name="林可"), books.agent(name="许岚")
    pairs = [f"{accounts.AWARD} / {accounts.payable(each)}" for each in (lin, xu)]
    with app.test_request_context():
        one, other = (things.named([("accounts", pair)])["accounts", pair].words for pair in pairs)
    assert one.startswith("奖励支出 / 应付客服佣金 · 林可（1")
    assert other.startswith("奖励支出 / 应付客服佣金 · 许岚（1")
