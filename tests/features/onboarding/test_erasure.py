"""An identity is forgotten once nothing is owed, and not before."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.blobs import Blob
from gig.core.db import transaction
from gig.core.errors import Refused
from gig.identity.models import Agent
from gig.onboarding.operations.applications import submit
from gig.onboarding.operations.erasure import erase_identity
from gig.payouts.disbursement.models import Payee
from tests.builders import NOON
from tests.features.onboarding.conftest import LogIn
from tests.features.onboarding.people import NUMBER, PASSWORD, application_of, everything, hand_in, passed


def erase(person_id: str, admin: str) -> None:
    erase_identity(person_id=person_id, reason="本人要求", actor_id=admin, now=NOON)


def leave(person_id: str) -> None:
    with transaction() as session:
        session.execute(sa.update(Agent).where(Agent.id == person_id).values(stage="left"))


def test_one_who_left_with_nothing_owed_is_forgotten(
    session: Session, applicant: str, another: str, reviewer: str, log_in: LogIn
) -> None:
    phone = log_in(applicant)
    hand_in(phone)
    passed(log_in(reviewer), session, applicant)
    payee = {"kind": "bank", "holder": "李晓明", "account": "6222021234567890128", "consent": "1"}
    phone.post("/agent/payee", {**payee, "password": PASSWORD})
    leave(applicant)
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
