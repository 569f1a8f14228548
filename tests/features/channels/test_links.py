"""The link that a channel hands out: what opens, what does not, and where it must not be read."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.channels import links
from gig.channels.operations import doors
from gig.channels.queries.doors import opened, token_of
from gig.channels.views import shown
from gig.core.clock import real_now, received_at
from gig.core.errors import Invalid, NotFound
from gig.core.logs import ScrubbedFormatter, scrub
from gig.core.outbox import OutboxEvent
from gig.dispatch.models import Inquiry
from gig.dispatch.operations.expiry import sweep_due
from gig.identity.operations.keys import create_channel
from gig.live.tickets import read_ticket
from tests import builders as a
from tests.builders import NOON
from tests.features.channels.conftest import NewCustomer

DAY = dt.timedelta(days=1)


@pytest.fixture
def channel(client: FlaskClient, session: Session) -> dict[str, str]:
    a.queue()
    secret = create_channel(name="app", now=NOON, actor_id=None).secret
    return {"Authorization": f"Bearer {secret}"}


def asked(client: FlaskClient, channel: dict[str, str], **more: object) -> dict[str, str]:
    body = {"external_id": "q1", "queue": "refund", "issue_type": "refund_status", "text": "退款呢？", **more}
    answer = client.post("/api/v1/inquiries", json=body, headers=channel)
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json
    return found


def test_a_channel_is_given_the_link_with_the_inquiry_and_whenever_it_asks(
    client: FlaskClient, channel: dict[str, str]
) -> None:
    made = asked(client, channel)
    url = made["chat_url"]
    assert url.startswith("http://localhost/c/")
    assert client.get(f"/api/v1/inquiries/{made['id']}", headers=channel).json["chat_url"] == url
    page = client.get(url)
    assert (page.status_code, "退款呢？" in page.text) == (200, True)
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_a_renewed_link_opens_and_the_old_one_does_not(client: FlaskClient, channel: dict[str, str]) -> None:
    made = asked(client, channel)
    path = f"/api/v1/inquiries/{made['id']}/chat-link"
    key = {**channel, "Idempotency-Key": "once"}
    renewed = client.post(path, headers=key)
    assert renewed.status_code == 201
    assert client.post(path, headers=key).json == renewed.json
    assert client.get(made["chat_url"]).status_code == 404
    assert client.get(renewed.json["chat_url"]).status_code == 200
    assert client.delete(path, headers=channel).status_code == 204
    assert client.get(renewed.json["chat_url"]).status_code == 404
    assert client.get(f"/api/v1/inquiries/{made['id']}", headers=channel).json["chat_url"] is None
    assert client.get(client.post(path, headers=channel).json["chat_url"]).status_code == 200


def test_the_streams_of_a_renewed_link_end(session: Session) -> None:
    inquiry = a.inquiry()
    doors.renew_link(channel_id=a.channel(), inquiry_id=inquiry, now=NOON)
    ended = session.execute(
        sa.select(OutboxEvent.topic).where(OutboxEvent.type == "session.revoked")
    ).scalars()
    assert list(ended) == [f"session:{links.session_of(inquiry, 0)}"]


def test_a_ticket_is_as_old_as_its_request_so_that_a_link_shut_meanwhile_refuses_it(
    app: Flask, session: Session
) -> None:
    token = token_of(session, a.inquiry()) or ""
    with app.test_request_context():
        door = opened(session, token, received_at())
        g.received_counter -= 5
        ticket = read_ticket(app.config["SECRET_KEY"], shown.ticket(door), real_now())
    assert ticket.issued_at < real_now() - a.seconds(4)


def test_another_channel_can_neither_renew_nor_shut_a_link(
    client: FlaskClient, channel: dict[str, str]
) -> None:
    foreign = a.inquiry(channel_name="shop")
    for method in ("POST", "DELETE"):
        answer = client.open(f"/api/v1/inquiries/{foreign}/chat-link", method=method, headers=channel)
        assert answer.status_code == 404


def test_a_link_that_somebody_made_up_opens_nothing(client: FlaskClient, customer: NewCustomer) -> None:
    inquiry = a.inquiry()
    token = customer(inquiry).url.removeprefix("/c/")
    for other in ("x", inquiry, f"{inquiry}0-", token[:-1], token[:-1] + "é", token.replace("0-", "1-", 1)):
        page = client.get(f"/c/{other}")
        assert (page.status_code, "这个链接打不开" in page.text) == (404, True)
        assert client.post(f"/c/{other}/messages", data={"text": "在吗"}).status_code == 404
        assert client.get(f"/c/{other}/live-ticket").status_code == 404


def test_a_link_lives_for_a_week_after_the_end(session: Session, customer: NewCustomer) -> None:
    inquiry = a.inquiry()
    token = token_of(session, inquiry) or ""
    sweep_due(now=NOON + dt.timedelta(hours=3))
    ended = session.execute(sa.select(Inquiry.ended_at)).scalar_one()
    assert ended is not None
    assert not opened(session, token, ended + 7 * DAY - a.seconds(1)).expired
    assert opened(session, token, ended + 7 * DAY).expired
    page = customer(inquiry).open()
    assert (page.status_code, "这次咨询已经结束" in page.text) == (410, True)


@pytest.mark.parametrize("path", ["/messages", "/photos", "/rating", "/withdrawal"])
def test_nothing_that_is_sent_to_an_expired_link_brings_the_conversation_back(
    session: Session, customer: NewCustomer, path: str
) -> None:
    at = customer(a.inquiry(text="我的订单 20931 怎么还没退款？"))
    sweep_due(now=NOON + dt.timedelta(hours=3))
    page = at.post(path, text="在吗", stars="6", resolved="no")
    assert (page.status_code, "20931" in page.text) == (410, False)
    assert at.open("/live-ticket").status_code == 404
    assert at.post("/typing").status_code == 404


def test_a_link_stays_out_of_the_logs(session: Session) -> None:
    token = token_of(session, a.inquiry()) or ""
    line = f'127.0.0.1 "GET /c/{token}/messages" 200'
    assert scrub(line) == '127.0.0.1 "GET /c/<chat>/messages" 200'
    record = logging.LogRecord("granian.access", logging.INFO, "", 0, line, None, None)
    assert token not in ScrubbedFormatter().format(record)
    assert scrub("GET /c/embed") == "GET /c/embed"


def test_only_the_sites_that_an_admin_named_may_frame_the_page(
    session: Session, customer: NewCustomer
) -> None:
    admin, inquiry = a.person(roles="admin"), a.inquiry()
    with pytest.raises(Invalid):
        doors.allow_sites(channel_id=a.channel(), sites="http://shop.example", actor_id=admin, now=NOON)
    with pytest.raises(NotFound):
        doors.allow_sites(channel_id="nobody", sites="", actor_id=admin, now=NOON)
    sites = "https://shop.example/ https://*.shop.example:8443"
    doors.allow_sites(channel_id=a.channel(), sites=sites, actor_id=admin, now=NOON)
    headers = customer(inquiry).open().headers
    assert (
        "frame-ancestors https://shop.example https://*.shop.example:8443"
        in headers["Content-Security-Policy"]
    )
    assert "X-Frame-Options" not in headers
    other = customer(a.inquiry(channel_name="other")).open().headers
    assert "frame-ancestors 'none'" in other["Content-Security-Policy"]
