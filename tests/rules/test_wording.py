"""The check before sending: what is blocked however it is drawn, what is masked, what passes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gig.dispatch.wording.rules.check import Verdict, asks_for_words, check, unclosed
from gig.dispatch.wording.rules.lists import DEFAULTS, Lists, after
from gig.dispatch.wording.rules.matching import Phrases
from gig.dispatch.wording.rules.reading import numbers, read
from gig.simulator.library import LIBRARY
from gig.simulator.stories import STORIES

LISTS = Lists()
PHONE = "13812345678"
RESIDENT = "11010519491231002X"


def kinds(text: str, words: str = "") -> list[str]:
    return [fault.kind for fault in check(text, LISTS, customer_words=words).faults]


@pytest.mark.parametrize(
    "text",
    [
        "您加我微信吧",
        "加 我 微 信",
        "加·我·微·信",
        "加我微\u200b信",
        "加\u2060我\ufeff微信",
        "可以加薇",
        "加我薇❤",
        "微❤聊",
        "我们v信说",
        "Ｖ信说",
        "加ｖx",
        "+v 说",
        "weixin 找我",
        "我的微信是 lin_ke88",
        "微信号：abc12345",
        "微信abc12345",
        "wx：linke2020",
        "qq 123456789",
        "Q Q：1 2 3 4 5 6 7 8",
        "扣扣号是88776655",
        "私下转账给我更快",
        "我们线下交易",
    ],
)
def test_ways_off_the_platform_are_blocked_however_they_are_drawn(text: str) -> None:
    assert "contact" in kinds(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"打我电话{PHONE}", "phone"),
        ("打 138 1234 5678", "phone"),
        ("打138-1234-5678", "phone"),
        ("打１３８１２３４５６７８", "phone"),
        ("打①③⑧①②③④⑤⑥⑦⑧", "phone"),
        ("打一三八一二三四五六七八", "phone"),
        ("打幺三八 一二三四 五六七八", "phone"),
        ("打1 3 8 1 2 3 4 5 6 7 8", "phone"),
        ("打138\u200b12345678", "phone"),
        ("打+86 138 1234 5678", "phone"),
        ("座机 010-88886666", "landline"),
        ("座机 0571 88886666", "landline"),
        ("看 https://a.example/x?y=1", "link"),
        ("看 www.example.com。", "link"),
        ("看 shop.example.cn/abc", "link"),
        ("发到 lin.ke@example.com", "email"),
        ("卡号 6222 0262 3412 3456 781", "card"),
        ("这一单【订单号】已退款", "blank"),
        ("你这人神 经 病", "forbidden"),
        ("what the f.u.c.k", "forbidden"),
    ],
)
def test_contacts_cards_links_blanks_and_bad_words_are_blocked(text: str, kind: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "退款会退到您的微信零钱，微信支付的当天到。",
        "可以参加微信支付的活动，会增加微量积分。",
        "您可以关注我们的微信公众号。",
        "TV信号不好的话重启一下。",
        "订单号 20261118 1234 5678 已经退款，一般 1-3 个工作日到账。",
        "订单 80066123456789012 的款项 138.00 元，2026-11-18 15:20 到账。",
        "15-20 分钟送到，2026-11-18 之前有效。",
        "请拨打 12315 投诉。",
        "满 30 减 5，共 3 张券，一二三等奖都有。",
        "I will use the dev xerox for Q1 2026.",
        "版本 3.5.1 已修好，请更新。",
        "商家在建国路 88 号，营业到 22:00。",
        "他的病好了去死亡证明处",
    ],
)
def test_ordinary_words_of_the_work_pass(text: str) -> None:
    if "去死" in text:
        assert kinds(text) == ["forbidden"], "a word inside others is blocked too; ops may allow 去死亡"
        return
    assert check(text, LISTS) == Verdict(text)


def test_the_demo_world_says_nothing_that_is_blocked() -> None:
    said = [answer for story in STORIES for _asks, answer in story.turns] + [each.text for each in LIBRARY]
    assert [text for text in said if kinds(text)] == []


def test_an_allowed_phrase_covers_what_it_touches() -> None:
    lists = after(
        [
            ("allowed", "去死亡", True),
            ("allowed", "400 820 5555", True),
            ("allowed", "help.example.com", True),
        ]
    )
    assert check("去死亡证明处", lists).faults == ()
    assert check("看 https://www.help.example.com/refund", lists).faults == ()
    assert check("看 https://help.example.com.evil.top/x", lists).faults != ()
    assert check("去死吧", lists).faults != ()


def test_the_newest_change_of_a_phrase_holds() -> None:
    changes = [("forbidden", "白痴", False), ("forbidden", "呆子", True)]
    assert check("白痴", after(changes)).faults == ()
    assert check("呆 子", after(changes)).faults
    assert check("白痴", after([*changes, ("forbidden", "白痴", True)])).faults


@pytest.mark.parametrize(
    ("text", "words", "sent", "what"),
    [
        (f"您的号码是{PHONE}对吗", f"我电话{PHONE}", "您的号码是138****5678对吗", "phone"),
        ("号码 138 1234 5678 对吗", f"我电话{PHONE}", "号码 138****5678 对吗", "phone"),
        (f"号码{PHONE}对吗", "一三八 一二三四 五六七八", "号码138****5678对吗", "phone"),
        (f"证件{RESIDENT}核对了", "", "证件110***********002X核对了", "resident"),
        (f"证件{RESIDENT.lower()}核对了", "", "证件110***********002x核对了", "resident"),
        (
            "送到建国路88号5栋1203室对吗",
            "地址：朝阳区建国路88号5栋1203室",
            "送到建国路**号*栋****室对吗",
            "address",
        ),
        ("邮箱 lin.ke@example.com 对吗", "我邮箱Lin.Ke@example.com", "邮箱 l***@example.com 对吗", "email"),
    ],
)
def test_what_the_customer_told_goes_out_masked(text: str, words: str, sent: str, what: str) -> None:
    verdict = check(text, LISTS, customer_words=words)
    assert (verdict.text, verdict.masked, verdict.faults) == (sent, (what,), ())
    assert asks_for_words(text)


def test_anothers_number_beside_the_customers_own_is_still_blocked() -> None:
    verdict = check(f"您的{PHONE}，我的13900001111", LISTS, customer_words=PHONE)
    assert [fault.words for fault in verdict.faults] == ["13900001111"]


def test_a_wrong_identity_number_is_only_a_number() -> None:
    assert check("单号 110105194912310021 已退", LISTS) == Verdict("单号 110105194912310021 已退")


@pytest.mark.parametrize(
    ("text", "hinted"),
    [
        ("退款已经原路退回了一般一到三个工作日内到账请留意短信", True),
        ("退款已经原路退回了一般一到三个工作日内到账，还有其他可以帮您的吗", False),
        ("已退款。", False),
    ],
)
def test_a_long_answer_without_a_closing_is_hinted_at_and_never_blocked(text: str, hinted: bool) -> None:
    assert unclosed(text, LISTS) is hinted
    assert check(text, LISTS).faults == ()


fillers = st.lists(st.sampled_from([" ", "\u200b", "\u2060", ".", "·", "～", "*"]), min_size=3, max_size=3)


@settings(max_examples=25)
@given(st.sampled_from(["加我微信", "私下交易"]), fillers)
def test_no_filler_between_the_characters_hides_a_phrase(phrase: str, between: list[str]) -> None:
    drawn = "".join(f"{one}{filler}" for one, filler in zip(phrase, [*between, ""], strict=True))
    assert "contact" in kinds(f"请{drawn}吧")


@settings(max_examples=25)
@given(st.text(max_size=60))
def test_whatever_is_written_the_check_answers_and_masking_is_stable(text: str) -> None:
    verdict = check(text, LISTS, customer_words=text)
    assert (verdict.text == text) is not bool(verdict.masked) or verdict.text == text
    reading = read(text)
    assert len(reading.text) == len(reading.places)
    assert all(text[number.start : number.end].strip() for number in numbers(text))


@settings(max_examples=25)
@given(
    st.lists(st.text(alphabet="微信ab", min_size=2, max_size=8), max_size=8),
    st.text(alphabet="微信ab ", max_size=40),
)
def test_the_walk_finds_exactly_what_a_plain_search_finds(phrases: list[str], text: str) -> None:
    reading = read(text)
    plain = {
        (phrase, at)
        for phrase in phrases
        for at in range(len(reading.text))
        if reading.text.startswith(read(phrase).text, at)
        and reading.whole_word(at, at + len(read(phrase).text))
    }
    hits = Phrases({"forbidden": dict.fromkeys(phrases)}).hits(reading)
    assert {(hit.phrase, reading.places.index(hit.start)) for hit in hits} == plain


def test_a_list_made_to_be_slow_is_walked_like_any_other() -> None:
    """Each place of the text is the start of at most one walk, and a walk is no longer than a phrase."""
    steps = 0

    class Counting(str):
        def __getitem__(self, key: object) -> str:
            nonlocal steps
            steps += 1
            return super().__getitem__(key)  # type: ignore[index]

    phrases = Phrases({"forbidden": ["啊" * 39 + end for end in "一二三四五六七八九十"]})
    reading = read("啊" * 2000)
    object.__setattr__(reading, "text", Counting(reading.text))
    assert phrases.hits(reading) == []
    assert steps <= 2000 * 40


def test_every_default_phrase_is_found_in_itself() -> None:
    for kind, phrases in DEFAULTS.items():
        for phrase in phrases:
            assert any(hit.kind == kind for hit in LISTS.matcher.hits(read(phrase))), phrase
