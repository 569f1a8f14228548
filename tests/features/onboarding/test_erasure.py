"""An identity is forgotten once nothing is owed, and not before."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.blobs import Blob
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.dispatch.operations.releases import part_with
from gig.identity.models import Agent
from gig.identity.operations.standing import reinstate_agent
from gig.onboarding.operations.applications import submit
from gig.onboarding.operations.erasure import erase_identity
from gig.payouts.disbursement.models import Payee
from gig.payouts.ledger import accounts, journal
from gig.payouts.ledger.journal import Entry
from gig.payouts.settlement.operations.periods import posting_period
from tests import builders
from tests.builders import NOON
from tests.features.onboarding.conftest import LogIn
from tests.features.onboarding.people import (
    NUMBER,
    PASSWORD,
    application_of,
    everything,
    hand_in,
    hashed_password,
    passed,
)


def erase(person_id: str, admin: str) -> None:
    erase_identity(person_id=person_id, reason="本人要求", actor_id=admin, now=NOON)


def leave(person_id: str, ops: str) -> None:
    part_with(agent_id=person_id, actor_id=ops, reason="本人不做了", now=NOON)


def owe(person_id: str, fen: int) -> None:
    """The book owes the agent so much more."""
    due = accounts.payable(person_id)
    entry = Entry(f"award:{new_id()}", "award", accounts.AWARD, due, abs(fen), person_id)
    if fen < 0:
        entry = replace(entry, debit=due, credit=accounts.AWARD)
    with transaction() as session:
        period_id, late_for = posting_period(session, NOON, NOON)
        journal.post(session, [entry], period_id=period_id, late_for_period_id=late_for, now=NOON)


def test_one_who_left_with_nothing_owed_is_forgotten(
    session: Session, applicant: str, another: str, reviewer: str, log_in: LogIn
) -> None:
    phone = log_in(applicant)
    hand_in(phone)
    passed(log_in(reviewer), session, applicant)
    payee = {"kind": "bank", "holder": "李晓明", "account": "6222021234567890128", "consent": "1"}
    phone.post("/agent/payee", {**payee, "password": PASSWORD})
    leave(applicant, reviewer)
    erase(applicant, reviewer)
    gone = application_of(session, applicant)
    assert (gone.state, gone.legal_name, gone.id_number, gone.id_index) == ("approved", None, None, None)
    assert gone.erased_at == NOON
    assert session.query(Blob).count() == 0
    assert session.query(Payee).one().account == "—"
    hand_in(log_in(another))
    assert application_of(session, another).id_number == NUMBER


def test_one_who_still_works_or_waits_is_not(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    with pytest.raises(Refused) as refused:
        erase(applicant, reviewer)
    assert refused.value.slug == "in-review"
    passed(log_in(reviewer), session, applicant)
    with pytest.raises(Refused) as refused:
        erase(applicant, reviewer)
    assert refused.value.slug == "still-here"
    assert application_of(session, applicant).id_number == NUMBER


def test_a_draft_is_deleted_whole_and_a_new_one_may_begin(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    phone = log_in(applicant)
    phone.post("/agent/join/id", everything(do="save"))
    erase(applicant, reviewer)
    assert application_of(session, applicant) is None
    phone.post("/agent/join/id", everything(do="save"))
    submit(person_id=applicant, consent=True, now=NOON)
    assert application_of(session, applicant).state == "submitted"


def refusal(person_id: str, by: str) -> str:
    with pytest.raises(Refused) as refused:
        erase(person_id, by)
    return refused.value.slug


def test_nothing_may_be_owed_by_either_side(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    passed(log_in(reviewer), session, applicant)
    leave(applicant, reviewer)
    owe(applicant, 500)
    assert refusal(applicant, reviewer) == "unsettled"
    owe(applicant, -900)
    assert refusal(applicant, reviewer) == "unsettled"
    owe(applicant, 400)
    erase(applicant, reviewer)
    assert refusal(applicant, reviewer) == "nothing-kept"


def test_who_left_may_come_back_only_as_long_as_their_identity_is_known(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    passed(log_in(reviewer), session, applicant)
    leave(applicant, reviewer)
    reinstate_agent(agent_id=applicant, reason="又来了", actor_id=reviewer, now=NOON)
    leave(applicant, reviewer)
    erase(applicant, reviewer)
    assert session.get_one(Agent, applicant, populate_existing=True).verified_at is None
    with pytest.raises(Refused) as refused:
        reinstate_agent(agent_id=applicant, reason="又来了", actor_id=reviewer, now=NOON)
    assert refused.value.slug == "wrong-stage"


def test_a_reason_is_needed_and_somebody_to_forget(session: Session, applicant: str, reviewer: str) -> None:
    for reason in ("", "  ", "长" * 201):
        with pytest.raises(Invalid):
            erase_identity(person_id=applicant, reason=reason, actor_id=reviewer, now=NOON)
    with pytest.raises(NotFound):
        erase(reviewer, reviewer)


def test_the_page_says_what_goes_and_what_stays_asks_twice_and_shows_it_done(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    desk = log_in(reviewer)
    passed(desk, session, applicant)
    here, form = f"/console/erasures/{applicant}", {"reason": "本人要求", "sure": "1", "password": PASSWORD}
    early = desk.get(here).text
    assert "还在职" in early and 'name="password"' not in early
    assert "还在职" in desk.post(here, form).text
    leave(applicant, reviewer)
    page = desk.get(here).text
    for words in ("1 份申请", "2 张", "会留下", "不能恢复"):
        assert words in page
    for wrong in ({"reason": " "}, {"sure": ""}, {"password": "wrong"}):
        assert desk.post(here, {**form, **wrong}).status_code == 422
    assert application_of(session, applicant).id_number == NUMBER
    assert applicant in desk.get("/console/erasures").text
    done = desk.post(here, form).text
    for words in ("实名信息已删除", "徐婷", "本人要求"):
        assert words in done
    session.rollback()
    application = application_of(session, applicant)
    assert (application.id_number, application.legal_name) == (None, None)
    assert applicant not in desk.get("/console/erasures").text
    assert "本人要求" in desk.get("/console/erasures?state=erased").text
    assert "实名信息已删除" in desk.get(f"/console/review/{application.id}").text
    noted = sa.select(AuditEntry).where(AuditEntry.action == "identity.erase")
    entries = session.scalars(noted.order_by(AuditEntry.object_type)).all()
    assert [(each.object_type, each.reason) for each in entries] == [
        ("application", "本人要求"),
        ("person", "本人要求"),
    ]
    assert NUMBER not in "".join(each.detail for each in entries)
    forgotten = log_in(applicant)
    for path in ("feed", "me", "join", "join/id", "payee", "earnings", "statements"):
        assert forgotten.get(f"/agent/{path}").status_code in (200, 302), path
    assert "你的实名信息已删除" in forgotten.get("/agent/join").text


def test_reviewers_and_admins_erase_and_nobody_else(session: Session, applicant: str, log_in: LogIn) -> None:
    for role, status in (("admin", 200), ("ops", 403), ("finance", 403)):
        id = builders.person(roles=role, name="许岚", password_hash=hashed_password())
        desk = log_in(id)
        assert desk.get("/console/erasures").status_code == status, role
        assert desk.get(f"/console/erasures/{applicant}").status_code == status, role
        assert desk.post(f"/console/erasures/{applicant}", {}).status_code in (status, 422), role
        assert desk.get(f"/console/erasures/{id}").status_code == (404 if status == 200 else 403)
    assert log_in(applicant).get(f"/console/erasures/{applicant}").status_code == 403
