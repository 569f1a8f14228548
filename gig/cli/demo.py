"""`gig demo`: a world to look at, in development only."""

from __future__ import annotations

import json

import click

from gig.cli.inside import inside
from gig.core import clock
from gig.identity.demo import keep_logins
from gig.settings import BadSettings, Settings
from gig.simulator import world
from gig.simulator.seeding.base import seed_base
from gig.simulator.world import Login


def development() -> Settings:
    """The settings of this deployment; BadSettings in production."""
    settings = Settings.from_env()
    if settings.production:
        raise BadSettings(["the demo world is for development: GIG_ENV is production"])
    return settings


@click.group()
def demo() -> None:
    """A demo world, in development only."""


@demo.command()
@click.option("--agents", default=10, show_default=True, type=click.IntRange(1, 5000))
@click.option("--json", "as_json", is_flag=True, help="One login an object a line.")
@click.option(
    "--with-history",
    is_flag=True,
    help="Also two closed weeks of work, people in other stages, and inquiries that wait.",
)
def seed(agents: int, as_json: bool, with_history: bool) -> None:
    """Makes queues, people and a channel, and prints how they log in; safe to run again."""
    settings = development()
    logins = world.logins(agents, settings.secret_key)

    def make() -> list[Login]:
        extra: list[Login] = []
        if with_history:
            from gig.simulator.seeding.whole import seed_whole

            extra = seed_whole(agents=agents, secret_key=settings.secret_key, now=clock.now())
        else:
            seed_base(agents=agents, secret_key=settings.secret_key, now=clock.now())
        keep(logins, extra)
        return extra

    extra = inside(make)
    if as_json:
        for login in logins:
            click.echo(json.dumps(login.as_json(), ensure_ascii=False))
    else:
        show(logins, extra)


def keep(logins: list[Login], extra: list[Login]) -> None:
    """The login page offers them."""
    people = [login for login in _telling(logins, extra) if login.phone and login.password]
    keep_logins(
        {"role": one.role, "name": one.name, "phone": one.phone or "", "password": one.password or ""}
        for one in people
    )


def show(logins: list[Login], extra: list[Login], *, most_agents: int = 12) -> None:
    """The logins as a person reads them."""
    click.echo(f"{'role':<10}{'phone':<13}{'password':<12}name")
    hidden = 0
    for number, login in enumerate([*extra, *logins]):
        if login.role == "agent" and number >= most_agents + len(extra):
            hidden += 1
        elif login.role == "channel":
            click.echo(f"{'channel':<10}{login.name}: {login.token}")
        else:
            click.echo(f"{login.role:<10}{login.phone:<13}{login.password:<12}{login.name}")
    if hidden:
        click.echo(f"and {hidden} more agents; --json lists them with their tokens")


def _telling(logins: list[Login], extra: list[Login]) -> list[Login]:
    """A few of each kind first: the login page is no telephone book."""
    agents = [login for login in logins if login.role == "agent"]
    return [*agents[:3], *(login for login in logins if login.role not in ("agent", "channel")), *extra]
