"""Whole conversations over HTTP: handed in, seen in the feed, claimed, answered, resolved.

Run as a program of its own. Reads one JSON object from standard input (the fields of `Talk`), prints one: how
many conversations, in how many seconds, how often each answer came, and what was not as it should be.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.load import exchange, wire

WORDS = "我的退款到哪里了？"
ANSWER = "已为您提交全额退款，一般 1 到 3 个工作日到账。"


@dataclass(frozen=True)
class Talk:
    """`rate`: conversations begun in a second, or 0 for as many as are answered. `run` tells runs apart."""

    port: int
    key: str
    tokens: list[str]
    seconds: float
    run: str
    queue: str = "refund"
    rate: float = 0
    connections: int = 32


@dataclass
class Heard:
    """`wrong`: answers that were refusals, and connections that broke. `behind_s`: begun so late at most."""

    conversations: int = 0
    seconds: float = 0
    behind_s: float = 0
    answers: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.conversations / self.seconds


def talk(plan: Talk) -> Heard:
    """All of it has happened, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.conversations"],
        cwd=Path(__file__).resolve().parents[1],
        env=dict(os.environ),
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=True,
    )
    return Heard(**json.loads(done.stdout))


class _Talking:
    def __init__(self, plan: Talk) -> None:
        self.plan = plan
        self.answers: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.numbers = itertools.count()
        self.done, self.behind_s = 0, 0.0
        self.began = 0.0

    async def go(self) -> Heard:
        self.began = time.perf_counter()
        await asyncio.gather(*(self._hand() for _ in range(self.plan.connections)))
        taken = time.perf_counter() - self.began
        return Heard(self.done, taken, self.behind_s, dict(self.answers), dict(self.wrong))

    async def _hand(self) -> None:
        """One connection, which takes the next conversation whenever it is due and this one is free."""
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.plan.port)
                await self._converse(reader, writer)
                writer.close()
                return
            except (OSError, EOFError) as error:
                self.wrong[type(error).__name__] += 1

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            number = next(self.numbers)
            gone = time.perf_counter() - self.began
            if self.plan.rate:
                due = number / self.plan.rate
                if due > self.plan.seconds:
                    return
                await asyncio.sleep(max(0.0, due - gone))
                self.behind_s = max(self.behind_s, gone - due)
            elif gone > self.plan.seconds:
                return
            if await self._one(reader, writer, number):
                self.done += 1

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        plan = self.plan
        agent = plan.tokens[number % len(plan.tokens)]
        new = {
            "external_id": f"{plan.run}-{number}",
            "queue": plan.queue,
            "issue_type": "general",
            "text": WORDS,
        }
        made = await self._ask(reader, writer, "POST", "/inquiries", plan.key, new)
        if made is None:
            return False
        await self._ask(reader, writer, "GET", "/feed", agent)
        there = f"/inquiries/{made['id']}"
        for step, body in (("claim", {}), ("replies", {"text": ANSWER}), ("resolution", {})):
            if await self._ask(reader, writer, "POST", f"{there}/{step}", agent, body) is None:
                return False
        return True

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        method: str,
        path: str,
        token: str,
        body: dict[str, Any] | None = None,
    ) -> Any:
        """What was answered, or None for what is not as it should be."""
        said = json.dumps(body or {})
        status, answer = await exchange(reader, writer, wire(method, f"/api/v1{path}", token, said))
        self.answers[f"{method} {path.rpartition('/')[2]} {status}"] += 1
        if status >= "400":
            problem = str(json.loads(answer or b"{}").get("type", "")).rpartition("/")[2]
            self.wrong[f"{path.rpartition('/')[2]} {status} {problem}".strip()] += 1
            return None
        return json.loads(answer) if answer else {}


if __name__ == "__main__":
    found = asyncio.run(_Talking(Talk(**json.load(sys.stdin))).go())
    print(json.dumps(asdict(found)))
