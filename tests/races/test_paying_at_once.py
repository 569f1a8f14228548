"""Two people of finance who press the same button at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import db
from gig.core.errors import GigError
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.downloads import make_link, use_link
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.ledger.models import LedgerEntry
from tests.features.disbursement.payday import LATER, NOW, answer, approved_week, as_csv, exported, lines, row
from tests.features.settlement import books
from tests.features.settlement.books import WEEK

PEOPLE = ("maker", "another", "third", "fourth")


def at_once(app: Flask, work: Callable[[str], object]) -> list[object]:
    """What each of the people got, or the refusal that each met."""
    start = Barrier(len(PEOPLE))

    def run(person: str) -> object:
        with app.app_context():
            try:
                start.wait()
                return work(person)
            except GigError as error:
                return error.slug
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(PEOPLE)) as pool:
        return list(pool.map(run, PEOPLE))


def entries(session: Session, kind: str) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).where(LedgerEntry.kind == kind)) or 0


def test_a_batch_is_made_once_of_the_same_lines(app: Flask, session: Session) -> None:
    approved_week(1200, 3400)
    session.rollback()
    got = at_once(app, lambda person: create_batch(period_id=WEEK, actor_id=person, now=NOW))
    assert sorted(map(str, got))[-3:] == ["nothing-to-pay"] * 3
    assert session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 1
    assert books.faults() == []


def test_a_batch_is_exported_once(app: Flask, session: Session) -> None:
    approved_week(1200, 3400)
    batch_id = create_batch(period_id=WEEK, actor_id="maker", now=NOW)
    approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)
    session.rollback()
    at_once(app, lambda person: export_batch(batch_id=batch_id, actor_id=person, now=NOW))
    assert entries(session, "export") == 2
    assert books.faults() == []


def test_a_result_is_posted_once(app: Flask, session: Session) -> None:
    approved_week(1200, 3400)
    batch_id = exported()
    one, two = lines(session)
    content = as_csv(row(one), row(two, "失败", "超限额"))
    session.rollback()
    got = at_once(app, lambda _person: answer(batch_id, content))
    assert len(set(got)) == 1
    assert (entries(session, "settled"), entries(session, "failed")) == (1, 1)
    assert books.faults() == []


def test_a_failed_line_is_retried_once(app: Flask, session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    answer(batch_id, as_csv(row(lines(session)[0], "失败", "超限额")))
    session.rollback()
    got = at_once(app, lambda person: retry_lines(period_id=WEEK, actor_id=person, now=LATER))
    assert sorted(map(str, got)) == ["0", "0", "0", "1"]
    assert session.scalar(sa.select(sa.func.count()).where(PayoutLine.retry_of.is_not(None))) == 1
    assert books.faults() == []


def test_a_link_works_for_one_of_those_who_follow_it(app: Flask, session: Session) -> None:
    approved_week(1200)
    secret = make_link(batch_id=exported(), what="xlsx", actor_id="maker", now=NOW)
    session.rollback()
    got = at_once(app, lambda person: use_link(secret=secret, actor_id=person, now=NOW))
    assert got.count("link-gone") == 3


def test_two_batches_that_are_answered_at_once_settle_their_period(app: Flask, session: Session) -> None:
    approved_week(1200, 3400)
    first = lines(session)[0]
    from gig.core.db import transaction

    with transaction() as writing:
        held = sa.update(PayoutLine).where(PayoutLine.id == first.id)
        writing.execute(held.values(state="held", hold_reason="unverified"))
    batches = [exported()]
    retry_lines(period_id=WEEK, actor_id="maker", now=NOW)
    batches.append(exported())
    content = {line.batch_id: as_csv(row(line)) for line in lines(session) if line.batch_id}
    session.rollback()
    chosen = dict(zip(PEOPLE, [*batches, *batches], strict=True))
    at_once(app, lambda person: answer(chosen[person], content[chosen[person]]))
    assert books.state(session) == "settled"
    assert books.faults() == []
