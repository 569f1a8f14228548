"""What a line sends to the bank: the one place that every sheet, total, posting and result asks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.tax.queries import withheld_of


def sent_fen(line: Any = PayoutLine, *, withheld: Any = None) -> sa.ColumnElement[int]:
    """What the bank is asked to pay for a line, as SQL; `line` is the model, an alias, or its columns.

    It is what is owed less the tax, which has its record from the export on; before it nothing is taken off.
    `withheld`: what its record took, where the query has joined it and need not look it up again.
    """
    amount: sa.ColumnElement[int] = line.amount_fen
    return amount - sa.func.coalesce(withheld_of(line.id) if withheld is None else withheld, 0)
