"""What waits in vain, as ops sees it."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.db import transaction
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_expired
from gig.dispatch.queries import stuck
from gig.dispatch.queries.stuck import Staff, StuckRow
from tests import builders as a
from tests.builders import NOON, seconds
from tests.features.dispatch.conftest import Desk
from tests.features.onboarding.people import Browser

START = NOON + seconds(10)


def reasons(row: StuckRow) -> tuple[bool, bool, bool]:
    return row.nobody, row.unpaid, row.ending


def paid_out(inquiry_id: str) -> None:
    with transaction() as session:
        session.execute(sa.update(Inquiry).where(Inquiry.id == inquiry_id).values(paid_replies=10))


def missed(inquiry_id: str, agent_id: str) -> None:
    claim(inquiry_id=inquiry_id, agent_id=agent_id, now=START)
    sweep_expired(now=START + seconds(303), wait=seconds(2))


def test_what_somebody_can_take_and_is_paid_for_is_not_listed(session: Session) -> None:
    a.agent()
    a.inquiry()
    assert stuck.stuck(session, START) == []
    assert stuck.count_stuck(session, START) == 0


@pytest.mark.parametrize("standing", [{"stage": "suspended"}, {"tier": "retrain"}, {"skills": ("delivery",)}])
def test_a_queue_whose_agents_may_not_claim_has_nobody(session: Session, standing: dict[str, str]) -> None:
    a.agent(**standing)  # type: ignore[arg-type]
    inquiry = a.inquiry()
    (row,) = stuck.stuck(session, START)
    assert (row.id, reasons(row)) == (inquiry, (True, False, False))
    assert "refund" not in stuck.staff(session)


def test_nobody_is_left_once_everybody_has_missed_it(session: Session) -> None:
    inquiry, _other = a.inquiry(), a.inquiry()
    first, second = a.agent(), a.agent()
    missed(inquiry, first)
    later = START + seconds(310)
    assert stuck.stuck(session, later) == []
    claim(inquiry_id=inquiry, agent_id=second, now=later)
    assert sweep_expired(now=later + seconds(303), wait=seconds(2)) == 1
    (row,) = stuck.stuck(session, later + seconds(304))
    assert (row.id, reasons(row)) == (inquiry, (True, False, False))


def test_what_pays_nothing_and_what_is_given_up_soon_are_listed_the_soonest_first(session: Session) -> None:
    a.agent()
    a.agent(presence="away")
    unpaid, soon = a.inquiry(), a.inquiry(at=NOON - dt.timedelta(minutes=91))
    paid_out(unpaid)
    rows = stuck.stuck(session, START)
    assert [(row.id, reasons(row)) for row in rows] == [
        (soon, (False, False, True)),
        (unpaid, (False, True, False)),
    ]
    assert stuck.count_stuck(session, START) == 2
    assert stuck.staff(session) == {"refund": Staff(able=2, online=1)}


def test_the_list_goes_on_where_it_stopped(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stuck, "PAGE", 2)
    ids = [a.inquiry(at=NOON + seconds(n // 2)) for n in range(5)]
    read: list[str] = []
    after = None
    while rows := stuck.stuck(session, START, after=after):
        read += [row.id for row in rows[:2]]
        after = (rows[:2][-1].due_at, rows[:2][-1].id)
    assert sorted(read) == sorted(ids) and len(set(read)) == 5


def test_the_page_says_why_and_what_to_do_but_no_word_of_the_customer(session: Session, ops: Browser) -> None:
    a.queue("delivery")
    agent, now = a.agent(name="周冰", skills=("delivery",)), real_now()
    lonely = a.inquiry(text="我的退款到哪里了", customer="王女士", at=now - seconds(60))
    paid_out(a.inquiry(queue_slug="delivery", at=now - seconds(30)))
    page = ops.get("/console/waiting").text
    assert lonely[-6:] in page
    for words in ("没有能接单的客服开通了这个队列", "已付满 10 条", "1 / 1", 'class="n num">2<'):
        assert words in page
    assert "退款到哪里" not in page and "王女士" not in page
    grant = re.search(r'href="(/console/agents\?lacks=refund&amp;stage=active)"', page)
    assert grant
    lacking = ops.get(grant[1].replace("&amp;", "&")).text
    assert "周冰" in lacking and "还没开通「refund」的" in lacking
    ops.post(f"/console/agents/{agent}/skills", {"do": "grant", "queue": "refund"})
    assert lonely[-6:] not in ops.get("/console/waiting").text
    assert "周冰" not in ops.get("/console/agents?lacks=refund").text
    assert "周冰" in ops.get("/console/agents?skill=refund").text
    assert "没人能接" in ops.get("/console/waiting/ring").text


def test_only_ops_sees_it(session: Session, desk: Desk, ops: Browser) -> None:
    other = desk("admin")
    for path in ("", "/ring"):
        assert other.get(f"/console/waiting{path}").status_code == 403
    assert ops.get("/console/waiting?after=nonsense").status_code == 422
