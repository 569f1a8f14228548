"""From a stranger to an agent who may claim, page by page."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gig.identity.models import Agent, AgentSkill
from gig.onboarding.models import Application
from tests import builders
from tests.features.onboarding.conftest import LogIn
from tests.features.onboarding.people import (
    NUMBER,
    OTHER_NUMBER,
    PASSWORD,
    Browser,
    application_of,
    everything,
    photo,
    upload,
)


def test_a_stranger_registers_hands_in_is_passed_and_may_work(
    app, session: Session, reviewer: str, log_in: LogIn
) -> None:
    builders.queue("general")
    builders.queue("refund", easy=True)
    builders.queue("merchant")
    stranger = Browser(app)
    answer = stranger.post(
        "/join", {"phone": "138 0013 8000", "name": "小李", "password": PASSWORD}, follow=False
    )
    assert (answer.status_code, answer.location) == (303, "/login?next=/agent/join")
    stranger.log_in("13800138000")
    assert stranger.get("/").location == "/agent/join"
    assert stranger.get("/agent/join").location == "/agent/join/id"

    page = stranger.post("/agent/join/id", everything())
    assert "正在审核" in page.text
    assert "下一个就是你" in page.text

    desk = log_in(reviewer)
    listed = desk.get("/console/review")
    assert "李**" in listed.text
    assert "李晓明" not in listed.text
    id = application_of(session, session.query(Agent).one().id).id
    opened = desk.get(f"/console/review/{id}")
    assert "李晓明" in opened.text
    assert "110***********0015" in opened.text
    for side in ("front", "back"):
        seen = desk.get(f"/console/review/{id}/photos/{side}")
        assert seen.mimetype == "image/webp"
        assert "no-store" in seen.headers["Cache-Control"]
    assert "都审完了" in desk.post(f"/console/review/{id}/approval").text

    session.rollback()
    agent = session.query(Agent).one()
    assert (agent.stage, agent.tier) == ("probation", "trainee")
    assert agent.verified_at is not None
    assert {skill.queue for skill in session.query(AgentSkill)} == {"general", "refund"}
    assert "实名通过" in stranger.get("/agent/join").text


def test_the_form_says_what_is_missing_and_keeps_what_is_there(
    session: Session, applicant: str, log_in: LogIn
) -> None:
    phone = log_in(applicant)
    assert "还差 5 项" in phone.get("/agent/join/id").text
    page = phone.post("/agent/join/id", {"name": "李晓明", "do": "save", "front": upload(photo())})
    assert "还差 3 项" in page.text
    refused = phone.post("/agent/join/id", {"number": NUMBER, "do": "submit"})
    assert refused.status_code == 422
    assert "还没有国徽面的照片" in refused.text
    assert "需要你单独同意" in refused.text
    assert application_of(session, applicant).state == "draft"
    done = phone.post("/agent/join/id", {"back": upload(photo()), "consent": "1", "do": "submit"})
    assert "正在审核" in done.text
    assert application_of(session, applicant).consent_version


def test_the_consent_box_is_never_ticked_beforehand(applicant: str, log_in: LogIn) -> None:
    phone = log_in(applicant)
    phone.post("/agent/join/id", everything(do="save"))
    consent = phone.get("/agent/join/id").text.split('name="consent"')[1].split(">")[0]
    assert "checked" not in consent


def test_handing_in_twice_makes_one_application(session: Session, applicant: str, log_in: LogIn) -> None:
    phone = log_in(applicant)
    phone.post("/agent/join/id", everything())
    first = application_of(session, applicant).submitted_at
    again = phone.post("/agent/join/id", everything())
    assert "正在审核" in again.text
    assert session.query(Application).count() == 1
    assert application_of(session, applicant).submitted_at == first


def test_a_rejected_applicant_reads_why_and_retakes_only_that_photo(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    phone, desk = log_in(applicant), log_in(reviewer)
    phone.post("/agent/join/id", everything())
    first = application_of(session, applicant)
    desk.get(f"/console/review/{first.id}")
    words = "右上角反光，关掉闪光灯再拍一次。"
    desk.post(f"/console/review/{first.id}/rejection", {"code": "glare", "retake": "back", "text": words})
    status = phone.get("/agent/join")
    assert words in status.text
    assert "身份证国徽面" in status.text
    assert words in phone.get("/agent/join/id").text
    done = phone.post("/agent/join/id", {"back": upload(photo(seed="new")), "consent": "1", "do": "submit"})
    assert "正在审核" in done.text
    second = application_of(session, applicant)
    assert second.id != first.id
    assert second.front_blob_id == session.get_one(Application, first.id).front_blob_id
    assert session.get_one(Application, first.id).reason_text == words
    assert "第 2 次提交" in desk.get("/console/review").text


def test_a_passed_application_cannot_be_replaced(
    session: Session, applicant: str, reviewer: str, log_in: LogIn
) -> None:
    phone, desk = log_in(applicant), log_in(reviewer)
    phone.post("/agent/join/id", everything())
    id = application_of(session, applicant).id
    for url in (f"/console/review/{id}", *(f"/console/review/{id}/photos/{s}" for s in ("front", "back"))):
        desk.get(url)
    desk.post(f"/console/review/{id}/approval")
    assert "实名通过" in phone.post("/agent/join/id", everything(number=OTHER_NUMBER)).text
    assert application_of(session, applicant).id_number == NUMBER
    assert phone.get("/agent/join/id").location == "/agent/join"
    assert session.query(Application).count() == 1


def test_registering_a_taken_phone_is_answered_like_a_new_one(app) -> None:
    stranger = Browser(app)
    new = stranger.post("/join", {"phone": "13800138000", "name": "甲", "password": PASSWORD}, follow=False)
    taken = stranger.post(
        "/join", {"phone": "13800138000", "name": "乙", "password": "other words"}, follow=False
    )
    assert (new.status_code, new.location) == (taken.status_code, taken.location)
    assert Browser(app).post("/login", {"phone": "13800138000", "password": "other words"}).status_code == 422
    Browser(app).log_in("13800138000")


def test_registering_wants_a_mobile_number_a_name_and_a_password(app) -> None:
    for form in (
        {"phone": "12345", "name": "甲", "password": PASSWORD},
        {"phone": "13800138000", "name": " ", "password": PASSWORD},
        {"phone": "13800138000", "name": "甲", "password": "short"},
    ):
        assert Browser(app).post("/join", form).status_code == 422


def test_registering_over_and_over_from_one_place_is_slowed(app) -> None:
    stranger = Browser(app)
    answers = [
        stranger.post(
            "/join", {"phone": f"1380013{n:04d}", "name": "甲", "password": PASSWORD}, follow=False
        ).status_code
        for n in range(21)
    ]
    assert answers == [303] * 20 + [429]
