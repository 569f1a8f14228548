"""One run against a server, from the first arrival until the last conversation is over."""

from __future__ import annotations

import datetime as dt
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from gig.simulator.http import Api, GivenUp, ServerClock
from gig.simulator.replay.agenda import Agenda
from gig.simulator.replay.agents import Manners, SimulatedAgent
from gig.simulator.replay.conversations import Book, Conversation, Tally
from gig.simulator.replay.customers import Customers
from gig.simulator.replay.scripts import Script
from gig.simulator.world import Login

log = logging.getLogger(__name__)

LINGER_S = 900
"""Long enough for whoever comes back to be answered once more."""

RUNG_AT_ONCE = 1.4
"""On average: enough for races now and then, few enough to spare the server."""
REPORT_EVERY_S = 10.0
CHECKED_AT_ONCE = 8


@dataclass(frozen=True)
class Plan:
    """Who plays what, how fast. `moments` are the arrivals as shares of the span, one for each script.

    After the span open conversations may go on for `linger_s` of the server's time.
    """

    url: str
    agents: Sequence[Login]
    channel: Login
    scripts: Sequence[Script]
    moments: Sequence[float]
    minutes: float
    manners: Manners
    seed: int
    stop_after: int | None = None
    linger_s: float = LINGER_S


@dataclass(frozen=True)
class Result:
    tally: Tally
    began_at: dt.datetime
    ended_at: dt.datetime
    real_s: float
    unfinished: int
    retries: int


class NotTheirs(Exception):
    """The server does not know these logins."""


def play(
    plan: Plan,
    *,
    say: Callable[[str], None] = lambda line: None,
    stopped: threading.Event | None = None,
) -> Result:
    """Everything that the plan says has happened over HTTP; what came of it."""
    stopped = stopped or threading.Event()
    clock = ServerClock.of(plan.url)
    _check(plan, stopped)
    run = _Run(plan, clock, stopped)
    return run.go(say)


def _check(plan: Plan, stopped: threading.Event) -> None:
    def known(login: Login) -> bool:
        api = Api(plan.url, login.token, stopped)
        answer = api.get("/inquiries/none" if login.role == "channel" else "/feed", limit="1")
        api.close()
        return answer.status != 401

    logins = (*plan.agents, plan.channel)
    with ThreadPoolExecutor(CHECKED_AT_ONCE) as pool:
        for login, is_known in zip(logins, pool.map(known, logins), strict=True):
            if not is_known:
                raise NotTheirs(login.name)


class _Run:
    def __init__(self, plan: Plan, clock: ServerClock, stopped: threading.Event) -> None:
        self.plan, self.clock, self.stopped = plan, clock, stopped
        self.chance = random.Random(plan.seed)
        self.tally, self.book, self.agenda = Tally(), Book(), Agenda(clock)
        self.customers = Customers(
            url=plan.url,
            token=plan.channel.token,
            agenda=self.agenda,
            book=self.book,
            tally=self.tally,
            chance=random.Random(self.chance.random()),
            stopped=stopped,
            ring=self._ring,
            threads=max(2, min(32, len(plan.agents) // 6)),
        )
        self.agents = [self._agent(login) for login in plan.agents]
        self.talks = [Conversation(script) for script in plan.scripts]

    def _agent(self, login: Login) -> SimulatedAgent:
        return SimulatedAgent(
            name=login.phone or login.name,
            api=Api(self.plan.url, login.token, self.stopped),
            clock=self.clock,
            book=self.book,
            tally=self.tally,
            customers=self.customers,
            manners=self.plan.manners,
            chance=random.Random(self.chance.random()),
        )

    def _ring(self) -> None:
        """A few agents with a hand free look up."""
        free = [agent for agent in self.agents if agent.free]
        many = int(RUNG_AT_ONCE) + (random.random() < RUNG_AT_ONCE % 1)
        for agent in random.sample(free, min(many, len(free))):
            agent.ring()

    def go(self, say: Callable[[str], None]) -> Result:
        began_at, began = self.clock.now(), time.monotonic()
        span = dt.timedelta(minutes=self.plan.minutes)
        for talk, moment in zip(self.talks, self.plan.moments, strict=True):
            self.agenda.add(began_at + moment * span, partial(self.customers.ask, talk))
        for agent in self.agents:
            agent.start()
        self.customers.start()
        self._wait(began_at + span, say)
        for agent in self.agents:
            agent.leave()
        for agent in self.agents:
            agent.join()
        self.stopped.set()
        self.customers.join()
        return Result(
            tally=self.tally,
            began_at=began_at,
            ended_at=self.clock.now(),
            real_s=time.monotonic() - began,
            unfinished=sum(not talk.over for talk in self.talks),
            retries=self.customers.retries + sum(agent.api.retries for agent in self.agents),
        )

    def _wait(self, planned_end: dt.datetime, say: Callable[[str], None]) -> None:
        last = planned_end + dt.timedelta(seconds=self.plan.linger_s)
        told = time.monotonic()
        enough = self.plan.stop_after
        while not self.stopped.wait(0.2):
            now = self.clock.now()
            if enough is not None and self.tally.counts["replies that answer a turn"] >= enough:
                return
            if now > last or (
                now > planned_end and all(talk.over for talk in self.talks) and self.agenda.idle
            ):
                return
            if time.monotonic() - told > REPORT_EVERY_S:
                told = time.monotonic()
                counts = self.tally.counts
                say(
                    f"{now:%a %H:%M} UTC  {counts['inquiries']} asked, {counts['claims won']} claimed, "
                    f"{counts['replies that answer a turn']} answered, {counts['resolved']} resolved"
                )


__all__ = ["GivenUp", "NotTheirs", "Plan", "Result", "play"]
