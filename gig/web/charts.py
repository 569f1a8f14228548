"""Where each rectangle of a chart stands. Whole fen in, SVG numbers out; templates only draw."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from gig.web.filters import peak_class, times

WIDTH, BASE, HEIGHT = 334, 126, 148
HEAD = 46
GAP = 1.5


def hour_shapes(hours: Sequence[Any]) -> dict[str, Any]:
    """Bars of one day: base below, peak share on top, the peak bands behind, 12 px labels that fit."""
    rows = [_row(hour) for hour in hours]
    step = WIDTH / max(1, len(rows))
    bar = min(24.0, step * 0.67)
    most = max((row["base"] + row["peak"] for row in rows), default=0) or 1
    shapes = [_bar(row, index, step, bar, most, len(rows)) for index, row in enumerate(rows)]
    for before, after in pairwise(shapes):
        if before["now"]:
            after["label"] = ""
        if after["now"]:
            before["label"] = ""
    return {"width": WIDTH, "height": HEIGHT, "base": BASE, "bands": _bands(rows, step), "hours": shapes}


def _row(hour: Any) -> dict[str, Any]:
    def read(name: str, unset: Any) -> Any:
        return hour.get(name, unset) if isinstance(hour, dict) else getattr(hour, name, unset)

    return {
        "hour": read("hour", 0),
        "base": read("base_fen", 0),
        "peak": read("peak_fen", 0),
        "percent": read("percent", 100),
        "state": read("state", "past"),
    }


def _bar(row: dict[str, Any], index: int, step: float, bar: float, most: int, count: int) -> dict[str, Any]:
    room = BASE - HEAD
    base_h = round(room * row["base"] / most, 1)
    peak_h = round(room * row["peak"] / most, 1)
    if row["base"] and base_h < 2:
        base_h = 2.0
    top = BASE - base_h - (GAP + peak_h if peak_h else 0)
    total = row["base"] + row["peak"]
    every = 1 if count <= 8 else (2 if count <= 12 else 3)
    now = row["state"] == "now"
    shown = total * 10 >= most * 3
    return {
        "x": round(index * step + (step - bar) / 2, 1),
        "w": round(bar, 1),
        "mid": round(index * step + step / 2, 1),
        "base_h": base_h,
        "peak_h": peak_h,
        "peak_y": round(top, 1),
        "cls": peak_class(row["percent"]),
        "value": (total + 50) // 100 if shown and total >= 50 else "",
        "value_y": round(top - 4, 1),
        "label": str(row["hour"]) if now or index % every == 0 else "",
        "now": now,
        "future": row["state"] == "future",
    }


def _bands(rows: list[dict[str, Any]], step: float) -> list[dict[str, Any]]:
    bands: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        if row["percent"] <= 100:
            continue
        last = bands[-1] if bands else None
        if last and last["percent"] == row["percent"] and last["end"] == index:
            last["end"] = index + 1
        else:
            bands.append({"percent": row["percent"], "start": index, "end": index + 1})
    for band in bands:
        band["x"] = round(band["start"] * step, 1)
        band["w"] = round((band["end"] - band["start"]) * step, 1)
        band["mid"] = round((band["start"] + band["end"]) / 2 * step, 1)
        band["cls"] = peak_class(band["percent"])
        band["label"] = times(band["percent"])
    return bands
