"""Scripts: what they fill, how they are found, and in which order they are offered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gig.dispatch.scripts.rules.fields import BLANKS, FIELDS, filled, pieces, unknown_fields, work_name
from gig.dispatch.scripts.rules.ranking import (
    FITS,
    Candidate,
    Habits,
    Record,
    Situation,
    fitting,
    points,
    ranked,
)
from gig.dispatch.scripts.rules.search import found, sounds_like, sounds_of
from gig.dispatch.scripts.values import STAGES

REFUND = Situation("refund", "refund_status")


def test_known_values_stand_in_their_places_and_unknown_ones_leave_a_blank() -> None:
    text = "{customer}您好，订单 {order} 已退款。"
    assert filled(text, {"customer": "王女士"}) == "王女士您好，订单 【订单号】 已退款。"
    assert [piece.kind for piece in pieces(text, {"order": " "})] == ["blank", "words", "blank", "words"]


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(max_size=5)), st.sampled_from(sorted(FIELDS)))
def test_a_filled_script_never_says_none_and_never_shows_a_brace(values: dict[str, str], name: str) -> None:
    made = filled(
        f"请看{{{name}}}。", {key: value for key, value in values.items() if not set(value) & {"{", "}"}}
    )
    assert "None" not in made
    assert "{" not in made
    assert values.get(name, "").strip() in made or f"【{FIELDS[name]}】" in made


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("{customer}您好", []),
        ("{phone}", ["phone"]),
        ("{ customer }", [" customer "]),
        ("{}", [""]),
        ("{customer", ["{"]),
        ("a}b", ["}"]),
        ("{{customer}}", ["{", "}"]),
        ("{customer.__class__}", ["customer.__class__"]),
    ],
)
def test_only_the_fields_of_the_list_may_stand_in_braces(text: str, unknown: list[str]) -> None:
    assert unknown_fields(text) == unknown


def test_blanks_are_called_what_they_want() -> None:
    assert "【订单号】" in BLANKS
    assert len(BLANKS) == len(FIELDS)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("林可", "小林"), ("欧阳锋", "小欧阳"), ("阿依古丽·买买提", "阿依古丽"), ("Ann Lee", "Ann"), ("", "")],
)
def test_a_customer_hears_a_work_name_and_not_the_whole_one(name: str, shown: str) -> None:
    assert work_name(name) == shown


@pytest.mark.parametrize(
    ("query", "how"),
    [
        ("", 1),
        ("退款", 4),
        ("到账", 3),
        ("tkdz", 2),
        ("TKDZ", 2),
        ("dzsx", 2),
        ("tuikuan", 2),
        ("tuikdz", 2),
        ("tui kuan", 2),
        ("短信", 1),
        ("ｔｋ", 2),
        ("sms", 0),
        ("赔付", 0),
        ("xt", 0),
    ],
)
def test_a_script_is_found_by_words_initials_and_full_pinyin(query: str, how: int) -> None:
    title = "退款到账时效"
    assert found(query, title=title, text="请您留意短信。", sounds=sounds_of(title)) == how


def test_every_reading_of_a_character_finds_it() -> None:
    bank = sounds_of("银行重新处理")
    assert all(
        sounds_like(each, bank) for each in ("yinhang", "yinxing", "yhcx", "yhzx", "chongxin", "zhongxin")
    )
    assert sounds_of("WiFi 2") == "w i f i 2"


@settings(max_examples=25)
@given(st.text(alphabet="退款到账时效重新银行卡", min_size=1, max_size=12), st.data())
def test_any_run_of_initials_finds_the_title(title: str, data: st.DataObject) -> None:
    sounds = sounds_of(title)
    syllables = [each.split("|") for each in sounds.split()]
    start = data.draw(st.integers(0, len(syllables) - 1))
    end = data.draw(st.integers(start + 1, len(syllables)))
    initials = "".join(data.draw(st.sampled_from(each))[0] for each in syllables[start:end])
    assert sounds_like(initials, sounds)


slugs = st.sampled_from(["refund", "delivery", "a", "b"])
candidates = st.builds(
    Candidate,
    id=st.uuids().map(str),
    title=st.sampled_from(["甲", "乙", "丙"]),
    stage=st.sampled_from(list(STAGES)),
    queue=st.none() | slugs,
    issue_type=st.none() | slugs,
)
situations = st.builds(Situation, slugs, slugs, spoken=st.booleans(), waiting=st.booleans())


@st.composite
def records(draw: st.DrawFn) -> Record:
    picked = draw(st.integers(0, 500))
    answered, ended = draw(st.integers(0, picked)), draw(st.integers(0, picked))
    return Record(picked, answered, draw(st.integers(0, answered)), ended, draw(st.integers(0, ended)))


@settings(max_examples=25)
@given(st.lists(candidates, max_size=8), situations, st.data())
def test_ranking_keeps_every_script_and_does_not_depend_on_their_order(
    given_: list[Candidate], situation: Situation, data: st.DataObject
) -> None:
    known = {each.id: data.draw(records()) for each in given_}
    habits = Habits({each.id: data.draw(st.integers(0, 9)) for each in given_})
    order = ranked(given_, situation, habits, known)
    assert sorted(each.id for each in order) == sorted(each.id for each in given_)
    assert ranked(data.draw(st.permutations(given_)), situation, habits, known) == order
    fits = [fitting(each, situation) for each in order]
    assert fits == sorted(fits, reverse=True)


@settings(max_examples=25)
@given(candidates, situations, records(), st.integers(0, 20), st.integers(0, 600))
def test_more_reasons_never_cost_a_script_its_place(
    candidate: Candidate, situation: Situation, record: Record, uses: int, most: int
) -> None:
    def worth(one: Candidate, habits: Habits, known: Record) -> int:
        return points(one, situation, habits, known, most_picked=most)

    plain = worth(candidate, Habits({candidate.id: uses}), record)
    assert worth(candidate, Habits({candidate.id: uses + 1}), record) >= plain
    assert worth(candidate, Habits({candidate.id: uses}, frozenset({candidate.id})), record) > plain
    assert (
        worth(replace(candidate, issue_type=situation.issue_type), Habits({candidate.id: uses}), record)
        >= plain
    )
    assert worth(replace(candidate, queue=situation.queue), Habits({candidate.id: uses}), record) >= plain
    better = replace(
        record, answered=record.answered + 1, on_time=record.on_time + 1, picked=record.picked + 1
    )
    assert worth(candidate, Habits({candidate.id: uses}), better) >= plain


@settings(max_examples=25)
@given(situations, records(), records())
def test_what_the_question_is_about_outweighs_habit_and_outcome(
    situation: Situation, one: Record, other: Record
) -> None:
    about = Candidate("1", "甲", "answer", None, situation.issue_type)
    liked = Candidate("2", "乙", "answer")
    habits = Habits({"2": 99}, frozenset({"2"}))
    order = ranked([liked, about], situation, habits, {"1": one, "2": other})
    assert order[0] == about


def test_the_stage_follows_the_conversation() -> None:
    stages = [Candidate(stage, stage, stage) for stage in STAGES]

    def first(situation: Situation) -> list[str]:
        return [each.stage for each in ranked(stages, situation, Habits(), {})][:2]

    assert first(REFUND) == ["answer", "opening"]
    assert first(replace(REFUND, spoken=True)) == ["answer", "closing"]
    assert first(replace(REFUND, spoken=True, waiting=False)) == ["closing", "answer"]
    assert all(set(fits) == set(STAGES) for fits in FITS.values())


def test_few_cases_move_a_share_little() -> None:
    one_of_one = points(
        Candidate("1", "甲", "answer"), REFUND, Habits(), Record(1, 1, 1, 1, 1), most_picked=1000
    )
    many = points(
        Candidate("1", "甲", "answer"), REFUND, Habits(), Record(1, 500, 500, 500, 500), most_picked=1000
    )
    none = points(Candidate("1", "甲", "answer"), REFUND, Habits(), Record(), most_picked=1000)
    assert none <= one_of_one < many
