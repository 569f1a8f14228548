"""The score as an agent and their programs see it."""

from __future__ import annotations

import datetime as dt
import html

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core import clock
from gig.identity.operations.keys import issue_token
from gig.identity.operations.sessions import open_session
from gig.scoring.operations.scoring import take_in_events
from gig.web.filters import day, day_time
from tests import builders
from tests.features.scoring.people import an_agent, happened


def logged_in(client: FlaskClient, person_id: str) -> FlaskClient:
    opened = open_session(person_id=person_id, agent="test", now=clock.now())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = opened.session_id
        cookie["_fresh"] = True
    return client


def page(client: FlaskClient, agent_id: str) -> str:
    answer = logged_in(client, agent_id).get("/agent/score")
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def bearer(person_id: str) -> dict[str, str]:
    secret = issue_token(person_id=person_id, now=clock.now(), actor_id=None).secret
    return {"Authorization": f"Bearer {secret}"}


def test_the_page_shows_score_tier_parts_and_what_moved_it(client: FlaskClient, session: Session) -> None:
    agent = an_agent()
    happened(agent, "missed", clock.now(), inquiry_id="0" * 26)
    happened(agent, "violation_minor", clock.now())
    take_in_events(now=clock.now())
    text = page(client, agent)
    for words in ("81.3", "银牌", "准时回复", "漏答", "轻微违规", "−2.0", "违规扣分", "离银牌线还差 3.7 分"):
        assert words in text, words
    assert f"/agent/chats/{'0' * 26}" in text


def test_changes_stand_in_the_order_of_the_time_that_they_show(client: FlaskClient, session: Session) -> None:
    """What happened three days ago and was counted last is first, with the time at which it was counted."""
    agent, now = an_agent(), clock.now()
    happened(agent, "violation_minor", now)
    take_in_events(now=now)
    happened(agent, "violation_major", now - dt.timedelta(days=3))
    take_in_events(now=now + dt.timedelta(minutes=5))
    text = page(client, agent)
    assert text.index("严重违规") < text.index("轻微违规")
    counted = day_time(now + dt.timedelta(minutes=5))
    _before, _sep, after = text.partition("严重违规")
    assert counted in after.partition("轻微违规")[0]
    assert f"{day(now - dt.timedelta(days=3))} 的事" in after.partition("轻微违规")[0]


def test_a_trainee_is_told_how_far_it_is(client: FlaskClient, session: Session) -> None:
    text = page(client, an_agent(tier="trainee", answered_turns=6))
    assert "再答 14 条开始定级" in text
    assert "还没有得失分" in text


def test_programs_get_the_parts_with_their_n_and_each_change_by_name(
    client: FlaskClient, session: Session
) -> None:
    agent = an_agent()
    happened(agent, "rating", clock.now(), stars=5)
    happened(agent, "rating", clock.now(), stars=1, solved=False)
    take_in_events(now=clock.now())
    answer = client.get("/api/v1/me/score", headers=bearer(agent)).get_json()
    assert (answer["score"], answer["tier"], answer["next_tier"]) == ("83.5", "silver", "silver")
    assert {part["part"]: part["n"] for part in answer["parts"]} == {
        "timeliness": 0,
        "resolution": 0,
        "satisfaction": 2,
        "quality": 0,
    }
    assert {change["reason"] for change in answer["changes"]} == {"rating"}
    assert sum(change["delta_tenths"] for change in answer["changes"]) == answer["score_tenths"] - 848


def test_another_agents_events_are_not_shown(client: FlaskClient, session: Session) -> None:
    other, mine = an_agent(), an_agent()
    happened(other, "missed", clock.now(), times=5)
    take_in_events(now=clock.now())
    answer = client.get("/api/v1/me/score", headers=bearer(mine)).get_json()
    assert (answer["score_tenths"], answer["changes"]) == (848, [])


@pytest.mark.parametrize("roles", ["ops", "finance"])
def test_staff_have_no_score(client: FlaskClient, session: Session, roles: str) -> None:
    assert client.get("/api/v1/me/score", headers=bearer(builders.person(roles=roles))).status_code == 403
