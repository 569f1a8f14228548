"""Reads a rate card from parsed JSON and lists everything that is wrong with it at once."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from gig.core.businesstime import parse_instant, zone_exists
from gig.core.text import N_, Sentence
from gig.payouts.rates.rules.card import (
    ANY,
    BASE_MAX_FEN,
    BASE_MIN_FEN,
    DAY_MINUTES,
    PERCENT_MAX,
    PERCENT_MIN,
    TIERS,
    BaseRow,
    DatedBands,
    Hours,
    LateTier,
    RateCard,
    WeeklyBand,
    weekdays_of,
)
from gig.payouts.rates.rules.faults import Fault, FaultList, join
from gig.payouts.rates.rules.overlaps import Placed, note_overlaps

_REQUIRED = (
    "name",
    "valid_from",
    "timezone",
    "reply_within_s",
    "claim_expires_s",
    "max_paid_replies",
    "base",
    "bands",
    "dates",
    "late",
)
# What the API says about a card around the card itself; an exported card may be read back as it came.
_DID = ("created", "submitted", "published", "withdrawn")
_AROUND = ("id", "state", "revision", "active", "why", "links", *(f"{did}_at" for did in _DID))
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DAY_S = 24 * 60 * 60


def validate(document: object) -> tuple[RateCard | None, list[Fault]]:
    """The card, or every fault that forbids it. Timing (`valid_from` in the past) is not judged here."""
    faults = FaultList()
    fields = faults.fields(document, "", _REQUIRED, ("triage_fee_fen", *_AROUND))
    if fields is None:
        return None, faults.found
    name = faults.text(fields, "name", "")
    valid_from = _instant(fields, faults)
    timezone = _timezone(fields, faults)
    reply_within_s = faults.whole(fields, "reply_within_s", "", 1, _DAY_S)
    claim_expires_s = faults.whole(fields, "claim_expires_s", "", 1, _DAY_S)
    max_paid_replies = faults.whole(fields, "max_paid_replies", "", 0, 10_000)
    triage_fee_fen = faults.whole({"triage_fee_fen": 0, **fields}, "triage_fee_fen", "", 0, 100_000)
    base = _base_rows(fields, faults)
    bands = _weekly(fields, faults)
    dates = _dated(fields, faults)
    note_overlaps(
        [(band.weekdays, Placed(pointer, band.hours)) for pointer, band in bands],
        {entry.date: places for entry, places in dates},
        faults,
    )
    late = _late(fields, reply_within_s, claim_expires_s, faults)
    if (
        faults.found
        or name is None
        or valid_from is None
        or timezone is None
        or reply_within_s is None
        or claim_expires_s is None
        or max_paid_replies is None
        or triage_fee_fen is None
    ):
        return None, faults.found
    card = RateCard(
        name=name,
        valid_from=valid_from,
        timezone=timezone,
        reply_within_s=reply_within_s,
        claim_expires_s=claim_expires_s,
        max_paid_replies=max_paid_replies,
        triage_fee_fen=triage_fee_fen,
        base=tuple(base),
        bands=tuple(band for _, band in bands),
        dates=tuple(entry for entry, _ in dates),
        late=tuple(late),
    )
    return card, []


def publication_faults(card: RateCard, *, business_timezone: str, now: dt.datetime) -> list[Fault]:
    """What forbids publishing a sound card at this moment, on this platform."""
    faults = []
    if card.valid_from <= now:
        faults.append(Fault("/valid_from", Sentence(N_("生效时间要在现在之后。"))))
    if card.timezone != business_timezone:
        message = N_("时区要是平台的业务时区 %(timezone)s。")
        faults.append(Fault("/timezone", Sentence(message, {"timezone": business_timezone})))
    return faults


def _instant(fields: dict[str, Any], faults: FaultList) -> dt.datetime | None:
    text = faults.text(fields, "valid_from", "")
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        faults.add("/valid_from", str(error))
        return None


def _timezone(fields: dict[str, Any], faults: FaultList) -> str | None:
    name = faults.text(fields, "timezone", "")
    if name is not None and not zone_exists(name):
        faults.add("/timezone", N_("没有 %(timezone)s 这个时区。"), timezone=name)
        return None
    return name


def _base_rows(fields: dict[str, Any], faults: FaultList) -> list[BaseRow]:
    rows: dict[tuple[str, str, str], BaseRow] = {}
    places: dict[tuple[str, str, str], str] = {}
    for pointer, entry in faults.entries(fields, "base", "", 2000):
        row = faults.fields(entry, pointer, ("queue", "issue_type", "tier", "fen"))
        if row is None:
            continue
        queue = faults.text(row, "queue", pointer)
        issue_type = faults.text(row, "issue_type", pointer)
        tier = faults.text(row, "tier", pointer)
        fen = faults.whole(row, "fen", pointer, BASE_MIN_FEN, BASE_MAX_FEN)
        if tier is not None and tier not in (ANY, *TIERS):
            faults.add(join(pointer, "tier"), N_("没有 %(tier)s 这个等级。"), tier=tier)
        if queue is None or issue_type is None or tier is None:
            continue
        key = (queue, issue_type, tier)
        if key in places:
            message = N_("和第 %(n)s 行重复：%(key)s 只能有一行。")
            faults.add(pointer, message, n=int(places[key].rpartition("/")[2]) + 1, key=",".join(key))
            continue
        places[key] = pointer
        if fen is not None:
            rows[key] = BaseRow(queue, issue_type, tier, fen)
    if (ANY, ANY, ANY) not in places and isinstance(fields.get("base"), list):
        faults.add("/base", N_("缺少 *,*,* 这一行，它是其余情况的基础佣金。"))
    return list(rows.values())


def _weekly(fields: dict[str, Any], faults: FaultList) -> list[tuple[str, WeeklyBand]]:
    bands = []
    for pointer, entry in faults.entries(fields, "bands", "", 200):
        band = faults.fields(entry, pointer, ("days", "from", "to", "percent", "name"))
        if band is None:
            continue
        hours = _hours(band, pointer, faults)
        days = faults.text(band, "days", pointer)
        if days is None:
            continue
        weekdays = weekdays_of(days)
        if weekdays is None:
            message = N_("days 要写成 mon-fri,sun 这样：周一到周日之内的日子和区间，不能跨周。")
            faults.add(join(pointer, "days"), message)
        elif hours is not None:
            bands.append((pointer, WeeklyBand(days, weekdays, hours)))
    return bands


def _dated(fields: dict[str, Any], faults: FaultList) -> list[tuple[DatedBands, list[Placed]]]:
    entries: dict[dt.date, tuple[DatedBands, list[Placed]]] = {}
    places: dict[dt.date, str] = {}
    for pointer, item in faults.entries(fields, "dates", "", 1000):
        entry = faults.fields(item, pointer, ("date", "bands"))
        if entry is None:
            continue
        read = []
        for here, each in faults.entries(entry, "bands", pointer, 48):
            band = faults.fields(each, here, ("from", "to", "percent", "name"))
            hours = None if band is None else _hours(band, here, faults)
            if hours is not None:
                read.append(Placed(here, hours))
        day = _date(entry, pointer, faults)
        if day is None:
            continue
        if day in places:
            message = N_("%(date)s 写了两次，一个日期只能有一项。")
            faults.add(join(pointer, "date"), message, date=day.isoformat())
            continue
        places[day] = pointer
        entries[day] = (DatedBands(day, tuple(placed.hours for placed in read)), read)
    return list(entries.values())


def _date(entry: dict[str, Any], pointer: str, faults: FaultList) -> dt.date | None:
    text = faults.text(entry, "date", pointer)
    if text is None:
        return None
    if re.fullmatch(r"(?:19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            pass
    faults.add(join(pointer, "date"), N_("%(date)s 不是日期，要写成 2026-12-25 这样。"), date=text)
    return None


def _hours(band: dict[str, Any], pointer: str, faults: FaultList) -> Hours | None:
    start = _minute(band, "from", pointer, faults)
    end = _minute(band, "to", pointer, faults)
    percent = faults.whole(band, "percent", pointer, PERCENT_MIN, PERCENT_MAX)
    name = faults.text(band, "name", pointer, blank=True)
    if start is not None and start == end:
        faults.add(join(pointer, "to"), N_("时段的开始和结束不能相同（%(clock)s）。"), clock=band["to"])
        return None
    if start is None or end is None:
        return None
    # A band with another fault is still compared with its neighbours; its card is refused anyway.
    return Hours(start, end, PERCENT_MIN if percent is None else percent, name or "")


def _minute(band: dict[str, Any], name: str, pointer: str, faults: FaultList) -> int | None:
    text = faults.text(band, name, pointer)
    if text is None:
        return None
    if name == "to" and text in ("24:00", "00:00"):
        return DAY_MINUTES
    found = _CLOCK.fullmatch(text)
    if found is None:
        message = (
            N_("%(clock)s 不是时刻，要写成 00:00 到 24:00。")
            if name == "to"
            else N_("%(clock)s 不是时刻，要写成 00:00 到 23:59。")
        )
        faults.add(join(pointer, name), message, clock=text)
        return None
    return int(found[1]) * 60 + int(found[2])


def _late(
    fields: dict[str, Any], reply_within_s: int | None, claim_expires_s: int | None, faults: FaultList
) -> list[LateTier]:
    tiers: list[LateTier] = []
    over_before: int | None = None
    share_before: int | None = None
    for pointer, entry in faults.entries(fields, "late", "", 50):
        tier = faults.fields(entry, pointer, ("over_s", "percent"))
        if tier is None:
            continue
        over_s = faults.whole(tier, "over_s", pointer, 1, _DAY_S)
        percent = faults.whole(tier, "percent", pointer, 0, 100)
        first = pointer == "/late/0"
        here = join(pointer, "over_s")
        if over_s is not None:
            if first and reply_within_s is not None and over_s != reply_within_s:
                message = N_("第一档要从 reply_within_s（%(reply_within_s)s 秒）开始。")
                faults.add(here, message, reply_within_s=reply_within_s)
            if over_before is not None and over_s <= over_before:
                faults.add(here, N_("要大于上一档的 %(before)s 秒。"), before=over_before)
            if claim_expires_s is not None and over_s >= claim_expires_s:
                message = N_("要小于 claim_expires_s（%(claim_expires_s)s 秒）。")
                faults.add(here, message, claim_expires_s=claim_expires_s)
            over_before = over_s
        if percent is not None:
            if share_before is not None and percent <= share_before:
                message = N_("扣减比例要大于上一档的 %(before)s%%。")
                faults.add(join(pointer, "percent"), message, before=share_before)
            share_before = percent
        if over_s is not None and percent is not None:
            tiers.append(LateTier(over_s, percent))
    if fields.get("late") == []:
        faults.add("/late", N_("至少要有一档迟到。"))
    return tiers
