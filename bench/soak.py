"""Ten minutes at half of the top rate: whether the processes grow, and whether anything goes wrong.

A whole site: two web workers, a live process with pages that hear everything, two schedulers, PostgreSQL with
durable commits, Redis. The top rate is found first, by whole conversations as fast as they are answered.
`SOAK_S` in the environment makes it shorter, for trying it out.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.conversations import Heard, Talk, talk
from bench.desk import QUEUE, staff
from bench.pages import open_pages
from bench.site import Site, until
from gig.core.clock import real_now
from gig.core.db import db

SECONDS, TOP_S, PAGES, AGENTS = 600, 30, 100, 160
SHARE = 0.5
SAMPLE_S = 1.0
AIM = 0.05
"""Of the memory after the first fifth; what allocators and the sampling sway by, not what a leak does."""


def run() -> list[dict[str, Any]]:
    """One result; it holds if memory stood still and every answer was as it should be."""
    return [measure(seconds=float(os.environ.get("SOAK_S", SECONDS)))]


def measure(
    *, seconds: float, top_s: float = TOP_S, pages: int = PAGES, agents: int = AGENTS
) -> dict[str, Any]:
    """The figure of a soak of this length."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        site = Site(Path(folder), stack)
        with site.app.app_context():
            desk = staff(agents, now=real_now())
            db.session.remove()
        until(site.is_whole, *site.hosts)
        stack.enter_context(open_pages(site.live.port, desk.agents[:pages], [QUEUE]))

        def speak(run: str, length: float, rate: float) -> Heard:
            return talk(Talk(site.web.port, "gig_c_bench", desk.tokens, length, run, rate=rate))

        top = speak("top", top_s, 0)
        with _watched(site) as memory:
            heard = speak("soak", seconds, top.rate * SHARE)
        whole, clean = site.is_whole(), site.books_are_clean()
        paid = site.count("SELECT count(*) FROM earning")
    wrong = {**top.wrong, **heard.wrong}
    holds = (
        memory.growth <= AIM
        and not wrong
        and whole
        and clean
        and paid == top.conversations + heard.conversations
    )
    return {
        "name": "soak_rss_growth",
        "value": round(memory.growth, 4) + 0.0,
        "unit": "share of the memory after the first fifth",
        "aim": f"<= {AIM:g}, no error",
        "holds": holds,
        "detail": f"{heard.seconds:.0f} s at {heard.rate:.0f} conversations/s (top {top.rate:.0f}), "
        f"{sum(heard.answers.values())} requests, wrong: {wrong or 'none'}, "
        f"begun {heard.behind_s:.1f} s late at most; {memory}; "
        f"{paid} paid, books {'clean' if clean else 'NOT clean'}",
    }


@dataclass
class Memory:
    """KiB of every host's processes, sampled again and again."""

    samples: dict[str, list[int]] = field(default_factory=dict)

    @property
    def growth(self) -> float:
        """How much larger all processes together are in the last fifth than in the second."""
        first, last = self._ends([sum(all) for all in zip(*self.samples.values(), strict=False)])
        return last / first - 1

    def __str__(self) -> str:
        ends = {name: self._ends(sizes) for name, sizes in self.samples.items()}
        return "MiB " + ", ".join(
            f"{name} {first / 1024:.1f} → {last / 1024:.1f}" for name, (first, last) in ends.items()
        )

    @staticmethod
    def _ends(sizes: list[int]) -> tuple[float, float]:
        fifth = max(1, len(sizes) // 5)
        return statistics.median(sizes[fifth : 2 * fifth] or sizes), statistics.median(sizes[-fifth:])


@contextmanager
def _watched(site: Site) -> Iterator[Memory]:
    """Memory is sampled inside the block."""
    memory, over = Memory({host.name: [] for host in site.hosts}), threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_S):
            for host in site.hosts:
                memory.samples[host.name].append(host.rss_kib())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()
