"""`gig user`, `gig token`, `gig channel`: people and the keys of programs."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from typing import TypeVar

import click

from gig.app import create_app
from gig.core import clock, simclock
from gig.core.db import db
from gig.core.errors import GigError, Invalid
from gig.core.text import N_
from gig.identity import queries
from gig.identity.operations import keys, people
from gig.identity.values import ROLES

T = TypeVar("T")


def _in_app(work: Callable[[], T]) -> T:
    """The result of `work` in the application; what the rules refuse is said in one line, exit 1."""
    app = create_app()
    simclock.running(app)
    with app.app_context():
        try:
            return work()
        except Invalid as error:
            for field, sentences in error.errors.items():
                for words in sentences:
                    click.echo(f"{field}: {words}", err=True)
        except GigError as error:
            click.echo(str(error), err=True)
        finally:
            db.session.remove()
    sys.exit(1)


@click.group()
def user() -> None:
    """People."""


@user.command("create")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="May be repeated."
)
@click.option("--phone", required=True)
@click.option("--name", required=True)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)
@click.option("--prompt", is_flag=True, help="Ask for the password.")
def create_user(roles: tuple[str, ...], phone: str, name: str, password_stdin: bool, prompt: bool) -> None:
    """Adds a person. Without a given password one is made up and printed once."""
    given = None
    if password_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    elif prompt:
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    password = given if given is not None else secrets.token_urlsafe(12)
    id = _in_app(
        lambda: people.create_person(
            phone=phone, name=name, roles=roles, password=password, now=clock.now(), actor_id=None
        )
    )
    click.echo(f"id: {id}")
    if given is None:
        click.echo(f"password: {password}")


@click.group()
def token() -> None:
    """API tokens of people."""


@token.command("create")
@click.option("--phone", required=True)
@click.option(
    "--scope", "scopes", multiple=True, help="May be repeated; none means all that the person may do."
)
def create_token(phone: str, scopes: tuple[str, ...]) -> None:
    """Prints a new token of the person, once."""

    def work() -> str:
        person_id = queries.person_by_phone(db.session(), phone)
        if person_id is None:
            raise Invalid({"phone": [N_("没有人用这个手机号。")]})
        return keys.issue_token(person_id=person_id, scopes=scopes, now=clock.now(), actor_id=None).secret

    click.echo(_in_app(work))


@click.group()
def channel() -> None:
    """Systems that hand in inquiries."""


@channel.command("create")
@click.argument("name")
def create_channel(name: str) -> None:
    """Adds a channel and prints its key, once."""
    issued = _in_app(lambda: keys.create_channel(name=name, now=clock.now(), actor_id=None))
    click.echo(issued.secret)
