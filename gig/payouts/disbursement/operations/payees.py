"""Saying where an agent's money goes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, crypto, outbox
from gig.core.db import db, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.masks import mask_bank_card
from gig.core.text import N_
from gig.identity.models import Agent
from gig.payouts.disbursement.models import Payee
from gig.payouts.disbursement.operations.hints import bank_hints
from gig.payouts.disbursement.rules.alipay import mask_alipay, read_alipay
from gig.payouts.disbursement.rules.bank_card import read_bank_card
from gig.payouts.tax import values as tax

Kind = Literal["bank", "alipay"]


@dataclass(frozen=True)
class _Account:
    number: str
    mask: str
    bank_name: str | None


def set_payee(
    *,
    agent_id: str,
    kind: Kind,
    holder: str,
    account: str,
    bank_name: str | None = None,
    confirmed: bool = False,
    consent: str,
    actor_id: str,
    now: dt.datetime,
) -> Payee:
    """The agent's payouts go to this account; one that was there before is replaced and kept.

    A card number that fails the usual check needs `confirmed`: Refused `confirm-account` without it.
    Naming the account that already holds changes nothing, so it holds no payout either. `consent` names
    the text that the agent agreed to.
    """
    found = _read(kind, account, bank_name, confirmed, bank_hints(db.session()))
    with transaction() as session:
        if session.get(Agent, agent_id) is None:
            raise NotFound
        before = newest_payee(session, agent_id)
        index = crypto.keyring().index(f"{kind}:{found.number}", "payee.account")
        if before and (before.kind, before.account_index, before.holder) == (kind, index, holder):
            return before
        payee = Payee(
            agent_id=agent_id,
            kind=kind,
            holder=holder,
            account=found.number,
            account_index=index,
            account_mask=found.mask,
            bank_name=found.bank_name,
            first=before is None,
            changed_at=now,
        )
        session.add(payee)
        session.flush()
        audit.note(
            session,
            actor_id=actor_id,
            action="payee.set" if payee.first else "payee.change",
            object_type="agent",
            object_id=agent_id,
            detail={
                "kind": kind,
                "account": found.mask,
                "consent": consent,
                "shared_with": _others_with(session, agent_id, index),
            },
            now=now,
        )
        payload = {"agent_id": agent_id, "payee_id": payee.id}
        outbox.emit(session, "finance", "payee.changed", payload, now=now)
        return payee


def newest_payee(session: Session, agent_id: str) -> Payee | None:
    """The payee that holds now."""
    newest = sa.select(Payee).where(Payee.agent_id == agent_id).order_by(Payee.id.desc()).limit(1)
    return session.scalars(newest).one_or_none()


def _read(
    kind: Kind, account: str, bank_name: str | None, confirmed: bool, hints: Mapping[str, str]
) -> _Account:
    try:
        if kind == "alipay":
            number = read_alipay(account)
            return _Account(number, mask_alipay(number), None)
        card = read_bank_card(account, hints=hints)
    except ValueError as error:
        raise Invalid({"account": [str(error)]}) from None
    if card.confirm and not confirmed:
        raise Refused("confirm-account", card.confirm.message)
    bank = (bank_name or "").strip() or card.bank_hint
    if not bank:
        raise Invalid({"bank_name": [N_("请填写开户银行。")]})
    if len(bank) > 40:
        raise Invalid({"bank_name": [N_("银行名称最多 40 个字。")]})
    return _Account(card.number, mask_bank_card(card.number), bank)


def _others_with(session: Session, agent_id: str, index: str) -> int:
    """How many other agents are paid, or were, to the same account."""
    query = sa.select(sa.func.count(sa.distinct(Payee.agent_id)))
    return session.execute(query.where(Payee.account_index == index, Payee.agent_id != agent_id)).scalar_one()


def accounts_of(session: Session, agent_ids: Sequence[str]) -> dict[str, str]:
    """The whole account of each agent's newest payee, for the tax office's report alone."""
    newest = sa.select(sa.func.max(Payee.id)).where(Payee.agent_id.in_(agent_ids)).group_by(Payee.agent_id)
    query = sa.select(Payee.agent_id, Payee.account).where(Payee.id.in_(newest))
    return dict(session.execute(query).all())


tax.accounts.append(accounts_of)
