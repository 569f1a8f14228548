"""Every sentence that a check of the books can say, and one of each kind of thing that it names."""

from __future__ import annotations

import ast
import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import gig
from gig.channels.models import Suspicion
from gig.core.db import transaction
from gig.core.ids import new_id
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, Turn
from gig.identity.models import Person
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import accounts
from gig.payouts.ledger.audit import Check, checks
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.surges.models import Surge
from gig.quality.models import Appeal
from gig.simulator.seeding.whole import seed_whole

SEEDED_AT = dt.datetime(2026, 11, 18, 6, 30, tzinfo=dt.UTC)
SOLID = ("fen", "count", "instant", "day", "hash")
"""Kinds of value that are no things."""


@dataclass(frozen=True)
class Said:
    """A sentence of a check, of what kind its thing is, and of what kinds both sides are."""

    rule: str
    says: str
    about: str
    are: tuple[str, str]


OUTSIDE_OF_QUERIES = (
    (
        "ledger.trial-balance",
        "%(thing)s加起来应是 %(expected)s，实际是 %(found)s，%(off)s。",
        "account",
        "fen",
    ),
    ("batches.sheets", "%(thing)s：留存的文件读不出来。", "sheet", ""),
    ("batches.sheets", "%(thing)s：应有 %(expected)s 行，读出来 %(found)s 行。", "sheet", "count"),
    ("batches.sheets", "%(thing)s：应合计 %(expected)s，读出来 %(found)s，%(off)s。", "sheet", "fen"),
    ("batches.sheets", "%(thing)s：有 %(expected)s 笔，代发表里却有 %(found)s 行。", "batch", "count"),
    ("batches.sheets", "%(thing)s：实发应是 %(expected)s，代发表合计 %(found)s，%(off)s。", "batch", "fen"),
    (
        "batches.sheets",
        "%(thing)s：导出时的校验码是 %(expected)s…，现在的文件是 %(found)s…。",
        "batch",
        "hash",
    ),
    (
        "batches.sheets",
        "%(thing)s：导出时的校验码是 %(expected)s…，留存的内容是 %(found)s…。",
        "sheet",
        "hash",
    ),
)
"""What two checks find without SQL; that none is missing here is tested."""


def everything_said(session: Session) -> list[Said]:
    """Each sentence that a check hands to its queries, once."""
    found = [Said(rule, says, about, (are, are)) for rule, says, about, are in OUTSIDE_OF_QUERIES]
    for check in checks:
        found += _of(check, session)
    return list(dict.fromkeys(found))


def _of(check: Check, session: Session) -> list[Said]:
    """The check runs with queries that only note what they would say."""
    noted: list[Said] = []

    def rows(
        _session: Session, _query: str, *, says: str, about: str, are: Any = "", **_more: object
    ) -> Iterator[Any]:
        noted.append(Said(check.name, says, about, (are, are) if isinstance(are, str) else are))
        yield from ()

    def figures(
        _session: Session, _query: str, *, about: str, parts: Sequence[tuple[str, str]]
    ) -> Iterator[Any]:
        noted.extend(Said(check.name, says, about, (are, are)) for says, are in parts)
        yield from ()

    module = sys.modules[check.run.__module__]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "rows", rows, raising=False)
        patch.setattr(module, "figures", figures, raising=False)
        list(check.run(session))
    return noted


def sentences_in_code() -> set[str]:
    """The sentences about a thing in every module of checks, as they are written there."""
    root = Path(gig.__file__).parent
    return {
        node.value
        for path in root.rglob("audit*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("%(thing)s")
    }


def a_world(secret_key: str) -> None:
    """The demo world, with what it lacks: a suspicion, a surge and an adjustment. Names are Latin, so that
    an English page has no reason for Chinese."""
    seed_whole(agents=10, secret_key=secret_key, now=SEEDED_AT)
    with transaction() as session:
        session.execute(sa.update(Person).values(name="Lin"))
        inquiry = session.scalars(sa.select(Inquiry).where(Inquiry.last_owner_id.is_not(None))).first()
        assert inquiry is not None
        agent = inquiry.last_owner_id or ""
        session.add(
            Suspicion(
                id=new_id(),
                inquiry_id=inquiry.id,
                agent_id=agent,
                signals="address",
                strong=True,
                noticed_at=SEEDED_AT,
                state="undecided",
            )
        )
        session.add(
            Surge(
                id=new_id(),
                queue="refund",
                percent=50,
                starts_at=SEEDED_AT,
                ends_at=SEEDED_AT + dt.timedelta(hours=2),
                budget_fen=50_000,
                reason="rain",
            )
        )
        session.add(
            Adjustment(
                id=new_id(),
                kind="bonus",
                agent_id=agent,
                amount_fen=1200,
                reason="thanks",
                evidence="",
                state="proposed",
                maker_id=agent,
                made_at=SEEDED_AT,
            )
        )
        session.flush()


def one_of_each(session: Session) -> dict[str, list[str]]:
    """Ids of things that exist, kind by kind; several where the kind has faces of its own."""
    session.rollback()

    def some(column: Any, *where: Any) -> list[str]:
        found = session.scalars(sa.select(column).where(*where).order_by(column).limit(3)).all()
        assert found, column
        return [str(each) for each in found]

    (statement, *_more) = session.scalars(sa.select(Statement).limit(1)).all()
    (batch, *_more) = session.scalars(sa.select(Batch).limit(1)).all()
    agent = statement.agent_id
    handed = sa.select(Escalation.inquiry_id)
    return {
        "agent": [agent],
        "period": some(Period.id),
        "period_state": ["open", "closing", "closed", "approved", "exported", "settled"],
        "due": [f"{statement.period_id} {agent}"],
        "statement": [statement.id],
        "line": some(PayoutLine.id, PayoutLine.number.is_not(None))
        + some(PayoutLine.id, PayoutLine.number.is_(None)),
        "batch": [batch.id],
        "sheet": [f"{batch.id} {batch.number}.csv"],
        "entry": [
            key
            for kind in session.scalars(sa.select(LedgerEntry.kind).distinct())
            for key in some(LedgerEntry.source_key, LedgerEntry.kind == kind)[:1]
            + some(LedgerEntry.id, LedgerEntry.kind == kind)[:1]
        ],
        "earning": some(Earning.id),
        "account": [
            "",
            accounts.COMMISSION,
            accounts.TAX_WITHHELD,
            accounts.CLEARING,
            accounts.payable(agent),
        ],
        "accounts": [accounts.TAX_WITHHELD, f"{accounts.COMMISSION} / {accounts.payable(agent)}"],
        "adjustment": some(Adjustment.id),
        "inquiry": some(Inquiry.id, Inquiry.id.in_(handed)) + some(Inquiry.id, Inquiry.id.not_in(handed)),
        "turn": some(Turn.id, Turn.answered_by.is_not(None)) + some(Turn.id, Turn.answered_by.is_(None)),
        "escalation": some(Escalation.id),
        "surge": some(Surge.id),
        "queue": ["refund"],
        "appeal": some(Appeal.id),
        "suspicion": some(Suspicion.id),
        "score_event_kind": ["late", "missed", "rating", "qc", "violation_minor", "violation_major"],
    }
