"""`gig keys`: what the data keys have sealed, and sealing it anew after a rotation."""

from __future__ import annotations

import sys
from collections import Counter

import click

from gig.cli.inside import inside
from gig.core import clock, crypto, resealing
from gig.core.db import db


@click.group()
def keys() -> None:
    """The keys of GIG_DATA_KEYS."""


@keys.command("list")
def list_() -> None:
    """How many values each key has sealed, place by place; nothing is opened."""

    def show() -> Counter[int]:
        total: Counter[int] = Counter()
        for place in resealing.places():
            counts = resealing.count_by_key(db.session(), place)
            total += counts
            click.echo(f"{place.name:<28} {_said(counts)}")
        return total

    _say_what_may_go(inside(show))


@keys.command()
def reseal() -> None:
    """Seals with the newest key what older keys had sealed.

    Run it after the new key stands in front and every process has been restarted. It may be stopped and
    run again at any time, while the platform works; a second run changes nothing. Exit 1 if a value does
    not open.
    """

    def work() -> tuple[Counter[int], Counter[int]]:
        unreadable: Counter[int] = Counter()
        for place in resealing.places():
            unreadable += _reseal(place)
        left: Counter[int] = Counter()
        for place in resealing.places():
            left += resealing.count_by_key(db.session(), place)
        return left, unreadable

    left, unreadable = inside(work)
    _say_what_may_go(left)
    for key, count in sorted(unreadable.items()):
        click.echo(f"{count} values under key {key} do not open: is it the key that sealed them?", err=True)
    sys.exit(1 if unreadable else 0)


def _reseal(place: resealing.Place) -> Counter[int]:
    counts = resealing.count_by_key(db.session(), place)
    old = counts.total() - counts[crypto.keyring().newest]
    db.session.rollback()

    def progress(seen: int) -> None:
        click.echo(f"{place.name:<28} {seen} of {old} looked at", err=True)

    done = resealing.reseal(place, now=clock.now(), progress=progress)
    anew = ", ".join(f"{count} from key {key}" for key, count in sorted(done.resealed.items()) if count)
    said = f"resealed with key {crypto.keyring().newest}: {anew}" if anew else "nothing to reseal"
    click.echo(f"{place.name:<28} {said}")
    return done.unreadable


def _said(counts: Counter[int]) -> str:
    return ", ".join(f"{count} under key {key}" for key, count in sorted(counts.items())) or "empty"


def _say_what_may_go(counts: Counter[int]) -> None:
    """Which older keys seal nothing any more, and which still do."""
    ring = crypto.keyring()
    for number, _key in ring.data_keys[1:]:
        if counts[number]:
            click.echo(f"key {number} still seals {counts[number]} values: keep it, and run gig keys reseal")
        else:
            click.echo(
                f"key {number} seals nothing here any more: drop it from GIG_DATA_KEYS once every process "
                f"runs with key {ring.newest} in front; keep it where old backups are kept"
            )
    for number in sorted(set(counts) - {number for number, _key in ring.data_keys}):
        click.echo(f"key {number} is not in GIG_DATA_KEYS and seals {counts[number]} values", err=True)
