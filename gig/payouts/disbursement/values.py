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
    "payee-changed": N_("换过账户，满 24 小时复核后再付"),
    "tax-identity": N_("个税需要居民身份，证件还不能确认"),
    "own-customer": N_("有一条回复的客户可能是本人，正在人工核对"),
}

METHODS: Final = {"bank": N_("银行卡"), "alipay": N_("支付宝"), "wechat": N_("微信")}

PAYEE_KINDS: Final = ("bank", "alipay")
"""What agents can name. Nobody can be paid by WeChat: it wants an openid of our own app for each payee, and
each of them to confirm each transfer. Its layout is there to be copied by who has both."""

FAILURES: Final = {
    "name_mismatch": N_("账号与户名不符"),
    "account_closed": N_("账户已销户或状态异常"),
    "insufficient_funds": N_("付款账户余额不足"),
    "limit": N_("超过限额"),
    "other": N_("其他原因"),
}
"""Why the bank did not pay, in our words."""

PAYEES_FAULT: Final = ("name_mismatch", "account_closed")
"""Failures that come again until the agent names another account."""

LINK_LASTS: Final = dt.timedelta(minutes=10)
"""How long a download link works."""

PAYABLE_PERIODS: Final = ("approved", "exported")
"""The states of a period in which its lines may go into batches."""

MEDIA_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "zip": "application/zip",
}
