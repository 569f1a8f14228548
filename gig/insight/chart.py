"""Where each shape of the wall's pictures stands. Counts in, SVG numbers out; templates only draw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from flask_babel import gettext as _

from gig.core.businesstime import BusinessZone
from gig.insight.queries.arrivals import SLOT_S
from gig.insight.queries.slots import instant_of, slot_of
from gig.insight.wall import Wall
from gig.payouts.rates.rules.bands import percent_at
from gig.payouts.rates.rules.card import RateCard
from gig.web.filters import clock_time, peak_class, times

WIDTH, HEIGHT, BASE, TOP, LEFT = 800, 190, 166, 30, 34
FIRST_HOUR, LAST_HOUR = 8, 23
SPARK_W, SPARK_H = 72, 22


def sparkline(tenths: Sequence[int | None]) -> str:
    """The points of a line from 80 % (bottom) to 100 % (top); slots without answers are left out."""
    step = (SPARK_W - 4) / max(1, len(tenths) - 1)
    points = [
        (2 + place * step, 2 + (SPARK_H - 4) * (1000 - max(value, 800)) / 200)
        for place, value in enumerate(tenths)
        if value is not None
    ]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points) if len(points) > 1 else ""


def arrivals_chart(wall: Wall, card: RateCard, zone: BusinessZone) -> dict[str, Any]:
    """The day's quarters as bars, the peak bands behind them, now as a line, the next hour dashed."""
    counts = {slot: sum(by.values()) for slot, by in wall.arrivals.items()}
    first, last = _span(zone, wall.at, counts)
    slots = list(range(first, last, SLOT_S))
    current = slot_of(wall.at, SLOT_S)
    ahead = {current + (n + 1) * SLOT_S: tenths for n, tenths in enumerate(wall.forecast.slots)}
    most = max([*counts.values(), *(-(-tenths // 10) for tenths in ahead.values()), 4])
    step = (WIDTH - LEFT) / len(slots)

    def place(slot: int) -> float:
        return LEFT + (slot - first) / SLOT_S * step

    def high(tenths: int) -> float:
        return round((BASE - TOP) * tenths / (10 * most), 1)

    bars = [
        {"x": round(place(slot) + 1, 1), "w": round(step - 2, 1), "h": high(10 * counts[slot])}
        for slot in slots
        if counts.get(slot)
    ]
    dashed = [
        {"x": round(place(slot) + 1.5, 1), "w": round(step - 3, 1), "h": high(tenths)}
        for slot, tenths in ahead.items()
        if tenths and slot < last
    ]
    hours = [slot for slot in slots if zone.local(instant_of(slot)).minute == 0]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "base": BASE,
        "left": LEFT,
        "bars": bars,
        "dashed": dashed,
        "bands": _bands(card, slots, place),
        "ticks": [
            {"x": round(place(slot), 1), "label": f"{zone.local(instant_of(slot)):%H:00}"}
            for slot in hours[:: max(1, len(hours) // 8)]
        ],
        "lines": [{"y": BASE - high(10 * n), "label": n} for n in {most // 2, most} if n],
        "now": round(place(current) + step * (wall.at - instant_of(current)).total_seconds() / SLOT_S, 1),
        "rows": [{"at": instant_of(slot), "count": counts[slot]} for slot in slots if counts.get(slot)],
        "sentence": _sentence(counts),
    }


def _span(zone: BusinessZone, now: dt.datetime, counts: dict[int, int]) -> tuple[int, int]:
    """From eight in the morning (or the first quarter with anything) to eleven at night (or midnight)."""
    day = zone.day_of(now)
    start, end = zone.day_bounds(day)
    begin = zone.instants_of(dt.datetime.combine(day, dt.time(FIRST_HOUR)))[0]
    close = zone.instants_of(dt.datetime.combine(day, dt.time(LAST_HOUR)))[0]
    busy = [instant_of(slot) for slot, count in counts.items() if count]
    hour = zone.local(now).replace(minute=0, second=0, microsecond=0)
    earliest = max(start, min([begin, hour, *(zone.local(at).replace(minute=0) for at in busy)]))
    latest = end if now >= close - dt.timedelta(hours=1) else close
    return slot_of(earliest, SLOT_S), slot_of(latest, SLOT_S)


def _bands(card: RateCard, slots: Sequence[int], place: Any) -> list[dict[str, Any]]:
    bands: list[dict[str, Any]] = []
    for slot, following in pairwise([*slots, slots[-1] + SLOT_S]):
        percent = percent_at(card, instant_of(slot))
        if percent <= 100:
            continue
        if bands and bands[-1]["end"] == slot and bands[-1]["percent"] == percent:
            bands[-1]["end"] = following
        else:
            bands.append({"percent": percent, "start": slot, "end": following})
    for band in bands:
        x, end = place(band["start"]), place(band["end"])
        band |= {
            "x": round(x, 1),
            "w": round(end - x, 1),
            "mid": round((x + end) / 2, 1),
            "cls": peak_class(band["percent"]),
            "label": times(band["percent"]),
        }
    return bands


def _sentence(counts: dict[int, int]) -> str:
    if not any(counts.values()):
        return str(_("今天还没有进线"))
    best = max(counts, key=lambda slot: (counts[slot], -slot))
    said = _("今天每 15 分钟进线，%(t)s 最多，%(n)s 条", t=clock_time(instant_of(best)), n=counts[best])
    return str(said)
