"""Proving the books: checks that features register, and the book's own.

A check is one or a few set-based queries. It yields what is wrong, and nothing when all is well. The
decorator is the one place where a rule is described: its name and claim for machines, and what it asks and
what follows for people. A difference carries the sentence that says it; what fills the sentence is named
where it is shown.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger import accounts
from gig.payouts.ledger.models import LedgerEntry

MOST = 50
"""Differences kept of one check, the largest; these are enough to know where to look."""
MANY = 100_000
"""Differences counted of one query; what is beyond is not asked for."""

PLAIN = N_("%(thing)s：应该是 %(expected)s，实际是 %(found)s。")


@dataclass(frozen=True)
class Difference:
    """Something that is not as it must be: which object, what was expected there, what was found.

    `says` is a sentence with places for the `thing`, `expected`, `found` and, of money, how far it is `off`.
    `about` is the kind and the id of the thing; `are` says what expected and found are: `fen`, `count`,
    `instant`, `day`, `hash`, or the kind of thing that they name. `fen` is how far money is off, signed, 0
    for no money.
    """

    subject: str
    expected: object
    found: object
    says: str = PLAIN
    about: tuple[str, str] | None = None
    are: tuple[str, str] = ("", "")
    fen: int = 0


Run = Callable[[Session], Iterator[Difference]]


@dataclass(frozen=True)
class Check:
    """A claim about the books, in one English sentence, and the query that looks for what breaks it.

    `name` is its code name; `asks` says the same for people, `then` what to do when it does not hold.
    """

    name: str
    claim: str
    asks: str
    then: str
    run: Run


@dataclass(frozen=True)
class Finding:
    """What a check found: how many differences, by how much money in all, and the largest of them."""

    check: Check
    count: int
    fen: int
    differences: list[Difference]

    @property
    def claim(self) -> str:
        return self.check.claim


checks: list[Check] = []
"""Every check of `gig audit`. Features above add theirs with `@check(…)`."""


def check(name: str, claim: str, *, asks: str, then: str) -> Callable[[Run], Run]:
    """Registers the function as the check of a claim."""

    def register(run: Run) -> Run:
        if any(known.name == name for known in checks):
            raise ValueError(f"two checks are named {name!r}")
        checks.append(Check(name, claim, asks, then, run))
        return run

    return register


def audit(session: Session) -> list[Finding]:
    """Each claim with what breaks it; the books are in order when nothing does."""
    return [_tried(session, one) for one in checks]


def _tried(session: Session, one: Check) -> Finding:
    count = fen = 0

    def told() -> Iterator[Difference]:
        nonlocal count, fen
        for difference in one.run(session):
            count, fen = count + 1, fen + abs(difference.fen)
            yield difference

    largest = heapq.nlargest(MOST, told(), key=lambda each: abs(each.fen))
    return Finding(one, count, fen, largest)


def rows(
    session: Session,
    query: str,
    *,
    says: str,
    about: str,
    are: str | tuple[str, str] = "",
    **parameters: object,
) -> Iterator[Difference]:
    """Differences from SQL that selects (subject, expected, found), then the id of the thing that it is about
    if the subject is not that, then the money at stake if expected and found are not money."""
    kinds = (are, are) if isinstance(are, str) else are
    for subject, expected, found, *more in session.execute(_at_most(query, MANY), parameters):
        if kinds == ("fen", "fen"):
            fen = int(found or 0) - int(expected or 0)
        else:
            fen = int(more[1] or 0) if len(more) > 1 else 0
        id = str(more[0] if more else subject)
        yield Difference(str(subject), expected, found, says, (about, id), kinds, fen)


def figures(
    session: Session, query: str, *, about: str, parts: Sequence[tuple[str, str]]
) -> Iterator[Difference]:
    """Differences from SQL that looks at several figures of one thing in one pass.

    It selects (subject, id, money at stake) and then expected and found for each (sentence, kind) of `parts`;
    a part whose two are the same, or both NULL, is in order. What goes to the wrong person is at stake.
    """
    for subject, id, stake, *pairs in session.execute(_at_most(query, MANY)):
        for expected, found, (says, are) in zip(pairs[::2], pairs[1::2], parts, strict=True):
            if expected != found:
                fen = int(found or 0) - int(expected or 0) if are == "fen" else 0
                if are in ("agent", "due"):
                    fen = int(stake or 0)
                yield Difference(str(subject), expected, found, says, (about, str(id)), (are, are), fen)


@lru_cache(maxsize=512)
def _at_most(query: str, many: int) -> sa.TextClause:
    """The statement, made once: the same are asked each time that the books are proved."""
    return sa.text(f"{query} LIMIT {many}")


_BYPASSED = N_("有人绕过程序改了账本。先停下审批和付款，请技术拿备份核对。")


@check(
    "ledger.trial-balance",
    "trial balance: all accounts together are 0",
    asks=N_("所有科目加起来等于零"),
    then=_BYPASSED,
)
def _trial_balance(session: Session) -> Iterator[Difference]:
    debit = sa.select(LedgerEntry.debit.label("account"), LedgerEntry.amount_fen.label("fen"))
    credit = sa.select(LedgerEntry.credit.label("account"), (-LedgerEntry.amount_fen).label("fen"))
    side = sa.union_all(debit, credit).subquery()
    total = int(session.scalar(sa.select(sa.func.coalesce(sa.func.sum(side.c.fen), 0))) or 0)
    if total:
        says = N_("%(thing)s加起来应是 %(expected)s，实际是 %(found)s，%(off)s。")
        yield Difference("all accounts", 0, total, says, ("account", ""), ("fen", "fen"), total)


@check(
    "ledger.payable",
    "what an entry adds to an agent's due is what its accounts say",
    asks=N_("每笔分录计入应付的数，就是它的借贷科目说的数"),
    then=_BYPASSED,
)
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
        says=N_("%(thing)s：按科目应计入应付 %(expected)s，记的是 %(found)s，%(off)s。"),
        about="entry",
        are="fen",
        prefix=prefix,
    )


@check(
    "ledger.reversals",
    "the reversals of an entry never exceed it, and mirror its accounts",
    asks=N_("一笔分录最多冲回它自己那么多，借贷正好相反"),
    then=N_("冲多了的部分是多付或少付给客服的钱。先别审批当前周期，查清后记一笔调整补平。"),
)
def _reversals(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT o.source_key, o.amount_fen, sum(r.amount_fen)
           FROM ledger_entry r JOIN ledger_entry o ON o.id = r.reverses_id
           WHERE r.reverses_id IS NOT NULL GROUP BY o.id, o.source_key, o.amount_fen
           HAVING sum(r.amount_fen) > o.amount_fen""",
        says=N_("%(thing)s：原来只有 %(expected)s，一共冲回了 %(found)s，%(off)s。"),
        about="entry",
        are="fen",
    )
    yield from rows(
        session,
        """SELECT r.source_key, o.credit || ' / ' || o.debit, r.debit || ' / ' || r.credit
           FROM ledger_entry r JOIN ledger_entry o ON o.id = r.reverses_id
           WHERE r.reverses_id IS NOT NULL AND (r.debit <> o.credit OR r.credit <> o.debit)""",
        says=N_("%(thing)s：冲回的借贷应是“%(expected)s”，记的是“%(found)s”。"),
        about="entry",
        are="accounts",
    )
