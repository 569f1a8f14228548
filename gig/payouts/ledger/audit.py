"""Proving the books: checks that features register, and the book's own.

A check is one or a few set-based queries. It yields what is wrong, and nothing when all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.ledger import accounts
from gig.payouts.ledger.models import LedgerEntry

MOST = 20
"""Differences told of one check; the first ones are enough to know where to look."""


@dataclass(frozen=True)
class Difference:
    """Something that is not as it must be: which object, what was expected there, what was found."""

    subject: str
    expected: object
    found: object


@dataclass(frozen=True)
class Check:
    """A claim about the books, in one English sentence, and the query that looks for what breaks it."""

    claim: str
    run: Callable[[Session], Iterator[Difference]]


@dataclass(frozen=True)
class Finding:
    claim: str
    differences: list[Difference]


checks: list[Check] = []
"""Every check of `gig audit`. Features above add theirs with `@check("…")`."""


Run = Callable[[Session], Iterator[Difference]]


def check(claim: str) -> Callable[[Run], Run]:
    """Registers the function as the check of a claim."""

    def register(run: Run) -> Run:
        checks.append(Check(claim, run))
        return run

    return register


def audit(session: Session) -> list[Finding]:
    """Each claim with what breaks it; the books are in order when nothing does."""
    findings = []
    for one in checks:
        broken = []
        for difference in one.run(session):
            broken.append(difference)
            if len(broken) == MOST:
                break
        findings.append(Finding(one.claim, broken))
    return findings


def rows(session: Session, query: str, **parameters: object) -> Iterator[Difference]:
    """Differences from SQL that selects (subject, expected, found)."""
    for subject, expected, found in session.execute(sa.text(f"{query} LIMIT {MOST}"), parameters):
        yield Difference(str(subject), expected, found)


@check("trial balance: all accounts together are 0")
def _trial_balance(session: Session) -> Iterator[Difference]:
    debit = sa.select(LedgerEntry.debit.label("account"), LedgerEntry.amount_fen.label("fen"))
    credit = sa.select(LedgerEntry.credit.label("account"), (-LedgerEntry.amount_fen).label("fen"))
    side = sa.union_all(debit, credit).subquery()
    total = session.scalar(sa.select(sa.func.coalesce(sa.func.sum(side.c.fen), 0)))
    if total:
        yield Difference("all accounts", 0, total)


@check("what an entry adds to an agent's due is what its accounts say")
def _payable(session: Session) -> Iterator[Difference]:
    prefix = accounts.payable("")
    yield from rows(
        session,
        """SELECT source_key, expected, payable_fen FROM (
             SELECT source_key, payable_fen, debit, credit, agent_id,
               CASE WHEN credit = :prefix || upper(agent_id) THEN amount_fen
                    WHEN debit = :prefix || upper(agent_id) THEN -amount_fen ELSE 0 END AS expected
             FROM ledger_entry) AS entry
           WHERE payable_fen <> expected
             OR (expected = 0 AND (debit LIKE :prefix || '%' OR credit LIKE :prefix || '%'))""",
        prefix=prefix,
    )


@check("the reversals of an entry never exceed it, and mirror its accounts")
def _reversals(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT o.source_key, o.amount_fen, sum(r.amount_fen)
           FROM ledger_entry r JOIN ledger_entry o ON o.id = r.reverses_id
           WHERE r.reverses_id IS NOT NULL GROUP BY o.id, o.source_key, o.amount_fen
           HAVING sum(r.amount_fen) > o.amount_fen""",
    )
    yield from rows(
        session,
        """SELECT r.source_key, o.credit || ' / ' || o.debit, r.debit || ' / ' || r.credit
           FROM ledger_entry r JOIN ledger_entry o ON o.id = r.reverses_id
           WHERE r.reverses_id IS NOT NULL AND (r.debit <> o.credit OR r.credit <> o.debit)""",
    )
