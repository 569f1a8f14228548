"""A few invented customers who ask every few seconds, answer back, leave and rate, until they are stopped.

`python -m gig.simulator.gentle URL` is what `gig dev` runs beside the server.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from dataclasses import dataclass

from gig.settings import Settings
from gig.simulator.http import Api, ChatPage, GivenUp, ServerClock
from gig.simulator.stories import STORIES
from gig.simulator.story import Story
from gig.simulator.world import channel_login

NAMES = ("王女士", "李先生", "陈女士", "赵先生", "刘女士", "黄先生", "周女士", "吴先生", "徐女士", "孙先生")
MOST_WAITING = 22
BETWEEN_S = 6.0
AT_FIRST, AT_FIRST_S = 5, 0.8
PATIENCE_S = 480.0
RATE = 0.5
BY_PAGE = 0.25
"""How many use the chat page behind their link instead of the channel's own app."""


@dataclass
class Visit:
    """One customer's conversation. `due` is when they will say the next thing, if they have one to say."""

    story: Story
    name: str
    inquiry_id: str
    asked_at: float
    asked: int = 1
    due: float | None = None
    page: ChatPage | None = None


class Street:
    """The customers of one channel, one thing at a time."""

    def __init__(self, api: Api, chance: random.Random) -> None:
        self._api, self._chance = api, chance
        self._run = f"{time.time_ns() // 1_000_000:x}"
        self._number = 0
        self._visits: list[Visit] = []
        self._next = 0.0

    @property
    def waiting(self) -> list[str]:
        """The inquiries of those who are here."""
        return [visit.inquiry_id for visit in self._visits]

    def step(self, now: float) -> None:
        """Somebody may come, and one of those who are there looks at their conversation."""
        if now >= self._next and len(self._visits) < MOST_WAITING:
            self._come(now)
            soon = self._number < AT_FIRST
            self._next = now + (AT_FIRST_S if soon else 2 + self._chance.expovariate(1 / BETWEEN_S))
        if self._visits:
            visit = self._visits.pop(0)
            if self._look(visit, now):
                self._visits.append(visit)

    def _come(self, now: float) -> None:
        self._number += 1
        name = f"{self._run}-{self._number}"
        story = self._chance.choice(STORIES)
        body: dict[str, object] = {
            "external_id": f"visit-{name}",
            "queue": story.queue,
            "issue_type": story.issue_type,
            "side": story.side,
            "text": story.opening,
            "customer": {"external_id": f"customer-{name}", "name": self._chance.choice(NAMES)},
            "priority": 9 if self._chance.random() < 0.02 else 0,
        }
        if story.order:
            body["order"] = {"external_id": f"order-{name}", "kind": story.order}
        answer = self._api.post("/inquiries", body)
        if answer.ok:
            visit = Visit(story, name, answer.body["id"], now)
            if self._chance.random() < BY_PAGE:
                visit.page = ChatPage(answer.body["chat_url"])
                visit.page.open()
            self._visits.append(visit)

    def _look(self, visit: Visit, now: float) -> bool:
        """Reads the thread and does what a customer would; False when the customer has left."""
        answer = self._api.get(f"/inquiries/{visit.inquiry_id}")
        if not answer.ok:
            return False
        thread = answer.body
        if thread["state"] in ("resolved", "closed", "abandoned"):
            if thread["state"] == "resolved" and self._chance.random() < RATE:
                stars = self._chance.choice((5, 5, 5, 4, 4, 3))
                if visit.page is not None:
                    visit.page.rate(stars, solved=True)
                else:
                    body = {"stars": stars, "resolved": True, "comment": ""}
                    self._api.post(f"/inquiries/{visit.inquiry_id}/rating", body)
            return False
        answered = all(turn["answered_at"] for turn in thread["turns"])
        if answered:
            return self._go_on(visit, now)
        if thread["state"] == "open" and now - visit.asked_at > PATIENCE_S and visit.asked == 1:
            self._api.post(f"/inquiries/{visit.inquiry_id}/withdrawal")
            return False
        return True

    def _go_on(self, visit: Visit, now: float) -> bool:
        if visit.asked >= len(visit.story.turns):
            return True
        if visit.due is None:
            visit.due = now + self._chance.uniform(4, 12)
        elif now >= visit.due:
            text, key = visit.story.turns[visit.asked][0], f"visit-{visit.name}-{visit.asked}"
            visit.asked += 1
            visit.due = None
            if visit.page is not None:
                return visit.page.say(text, key)
            message = {"external_id": key, "text": text}
            return self._api.post(f"/inquiries/{visit.inquiry_id}/messages", message).ok
        return True


def invite(api: Api) -> str | None:
    """The link of one more customer, whom nobody plays: for the person who started the demo."""
    name = f"you-{time.time_ns() // 1_000_000:x}"
    story = next(each for each in STORIES if each.queue == "delivery")
    body: dict[str, object] = {
        "external_id": name,
        "queue": story.queue,
        "issue_type": story.issue_type,
        "text": story.opening,
        "customer": {"external_id": name, "name": "您"},
    }
    answer = api.post("/inquiries", body)
    return str(answer.body["chat_url"]) if answer.ok else None


def main(url: str) -> None:
    """Runs until the process that started it is gone."""
    parent = os.getppid()
    stopped = threading.Event()
    try:
        ServerClock.of(url, within_s=60)
        api = Api(url, channel_login(Settings.from_env().secret_key).token, stopped)
        print(f"a customer's page, to write as one: {invite(api)}", flush=True)
        street = Street(api, random.Random())
        while os.getppid() == parent:
            street.step(time.monotonic())
            time.sleep(0.4)
    except (GivenUp, KeyboardInterrupt):
        pass


if __name__ == "__main__":
    main(sys.argv[1])
