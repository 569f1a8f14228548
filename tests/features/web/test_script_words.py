"""The sentences that the browser's own scripts fill in, and counts that are one or many."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import force_locale, ngettext

from gig.web.words import js_words


@pytest.mark.parametrize(
    ("locale", "one", "many"),
    [("zh_CN", "还剩 1 秒", "还剩 {n} 秒"), ("en", "1 second left", "{n} seconds left")],
)
def test_a_script_gets_a_sentence_for_one_and_one_for_the_others(
    app: Flask, locale: str, one: str, many: str
) -> None:
    with app.test_request_context(), force_locale(locale):
        words = js_words()
        assert (words["left_one"], words["left"]) == (one, many)
        assert "{n}" in words["over"] and "1" in words["over_one"]


@pytest.mark.parametrize(("count", "words"), [(1, "1 person"), (2, "2 people")])
def test_english_says_one_person_and_two_people(app: Flask, count: int, words: str) -> None:
    with app.test_request_context(), force_locale("en"):
        assert ngettext("%(n)s 人", "%(n)s 人", count, n=count) == words
