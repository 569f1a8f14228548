"""The agents' side: online, a look at the feed, a claim, answers in their own time, resolved."""

from __future__ import annotations

import contextlib
import datetime as dt
import heapq
import itertools
import logging
import queue
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gig.simulator.http import Answer, Api, GivenUp, ServerClock
from gig.simulator.replay.conversations import Book, Conversation, Tally, stranger
from gig.simulator.replay.customers import Customers

log = logging.getLogger(__name__)

AT_ONCE = 2
LOOK_EVERY_S = 24
LOOK_AT_MOST_EVERY_REAL_S = 8.0
LOOK_AGAIN_AFTER_S = (4, 20)
"""Who came too late looks up when something else may have come, not at once: a thousand idle people who all
tried again within the second would be a load that no thousand people are."""
SPENT_AFTER_S = 305
REASONS = ("authority", "complaint", "expertise", "unsure")
SUMMARY = "客户在等结论，已核对订单，超出我能处理的范围，还没有答应结果。"


@dataclass(frozen=True)
class Manners:
    """How likely an agent is late, forgets a turn when late, gives one back, uses a script, hands one on."""

    late: float = 0.1
    forget_when_late: float = 0.04
    release: float = 0.01
    script: float = 0.05
    escalate: float = 0.01

    def latency_s(self, chance: random.Random) -> float | None:
        """How long until the answer; None when it never comes."""
        if chance.random() >= self.late:
            return chance.uniform(4, 42)
        if chance.random() < self.forget_when_late:
            return None
        return chance.uniform(66, 115) if chance.random() < 0.7 else chance.uniform(126, 240)


class SimulatedAgent:
    """One agent in a thread. Others tell it things through its inbox; it does what is due in order."""

    def __init__(
        self,
        *,
        name: str,
        api: Api,
        clock: ServerClock,
        book: Book,
        tally: Tally,
        customers: Customers,
        manners: Manners,
        chance: random.Random,
    ) -> None:
        self.name, self.api = name, api
        self._clock, self._book, self._tally = clock, book, tally
        self._customers, self._manners, self._chance = customers, manners, chance
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._due: list[tuple[dt.datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._held: set[str] = set()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name=name)

    @property
    def free(self) -> bool:
        return len(self._held) < AT_ONCE

    def start(self) -> None:
        self._thread.start()

    def leave(self) -> None:
        """The agent finishes nothing more and goes offline."""
        self._leaving.set()
        self._inbox.put(None)

    def join(self) -> None:
        self._thread.join(timeout=60)

    def ring(self) -> None:
        """There is something new in the feed."""
        self._inbox.put(self._look)

    def tell_of_turn(self, talk: Conversation) -> None:
        """A customer of this agent has asked again; the clock runs."""
        self._inbox.put(partial(self._plan_reply, talk, self._clock.now()))

    def _work(self) -> None:
        try:
            self._present("online")
        except GivenUp:
            return
        while not self._leaving.is_set():
            try:
                deed = self._next()
                if deed is not None:
                    deed()
            except GivenUp:
                self._tally.count("agents' requests without an answer")
            except Exception:
                self._tally.count("agents' faults")
                log.exception("%s: a deed failed", self.name)
        with contextlib.suppress(GivenUp):
            self._present("offline")

    def _next(self) -> Callable[[], None] | None:
        """What is due, else what was told, else a look at the feed once it was quiet for long."""
        patience = max(LOOK_EVERY_S / self._clock.speed, LOOK_AT_MOST_EVERY_REAL_S)
        wait = patience = patience * self._chance.uniform(0.7, 1.3)  # not all who began together at once
        if self._due:
            first = self._clock.real_seconds_until(self._due[0][0])
            if first <= 0:
                return heapq.heappop(self._due)[2]
            wait = min(wait, first)
        try:
            return self._inbox.get(timeout=wait)
        except queue.Empty:
            soon = wait < min(patience, LOOK_AT_MOST_EVERY_REAL_S)
            return None if self._due and soon else self._look

    def _at(self, instant: dt.datetime, deed: Callable[[], None]) -> None:
        heapq.heappush(self._due, (instant, next(self._numbers), deed))

    def _after(self, seconds: float, deed: Callable[[], None]) -> None:
        self._at(self._clock.now() + dt.timedelta(seconds=seconds), deed)

    def _present(self, state: str) -> None:
        self.api.put("/me/presence", {"state": state})

    def _look(self) -> None:
        """One look at the feed, and a claim of one of its first rows if there is a hand free."""
        if not self.free:
            return
        answer = self.api.get("/feed", limit="10")
        rows = answer.body.get("items", []) if answer.ok else []
        if rows:
            row = rows[0] if self._chance.random() < 0.3 else self._chance.choice(rows)
            self._claim(row)

    def _claim(self, row: dict[str, object]) -> None:
        quote = row["quote"]
        assert isinstance(quote, dict)
        body = {"expected_gross_fen": quote["gross_fen"]}
        answer = self.api.post(f"/inquiries/{row['id']}/claim", body)
        if not answer.ok:
            self._lost(answer)
            return
        if answer.status == 201:
            self._tally.count("claims won")
        inquiry_id = str(row["id"])
        self._held.add(inquiry_id)
        talk = self._book.find(inquiry_id)
        if talk is None:
            self._tally.count("claims of others' customers")
            talk = stranger(inquiry_id)
        talk.owner = self
        dice = self._chance.random()
        if dice < self._manners.release:
            self._after(self._chance.uniform(3, 20), partial(self._release, inquiry_id, talk))
        elif dice < self._manners.release + self._manners.escalate:
            self._after(self._chance.uniform(15, 40), partial(self._escalate, inquiry_id, talk))
        else:
            started = dt.datetime.fromisoformat(answer.body["turn"]["clock_started_at"])
            self._plan_reply(talk, started)
        if self.free:
            self._after(self._chance.uniform(2, 10), self._look)

    def _lost(self, answer: Answer) -> None:
        self._tally.count(f"claims refused: {answer.problem}")
        if answer.problem == "not-eligible":
            self._present("online")
        elif answer.problem == "already-claimed" and self.free:
            self._after(self._chance.uniform(*LOOK_AGAIN_AFTER_S), self._look)

    def _release(self, inquiry_id: str, talk: Conversation | None = None) -> None:
        if talk is not None:
            talk.owner = None
        answer = self.api.delete(f"/inquiries/{inquiry_id}/claim", reason="不熟悉")
        self._tally.count("releases" if answer.ok else f"releases refused: {answer.problem}")
        self._held.discard(inquiry_id)

    def _escalate(self, inquiry_id: str, talk: Conversation) -> None:
        """Somebody else goes on; where nobody takes it, the agent answers after all."""
        body = {"reason": self._chance.choice(REASONS), "summary": SUMMARY}
        talk.owner = None
        answer = self.api.post(f"/inquiries/{inquiry_id}/escalation", body)
        self._tally.count("escalations" if answer.ok else f"escalations refused: {answer.problem}")
        if answer.problem in ("no-target", "handover-limit") and not answer.ok:
            talk.owner = self
            self._plan_reply(talk, self._clock.now())
            return
        self._held.discard(inquiry_id)
        if answer.ok:
            self._tally.fee(int(answer.body["fee_fen"]))
        self._look()

    def _plan_reply(self, talk: Conversation, started: dt.datetime) -> None:
        latency = self._manners.latency_s(self._chance)
        if latency is None:
            self._tally.count("turns forgotten")
            self._at(started + dt.timedelta(seconds=SPENT_AFTER_S), partial(self._forget, talk))
        else:
            words = talk.answers() or [talk.stopgap()]
            self._at(started + dt.timedelta(seconds=latency), partial(self._reply, talk, words, False))

    def _forget(self, talk: Conversation) -> None:
        self._held.discard(talk.inquiry_id)
        if talk.owner is self:
            talk.owner = None
        self._look()

    def _reply(self, talk: Conversation, words: list[str], answered: bool) -> None:
        """Sends the next of the words; the turn is answered by the first that says something."""
        text, *rest = words
        body = self._scripted(talk, text) if not answered else {"text": text}
        answer = self.api.post(f"/inquiries/{talk.inquiry_id}/replies", body)
        if answer.problem == "blocked-words":
            self._tally.count("replies blocked before sending")
            self._after(self._chance.uniform(2, 6), partial(self._reply, talk, [talk.stopgap()], answered))
            return
        if not answer.ok:
            self._tally.count(f"replies refused: {answer.problem}")
            self._forget(talk)
            return
        earning = answer.body["earning"]
        if earning is None:
            self._tally.count("replies that answer no turn" if answered else "replies that say nothing")
        else:
            answered = True
            talk.answered += 1
            self._count_earning(earning)
        if not rest and not answered:
            rest = [talk.stopgap()]
        if rest:
            self._after(self._chance.uniform(1, 4), partial(self._reply, talk, rest, answered))
        elif not self._customers.answered(talk):
            self._after(self._chance.uniform(2, 20), partial(self._resolve, talk))

    def _scripted(self, talk: Conversation, text: str) -> dict[str, str]:
        """The words to send: now and then those of the best script that has no blank come before them."""
        if self._chance.random() < self._manners.script:
            answer = self.api.get(f"/inquiries/{talk.inquiry_id}/scripts")
            rows = answer.body.get("items", []) if answer.ok else []
            picked = next((row for row in rows if not row["blanks"]), None)
            if picked and picked["text"] not in text and len(text) < 1000:
                self._tally.count("replies with a script")
                return {"text": f"{text}\n{picked['text']}", "script_id": picked["id"]}
        return {"text": text}

    def _count_earning(self, earning: dict[str, object]) -> None:
        self._tally.count("replies that answer a turn")
        if not earning["gross_fen"]:
            self._tally.count("… beyond the paid ones")
        if earning["late_percent"]:
            self._tally.count(f"… late, −{earning['late_percent']}%")
        at = dt.datetime.fromisoformat(str(earning["received_at"]))
        self._tally.earned(self.name, int(str(earning["pay_fen"])), at)

    def _resolve(self, talk: Conversation) -> None:
        answer = self.api.post(f"/inquiries/{talk.inquiry_id}/resolution")
        self._tally.count("resolved" if answer.ok else f"resolutions refused: {answer.problem}")
        self._held.discard(talk.inquiry_id)
        if answer.ok:
            self._customers.resolved(talk)
        self._look()
