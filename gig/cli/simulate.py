"""`gig simulate`: people at work on a running server, over HTTP."""

from __future__ import annotations

import json
import random
import signal
import sys
import threading
from pathlib import Path
from typing import TextIO

import click

from gig.settings import Settings
from gig.simulator import world
from gig.simulator.http import GivenUp, ServerClock
from gig.simulator.replay import arrivals as rhythms
from gig.simulator.replay import scripts as plays
from gig.simulator.replay.agents import Manners
from gig.simulator.replay.run import LINGER_S, NotTheirs, Plan, Result, play
from gig.simulator.world import Login

MINUTES_EACH = 2.5
"""How often, without `--inquiries`, each agent has a new customer."""


@click.command()
@click.option("--agents", required=True, type=click.IntRange(1, 2000))
@click.option(
    "--minutes", required=True, type=click.FloatRange(0, min_open=True), help="Of the server's time."
)
@click.option("--dialogues", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--arrivals", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--late", default=0.1, show_default=True, type=click.FloatRange(0, 1), help="Share of turns.")
@click.option("--seed", default=1, show_default=True)
@click.option("--url", default="http://127.0.0.1:8000", show_default=True)
@click.option(
    "--inquiries", type=click.IntRange(1), help="How many in all.  [default: one an agent every 2.5 min]"
)
@click.option("--stop-after", type=click.IntRange(1), help="Stop after so many replies that answer a turn.")
@click.option(
    "--linger",
    default=LINGER_S,
    show_default=True,
    type=click.FloatRange(0),
    help="How long conversations may go on after the minutes, in seconds of the server's time.",
)
@click.option(
    "--logins",
    type=click.File(encoding="utf-8"),
    help="What `gig demo seed --json` printed.  [default: the demo logins under this GIG_SECRET_KEY]",
)
@click.option("--json", "as_json", is_flag=True, help="The result as one object.")
def simulate(
    agents: int,
    minutes: float,
    dialogues: Path | None,
    arrivals: Path | None,
    late: float,
    seed: int,
    url: str,
    inquiries: int | None,
    stop_after: int | None,
    linger: float,
    logins: TextIO | None,
    as_json: bool,
) -> None:
    """Drives a running server as customers and agents would, and says what happened."""
    crew, channel = _who(agents, logins)
    chance = random.Random(seed)
    count = inquiries or max(1, round(agents * minutes / MINUTES_EACH))
    stopped = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    try:
        run = f"{int(ServerClock.of(url).now().timestamp()):x}"
        sources = plays.of_file(dialogues, chance) if dialogues else plays.of_stories()
        plan = Plan(
            url=url,
            agents=crew,
            channel=channel,
            scripts=list(plays.repeated(sources, count, run=run, chance=chance)),
            moments=rhythms.of_file(arrivals, count) if arrivals else rhythms.even(count, chance),
            minutes=minutes,
            manners=Manners(late=late),
            seed=seed,
            stop_after=stop_after,
            linger_s=linger,
        )
        result = play(plan, say=lambda line: click.echo(line, err=True), stopped=stopped)
    except (GivenUp, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except NotTheirs as error:
        raise click.ClickException(
            f"the server does not know {error}: run `gig demo seed --agents {agents}` there, with the same "
            "GIG_SECRET_KEY, or give its output as --logins"
        ) from error
    _tell(result, as_json)
    sys.exit(1 if any("faults" in what for what in result.tally.counts) else 0)


def _who(count: int, file: TextIO | None) -> tuple[list[Login], Login]:
    """So many agents, and the channel."""
    if file is None:
        known = world.logins(count, Settings.from_env().secret_key)
    else:
        known = [Login(**json.loads(line)) for line in file if line.strip()]
    crew = [login for login in known if login.role == "agent"]
    channels = [login for login in known if login.role == "channel"]
    if len(crew) < count or not channels:
        raise click.ClickException(f"the logins hold {len(crew)} agents and {len(channels)} channels")
    return crew[:count], channels[0]


def _tell(result: Result, as_json: bool) -> None:
    tally = result.tally
    if as_json:
        told = {
            "counts": dict(sorted(tally.counts.items())),
            "pay_fen": tally.total_fen,
            "pay_fen_by_agent": dict(sorted(tally.pay_fen.items())),
            "triage_fen": tally.triage_fen,
            "real_s": round(result.real_s, 1),
            "began_at": result.began_at.isoformat(),
            "ended_at": result.ended_at.isoformat(),
            "unfinished": result.unfinished,
            "retries": result.retries,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for what, number in sorted(tally.counts.items()):
        click.echo(f"{number:>8}  {what}")
    click.echo(f"{result.unfinished:>8}  conversations not finished")
    click.echo(f"{result.retries:>8}  requests sent again")
    yuan, fen = divmod(tally.total_fen, 100)
    click.echo(f"{yuan:>8}.{fen:02d} yuan earned, by the API's answers")
    if tally.triage_fen:
        yuan, fen = divmod(tally.triage_fen, 100)
        click.echo(f"{yuan:>8}.{fen:02d} yuan beside it for handing turns on")
    minutes = (result.ended_at - result.began_at).total_seconds() / 60
    began = f"{result.began_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"{result.real_s:>8.1f} s, {minutes:.0f} minutes of the server's time from {began}")
