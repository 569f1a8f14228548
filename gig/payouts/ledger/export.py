"""The whole book as plain text that hledger and beancount accept, each balance asserted at the end.

It is written while it is read, so it may be as long as the book is. What is declared and asserted is what
was written, therefore it comes last: both programs read a whole file before they judge it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.ledger.models import LedgerEntry

AT_ONCE = 5000
FORMATS = ("hledger", "beancount")

DayOf = Callable[[dt.datetime], dt.date]


@dataclass
class _Seen:
    """What the journal has said so far: each account's first day and balance, and its last day."""

    first: dict[str, dt.date] = field(default_factory=dict)
    balance: dict[str, int] = field(default_factory=dict)
    last: dt.date | None = None

    def post(self, day: dt.date, account: str, fen: int) -> None:
        if day < self.first.get(account, dt.date.max):
            self.first[account] = day
        self.balance[account] = self.balance.get(account, 0) + fen
        if self.last is None or day > self.last:
            self.last = day

    def with_below(self, account: str) -> int:
        """The balance of an account and all accounts under it."""
        return sum(
            fen for name, fen in self.balance.items() if name == account or name.startswith(account + ":")
        )


class _Format(Protocol):
    def head(self) -> Iterator[str]: ...
    def entry(self, day: dt.date, entry: LedgerEntry) -> Iterator[str]: ...
    def tail(self, seen: _Seen) -> Iterator[str]: ...


def export(session: Session, format: str, *, day_of: DayOf) -> Iterator[str]:
    """The lines of the journal. `day_of` gives the business day of an instant."""
    writer: _Format = _Hledger() if format == "hledger" else _Beancount()
    seen = _Seen()
    yield from writer.head()
    query = sa.select(LedgerEntry).order_by(LedgerEntry.id).execution_options(yield_per=AT_ONCE)
    for entry in session.scalars(query):
        day = day_of(entry.posted_at)
        seen.post(day, entry.debit, entry.amount_fen)
        seen.post(day, entry.credit, -entry.amount_fen)
        yield from writer.entry(day, entry)
        session.expunge(entry)
    yield from writer.tail(seen)


def amount(fen: int) -> str:
    """Always two decimals: -360 → -3.60 CNY"""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02d} CNY"


class _Hledger:
    def head(self) -> Iterator[str]:
        yield "commodity 1000.00 CNY\n"

    def entry(self, day: dt.date, entry: LedgerEntry) -> Iterator[str]:
        memo = " ".join(entry.memo.replace(";", ",").replace("|", "/").split())
        yield f"\n{day.isoformat()} * {memo or entry.kind}\n"
        yield f"    ; entry_id: {entry.id}\n"
        yield f"    ; source: {entry.source_key}\n"
        yield f"    {entry.debit}  {amount(entry.amount_fen)}\n"
        yield f"    {entry.credit}  {amount(-entry.amount_fen)}\n"

    def tail(self, seen: _Seen) -> Iterator[str]:
        if seen.last is None:
            return
        yield f"\n{(seen.last + dt.timedelta(days=1)).isoformat()} * closing balances\n"
        for account in sorted(seen.balance):
            yield f"    {account}  0.00 CNY = {amount(seen.balance[account])}\n"
        yield "\n"
        for account in sorted(seen.first):
            yield f"account {account}\n"


class _Beancount:
    def head(self) -> Iterator[str]:
        yield 'option "operating_currency" "CNY"\n'

    def entry(self, day: dt.date, entry: LedgerEntry) -> Iterator[str]:
        memo = " ".join((entry.memo or entry.kind).split()).replace("\\", "\\\\").replace('"', '\\"')
        yield f'\n{day.isoformat()} * "{memo}"\n'
        yield f'  entry_id: "{entry.id}"\n'
        yield f'  source: "{entry.source_key}"\n'
        yield f"  {entry.debit}  {amount(entry.amount_fen)}\n"
        yield f"  {entry.credit}  {amount(-entry.amount_fen)}\n"

    def tail(self, seen: _Seen) -> Iterator[str]:
        yield "\n"
        for account in sorted(seen.first):
            yield f"{seen.first[account].isoformat()} open {account} CNY\n"
        if seen.last is None:
            return
        after = (seen.last + dt.timedelta(days=1)).isoformat()
        for account in sorted(seen.balance):
            yield f"{after} balance {account}  {amount(seen.with_below(account))}\n"
