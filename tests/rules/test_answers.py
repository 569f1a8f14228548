"""What counts as an answer, and what a message may be made of."""

from __future__ import annotations

import pytest

from gig.core.errors import Invalid
from gig.dispatch.rules.substantive import UnpaidReason, fingerprint, not_substantive
from gig.dispatch.rules.text import clean_message, from_form

HOLDING = ("您好", "请稍等", "在的", "ok")


def judged(text: str, *earlier: str, automatic: bool = False) -> UnpaidReason | None:
    seen = {fingerprint(each) for each in earlier}
    return not_substantive(text, holding_phrases=HOLDING, earlier=seen, automatic=automatic)


@pytest.mark.parametrize(
    "text", ["", "  \n", "。。。！", "😀👍🏽", "👨‍👩‍👧", "1️⃣", "🈁㊗️", "~~~", "\u3164", "\u200b\ufeff", "❤️ …"]
)
def test_a_message_without_words_is_no_answer(text: str) -> None:
    assert judged(text) is UnpaidReason.EMPTY


@pytest.mark.parametrize("text", ["您好", "您好，请稍等！", "您 好 您好～", "ＯＫ".lower(), "在的😀请稍等"])
def test_holding_phrases_alone_are_no_answer(text: str) -> None:
    assert judged(text) is UnpaidReason.HOLDING


@pytest.mark.parametrize("text", ["您好，退款已到账", "请稍等一会", "7", "①", "25℃", "好"])
def test_a_message_with_anything_else_is_one(text: str) -> None:
    assert judged(text) is None


def test_the_same_words_again_are_no_answer() -> None:
    assert judged("退款明天到。", "退款 明天到！") is UnpaidReason.REPEATED
    assert judged("退款后天到。", "退款明天到。") is None
    assert judged("１２3", "123") is UnpaidReason.REPEATED


def test_an_automatic_message_is_no_answer() -> None:
    assert judged("退款明天到。", automatic=True) is UnpaidReason.AUTOMATIC


def test_a_long_row_of_holding_phrases_is_judged_at_once() -> None:
    assert judged("在" * 1999 + "啊") is None
    assert judged("您好" * 1000) is UnpaidReason.HOLDING


def test_a_message_keeps_its_line_breaks_and_tabs() -> None:
    assert clean_message(from_form("a\r\nb\tc")) == "a\nb\tc"
    assert len(clean_message("字" * 2000)) == 2000


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "a\rb", "a\x85b", "\x7f", "\ud800", "字" * 2001])
def test_a_message_that_cannot_be_sent_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_message(text)
    assert list(refused.value.errors) == ["text"]


def test_an_agent_may_send_spaces() -> None:
    assert clean_message("  ", blank=True) == "  "
