"""One application, one reviewer at a time, and a decision that stands."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import blobs
from gig.core.blobs import Blob
from gig.core.db import transaction
from gig.core.errors import Forbidden, Refused
from gig.core.outbox import OutboxEvent
from gig.identity.models import Agent
from gig.onboarding import queries
from gig.onboarding.models import Application
from gig.onboarding.operations import reviews
from gig.onboarding.operations.applications import save_draft, submit
from gig.onboarding.operations.retention import delete_old_photos
from gig.onboarding.values import KEEP_PHOTOS, LOCK
from tests.builders import NOON
from tests.features.onboarding.conftest import LogIn
from tests.features.onboarding.people import (
    NUMBER,
    OTHER_NUMBER,
    application_of,
    hand_in,
    look_at_both,
    photo,
)

MINUTE = dt.timedelta(minutes=1)


def submitted(session: Session, person_id: str, number: str = NUMBER, now: dt.datetime = NOON) -> str:
    both = {"front": photo(seed="front"), "back": photo(seed="back")}
    assert save_draft(person_id=person_id, name="李晓明", number=number, photos=both, now=now) == {}
    submit(person_id=person_id, consent=True, now=now)
    return application_of(session, person_id).id


def take(id: str, actor_id: str, now: dt.datetime = NOON) -> bool:
    return reviews.open_review(application_id=id, actor_id=actor_id, now=now)


def look(id: str, actor_id: str, now: dt.datetime = NOON) -> None:
    for side in ("front", "back"):
        reviews.read_photo(application_id=id, side=side, actor_id=actor_id, now=now)


def test_only_one_reviewer_has_an_application_for_ten_minutes(
    session: Session, applicant: str, reviewer: str, colleague: str
) -> None:
    id = submitted(session, applicant)
    assert take(id, reviewer)
    assert not take(id, colleague, NOON + LOCK - MINUTE)
    with pytest.raises(Refused) as refused:
        look(id, colleague)
    assert refused.value.slug == "not-locked"
    assert take(id, colleague, NOON + LOCK)
    with pytest.raises(Refused):
        reviews.approve(application_id=id, actor_id=reviewer, now=NOON + LOCK)


def test_opening_the_next_one_frees_the_last(
    session: Session, applicant: str, another: str, reviewer: str, colleague: str
) -> None:
    first, second = submitted(session, applicant), submitted(session, another, OTHER_NUMBER)
    assert take(first, reviewer)
    assert take(second, reviewer)
    assert take(first, colleague)


def test_putting_it_back_frees_it_at_once(
    session: Session, applicant: str, reviewer: str, colleague: str
) -> None:
    id = submitted(session, applicant)
    take(id, reviewer)
    reviews.release_review(application_id=id, actor_id=colleague, now=NOON)
    assert not take(id, colleague)
    reviews.release_review(application_id=id, actor_id=reviewer, now=NOON)
    assert take(id, colleague)


def test_the_longest_waiting_is_offered_first_and_a_locked_one_is_passed_over(
    session: Session, applicant: str, another: str, reviewer: str, colleague: str
) -> None:
    late = submitted(session, applicant, now=NOON + MINUTE)
    early = submitted(session, another, OTHER_NUMBER)
    later = NOON + 2 * MINUTE
    listed = queries.waiting(session, actor_id=reviewer, now=later)
    assert [row.id for row in listed] == [early, late]
    take(early, colleague, later)
    session.rollback()
    assert queries.next_waiting(session, actor_id=reviewer, now=later) == late
    assert [row.holder for row in queries.waiting(session, actor_id=reviewer, now=later)] == ["陈雨", None]


def test_passing_needs_a_look_at_both_photos(session: Session, applicant: str, reviewer: str) -> None:
    id = submitted(session, applicant)
    take(id, reviewer)
    reviews.read_photo(application_id=id, side="front", actor_id=reviewer, now=NOON)
    with pytest.raises(Refused) as refused:
        reviews.approve(application_id=id, actor_id=reviewer, now=NOON)
    assert refused.value.slug == "not-looked"
    session.rollback()
    assert session.get_one(Agent, applicant).stage == "applicant"


def test_a_photo_that_was_damaged_at_rest_cannot_be_passed(
    session: Session, applicant: str, reviewer: str
) -> None:
    id = submitted(session, applicant)
    take(id, reviewer)
    look(id, reviewer)
    blob_id = application_of(session, applicant).back_blob_id
    with transaction() as writing:
        writing.execute(sa.update(Blob).where(Blob.id == blob_id).values(sealed=b"\x01\x01" + bytes(80)))
    with pytest.raises(Refused) as refused:
        reviews.approve(application_id=id, actor_id=reviewer, now=NOON)
    assert refused.value.slug == "photo-unreadable"


def test_a_decision_stands(session: Session, applicant: str, reviewer: str, log_in: LogIn) -> None:
    hand_in(log_in(applicant))
    desk, id = log_in(reviewer), application_of(session, applicant).id
    look_at_both(desk, id)
    assert desk.post(f"/console/review/{id}/approval").status_code == 200
    assert desk.post(f"/console/review/{id}/approval").status_code == 409
    again = desk.post(f"/console/review/{id}/rejection", {"code": "expired", "text": "证件过期了。"})
    assert again.status_code == 409
    assert application_of(session, applicant).state == "approved"
    assert session.get_one(Agent, applicant).stage == "probation"


def test_nobody_reviews_themself(session: Session, applicant: str) -> None:
    id = submitted(session, applicant)
    with pytest.raises(Forbidden):
        take(id, applicant)
    assert queries.waiting(session, actor_id=applicant, now=NOON) == []


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "请选一个退回原因"),
        ({"code": "glare"}, "选一下要重拍哪一面"),
        ({"code": "other", "retake": "front"}, "写清楚哪里不合格"),
        ({"code": "expired", "text": "长" * 501}, "最多 500 个字"),
    ],
)
def test_a_rejection_says_what_and_which(
    form: dict[str, str], words: str, session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    desk, id = log_in(reviewer), application_of(session, applicant).id
    desk.get(f"/console/review/{id}")
    page = desk.post(f"/console/review/{id}/rejection", form)
    assert page.status_code == 422
    assert words in page.text
    assert application_of(session, applicant).state == "submitted"


def test_a_reason_without_words_speaks_for_itself(session: Session, applicant: str, reviewer: str) -> None:
    id = submitted(session, applicant)
    take(id, reviewer)
    reviews.reject(application_id=id, actor_id=reviewer, code="blurred", text="", retake=["front"], now=NOON)
    assert application_of(session, applicant).reason_text == "模糊，请重拍身份证人像面。"


def test_the_applicant_and_ops_are_told_of_the_decision(
    session: Session, applicant: str, reviewer: str
) -> None:
    id = submitted(session, applicant)
    take(id, reviewer)
    look(id, reviewer)
    reviews.approve(application_id=id, actor_id=reviewer, now=NOON)
    session.rollback()
    told = session.query(OutboxEvent).filter_by(type="application.decided")
    assert {event.topic for event in told} == {f"agent:{applicant}", "ops"}


def test_a_number_seen_on_a_rejected_account_wants_a_second_look(
    session: Session, applicant: str, another: str, reviewer: str
) -> None:
    first = submitted(session, applicant)
    take(first, reviewer)
    reviews.reject(application_id=first, actor_id=reviewer, code="not_theirs", text="", retake=[], now=NOON)
    second = submitted(session, another, now=NOON + MINUTE)
    facts = queries.facts(session, session.get_one(Application, second), NOON.date())
    assert "另有 1 个账号交过这个号码，未通过" in [str(check.words) for check in facts.checks]


def test_photos_are_deleted_thirty_days_after_the_decision(
    session: Session, applicant: str, reviewer: str
) -> None:
    id = submitted(session, applicant)
    take(id, reviewer)
    look(id, reviewer)
    reviews.approve(application_id=id, actor_id=reviewer, now=NOON)
    front = str(application_of(session, applicant).front_blob_id)
    assert delete_old_photos(NOON + KEEP_PHOTOS - MINUTE) == 0
    assert blobs.content(session, front)
    assert delete_old_photos(NOON + KEEP_PHOTOS) == 1
    assert delete_old_photos(NOON + KEEP_PHOTOS) == 0
    session.rollback()
    assert session.query(Blob).count() == 0
    assert application_of(session, applicant).legal_name == "李晓明"


def test_a_photo_that_a_newer_application_shows_is_kept(
    session: Session, applicant: str, reviewer: str
) -> None:
    first = submitted(session, applicant)
    take(first, reviewer)
    reviews.reject(application_id=first, actor_id=reviewer, code="glare", text="", retake=["back"], now=NOON)
    later = NOON + KEEP_PHOTOS
    save_draft(person_id=applicant, name="", number="", photos={"back": photo(seed="new")}, now=later)
    submit(person_id=applicant, consent=True, now=later)
    delete_old_photos(later)
    front = str(application_of(session, applicant).front_blob_id)
    assert blobs.content(session, front)
    assert session.get_one(Application, first, populate_existing=True).front_blob_id is None
