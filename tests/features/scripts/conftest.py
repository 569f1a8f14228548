"""Operations at the library, and an agent in a conversation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from gig.dispatch.operations.claims import claim
from gig.dispatch.scripts.operations.library import Wording, create_script
from tests import builders
from tests.builders import NOON, seconds
from tests.features.onboarding.people import Browser, hashed_password, phone_of


@pytest.fixture
def ops(app: Flask, session: Session) -> Browser:
    id = builders.person(roles="ops", name="陈雨", password_hash=hashed_password())
    return Browser(app).log_in(phone_of(session, id))


def script(
    title: str = "退款到账时效",
    text: str = "{customer}您好，订单 {order} 一到三个工作日到账。",
    stage: str = "answer",
    queue: str = "refund",
    issue_type: str = "refund_status",
) -> str:
    if queue:
        builders.queue(queue)
    wording = Wording(title, text, stage, queue, issue_type)
    return create_script(wording=wording, actor_id=None, now=NOON)


@pytest.fixture
def held(session: Session) -> Callable[..., tuple[str, str]]:
    """An agent ten seconds into a conversation: (agent, inquiry)."""

    def begin(**inquiry: str) -> tuple[str, str]:
        agent_id = builders.agent(tier="gold")
        inquiry_id = builders.inquiry(**inquiry)
        claim(inquiry_id=inquiry_id, agent_id=agent_id, now=NOON + seconds(10))
        return agent_id, inquiry_id

    return begin
