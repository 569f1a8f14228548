"""The words and numbers of the customer's side."""

from __future__ import annotations

import datetime as dt
from typing import Final

from gig.core import tunables
from gig.core.text import N_
from gig.core.tunables import Tunable

TUNABLES = (
    Tunable("chat_link_days", 7, 1, 90, N_("咨询结束后，客户的聊天链接还能打开几天"), "ops"),
    Tunable("chat_sends_a_minute", 12, 3, 60, N_("聊天页里一条咨询每分钟最多发几条"), "ops"),
    Tunable(
        "chat_customer_a_minute", 20, 3, 120, N_("聊天页里一位客户每分钟最多发几条（所有咨询合计）"), "ops"
    ),
    Tunable("chat_address_a_minute", 120, 10, 6000, N_("聊天页里一个网络地址每分钟最多发几条"), "ops"),
    Tunable("chat_photos_an_hour", 10, 0, 60, N_("聊天页里一条咨询每小时最多传几张照片"), "ops"),
    Tunable("chat_photo_days", 90, 7, 730, N_("客户的照片保存几天"), "ops"),
)
tunables.declare(*TUNABLES)

MINUTE: Final = dt.timedelta(minutes=1)
HOUR: Final = dt.timedelta(hours=1)

SIGNALS: Final = {
    "phone": N_("手机号相同"),
    "device": N_("用过同一台设备"),
    "address": N_("来自同一个网络地址"),
}
STRONG: Final = frozenset({"phone", "device"})
"""A shared address alone says little: a house, an office, a mobile network."""

MARK_LIFE: Final = dt.timedelta(days=7)
"""How long after its last use a device or an address still speaks for a person."""

MOST_SHARED: Final = 20
"""An address that more agents than this share belongs to a place, not to a person."""
