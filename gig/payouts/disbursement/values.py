"""Words of disbursement."""

from __future__ import annotations

import datetime as dt
from typing import Final

from gig.core.text import N_

HOLD_AFTER_PAYEE_CHANGE: Final = dt.timedelta(hours=24)

HOLD_REASONS: Final = {
    "unverified": N_("还没有通过实名审核"),
    "suspended": N_("账号已暂停"),
    "no-payee": N_("还没有填写收款账户"),
    "payee-changed": N_("收款账户更换未满 24 小时"),
    "tax-identity": N_("个税需要居民身份，证件还不能确认"),
    "own-customer": N_("有一条回复的客户可能是本人，正在人工核对"),
}

METHODS: Final = {"bank": N_("银行卡"), "alipay": N_("支付宝")}

TEMPLATES: Final = ("generic",)

PAYABLE_PERIODS: Final = ("approved", "exported")
"""The states of a period in which its lines may go into batches."""
