"""The conversations of a run, known to both of their sides; and what the run counts."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gig.simulator.replay.scripts import Exchange, Script

if TYPE_CHECKING:
    from gig.simulator.replay.agents import SimulatedAgent

STOPGAPS = (
    "这边已经为您登记清楚，稍后有进展第一时间告诉您。",
    "核对过了，记录没有问题，您可以再刷新看一下。",
    "我已经转给对应的同事跟进，今天内给您答复。",
    "明白您的意思，处理结果会发到您的手机上。",
    "已经为您重新提交了一次，请留意后续通知。",
)
"""What an agent says when the file has no answer, or only greetings."""


@dataclass
class Conversation:
    """`asked` and `answered` count turns; `owner` is the agent whom the customer's words are shown to."""

    script: Script
    inquiry_id: str = ""
    asked: int = 0
    answered: int = 0
    stopgaps: int = 0
    owner: SimulatedAgent | None = None
    over: bool = False
    came_back: bool = False
    unknown: bool = False
    extra: list[Exchange] = field(default_factory=list)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return (*self.script.exchanges, *self.extra)

    def answers(self) -> list[str]:
        """What the agent will say to the open turn."""
        if self.answered < len(self.exchanges):
            return list(self.exchanges[self.answered].answers)
        return []

    def stopgap(self) -> str:
        """An answer that this conversation has not heard yet."""
        self.stopgaps += 1
        place, again = divmod(self.stopgaps - 1, len(STOPGAPS))
        return STOPGAPS[again] + (f"（第 {place + 1} 次确认）" if place else "")

    @property
    def more_to_ask(self) -> bool:
        return self.asked < len(self.exchanges)


def stranger(inquiry_id: str) -> Conversation:
    """A customer of another run, or a real one: all that is known is that they wait for an answer."""
    script = Script(inquiry_id, (Exchange((), ()),), "", "")
    return Conversation(script, inquiry_id, asked=1, unknown=True)


class Book:
    """Conversations by their inquiry, for whoever claims one."""

    def __init__(self) -> None:
        self._known: dict[str, Conversation] = {}
        self._changed = threading.Condition()

    def add(self, conversation: Conversation) -> None:
        with self._changed:
            self._known[conversation.inquiry_id] = conversation
            self._changed.notify_all()

    def find(self, inquiry_id: str, *, within_s: float = 3.0) -> Conversation | None:
        """The conversation; an agent may be quicker than the answer to the customer's own request."""
        with self._changed:
            self._changed.wait_for(lambda: inquiry_id in self._known, timeout=within_s)
            return self._known.get(inquiry_id)


class Tally:
    """What happened, counted by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.pay_fen: Counter[str] = Counter()
        self.triage_fen = 0
        self.late_share: Counter[str] = Counter()
        self.first_at: dt.datetime | None = None
        self.last_at: dt.datetime | None = None

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.counts[what] += number

    def earned(self, agent: str, fen: int, at: dt.datetime) -> None:
        with self._lock:
            self.pay_fen[agent] += fen
            self.first_at = min(at, self.first_at or at)
            self.last_at = max(at, self.last_at or at)

    def fee(self, fen: int) -> None:
        """An agent was paid for handing a turn on."""
        with self._lock:
            self.triage_fen += fen

    @property
    def total_fen(self) -> int:
        return sum(self.pay_fen.values())
