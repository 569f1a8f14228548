"""What accounts are called on the book's pages. The journal and the book itself keep the plain ids."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from gig.core.text import N_
from gig.payouts.ledger import accounts

ACCOUNT_WORDS: Mapping[str, str] = {
    accounts.COMMISSION: N_("佣金支出"),
    accounts.LATE_PENALTY: N_("迟到扣减（冲减佣金）"),
    accounts.TRIAGE: N_("转交费支出"),
    accounts.ADJUSTMENT: N_("调整支出"),
    accounts.AWARD: N_("奖励支出"),
    accounts.CLEARING: N_("付款在途"),
    accounts.OPERATING: N_("银行存款"),
    accounts.TAX_WITHHELD: N_("应交代扣个税"),
    accounts.ALL_PAYABLE: N_("应付客服佣金"),
}


def account_words(account: str, agent: str = "") -> str:
    """The account in words; an agent's with their name, if it is told."""
    if not accounts.is_payable(account):
        return str(_(ACCOUNT_WORDS[account])) if account in ACCOUNT_WORDS else account
    words = str(_(ACCOUNT_WORDS[accounts.ALL_PAYABLE]))
    return f"{words} · {agent}" if agent else words
