"""Money, times and shares as people read them. Pure text in, text out; the zone is the business zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from gig.core import money as fen_of
from gig.core.errors import GigError
from gig.core.text import Sentence

Instant = dt.datetime | str
DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def money(fen: int) -> str:
    """1250 → 12.50, −30 → −0.30"""
    return fen_of.yuan(fen, minus=fen_of.MINUS, grouped=True)


def signed(fen: int) -> str:
    """360 → +3.60, −30 → −0.30, 0 → 0.00"""
    return ("+" if fen > 0 else "") + money(fen)


def yuan(fen: int) -> str:
    """1250 → ¥12.50, −30 → −¥0.30"""
    return (fen_of.MINUS if fen < 0 else "") + "¥" + money(abs(fen))


def signed_yuan(fen: int) -> str:
    """360 → +¥3.60, −30 → −¥0.30"""
    return ("+" if fen > 0 else "") + yuan(fen)


def factor(percent: int) -> str:
    """150 → 1.5"""
    return fen_of.multiplier(percent)


def times(percent: int) -> str:
    """150 → ×1.5"""
    return "×" + fen_of.multiplier(percent)


def percent(value: int) -> str:
    """20 → 20%"""
    return f"{value}%"


def peak_class(value: int) -> str:
    """The tag class of a multiplier: none at ×1.0, amber below ×2.0, orange from there."""
    return "" if value <= 100 else ("p15" if value < 200 else "p20")


def peak_tone(value: int) -> str:
    """The text class of a multiplier."""
    return "" if value <= 100 else ("pk15" if value < 200 else "pk")


def _local(instant: Instant) -> dt.datetime:
    if isinstance(instant, str):
        instant = dt.datetime.fromisoformat(instant)
    return instant.astimezone(ZoneInfo(current_app.config.get("GIG_TIMEZONE", "Asia/Shanghai")))


def _english() -> bool:
    locale = get_locale()
    return bool(locale and locale.language == "en")


def iso(instant: Instant) -> str:
    """The instant as a browser reads it: 2025-11-20T09:42:35.120Z"""
    if isinstance(instant, str):
        return instant
    return instant.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def clock_time(instant: Instant) -> str:
    """17:42"""
    return f"{_local(instant):%H:%M}"


def clock_seconds(instant: Instant) -> str:
    """17:42:35"""
    return f"{_local(instant):%H:%M:%S}"


def day(value: Instant | dt.date) -> str:
    """11月20日 · Nov 20"""
    local = value if type(value) is dt.date else _local(value)  # type: ignore[arg-type]
    return f"{local:%b} {local.day}" if _english() else f"{local.month}月{local.day}日"


def date(value: Instant | dt.date) -> str:
    """2025-11-20"""
    return value.isoformat() if type(value) is dt.date else f"{_local(value):%Y-%m-%d}"  # type: ignore[arg-type]


def weekday(value: Instant | dt.date) -> str:
    """周四 · Thu"""
    local = value if type(value) is dt.date else _local(value)  # type: ignore[arg-type]
    return f"{local:%a}" if _english() else DAYS[local.weekday()]


def day_time(instant: Instant) -> str:
    """11月20日 17:42"""
    return f"{day(instant)} {clock_time(instant)}"


def date_time(instant: Instant) -> str:
    """2025-11-20 17:42"""
    return f"{_local(instant):%Y-%m-%d %H:%M}"


def day_range(first: dt.date, last: dt.date) -> str:
    """11月10日–11月16日; `last` is the last day inside."""
    return day(first) if first == last else f"{day(first)}–{day(last)}"


def mmss(seconds: float) -> str:
    """47 → 0:47, 8245 → 2:17:25"""
    total = max(0, int(seconds))
    hours, rest = divmod(total, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def duration(seconds: float) -> str:
    """The two largest units: 38 秒, 6 分 40 秒, 42 分钟, 2 天 23 小时"""
    total = max(0, int(seconds))
    days, rest = divmod(total, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    if days:
        return _("%(d)s 天 %(h)s 小时", d=days, h=hours) if hours else _("%(d)s 天", d=days)
    if hours:
        return _("%(h)s 小时 %(m)s 分", h=hours, m=minutes) if minutes else _("%(h)s 小时", h=hours)
    if minutes >= 10 or (minutes and not left):
        return _("%(m)s 分钟", m=minutes)
    if minutes:
        return _("%(m)s 分 %(s)s 秒", m=minutes, s=left)
    return _("%(s)s 秒", s=left)


def thousands(number: int) -> str:
    """214906 → 214,906"""
    return f"{number:,}"


def say(text: object) -> str:
    """A sentence of the rules (gig.core.text.Sentence, an error, or a msgid) in the page's language."""
    if isinstance(text, Sentence | GigError):
        return _(text.message, **_said(text.params)) if text.params else _(text.message)
    return _(str(text)) if text else ""


def _said(params: Mapping[str, object]) -> dict[str, object]:
    return {name: say(value) if isinstance(value, Sentence) else value for name, value in params.items()}


FILTERS: tuple[Callable[..., str], ...] = (
    money, signed, yuan, signed_yuan, factor, times, percent, peak_class, peak_tone, iso, clock_time,
    clock_seconds, day, date, weekday, day_time, date_time, day_range, mmss, duration, thousands, say,
)  # fmt: skip


def register(app: Flask) -> None:
    """Templates may write `{{ fen|yuan }}` and the like."""
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals["ngettext"] = ngettext
