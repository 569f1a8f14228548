"""What the things of payouts are called where a proof of the book names them, and where they are opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from gig.core.db import db
from gig.core.text import N_
from gig.identity.queries import people_called
from gig.payouts.books.shown import account_words
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.accounts import owner
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.shown import ENTRY_WORDS, STATE_WORDS, last_day, title
from gig.web import things
from gig.web.filters import day_range, day_time, yuan
from gig.web.things import Place, Thing

Named = Mapping[str, Thing]
SEE_ENTRIES, SEE_ENTRY, SEE_PERIOD, SEE_BATCH = N_("看分录"), N_("看这笔分录"), N_("看这一期"), N_("看批次")


def ledger(words: str = SEE_ENTRIES, **asked: str) -> Place:
    """The book's entries that match."""
    return Place("settle", "books.ledger", words, asked)


def words_of(kind: str, ids: Collection[str | None]) -> dict[str | None, str]:
    """What things of one kind are called, by their ids."""
    found = things.named((kind, id) for id in ids if id)
    return {id: thing.words for (_kind, id), thing in found.items()}


def agents(ids: Collection[str]) -> Named:
    """林可（138****8000）"""
    return {
        row.id: Thing(_("%(name)s（%(phone)s）", name=row.name, phone=row.phone), (ledger(agent=row.id),))
        for row in people_called(db.session(), list(ids))
    }


def periods(ids: Collection[str]) -> Named:
    """第 47 周（11月16日–11月22日）"""
    found = db.session().scalars(sa.select(Period).where(Period.id.in_(ids)))
    return {each.id: Thing(_period(each), (_to_period(each.id),)) for each in found}


def _period(period: Period) -> str:
    if period.kind != "week":
        return title(period)
    days = day_range(period.first_day, last_day(period))
    return str(_("%(period)s（%(days)s）", period=title(period), days=days))


def _to_period(id: str) -> Place:
    return Place("settle", "settlement.period", SEE_PERIOD, {"period_id": id})


def period_states(ids: Collection[str]) -> Named:
    return {state: Thing(_(STATE_WORDS[state])) for state in ids if state in STATE_WORDS}


def dues(ids: Collection[str]) -> Named:
    """What one agent is due in one period; the id is both, with a space between. Neither needs to exist."""
    pairs = {id: id.partition(" ")[::2] for id in ids}
    who = words_of("agent", {agent for _period_id, agent in pairs.values()})
    named = {period for period, _agent in pairs.values()}
    when = words_of("period", named)
    there = set(db.session().scalars(sa.select(Period.id).where(Period.id.in_(named))))
    return {
        id: Thing(
            _("%(who)s，%(period)s", who=who.get(agent, "—"), period=when.get(period, "—")),
            (ledger(period=period, agent=agent), *((_to_period(period),) if period in there else ())),
        )
        for id, (period, agent) in pairs.items()
    }


def statements(ids: Collection[str]) -> Named:
    """林可（138****8000）第 47 周（11月16日–11月22日）的结算单"""
    query = sa.select(Statement.id, Statement.agent_id, Statement.period_id)
    rows = db.session().execute(query.where(Statement.id.in_(ids))).all()
    who, when = _people_and_periods(rows)
    return {
        id: Thing(
            _("%(who)s %(period)s的结算单", who=who[agent], period=when[period]),
            (ledger(period=period, agent=agent), _to_period(period)),
        )
        for id, agent, period in rows
    }


def _people_and_periods(rows: Collection[Any]) -> tuple[dict[str | None, str], dict[str | None, str]]:
    return words_of("agent", {row.agent_id for row in rows}), words_of(
        "period", {row.period_id for row in rows}
    )


def lines(ids: Collection[str]) -> Named:
    """林可（138****8000）第 47 周（11月16日–11月22日）的付款 PB20261123-0001-0002（¥9.60）"""
    rows = db.session().scalars(sa.select(PayoutLine).where(PayoutLine.id.in_(ids))).all()
    who, when = _people_and_periods(rows)
    return {
        row.id: Thing(
            _(
                "%(who)s %(period)s的付款%(number)s（%(fen)s）",
                who=who[row.agent_id],
                period=when[row.period_id],
                number=f" {row.number}" if row.number else "",
                fen=yuan(row.amount_fen),
            ),
            _places_of_line(row),
        )
        for row in rows
    }


def _places_of_line(row: PayoutLine) -> tuple[Place, ...]:
    entries = ledger(period=row.period_id, agent=row.agent_id)
    if not row.batch_id or not row.number:
        return (_to_period(row.period_id), entries)
    values = {"batch_id": row.batch_id, "after": row.number[:-1], "_anchor": row.number}
    return (Place("settle", "batches.show", SEE_BATCH, values), entries)


def batches(ids: Collection[str]) -> Named:
    """批次 PB20261123-0001"""
    rows = db.session().execute(sa.select(Batch.id, Batch.number).where(Batch.id.in_(ids)))
    return {id: Thing(_("批次 %(n)s", n=number), (_to_batch(id),)) for id, number in rows}


def _to_batch(id: str) -> Place:
    return Place("settle", "batches.show", SEE_BATCH, {"batch_id": id})


def sheets(ids: Collection[str]) -> Named:
    """代发表 PB20261123-0001.xlsx; the id is the batch's and the file's name, with a space between."""
    pairs = {id: id.partition(" ")[::2] for id in ids}
    named = {batch for batch, _name in pairs.values()}
    there = set(db.session().scalars(sa.select(Batch.id).where(Batch.id.in_(named))))
    return {
        id: Thing(_("代发表 %(name)s", name=name), (_to_batch(batch),))
        for id, (batch, name) in pairs.items()
        if batch in there
    }


def entries(ids: Collection[str]) -> Named:
    """By their ids or by their source keys: 林可（138****8000）11月18日 12:00 的“佣金”分录（¥12.00）"""
    either = sa.or_(LedgerEntry.id.in_(ids), LedgerEntry.source_key.in_(ids))
    rows = db.session().scalars(sa.select(LedgerEntry).where(either)).all()
    who = words_of("agent", {row.agent_id for row in rows})
    found = {}
    for row in rows:
        words = _(
            "%(who)s %(at)s 的“%(kind)s”分录（%(fen)s）",
            who=who.get(row.agent_id, ""),
            at=day_time(row.posted_at),
            kind=_(ENTRY_WORDS.get(row.kind, row.kind)),
            fen=yuan(row.amount_fen),
        )
        place = Place("settle", "books.entry", SEE_ENTRY, {"entry_id": row.id})
        found[row.id] = found[row.source_key] = Thing(words.strip(), (place,))
    return found


def earnings(ids: Collection[str]) -> Named:
    """林可（138****8000）11月18日 12:00 的回复"""
    query = sa.select(Earning.id, Earning.agent_id, Earning.received_at).where(Earning.id.in_(ids))
    rows = db.session().execute(query).all()
    who = words_of("agent", {row.agent_id for row in rows})
    return {
        id: Thing(
            _("%(who)s %(at)s 的回复", who=who[agent], at=day_time(at)),
            (ledger(source=f"earning:{id}"), ledger(N_("看这个人的分录"), agent=agent)),
        )
        for id, agent, at in rows
    }


def accounts(ids: Collection[str]) -> Named:
    """One account in words; the empty id is all of them."""
    everything = Place("settle", "books.accounts", N_("看科目"))
    words = _in_words({id for id in ids if id})
    return {
        id: Thing(words[id], (ledger(account=id), everything)) if id else Thing(_("全部科目"), (everything,))
        for id in ids
    }


def both_accounts(ids: Collection[str]) -> Named:
    """佣金支出 / 应付客服佣金 · 林可（138****8000）: one account, or debit and credit."""
    words = _in_words({each for id in ids for each in id.split(" / ")})
    return {id: Thing(" / ".join(words[each] for each in id.split(" / "))) for id in ids if id}


def _in_words(some: Collection[str]) -> dict[str, str]:
    """Two accounts of what is owed differ only in whom it is owed to."""
    owners = {account: owner(account) for account in some}
    who = words_of("agent", set(owners.values()))
    return {account: account_words(account, who.get(agent, "")) for account, agent in owners.items()}
