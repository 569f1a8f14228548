"""The evening from the first process to the reckoning."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.desk import hire, token_of
from bench.evening.breaking import BREAKAGES, Breakage, Broken, break_
from bench.evening.reckoning import Line, figures, reckon
from bench.pages import Heard, open_pages
from bench.site import FRESH, PATIENCE_S, Commands, Site, until
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.simulator import world
from gig.simulator.http import ServerClock
from tests.fixtures.processes import ROOT, stop, tail
from tests.fixtures.servers import environment

QUEUES = [slug for slug, *_ in world.QUEUES]


@dataclass(frozen=True)
class Evening:
    """So many agents, customers and minutes; words and rhythm of files, or the demo world's own.

    Minutes and seconds are of the server's clock, which runs `speed` times as fast as the real one.
    """

    agents: int
    minutes: float
    inquiries: int
    linger: float
    workers: int = 2
    speed: int = 1
    dialogues: Path | None = None
    arrivals: Path | None = None
    seed: int = 1


@dataclass(frozen=True)
class Report:
    """What happened. `audit` is what `gig audit` printed, if it found anything."""

    evening: Evening
    broken: list[Broken]
    told: dict[str, Any]
    lines: list[Line]
    figures: dict[str, str]
    pages: Heard
    audit: str

    @property
    def holds(self) -> bool:
        return not self.audit and all(line.holds for line in self.lines)

    def __str__(self) -> str:
        told = self.told
        parts = [
            f"{self.evening.agents} agents, {self.evening.inquiries} inquiries "
            f"in {self.evening.minutes:g} min, "
            f"{self.evening.workers} web processes, clock ×{self.evening.speed}; "
            f"{told['real_s']:.0f} s in all",
            "",
            "what broke",
            *(
                f"  at {each.at_s:5.0f} s  {each}{'' if each.amid_work else ', when people had left'}"
                for each in self.broken
            ),
            "",
            "what people did",
            *(f"  {number:>8}  {what}" for what, number in sorted(told["counts"].items())),
            f"  {told['unfinished']:>8}  conversations not finished",
            f"  {told['retries']:>8}  requests sent again",
            *(f"  {what}: {found}" for what, found in self.figures.items()),
            f"  pages: {self.pages.events} events heard, {self.pages.came_back} times a page came back, "
            f"{self.pages.resyncs} times it fetched afresh",
            "",
            "the reckoning",
            *(f"  {'holds' if line.holds else 'FAILS'}  {line.what}: {_both(line)}" for line in self.lines),
            f"  {'FAILS' if self.audit else 'holds'}  gig audit{': ' + self.audit if self.audit else ''}",
        ]
        return "\n".join(parts)


def live_through(
    evening: Evening,
    home: Path,
    stack: ExitStack,
    *,
    say: Callable[[str], None],
    breakages: Sequence[Breakage] = BREAKAGES,
    commands: Commands = FRESH,
) -> Report:
    """The evening is over, the site is whole, and everything that people were told was held against it."""
    site = Site(home, stack, workers=evening.workers, commands=commands, **_clock(evening.speed))
    logins = home / "logins"
    people = _people(evening, site, logins)
    until(site.is_whole, *site.hosts)
    say(f"{len(people)} agents on {len(site.hosts)} hosts")
    with open_pages(site.live.port, people, QUEUES) as pages:
        people_at_work, told_at = _simulate(evening, site, logins)
        stack.callback(lambda: stop(people_at_work))
        broken = _break_in_turn(evening, site, people_at_work, breakages, say)
        told = _outcome(people_at_work, told_at)
    until(site.is_whole, *site.hosts)
    return Report(evening, broken, told, reckon(site, told), figures(site), pages.heard, _audit(site))


def _clock(speed: int) -> dict[str, str]:
    """The settings of a server whose clock runs so fast from now on."""
    return {} if speed == 1 else {"GIG_CLOCK": f"{real_now():%Y-%m-%dT%H:%M:%S}+00:00,{speed}"}


def _people(evening: Evening, site: Site, logins: Path) -> list[str]:
    """The demo world with so many agents; their ids. How they log in is written down."""
    seeded = _gig(site, "demo", "seed", "--agents", "1", "--json")
    assert seeded.returncode == 0, seeded.stderr
    now = ServerClock.of(site.web.url, within_s=PATIENCE_S).now()

    def more(_: Session) -> list[str]:
        with transaction() as session:
            return hire(session, evening.agents - 1, queues=QUEUES, now=now)

    hired = site.ask(more)
    lines = [json.dumps({"role": "agent", "name": id, "token": token_of(id)}) + "\n" for id in hired]
    logins.write_text(seeded.stdout + "".join(lines), "utf-8")
    return list(site.ask(lambda session: session.execute(sa.text("SELECT id FROM agent")).scalars().all()))


def _gig(site: Site, *command: str) -> subprocess.CompletedProcess[str]:
    return site.commands.run(command, cwd=site.home, env=environment(**site.settings))


def _simulate(evening: Evening, site: Site, logins: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """The people of the evening, at work in a process of their own; and where it will say what happened."""
    command = [
        *("--agents", evening.agents, "--minutes", evening.minutes, "--inquiries", evening.inquiries),
        *(
            "--linger",
            evening.linger,
            "--seed",
            evening.seed,
            "--url",
            site.web.url,
            "--logins",
            logins,
            "--json",
        ),
    ]
    for name in ("dialogues", "arrivals"):
        if path := getattr(evening, name):
            command += [f"--{name}", path.resolve()]
    told_at = site.home / "told.json"
    with told_at.open("wb") as out, (site.home / "people.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gig", "simulate", *map(str, command)],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
        )
    return process, told_at


def _break_in_turn(
    evening: Evening,
    site: Site,
    people: subprocess.Popen[bytes],
    breakages: Sequence[Breakage],
    say: Callable[[str], None],
) -> list[Broken]:
    """Everything has broken, each at its moment or once the one before is mended."""
    until(
        lambda: people.poll() is not None or site.count("SELECT count(*) FROM inquiry") > 0,
        *site.hosts,
        seconds=300,
    )
    broken, began = [], time.monotonic()
    say("the first customer has asked")
    for breakage in breakages:
        due = began + breakage.share * evening.minutes * 60 / evening.speed
        while people.poll() is None and time.monotonic() < due:
            time.sleep(0.1)
        broken.append(break_(site, breakage, began=began, amid_work=people.poll() is None))
        say(str(broken[-1]))
    return broken


def _outcome(people: subprocess.Popen[bytes], told_at: Path) -> dict[str, Any]:
    people.wait()
    said = told_at.read_text("utf-8")
    assert said, f"the people left without a word\n{tail(told_at.with_name('people.log'))}"
    told: dict[str, Any] = json.loads(said)
    return told


def _audit(site: Site) -> str:
    done = _gig(site, "audit")
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _both(line: Line) -> str:
    if isinstance(line.found, list):
        found, told = sum(line.found), sum(line.told)
        return f"{found / 100:.2f} yuan for {len(line.found)} agents" + (
            "" if line.holds else f", told {told / 100:.2f}"
        )
    return f"{line.found}" if line.holds else f"told {line.told}, found {line.found}"
