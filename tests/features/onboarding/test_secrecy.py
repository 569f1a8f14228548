"""Who can see what: sealed at rest, masked on pages, each look in the log, others' ids unknown."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import blobs
from gig.core.audit import AuditEntry
from gig.core.ids import new_id
from tests.features.onboarding.conftest import LogIn
from tests.features.onboarding.people import (
    NUMBER,
    OTHER_NUMBER,
    application_of,
    hand_in,
    look_at_both,
    passed,
)


def raw_rows(session: Session, table: str) -> bytes:
    """Everything that the database holds in one table, as bytes."""
    session.rollback()
    found = session.execute(sa.text(f"SELECT * FROM {table}")).all()
    cells = [cell for row in found for cell in row]
    return b"\n".join(bytes(c) if isinstance(c, bytes | memoryview) else str(c).encode() for c in cells)


def looks(session: Session, actor_id: str) -> list[tuple[str, str | None]]:
    session.rollback()
    query = sa.select(AuditEntry.action, AuditEntry.reason).where(
        AuditEntry.actor_id == actor_id, AuditEntry.action.startswith("identity.")
    )
    return [(action, reason) for action, reason in session.execute(query.order_by(AuditEntry.id))]


def test_nothing_of_a_document_is_plain_in_the_database(
    session: Session, applicant: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    photo = blobs.content(session, str(application_of(session, applicant).front_blob_id))
    everything = b"".join(raw_rows(session, t) for t in ("application", "blob", "audit_log", "outbox"))
    for secret in (NUMBER.encode(), NUMBER[6:14].encode(), "李晓明".encode(), photo[:64], b"WEBP"):
        assert secret not in everything


def test_the_number_is_masked_on_every_page(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    phone, desk = log_in(applicant), log_in(reviewer)
    phone.post("/agent/join/id", {"name": "李晓明", "number": NUMBER, "do": "save"})
    pages = [phone.get("/agent/join/id").text]
    hand_in(phone)
    id = application_of(session, applicant).id
    pages += [phone.get("/agent/join").text, desk.get("/console/review").text]
    look_at_both(desk, id)
    pages += [desk.get(f"/console/review/{id}?side=back&turn=1&zoom=1").text]
    desk.post(f"/console/review/{id}/approval")
    pages += [desk.get(f"/console/review?state={s}").text for s in ("approved", "rejected")]
    pages += [desk.get(f"/console/review/{id}").text, phone.get("/agent/payee").text]
    for page in pages:
        assert NUMBER not in page
        assert NUMBER[6:14] not in page
    assert "110***********0015" in pages[0]


def test_the_whole_number_needs_a_reason_and_is_shown_once(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    desk, id = log_in(reviewer), application_of(session, applicant).id
    desk.get(f"/console/review/{id}")
    assert desk.post(f"/console/review/{id}/reveal", {"reveal_reason": " "}).status_code == 422
    shown = desk.post(f"/console/review/{id}/reveal", {"reveal_reason": "和证件照片逐位对照"})
    assert NUMBER in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert NUMBER not in desk.get(f"/console/review/{id}").text
    assert looks(session, reviewer) == [("identity.number", "和证件照片逐位对照")]


def test_each_look_at_a_photo_is_in_the_log_with_who_and_why(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    phone = log_in(applicant)
    hand_in(phone)
    assert phone.get("/agent/join/photos/front").status_code == 200
    look_at_both(log_in(reviewer), application_of(session, applicant).id)
    assert looks(session, applicant) == [("identity.photo.front", "本人查看")]
    assert looks(session, reviewer) == [
        ("identity.photo.front", "实名审核"),
        ("identity.photo.back", "实名审核"),
    ]


def test_the_picture_carries_the_name_of_its_reader(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    page = log_in(reviewer).get(f"/console/review/{application_of(session, applicant).id}").text
    assert re.search(r"<text[^>]*>仅供应声实名核验 · 徐婷 · \d{4}-\d\d-\d\d", page)


def test_others_documents_do_not_exist_for_an_applicant(
    session: Session, applicant: str, another: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    id, curious = application_of(session, applicant).id, log_in(another)
    assert curious.get("/agent/join/photos/front").status_code == 404
    for path in (f"/console/review/{id}", f"/console/review/{id}/photos/front", "/console/review"):
        assert curious.get(path).status_code == 403
    assert curious.post(f"/console/review/{id}/approval").status_code == 403


def test_a_stranger_is_sent_to_the_login(app, session: Session, applicant: str, log_in: LogIn) -> None:
    from tests.features.onboarding.people import Browser

    hand_in(log_in(applicant))
    id = application_of(session, applicant).id
    for path in ("/agent/join/photos/front", f"/console/review/{id}/photos/front", "/agent/payee"):
        answer = Browser(app).get(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login")


def test_ids_that_are_none_or_of_drafts_are_404_for_a_reviewer(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    log_in(applicant).post("/agent/join/id", {"number": OTHER_NUMBER, "do": "save"})
    desk, draft = log_in(reviewer), application_of(session, applicant).id
    for id in (draft, new_id(), "1", "..%2f..%2fetc"):
        assert desk.get(f"/console/review/{id}").status_code == 404
        assert desk.get(f"/console/review/{id}/photos/front").status_code == 404
    assert desk.get(f"/console/review/{draft}/photos/selfie").status_code == 404


def test_photos_and_numbers_are_closed_after_the_decision(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    hand_in(log_in(applicant))
    desk = log_in(reviewer)
    passed(desk, session, applicant)
    id = application_of(session, applicant).id
    assert desk.get(f"/console/review/{id}/photos/front").status_code == 409
    assert desk.post(f"/console/review/{id}/reveal", {"reveal_reason": "再看一眼"}).status_code == 409
    assert f"/console/review/{id}/photos" not in desk.get(f"/console/review/{id}").text
