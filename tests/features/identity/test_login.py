"""Logging in as a person does: forms, cookies, and being kept out."""

from __future__ import annotations

import datetime as dt
import re
import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core.errors import GigError, Invalid, TooMany
from gig.identity import queries
from gig.identity.demo import keep_logins
from gig.identity.operations import people, sessions
from gig.settings import Settings
from tests.builders import NOON

PHONE, PASSWORD = "13800138000", "correct horse"


@pytest.fixture
def ops(session: Session) -> str:
    return people.create_person(
        phone=PHONE, name="许岚", roles=["ops", "admin"], password=PASSWORD, now=NOON, actor_id=None
    )


class OwnContext(FlaskClient):
    """Each request has an application context of its own, as on a server, though the test has one open."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture(autouse=True)
def own_contexts(app: Flask) -> None:
    app.test_client_class = OwnContext


class Browser:
    """Fills in forms with the token that the page gave it."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def post(self, path: str, data: dict[str, Any] | None = None, page: str = "/login") -> Any:
        html = self.client.get(page, follow_redirects=True).get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', html)
        assert found
        return self.client.post(path, data={"csrf_token": found[1], **(data or {})})

    def log_in(self, password: str = PASSWORD, next: str = "", phone: str = PHONE) -> Any:
        return self.post("/login", {"phone": phone, "password": password, "next": next})


@pytest.fixture
def browser(client: FlaskClient) -> Browser:
    return Browser(client)


def attempt(password: str, *, phone: str = PHONE, address: str = "10.0.0.1", at: dt.datetime = NOON) -> Any:
    return sessions.log_in(phone=phone, password=password, address=address, agent="", now=at)


def outcome(password: str, **given: Any) -> type[Exception] | None:
    try:
        attempt(password, **given)
    except GigError as error:
        return type(error)
    return None


def test_a_page_sends_to_the_login_and_back(browser: Browser, ops: str) -> None:
    answer = browser.client.get("/console/people?role=ops")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/console/people%3Frole%3Dops"
    answer = browser.log_in(next="/console/people?role=ops")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/people?role=ops")
    assert browser.client.get("/console/people").status_code == 200


@pytest.mark.parametrize(
    "next",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil", "/login"],
)
def test_nobody_is_sent_elsewhere(browser: Browser, ops: str, next: str) -> None:
    assert browser.log_in(next=next).headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_phone_read_alike(browser: Browser, ops: str) -> None:
    def words(answer: Any) -> tuple[int, str]:
        changing = r'csrf[^>]+|X-CSRFToken[^>]+|value="[^"]*"|content="[^"]*"|\d+:\d\d(:\d\d)?|\?h=\w+'
        page = re.sub(changing, "", answer.get_data(as_text=True))
        return answer.status_code, page

    wrong, unknown = browser.log_in("wrong one"), browser.log_in(phone="13800138999")
    assert words(wrong) == words(unknown)
    assert wrong.status_code == 422
    assert "手机号或密码不对。" in wrong.get_data(as_text=True)


@pytest.mark.parametrize("phone", [PHONE, "13800138999", "not a phone"])
def test_five_failures_close_a_phone_for_a_quarter_of_an_hour(session: Session, ops: str, phone: str) -> None:
    assert [outcome("wrong", phone=phone) for _ in range(6)] == [Invalid] * 5 + [TooMany]
    with pytest.raises(TooMany) as refused:
        attempt(PASSWORD, phone=phone, at=NOON + dt.timedelta(minutes=10))
    assert refused.value.retry_after_s == 301
    later = outcome(PASSWORD, phone=phone, at=NOON + dt.timedelta(minutes=16))
    assert later is (None if phone == PHONE else Invalid)


def test_twenty_failures_close_an_address_for_an_hour(session: Session, ops: str) -> None:
    phones = [f"138001390{number:02d}" for number in range(20)]
    assert {outcome("wrong", phone=phone) for phone in phones} == {Invalid}
    assert outcome(PASSWORD) is TooMany
    assert outcome(PASSWORD, address="10.0.0.2") is None


def test_a_success_takes_failures_back(session: Session, ops: str) -> None:
    for _ in range(3):
        assert [outcome("wrong") for _ in range(4)] == [Invalid] * 4
        assert outcome(PASSWORD) is None


def test_many_guesses_at_once_do_not_outrun_the_limit(app: Flask, session: Session, ops: str) -> None:
    start, outcomes = threading.Barrier(12), []

    def guess(number: int) -> None:
        with app.app_context():
            start.wait()
            outcomes.append(outcome("wrong", address=f"10.0.1.{number}"))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count(Invalid), outcomes.count(TooMany)) == (5, 7)


def test_a_form_without_its_token_is_refused(client: FlaskClient, ops: str) -> None:
    assert client.post("/login", data={"phone": PHONE, "password": PASSWORD}).status_code == 400


def test_a_cookie_does_not_open_the_api(browser: Browser, ops: str) -> None:
    browser.log_in()
    assert browser.client.get("/api/v1/rate-cards").status_code in (401, 404)


def test_logging_out_ends_the_session_on_the_server(app: Flask, browser: Browser, ops: str) -> None:
    browser.log_in()
    kept = browser.client.get_cookie("session")
    assert kept
    browser.post("/logout", page="/console/people")
    thief = app.test_client()
    thief.set_cookie("session", kept.value)
    assert thief.get("/console/people").status_code == 303


def test_a_session_can_be_ended_from_another_device(app: Flask, browser: Browser, ops: str) -> None:
    other = Browser(app.test_client())
    browser.log_in()
    other.log_in()
    browser.post("/me/sessions/end-others", page="/me/security")
    assert other.client.get("/me/security").status_code == 303
    assert browser.client.get("/me/security").status_code == 200


def test_nobody_ends_the_session_of_another(app: Flask, browser: Browser, session: Session, ops: str) -> None:
    people.create_person(
        phone="13800138001", name="别人", roles=["finance"], password=PASSWORD, now=NOON, actor_id=None
    )
    other = Browser(app.test_client())
    other.log_in(phone="13800138001")
    browser.log_in()
    mine = queries.open_sessions(session, ops)[0].id
    assert other.post(f"/me/sessions/{mine}/end", page="/me/security").status_code == 404
    assert browser.client.get("/me/security").status_code == 200


def test_a_new_password_logs_other_devices_out(app: Flask, browser: Browser, ops: str) -> None:
    other = Browser(app.test_client())
    browser.log_in()
    other.log_in()
    wrong = browser.post("/me/password", {"old": "no", "new": "battery staple"}, page="/me/security")
    assert wrong.status_code == 422
    right = browser.post("/me/password", {"old": PASSWORD, "new": "battery staple"}, page="/me/security")
    assert right.status_code == 303
    assert other.client.get("/me/security").status_code == 303
    assert browser.client.get("/me/security").status_code == 200


def test_a_disabled_person_is_out_at_once(browser: Browser, session: Session, ops: str) -> None:
    people.create_person(
        phone="13800138001", name="别人", roles=["admin"], password=PASSWORD, now=NOON, actor_id=None
    )
    browser.log_in()
    people.disable_person(person_id=ops, reason="离职", now=NOON, actor_id=None)
    assert browser.client.get("/me/security").status_code == 303
    assert outcome(PASSWORD) is Invalid


def test_a_page_of_another_role_says_whom_to_ask(app: Flask, session: Session) -> None:
    people.create_person(
        phone="13800138001", name="钱进", roles=["finance"], password=PASSWORD, now=NOON, actor_id=None
    )
    browser = Browser(app.test_client())
    browser.log_in(phone="13800138001")
    answer = browser.client.get("/console/people")
    assert answer.status_code == 403
    assert "找管理员开通" in answer.get_data(as_text=True)


def test_htmx_takes_the_whole_page_to_the_login(client: FlaskClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/agent/feed?queue=refund"}
    answer = client.get("/me/security", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/agent/feed%3Fqueue%3Drefund"


@pytest.mark.parametrize(("roles", "home"), [("agent", "/agent/join"), ("admin", "/console/people")])
def test_the_start_sends_each_role_home(browser: Browser, session: Session, roles: str, home: str) -> None:
    people.create_person(phone=PHONE, name="甲", roles=[roles], password=PASSWORD, now=NOON, actor_id=None)
    assert browser.client.get("/").headers["Location"] == "/login"
    browser.log_in()
    assert browser.client.get("/").headers["Location"] == home


def test_demo_logins_are_offered_in_development_alone(
    app: Flask, client: FlaskClient, ops: str, tmp_path: Any, settings: Settings
) -> None:
    app.config["GIG_DEMO_LOGINS"] = str(tmp_path / "demo.json")
    with app.app_context():
        keep_logins(
            [
                {"role": "ops", "name": "许岚", "phone": PHONE, "password": PASSWORD},
                {"role": "ops", "name": "不在", "phone": "13800138555", "password": PASSWORD},
            ]
        )
    page = client.get("/login").get_data(as_text=True)
    assert "许岚" in page
    assert "不在" not in page
    from dataclasses import replace

    app.config["GIG"] = replace(settings, env="production")
    assert "许岚" not in client.get("/login").get_data(as_text=True)


def test_an_admin_runs_the_console(browser: Browser, session: Session, ops: str) -> None:
    browser.log_in()
    made = browser.post(
        "/console/people",
        {"phone": "13800138002", "name": "新人", "roles": ["reviewer"]},
        page="/console/people",
    )
    assert made.status_code == 200
    assert "data-secret" in made.get_data(as_text=True)
    id = queries.person_by_phone(session, "13800138002")
    session.commit()
    assert id
    here = f"/console/people/{id}"
    browser.post(f"{here}/roles", {"do": "grant", "role": "finance", "reason": "顶班"}, page=here)
    assert set(queries.person(session, id).roles) == {"finance", "reviewer"}
    session.commit()
    token = browser.post(f"{here}/tokens", {"scopes": ["review"]}, page=here)
    assert "gig_p_" in token.get_data(as_text=True)
    again = browser.post("/console/people", {"phone": "13800138002", "name": "新人", "roles": ["ops"]})
    assert again.status_code == 409
    channel = browser.post("/console/channels", {"name": "商城"}, page="/console/channels")
    assert "gig_c_" in channel.get_data(as_text=True)
    log = browser.client.get("/console/audit").get_data(as_text=True)
    for action in ("person.create", "person.grant-role", "token.issue", "channel.create"):
        assert action in log
    assert browser.client.get(f"/console/audit?object={id}").status_code == 200
    assert browser.client.get("/console/people/nobody").status_code == 404
