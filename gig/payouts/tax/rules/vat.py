"""VAT on what a worker, a small taxpayer, sold in a month. It is shown, and never withheld.

财政部 税务总局公告 2026 年第 10 号, from 2026-01-01 to 2027-12-31: free up to 100,000 yuan a month; beyond it
the whole month is taxed, at 1 % instead of 3 %, and what was paid contains the tax.
"""

from __future__ import annotations

from gig.core.money import half_up

RELIEF_FEN = 100_000_00
RATE_PERCENT = 1


def is_due(month_fen: int) -> bool:
    """Whether the month is beyond the relief."""
    return month_fen > RELIEF_FEN


def vat_fen(month_fen: int) -> int:
    """The tax in what was paid for the month, half up; 0 within the relief."""
    return half_up(month_fen * RATE_PERCENT, 100 + RATE_PERCENT) if is_due(month_fen) else 0
