"""A data key is rotated: everything is sealed anew, nothing is lost on the way."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from gig.cli import gig
from gig.core import blobs, crypto, resealing
from gig.core.blobs import Blob
from gig.core.crypto import Keyring
from gig.core.db import db, transaction
from gig.identity.models import Person
from gig.payouts.disbursement.models import Payee
from gig.payouts.disbursement.operations.payees import set_payee
from tests import builders
from tests.builders import NOON

INDEX = base64.b64encode(b"i" * 32).decode()
OLD, NEW, OTHER = (f"{number}:{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2, 3))
CARD = "6222021234567890128"

Run = Callable[..., Result]


def use(*keys: str) -> None:
    crypto.use(Keyring.parse(",".join(keys), INDEX))


@pytest.fixture
def sealed(session: Session) -> Iterator[str]:
    """An agent, their payee and a photo, all under key 1; key 2 has just been put in front."""
    before = crypto.keyring()
    use(OLD)
    agent = builders.agent()
    for account in (CARD, "linke@example.com"):
        set_payee(
            agent_id=agent,
            kind="bank" if account == CARD else "alipay",
            account=account,
            holder="林可",
            consent="payee-1",
            actor_id=agent,
            now=NOON,
        )
    with transaction() as writing:
        blobs.keep(writing, b"photo", media_type="image/webp", now=NOON)
    use(NEW, OLD)
    yield agent
    crypto.use(before)


def under(session: Session) -> dict[str, Counter[int]]:
    session.rollback()
    counts = {place.name: resealing.count_by_key(session, place) for place in resealing.places()}
    return {name: count for name, count in counts.items() if count}


def read(session: Session, agent: str) -> tuple[str, list[str], bytes]:
    session.rollback()
    session.expire_all()
    accounts = session.scalars(sa.select(Payee.account).order_by(Payee.id))
    blob = session.scalars(sa.select(Blob.id)).one()
    return session.get_one(Person, agent).phone, list(accounts), blobs.content(session, blob)


def reseal_all() -> Counter[int]:
    return sum((resealing.reseal(place, now=NOON).resealed for place in resealing.places()), Counter())


def test_every_sealed_column_is_found_and_sealed_anew(session: Session, sealed: str) -> None:
    wanted = {"person.phone", "payee.account", "payee.holder", "blob.sealed"}
    assert {place.name for place in resealing.places()} >= {*wanted, "application.id_number"}
    before, whole = under(session), read(session, sealed)
    assert set(before) == wanted and all(set(count) == {1} for count in before.values())
    assert reseal_all() == Counter({1: sum(count.total() for count in before.values())})
    assert under(session) == {name: Counter({2: count[1]}) for name, count in before.items()}
    assert reseal_all() == Counter()
    use(NEW)
    assert read(session, sealed) == whole


def test_one_that_is_cut_off_goes_on_where_it_stopped(
    session: Session, sealed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "AT_ONCE", 1)
    places = {place.name: place for place in resealing.places()}
    place = resealing.Place(places["payee.account"].table, "account", lambda _id: "payee.account", at_once=1)

    def killed(_seen: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resealing.reseal(place, now=NOON, progress=killed)
    assert under(session)["payee.account"] == Counter({1: 1, 2: 1})
    assert resealing.reseal(place, now=NOON).resealed == Counter({1: 1})
    assert read(session, sealed)[1] == [CARD, "linke@example.com"]


def test_what_does_not_open_is_counted_and_left_alone(session: Session, sealed: str) -> None:
    use(OTHER, NEW)
    done = resealing.reseal(next(p for p in resealing.places() if p.name == "payee.holder"), now=NOON)
    assert (done.resealed, done.unreadable) == (Counter(), Counter({1: 2}))
    use(NEW, OLD)
    assert read(session, sealed)[1] == [CARD, "linke@example.com"]


@pytest.fixture
def run(database_url: str, sealed: str, monkeypatch: pytest.MonkeyPatch, ended_commands: None) -> Run:
    monkeypatch.setenv("GIG_DATABASE_URL", database_url)
    monkeypatch.setenv("GIG_INDEX_KEY", INDEX)
    db.session.remove()

    def command(*arguments: str, keys: tuple[str, ...]) -> Result:
        monkeypatch.setenv("GIG_DATA_KEYS", ",".join(keys))
        return CliRunner().invoke(gig, arguments)

    return command


def test_the_command_says_what_it_did_and_which_key_may_go(run: Run) -> None:
    assert "still under key 1; run `gig keys reseal`" in run("doctor", keys=(NEW, OLD)).output
    listed = run("keys", "list", keys=(NEW, OLD)).output
    assert "2 under key 1" in listed and "key 1 still seals 6 values: keep it" in listed
    done = run("keys", "reseal", keys=(NEW, OLD))
    assert done.exit_code == 0
    assert "resealed with key 2: 2 from key 1" in done.stdout
    assert "key 1 seals nothing here any more: drop it" in done.stdout
    assert "2 of 2 looked at" in done.stderr
    again = run("keys", "reseal", keys=(NEW, OLD))
    assert again.exit_code == 0 and "resealed with" not in again.stdout
    assert "key 1 seals nothing any more and may be dropped" in run("doctor", keys=(NEW, OLD)).output
    assert "wrong" not in run("doctor", keys=(NEW,)).output
    lost = run("doctor", keys=(OTHER,))
    assert lost.exit_code == 1 and "6 values are under key 2, which GIG_DATA_KEYS has not" in lost.output
    assert run("keys", "reseal", keys=(OTHER,)).exit_code == 1
