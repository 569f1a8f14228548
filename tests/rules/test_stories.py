"""What the invented customers and agents say."""

from __future__ import annotations

import random
from pathlib import Path

from gig.dispatch.rules.substantive import DEFAULT_HOLDING_PHRASES, fingerprint, not_substantive
from gig.simulator import world
from gig.simulator.replay import arrivals, scripts
from gig.simulator.replay.conversations import STOPGAPS
from gig.simulator.stories import STORIES


def test_every_story_is_told_on_a_queue_and_an_issue_type_of_the_demo_world() -> None:
    queues = {slug for slug, *_ in world.QUEUES}
    issue_types = {slug for slug, *_ in world.ISSUE_TYPES}
    told = {story.queue for story in STORIES}
    assert told <= queues
    assert queues - told <= {taker for _, taker, _ in world.ESCALATIONS}
    assert {story.issue_type for story in STORIES} <= issue_types


def test_no_two_stories_begin_alike_and_there_are_enough_of_them() -> None:
    assert len({story.opening for story in STORIES}) == len(STORIES) >= 60


def test_every_answer_is_one_that_is_paid() -> None:
    answers = [answer for story in STORIES for _, answer in story.turns] + list(STOPGAPS)
    unpaid = [
        answer
        for answer in answers
        if not_substantive(answer, holding_phrases=DEFAULT_HOLDING_PHRASES, earlier=())
    ]
    assert unpaid == []
    assert all(
        len({fingerprint(answer) for _, answer in story.turns}) == len(story.turns) for story in STORIES
    )


def test_repeating_a_script_gives_it_another_id_each_time() -> None:
    played = list(scripts.repeated(scripts.of_stories(), 150, run="r", chance=random.Random(1)))
    assert len({script.id for script in played}) == 150


def test_a_files_dialogue_becomes_turns_of_several_messages(tmp_path: Path) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_text(
        '{"external_id": "t1", "satisfaction_votes": {"-2": 1, "2": 1}, "turns": ['
        '{"role": "agent", "text": "您好"}, {"role": "customer", "text": "在吗"},'
        '{"role": "customer", "text": "没送到\\u0007"}, {"role": "agent", "text": "马上查"},'
        '{"role": "customer", "text": "好"}]}\n',
        encoding="utf-8",
    )
    (script,) = scripts.of_file(file, random.Random(1))
    assert [exchange.asks for exchange in script.exchanges] == [("在吗", "没送到"), ("好",)]
    assert [exchange.answers for exchange in script.exchanges] == [("马上查",), ()]
    assert sorted(script.stars) == [1, 5]


def test_arrivals_keep_the_rhythm_of_their_file(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("slot,count\n2026-01-01T00:00:00,1\n2026-01-01T00:05:00,8\n2026-01-01T00:10:00,1\n")
    moments = arrivals.of_file(file, 100)
    assert moments == sorted(moments)
    assert len(moments) == 100
    assert sum(moment >= 0.5 for moment in moments) == 90
    assert all(0 <= moment < 1 for moment in moments)


def test_demo_people_are_always_the_same_and_their_secrets_hang_on_the_key() -> None:
    assert world.logins(300, "k") == world.logins(300, "k")
    assert {one.token for one in world.logins(20, "k")}.isdisjoint(
        one.token for one in world.logins(20, "other")
    )
    people = [*world.agents(5000)]
    assert len({person.phone for person in people}) == 5000
    assert len({world.identity_number(person) for person in people}) == 5000
