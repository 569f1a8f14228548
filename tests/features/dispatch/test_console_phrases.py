"""The phrases that answer nothing, as operations lists them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.models_lists import HoldingPhrase
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.replies import reply
from tests import builders
from tests.builders import NOON, seconds
from tests.features.dispatch.conftest import seen
from tests.features.onboarding.people import Browser


def test_a_listed_phrase_answers_nothing_from_the_next_reply_on(session: Session, ops: Browser) -> None:
    agent, inquiry_id = builders.agent(), builders.inquiry()
    claim(inquiry_id=inquiry_id, agent_id=agent, now=NOON + seconds(10))
    page = ops.post("/console/phrases", {"phrase": "给您看看呢"})
    assert "给您看看呢" in page.text
    held = reply(inquiry_id=inquiry_id, agent_id=agent, text="给您看看呢～", now=NOON + seconds(20))
    assert held.unpaid_reason == "holding-phrase"
    ops.post("/console/phrases/removal", {"phrase": "给您看看呢"})
    second = builders.inquiry()
    claim(inquiry_id=second, agent_id=agent, now=NOON + seconds(25))
    assert (
        reply(inquiry_id=second, agent_id=agent, text="给您看看呢", now=NOON + seconds(30)).unpaid_reason
        is None
    )


def test_phrases_keep_their_history(session: Session, ops: Browser) -> None:
    ops.post("/console/phrases", {"phrase": "马上给您看"})
    page = ops.post("/console/phrases/removal", {"phrase": "马上给您看"})
    assert "加入「马上给您看」" in page.text
    assert "拿掉「马上给您看」" in page.text
    rows = seen(session).execute(
        sa.select(HoldingPhrase.phrase, HoldingPhrase.listed).order_by(HoldingPhrase.id)
    )
    assert [tuple(row) for row in rows] == [("马上给您看", True), ("马上给您看", False)]


def test_a_phrase_of_the_default_list_can_be_taken_off(session: Session, ops: Browser) -> None:
    page = ops.post("/console/phrases/removal", {"phrase": "收到"})
    assert 'value="收到"' not in page.text
    assert 'value="您好"' in page.text


@pytest.mark.parametrize("phrase", ["", "…！", "😀", "长" * 41])
def test_a_phrase_without_words_is_refused(session: Session, ops: Browser, phrase: str) -> None:
    assert ops.post("/console/phrases", {"phrase": phrase}).status_code == 422
    assert seen(session).query(HoldingPhrase).count() == 0


def test_a_phrase_that_says_what_a_listed_one_says_is_not_listed_twice(
    session: Session, ops: Browser
) -> None:
    assert ops.post("/console/phrases", {"phrase": "您 好！"}).status_code == 409
    assert ops.post("/console/phrases/removal", {"phrase": "没有这句"}).status_code == 404
    assert seen(session).query(HoldingPhrase).count() == 0
