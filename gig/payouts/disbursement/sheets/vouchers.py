"""From the lines of an exported batch to the archive of their vouchers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.core.text import N_
from gig.identity.models import Person
from gig.payouts.disbursement.amounts import sent_fen
from gig.payouts.disbursement.models import Batch, Payee, PayoutLine
from gig.payouts.disbursement.queries import files_of
from gig.payouts.disbursement.sheets import program, voucher_pages
from gig.payouts.disbursement.values import FAILURES
from gig.payouts.settlement.values import zone
from gig.payouts.tax.queries import withheld_of

AT_ONCE = 1000
STATE_WORDS = {"in_transit": "付款中", "settled": "已到账", "failed": "付款失败", "returned": "被退回"}
KEYS = {
    "in_transit": ("export",),
    "settled": ("export", "settled"),
    "failed": ("export", "failed"),
    "returned": ("export", "settled", "returned"),
}
"""The entries of the book that a line in each state has made."""


def pack_vouchers(session: Session, batch: Batch, *, now: dt.datetime) -> IO[bytes]:
    """The open archive; nothing of it stays behind when it is closed."""
    with TemporaryDirectory(prefix="gig-vouchers-") as name:
        folder = Path(name)
        try:
            program.run(voucher_pages.__name__, folder, lambda: _lines(session, batch, now))
            return (folder / voucher_pages.NAME).open("rb")
        except (program.Failed, OSError) as error:
            raise Refused("vouchers-not-written", N_("凭证没有写成，什么都没有改变，稍后再试。")) from error


def _lines(session: Session, batch: Batch, now: dt.datetime) -> Iterator[str]:
    yield json.dumps(_head(session, batch, now), ensure_ascii=False) + "\n"
    query = (
        sa.select(
            PayoutLine.id,
            PayoutLine.number,
            PayoutLine.agent_id,
            Payee.holder,
            Payee.account_mask,
            sa.func.coalesce(Payee.bank_name, "支付宝"),
            sent_fen(),
            PayoutLine.state,
            PayoutLine.failure,
            PayoutLine.answered_at,
            sa.func.coalesce(withheld_of(PayoutLine.id), 0),
        )
        .join(Payee, Payee.id == PayoutLine.payee_id)
        .where(PayoutLine.batch_id == batch.id)
        .order_by(PayoutLine.number)
        .execution_options(yield_per=AT_ONCE)
    )
    for id, number, agent, holder, mask, bank, fen, state, failure, at, tax in session.execute(query):
        keys = " ".join(f"{kind}:{id}" for kind in (*KEYS[state], *(["tax"] if tax else [])))
        words = FAILURES[failure] if failure else ""
        said = [number, agent, holder, mask, bank, int(fen), STATE_WORDS[state], words, _time(at), keys]
        yield json.dumps(said, ensure_ascii=False) + "\n"


def _head(session: Session, batch: Batch, now: dt.datetime) -> dict[str, Any]:
    ids = [batch.maker_id, batch.approved_by, batch.exported_by]
    names = dict(session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(ids))).all())
    return {
        "batch": batch.number,
        "period": batch.period_id,
        "date": batch.payment_date.isoformat(),
        "purpose": "客服佣金（劳务报酬）",
        "maker": names.get(batch.maker_id, batch.maker_id),
        "checker": names.get(batch.approved_by or "", batch.approved_by or ""),
        "exporter": names.get(batch.exported_by or "", batch.exported_by or ""),
        "made_at": _time(batch.made_at),
        "approved_at": _time(batch.approved_at),
        "exported_at": _time(batch.exported_at),
        "files": [(each.name, each.sha256) for each in files_of(session, batch)],
        "foot": f"应声 · {_time(now)} 生成，状态以生成时为准",
    }


def _time(instant: dt.datetime | None) -> str:
    return zone().local(instant).strftime("%Y-%m-%d %H:%M") if instant else ""
