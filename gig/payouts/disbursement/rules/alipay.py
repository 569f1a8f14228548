"""An Alipay account: a mobile number or an e-mail address."""

from __future__ import annotations

import re
import unicodedata

from gig.core.masks import mask_phone
from gig.core.text import N_

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]+(\.[a-z0-9-]+)+")


def read_alipay(text: str) -> str:
    """The account as it is stored; ValueError, with a Chinese sentence, when it cannot be one."""
    account = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower()
    mobile = account.removeprefix("+86").replace("-", "")
    if _MOBILE.fullmatch(mobile):
        return mobile
    if len(account) <= 100 and _EMAIL.fullmatch(account):
        return account
    raise ValueError(N_("支付宝账号是 11 位手机号或邮箱。"))


def mask_alipay(account: str) -> str:
    """`13812348000` → `138****8000`, `lihua@example.com` → `l***@example.com`."""
    name, at, domain = account.partition("@")
    return f"{name[:1]}***@{domain}" if at else mask_phone(account)
