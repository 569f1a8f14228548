"""Asking, watching and reading a what-if, on pages without scripts and by the API."""

from __future__ import annotations

import datetime as dt
import html

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core import clock
from gig.core.db import transaction
from gig.identity.models import Person
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.whatif.models import WhatIf
from gig.payouts.whatif.views import pages as what_if_pages
from gig.payouts.whatif.views import shown
from tests import builders
from tests.features.rates.test_card_api import token_of
from tests.features.rates.test_card_pages import page, press, token
from tests.features.rates.test_what_if import a_turn, keep
from tests.rules.cards import base_row, card_json

HOUR = dt.timedelta(hours=1)


def last_week() -> tuple[dt.datetime, dt.datetime]:
    first, last = shown.last_week(clock.now())
    return shown.zone().span(first, last + dt.timedelta(days=1))


@pytest.fixture
def worked(session: Session) -> dict[str, str]:
    """Two agents who answered last week: one on refunds, one on deliveries."""
    people = {queue: builders.person(name=name) for queue, name in (("refund", "林可"), ("delivery", "何晓"))}
    since, _until = last_week()
    for n, (queue, id) in enumerate(people.items()):
        at = since + (5 + n) * HOUR
        keep(session, [a_turn(agent_id=id, queue=queue, issue_type=queue, clock_started_at=at)] * 1)
    return people


def drafted() -> str:
    base = [base_row(120), base_row(150, queue="refund"), base_row(100, queue="delivery")]
    document = card_json(name="v9", base=base, dates=[], bands=[])
    return create_draft(document=document, now=clock.now(), actor_id=None)


def test_the_editor_tries_the_draft_on_last_week(
    console: FlaskClient,
    session: Session,
    worked: dict[str, str],
) -> None:
    id = drafted()
    assert press(console, id, "what-if")[0] == 302
    text = page(console, f"/console/rates/{id}")
    assert "+¥0.10" in text
    assert "2.40 → 2.50" in text
    assert "−¥0.20（−16.7%）" in text
    assert "看名单" in text
    assert "转交费不在内" in text


def test_the_editor_says_when_there_is_nothing_to_try_it_on(console: FlaskClient, session: Session) -> None:
    id = drafted()
    assert press(console, id, "what-if")[0] == 302
    assert "算不出" in page(console, f"/console/rates/{id}")


def test_the_list_names_who_has_less_and_who_has_more(
    console: FlaskClient,
    session: Session,
    worked: dict[str, str],
) -> None:
    id = drafted()
    url = f"/console/rates/{id}/what-if"
    first, last = shown.last_week(clock.now())
    data = {"csrf_token": token(page(console, url)), "from": first.isoformat(), "to": last.isoformat()}
    answer = console.post(url, data=data)
    assert answer.status_code == 303
    listed = page(console, answer.location).split('id="run"')[1]
    assert listed.index("何晓") < listed.index("林可")
    assert "林可" not in page(console, f"{answer.location}?who=down").split('id="run"')[1]
    file = console.get(f"{answer.location}/agents.csv").get_data(as_text=True)
    assert f"何晓,{worked['delivery']},1.20,1.00,-0.20" in file
    with transaction() as writing:
        writing.execute(sa.update(Person).where(Person.id == worked["delivery"]).values(name="=HYPERLINK(0)"))
    assert f"'=HYPERLINK(0),{worked['delivery']}" in console.get(f"{answer.location}/agents.csv").text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"from": "", "to": "2026-11-01"}, "选一个日期。"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "结束要在开始之后。"),
        ({"from": "2020-01-01", "to": "2020-12-31"}, "最多试算 92 天"),
        ({"from": "2020-01-01", "to": "2020-01-02"}, "算不出"),
        ({"from": "2020-01-01", "to": "9999-12-31"}, "选一个日期。"),
    ],
)
def test_a_span_that_cannot_be_tried_is_said_at_its_field(
    console: FlaskClient,
    session: Session,
    given: dict[str, str],
    words: str,
) -> None:
    url = f"/console/rates/{drafted()}/what-if"
    answer = console.post(url, data={"csrf_token": token(page(console, url)), **given})
    assert (answer.status_code, words in html.unescape(answer.get_data(as_text=True))) == (422, True)


def test_a_run_in_progress_is_shown_and_can_be_cancelled(
    console: FlaskClient,
    session: Session,
    worked: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(what_if_pages, "ON_A_PAGE_S", 0)
    id = drafted()
    url = f"/console/rates/{id}/what-if"
    first, last = shown.last_week(clock.now())
    data = {"csrf_token": token(page(console, url)), "from": first.isoformat(), "to": last.isoformat()}
    here = console.post(url, data=data).location
    text = page(console, here)
    assert "已算 1 条" in text
    assert '<noscript><meta http-equiv="refresh"' in text
    assert console.post(f"{here}/cancel", data={"csrf_token": token(text)}).status_code == 303
    assert "被取消了" in page(console, here)
    assert "已取消" in page(console, url)


def test_a_program_is_told_every_figure(
    client: FlaskClient, session: Session, worked: dict[str, str]
) -> None:
    headers = token_of("ops")
    since, until = last_week()
    url = f"/api/v1/rate-cards/{drafted()}/what-if"
    answer = client.post(url, json={"from": since.isoformat(), "to": until.isoformat()}, headers=headers)
    found = answer.get_json()
    assert (answer.status_code, found["state"], found["replies"]) == (200, "done", 2)
    assert (found["old_fen"], found["new_fen"], found["change_fen"]) == (240, 250, 10)
    assert [(each["issue_type"], each["change_fen"]) for each in found["by_issue_type"]] == [
        ("refund", 30),
        ("delivery", -20),
    ]
    assert sum(each["new_fen"] for each in found["by_hour"]) == 250
    assert [each["name"] for each in found["winners"]["agents"]] == ["林可"]
    assert found["losers"]["count"] == 1
    assert found["largest_drop"]["change_fen"] == -20
    assert found["budget"] is None
    again = client.get(f"{url}/{found['id']}", headers=headers)
    assert again.get_json() == found
    assert client.delete(f"{url}/{found['id']}", headers=headers).status_code == 409


def test_another_cards_run_is_not_found(
    client: FlaskClient, session: Session, worked: dict[str, str]
) -> None:
    headers = token_of("ops")
    since, until = last_week()
    span = {"from": since.isoformat(), "to": until.isoformat()}
    one, other = drafted(), drafted()
    id = client.post(f"/api/v1/rate-cards/{one}/what-if", json=span, headers=headers).get_json()["id"]
    assert client.get(f"/api/v1/rate-cards/{other}/what-if/{id}", headers=headers).status_code == 404
    assert (
        client.post(f"/api/v1/rate-cards/{'0' * 26}/what-if", json=span, headers=headers).status_code == 404
    )


def test_the_share_of_the_weeks_budget(client: FlaskClient, session: Session, worked: dict[str, str]) -> None:
    from gig.core import tunables
    from gig.core.db import transaction

    with transaction() as writing:
        tunables.change(writing, "week_budget_fen", 1000, actor_id=None, reason="预算", now=clock.now())
    since, until = last_week()
    span = {"from": since.isoformat(), "to": until.isoformat()}
    url = f"/api/v1/rate-cards/{drafted()}/what-if"
    found = client.post(url, json=span, headers=token_of("ops")).get_json()
    assert found["budget"] == {"week_fen": 1000, "span_fen": 1000, "share_permille": 250}


@pytest.mark.parametrize("role", ["agent", "finance", "reviewer"])
def test_only_ops_may_ask(client: FlaskClient, session: Session, role: str) -> None:
    url = f"/api/v1/rate-cards/{drafted()}/what-if"
    span = {"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"}
    assert client.post(url, json=span, headers=token_of(role)).status_code == 403
    assert session.query(WhatIf).count() == 0
