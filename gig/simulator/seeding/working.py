"""Agents at work in the past: conversations through the operations of dispatch, with `now` as it was then."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from gig.core.db import EPOCH, db
from gig.dispatch.operations import claims, expiry, inquiries, releases, replies, resolution
from gig.dispatch.operations.escalations import escalate
from gig.dispatch.operations.inquiries import NewInquiry
from gig.identity.operations.standing import set_presence
from gig.simulator.seeding.scripts import worded
from gig.simulator.seeding.timeline import Timeline
from gig.simulator.story import Story

HANDED_ON = {
    "authority": "客户要全额退款，金额超出我的额度，已核对订单和付款记录，还没有答应结果。",
    "complaint": "客户要求找主管，对上次的处理不满意，已道歉并说明会有人跟进。",
    "expertise": "涉及食材和包装的判断，我看不准，照片在聊天记录里，客户在等结论。",
    "unsure": "规则里没有写这种情况，不敢乱答，客户只想知道今天能不能解决。",
}
"""What agents of the past wrote for the next one, by their reason."""

NO_TIME = dt.timedelta(0)
NAMES = ("王女士", "李先生", "陈女士", "赵先生", "刘女士", "黄先生", "周女士", "吴先生")


def seconds(amount: float) -> dt.timedelta:
    return dt.timedelta(seconds=amount)


@dataclass
class Worker:
    """An agent of the past, and how often they are late or absent.

    Nobody is given a second conversation before `busy_until`.
    """

    id: str
    late: float = 0.08
    missed: float = 0.01
    stars: tuple[int, ...] = (5, 5, 5, 4, 4, 3)
    busy_until: dt.datetime = EPOCH


@dataclass
class Told:
    """One conversation as it goes on. `answered` counts its turns that were answered.

    Who helps out after a miss or a release does answer: of two, the clock of one is spent.
    """

    story: Story
    number: int
    inquiry_id: str
    at_work: Worker
    name: str
    answered: int = 0
    handed_on: bool = False
    rated: bool = False


@dataclass
class History:
    """What the workers do on a timeline; the same for the same random numbers."""

    channel_id: str
    zone: str
    chance: random.Random
    timeline: Timeline
    told: list[Told] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def begin(self, at: dt.datetime, story: Story, worker: Worker, other: Worker) -> None:
        """A customer asks at the instant, and the worker claims it soon after; `other` helps out."""
        self.timeline.at(at, self._ask, story, worker, other)

    def _ask(self, story: Story, worker: Worker, other: Worker, now: dt.datetime) -> None:
        number = len(self.told) + 1
        name = self.chance.choice(NAMES) if story.side == "customer" else None
        new = NewInquiry(
            external_id=f"demo-{number}",
            queue=story.queue,
            issue_type=story.issue_type,
            text=story.opening,
            side=story.side,
            customer_key=f"customer-{number}",
            customer_name=name,
            order={"external_id": f"order-{number}", "kind": story.order} if story.order else {},
        )
        received = inquiries.receive_inquiry(channel_id=self.channel_id, new=new, now=now)
        told = Told(story, number, received.inquiry_id, worker, name or "老板")
        self.told.append(told)
        wait = max(now + seconds(self.chance.uniform(16, 70)), worker.busy_until + seconds(5))
        worker.busy_until = wait + seconds(240)
        self.timeline.at(wait, self._claim, told, other)

    def _claim(self, told: Told, other: Worker, now: dt.datetime) -> None:
        worker = told.at_work
        set_presence(agent_id=worker.id, state="online", now=now)
        claims.claim(inquiry_id=told.inquiry_id, agent_id=worker.id, now=now)
        dice = 1.0 if told.handed_on else self.chance.random()
        if dice < worker.missed:
            self.timeline.at(now + seconds(303), self._miss, told, other)
        elif dice < worker.missed + 0.012:
            self.timeline.at(now + seconds(25), self._release, told, other)
        elif dice < worker.missed + 0.03:
            self.timeline.at(now + seconds(35), self._escalate, told, other)
        else:
            self._plan_reply(told, now)

    def _miss(self, told: Told, other: Worker, now: dt.datetime) -> None:
        expiry.sweep_expired(now=now, wait=NO_TIME)
        self._count("missed")
        self._hand_on(told, other, now)

    def _release(self, told: Told, other: Worker, now: dt.datetime) -> None:
        releases.release(
            inquiry_id=told.inquiry_id, agent_id=told.at_work.id, reason="不熟悉", zone=self.zone, now=now
        )
        self._count("released")
        self._hand_on(told, other, now)

    def _escalate(self, told: Told, other: Worker, now: dt.datetime) -> None:
        reason = self.chance.choice(sorted(HANDED_ON))
        escalate(
            inquiry_id=told.inquiry_id,
            agent_id=told.at_work.id,
            reason=reason,
            summary=HANDED_ON[reason],
            now=now,
        )
        self._count("escalated")
        self._hand_on(told, other, now)

    def _hand_on(self, told: Told, other: Worker, now: dt.datetime) -> None:
        told.at_work, told.handed_on = other, True
        self.timeline.at(max(now + seconds(30), other.busy_until), self._claim, told, other)
        other.busy_until = max(now, other.busy_until) + seconds(300)

    def _plan_reply(self, told: Told, started: dt.datetime) -> None:
        late = self.chance.random() < told.at_work.late
        took = self.chance.uniform(63, 170) if late else min(59.0, 12 + self.chance.expovariate(1 / 14))
        self.timeline.at(started + seconds(took), self._reply, told)

    def _reply(self, told: Told, now: dt.datetime) -> None:
        key = f"{told.number}-{told.answered}"
        said = worded(db.session(), told.story, told.answered, customer=told.name, key=key)
        replied = replies.reply(
            inquiry_id=told.inquiry_id,
            agent_id=told.at_work.id,
            text=said.text,
            script_id=said.script_id,
            now=now,
        )
        told.answered += 1
        if replied.earning is not None:
            self._count("late" if replied.earning.late_percent else "on_time")
        self._go_on(told, now)

    def _go_on(self, told: Told, now: dt.datetime) -> None:
        told.at_work.busy_until = max(told.at_work.busy_until, now + seconds(90))
        if told.answered < len(told.story.turns):
            self.timeline.at(now + seconds(self.chance.uniform(8, 40)), self._ask_more, told)
        else:
            self.timeline.at(now + seconds(self.chance.uniform(5, 30)), self._resolve, told)

    def _ask_more(self, told: Told, now: dt.datetime) -> None:
        inquiries.add_customer_message(
            channel_id=self.channel_id,
            inquiry_id=told.inquiry_id,
            external_id=f"demo-{told.number}-{told.answered}",
            text=told.story.turns[told.answered][0],
            now=now,
        )
        self._plan_reply(told, now)

    def _resolve(self, told: Told, now: dt.datetime) -> None:
        resolution.resolve(inquiry_id=told.inquiry_id, agent_id=told.at_work.id, now=now)
        self._count("resolved")
        if not told.rated and self.chance.random() < 0.45:
            told.rated = True
            self.timeline.at(now + seconds(self.chance.uniform(20, 900)), self._rate, told)

    def _rate(self, told: Told, now: dt.datetime) -> None:
        stars = self.chance.choice(told.at_work.stars)
        resolution.rate(
            channel_id=self.channel_id,
            inquiry_id=told.inquiry_id,
            stars=stars,
            resolved=stars >= 3,
            comment="",
            now=now,
        )
        self._count("rated")

    def come_back(self, told: Told, at: dt.datetime, worker: Worker) -> None:
        """The same customer asks again about the same order, and the worker takes it."""
        self.timeline.at(at, self._come_back, told, worker)

    def _come_back(self, told: Told, worker: Worker, now: dt.datetime) -> None:
        new = NewInquiry(
            external_id=f"demo-{told.number}-again",
            queue=told.story.queue,
            issue_type=told.story.issue_type,
            text="还是没有解决，能再看一下吗？",
            customer_key=f"customer-{told.number}",
            order={"external_id": f"order-{told.number}", "kind": told.story.order},
        )
        again = inquiries.receive_inquiry(channel_id=self.channel_id, new=new, now=now)
        assert again.inquiry_id == told.inquiry_id, "a re-contact within the day joins the old inquiry"
        told.at_work = worker
        told.story = Story(
            told.story.queue,
            told.story.issue_type,
            (*told.story.turns, ("还是没有解决，能再看一下吗？", "已经请专人复核，今天 20 点前给您结果。")),
            told.story.order,
        )
        self._count("came_back")
        self.timeline.at(now + seconds(45), self._claim, told, worker)

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def day_of_work(
    history: History,
    stories: Sequence[Story],
    crew: Sequence[Worker],
    start: dt.datetime,
    *,
    conversations: int,
    until: dt.datetime | None = None,
) -> None:
    """The day that begins at `start` has about so many conversations, most of them around meals."""
    chance = history.chance
    for _ in range(conversations):
        hour = chance.choices(_HOURS, _WEIGHTS)[0] + chance.random()
        at = start + dt.timedelta(hours=hour)
        worker, other = chance.sample(list(crew), 2)
        if until is None or at < until:
            history.begin(at, chance.choice(stories), worker, other)


_HOURS = tuple(range(8, 23))
_WEIGHTS = (2, 3, 7, 10, 8, 5, 3, 2, 3, 8, 11, 10, 6, 3, 2)
