"""Whom a waiting inquiry is offered to. The order is published: skill, load, score, longest idle.

Skill decides who is asked at all; among those the fewest conversations come first, then the higher score,
then who has been idle for longest, and at last the id, so that the same facts always give the same answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gig.dispatch.rules.eligibility import Policy, Waiting, opens_at

Rank = tuple[int, int, dt.datetime, str]
Behind = Literal["load", "score", "idle", "tie"]


@dataclass(frozen=True, slots=True)
class Idle:
    """An agent who could take one more: online, in reach, below the limit, with no customer waiting.

    `skills` says of each queue that they serve whether they are senior there.
    """

    agent_id: str
    tier: str
    skills: Mapping[str, bool]
    load: int
    score_tenths: int
    idle_since: dt.datetime

    @property
    def rank(self) -> Rank:
        """The smallest is asked first."""
        return (self.load, -self.score_tenths, self.idle_since, self.agent_id)


@dataclass(frozen=True, slots=True)
class Asking:
    """An inquiry that has waited long enough; `passed` had its turn, or was offered it, before."""

    waiting: Waiting
    passed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """The inquiry is offered to the agent; `idle_agents` of those who are idle serve its queue."""

    inquiry_id: str
    agent: Idle
    idle_agents: int


def suits(agent: Idle, asking: Asking, policy: Policy, *, now: dt.datetime) -> bool:
    """Whether the agent may be asked: they could claim it at this instant, and have not had it before."""
    inquiry = asking.waiting
    senior = agent.skills.get(inquiry.queue)
    return (
        senior is not None
        and (senior or not inquiry.emergency)
        and agent.agent_id not in asking.passed
        and opens_at(agent, inquiry, policy) <= now
    )


def assign(
    asking: Sequence[Asking], idle: Iterable[Idle], policy: Policy, *, now: dt.datetime
) -> list[Choice]:
    """Each inquiry, in the order given, goes to the best agent whom it suits and who has none yet."""
    pools: dict[str, list[Idle]] = {}
    for agent in sorted(idle, key=lambda one: one.rank):
        for queue in agent.skills:
            pools.setdefault(queue, []).append(agent)
    sizes = {queue: len(pool) for queue, pool in pools.items()}
    taken: set[str] = set()
    choices = []
    for each in asking:
        queue = each.waiting.queue
        pool = pools.get(queue, [])
        while pool and pool[0].agent_id in taken:
            del pool[0]
        for agent in pool:
            if agent.agent_id not in taken and suits(agent, each, policy, now=now):
                taken.add(agent.agent_id)
                choices.append(Choice(each.waiting.inquiry_id, agent, sizes[queue]))
                break
    return choices


def behind(mine: Rank, other: Rank) -> Behind | None:
    """What put the other first; None if they are not before me."""
    if mine <= other:
        return None
    steps: tuple[Behind, ...] = ("load", "score", "idle", "tie")
    return next(step for step, own, theirs in zip(steps, mine, other, strict=True) if own != theirs)


def unanswered_in_row(ends: Iterable[tuple[str, bool]]) -> int:
    """How many offers in a row went by, the newest first, as (state, free).

    A refusal inside the allowance is an answer. Offers that came to nothing by themselves do not count.
    """
    count = 0
    for state, free in ends:
        if state == "void":
            continue
        if state == "accepted" or free:
            break
        count += 1
    return count
