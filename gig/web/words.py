"""The sentences that the browser's own scripts say; `{n}` is filled there."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

MANY = 99
"""Any number but one: the scripts put their own in its place, and say the `_one` sentence for one."""


def js_words() -> dict[str, str]:
    return {
        "calm": _("%(n)s 秒内回复，得全额", n="{n}"),
        "warn": _("还有 %(n)s 秒，快到时间了", n="{n}"),
        "late": _("超时 %(n)s 秒，现在回复扣 %(p)s%%", n="{n}", p="{p}"),
        "over": ngettext("已超时 %(n)s 秒", "已超时 %(n)s 秒", MANY, n="{n}"),
        "over_one": ngettext("已超时 %(n)s 秒", "已超时 %(n)s 秒", 1, n=1),
        "expired": _("这一轮过期了，咨询已回到大厅"),
        "about": _("约 %(n)s 秒 · 等待连接", n="{n}"),
        "left": ngettext("还剩 %(n)s 秒", "还剩 %(n)s 秒", MANY, n="{n}"),
        "left_one": ngettext("还剩 %(n)s 秒", "还剩 %(n)s 秒", 1, n=1),
        "fresh": _("有 %(n)s 条新咨询", n="{n}"),
        "taken": _("手慢了，这条刚被抢走，没扣分"),
        "why_not_me": _("为什么没派给我"),
        "offer": _("系统派给你一条咨询"),
        "offer_taken": _("这条刚被别人接走，不算你没应答"),
        "offer_withdrawn": _("你的客户在等你，派单先收回，不算你没应答"),
        "offer_lapsed": _("这条派单过时了，已经问下一位"),
        "emergency": _("有紧急咨询"),
        "cut": _("网络断了，第 %(n)s 次重连…", n="{n}"),
        "offline": _("手机没网，连上后自动继续"),
        "back": _("已重新连上"),
        "live": _("实时连接正常"),
        "dead": _("实时连接断开，数据停在 %(t)s", t="{t}"),
        "queued": _("待发送 · %(t)s 已点发送", t="{t}"),
        "queued_note": _("连上后自动发，只发一次，不用重打。"),
        "sending": _("发送中…"),
        "failed": _("没发出去，内容还在输入框里"),
        "saved": _("草稿已保存"),
        "kept": _("草稿存在本机"),
        "empty": _("先写一句再发"),
        "alarm_title": _("有客户在等你回复"),
        "alarm_soon": _("还剩 %(n)s 秒得全额，点开就能回", n="{n}"),
        "alarm_expiry": _("还剩 %(n)s 秒，过了就不计费、记 1 次漏答", n="{n}"),
        "alarm_other": _("另一位客户还剩 %(n)s 秒，回会话列表看看", n="{n}"),
        "no_notices": _("浏览器不让发通知，去浏览器的网站设置里打开再试。"),
        "tried": _("快到时间时就是这样响"),
        "tried_silent": _("声音关着，只会震动和闪标题"),
    }
