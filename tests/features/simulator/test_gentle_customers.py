"""The customers of `make run`: they come, talk back to a real answer, and leave."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gig.simulator import gentle, world
from gig.simulator.gentle import Street
from gig.simulator.http import Api
from gig.simulator.story import Story
from tests.fixtures.servers import SECRET, Server, gig

LONG = Story("refund", "refund_status", (("第一句", "答一"), ("第二句", "答二")), "外卖")


@pytest.fixture
def apis(live_server: Server, database_url: str, tmp_path: Path) -> Iterator[tuple[Api, Api]]:
    """(the channel's, an agent's) on a server with a demo world."""
    done = gig("demo", "seed", "--agents", "1", cwd=tmp_path, GIG_DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    stopped = threading.Event()
    agent, *_, channel = world.logins(1, SECRET)
    pair = Api(live_server.url, channel.token, stopped), Api(live_server.url, agent.token, stopped)
    yield pair
    for api in pair:
        api.close()


@pytest.fixture
def long_stories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gentle, "STORIES", (LONG,))


def claimed(agent: Api) -> dict[str, Any]:
    """The first inquiry that the agent may claim, within the head start."""
    agent.put("/me/presence", {"state": "online"})
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for row in agent.get("/feed").body["items"]:
            answer = agent.post(f"/inquiries/{row['id']}/claim")
            if answer.ok:
                body: dict[str, Any] = answer.body
                return body
    raise AssertionError("nothing could be claimed")


@pytest.mark.usefixtures("long_stories")
def test_a_customer_talks_back_to_an_answer_and_rates_what_was_resolved(apis: tuple[Api, Api]) -> None:
    channel, agent = apis
    street = Street(channel, random.Random(2))
    clock = itertools.count(0.0, 1.0)
    street.step(next(clock))
    thread = claimed(agent)
    id = thread["inquiry"]["id"]
    assert [message["text"] for message in thread["messages"]] == ["第一句"]
    assert agent.post(f"/inquiries/{id}/replies", {"text": "已经查到，正在处理。"}).body["earning"]
    for _ in range(60):
        street.step(next(clock))
        words = [message["text"] for message in agent.get(f"/inquiries/{id}/thread").body["messages"]]
        if words[-1] == "第二句":
            break
    assert words == ["第一句", "已经查到，正在处理。", "第二句"]


@pytest.mark.usefixtures("long_stories")
def test_the_street_is_never_crowded_and_who_waits_too_long_leaves(apis: tuple[Api, Api]) -> None:
    channel, _ = apis
    street = Street(channel, random.Random(5))
    for now in range(0, 400, 2):
        street.step(float(now))
    waiting = street.waiting
    assert len(waiting) == gentle.MOST_WAITING
    for number in range(gentle.MOST_WAITING):
        street.step(gentle.PATIENCE_S + 1000 + number * 0.001)
    states = {channel.get(f"/inquiries/{id}").body["state"] for id in waiting}
    assert "abandoned" in states
