"""Before anyone approves: which lines of a batch its template cannot write."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core.db import db, transaction
from gig.core.errors import NotFound
from gig.payouts.disbursement.models import Batch, BatchFault
from gig.payouts.disbursement.rules.rows import checker
from gig.payouts.disbursement.sheets import templates
from gig.payouts.disbursement.sheets.building import rows_of


def check_batch(*, batch_id: str, now: dt.datetime) -> None:
    """Every line that the batch's template cannot write is on record with its faults.

    Once is enough: neither the payees of its lines nor its version of the template change. The lines are
    read outside any write transaction.
    """
    session = db.session()
    batch = session.get(Batch, batch_id, populate_existing=True)
    if batch is None:
        raise NotFound()
    if batch.checked_at is not None or batch.state != "draft":
        return
    faults = checker(templates.of_batch(session, batch))
    found = [
        {"batch_id": batch_id, "line_id": line_id, "fault": fault}
        for line_id, row in rows_of(session, batch)
        for fault in faults(row)
    ]
    session.rollback()
    with transaction() as writing:
        unchecked = (Batch.id == batch_id, Batch.checked_at.is_(None))
        mine = writing.execute(
            sa.update(Batch).where(*unchecked).values(checked_at=now).returning(Batch.id)
        ).all()
        if mine and found:
            writing.execute(sa.insert(BatchFault), found)
