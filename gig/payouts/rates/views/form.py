"""The editor's form: every field as it was typed, to and from the document of a card."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gig.core.businesstime import BusinessZone
from gig.core.money import multiplier, parse_yuan, yuan
from gig.payouts.rates.rules.card import DAY_NAMES, RateCard

Row = dict[str, Any]
NUMBERS = ("reply_within_s", "claim_expires_s", "max_paid_replies")
TABLES: Mapping[str, Row] = {
    "base": {"queue": "", "issue_type": "*", "tier": "*", "yuan": ""},
    "bands": {"days": [], "from": "", "to": "", "times": "", "name": ""},
    "dates": {"date": "", "bands": []},
    "late": {"over_s": "", "percent": ""},
}
"""An empty row of each table."""
DATE_BAND: Row = {"from": "", "to": "", "times": "", "name": ""}
_FIELD = re.compile(r"(base|bands|late|dates)-([0-9]{1,4})-([a-z_]+)")
_DATE_BAND = re.compile(r"dates-([0-9]{1,4})-bands-([0-9]{1,2})-([a-z]+)")


@dataclass
class CardForm:
    """What stands in the fields. Rows that were left empty are not there."""

    fields: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})

    def add(self, table: str, date: int | None = None) -> None:
        """One more empty row: of a table, or of the hours of one date."""
        if table == "dates" and date is not None:
            if date < len(self.tables["dates"]):
                self.tables["dates"][date]["bands"].append(dict(DATE_BAND))
        elif table in TABLES:
            self.tables[table].append({**TABLES[table], **({"bands": []} if table == "dates" else {})})

    def remove(self, table: str, index: int, band: int | None = None) -> None:
        rows = self.tables.get(table, [])
        if index < len(rows):
            if band is None:
                del rows[index]
            elif band < len(rows[index]["bands"]):
                del rows[index]["bands"][band]


def of_card(card: RateCard) -> CardForm:
    """The form that says what the card says."""
    return CardForm(
        fields={
            "name": card.name,
            "valid_from": _wall(card.zone.local(card.valid_from)),
            "triage_fee": yuan(card.triage_fee_fen),
            **{name: str(getattr(card, name)) for name in NUMBERS},
        },
        tables={
            "base": [
                {"queue": r.queue, "issue_type": r.issue_type, "tier": r.tier, "yuan": yuan(r.fen)}
                for r in card.base
            ],
            "bands": [
                {"days": [DAY_NAMES[d] for d in sorted(band.weekdays)], **_band(band.hours.to_json())}
                for band in card.bands
            ],
            "dates": [
                {"date": entry.date.isoformat(), "bands": [_band(hours.to_json()) for hours in entry.hours]}
                for entry in card.dates
            ],
            "late": [{"over_s": str(tier.over_s), "percent": str(tier.percent)} for tier in card.late],
        },
    )


def _wall(local: dt.datetime) -> str:
    """To the minute when it is one, else as exact as it is, so that saving moves nothing."""
    whole = "auto" if local.microsecond % 1000 else "milliseconds" if local.microsecond else "seconds"
    timespec = whole if local.second or local.microsecond else "minutes"
    return local.replace(tzinfo=None).isoformat(timespec=timespec)


def _band(hours: Mapping[str, Any]) -> Row:
    times = multiplier(hours["percent"])
    return {"from": hours["from"], "to": hours["to"], "times": times, "name": hours["name"]}


def of_submitted(items: Iterable[tuple[str, str]]) -> CardForm:
    """The form as it was posted, in the order of its row numbers, without rows left empty."""
    form = CardForm()
    rows: dict[str, dict[int, Row]] = {name: {} for name in TABLES}
    inner: dict[int, dict[int, Row]] = {}
    for name, value in items:
        text = value.strip()
        if found := _DATE_BAND.fullmatch(name):
            inner.setdefault(int(found[1]), {}).setdefault(int(found[2]), {})[found[3]] = text
        elif found := _FIELD.fullmatch(name):
            row = rows[found[1]].setdefault(int(found[2]), {})
            if found[3] == "days":
                row.setdefault("days", []).append(text)
            else:
                row[found[3]] = text
        elif name in ("name", "valid_from", "triage_fee", *NUMBERS):
            form.fields[name] = text
    for table, empty in TABLES.items():
        for number, row in sorted(rows[table].items()):
            whole = {**empty, **{key: row[key] for key in empty if key in row}}
            if table == "dates":
                bands = inner.get(number, {})
                whole["bands"] = [{**DATE_BAND, **bands[n]} for n in sorted(bands) if any(bands[n].values())]
            if whole != empty:
                form.tables[table].append(whole)
    return form


def document_of(form: CardForm, zone: BusinessZone) -> dict[str, Any]:
    """The document that the form says. What cannot be read stays as typed, for validation to name."""
    fields = form.fields
    return {
        "name": fields.get("name", ""),
        "valid_from": _read(fields.get("valid_from", ""), lambda text: _instant(text, zone)),
        "timezone": zone.name,
        **{name: _read(fields.get(name, ""), _whole) for name in NUMBERS},
        "triage_fee_fen": _read(fields.get("triage_fee", "") or "0", parse_yuan),
        "base": [
            {
                "queue": row["queue"] or "*",
                "issue_type": row["issue_type"] or "*",
                "tier": row["tier"] or "*",
                "fen": _read(row["yuan"], parse_yuan),
            }
            for row in form.tables["base"]
        ],
        "bands": [{"days": days_text(row["days"]), **_hours(row)} for row in form.tables["bands"]],
        "dates": [
            {"date": row["date"], "bands": [_hours(band) for band in row["bands"]]}
            for row in form.tables["dates"]
        ],
        "late": [
            {"over_s": _read(row["over_s"], _whole), "percent": _read(row["percent"], _whole)}
            for row in form.tables["late"]
        ],
    }


def days_text(days: Iterable[str]) -> str:
    """`mon, tue, wed, sun` → `mon-wed,sun`, in the week's order."""
    numbers = sorted({DAY_NAMES.index(day) for day in days if day in DAY_NAMES})
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join("-".join(dict.fromkeys((DAY_NAMES[r[0]], DAY_NAMES[r[-1]]))) for r in runs)


def _hours(row: Row) -> Row:
    percent = _read(row["times"].lstrip("×xX"), parse_yuan)
    return {"from": row["from"], "to": row["to"], "percent": percent, "name": row["name"]}


def _read(text: str, reader: Callable[[str], Any]) -> Any:
    try:
        return reader(text)
    except (ValueError, OverflowError):
        return text


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(text)
    return int(text)


def _instant(text: str, zone: BusinessZone) -> str:
    """A wall-clock time of the business zone, as an instant with its offset."""
    wall = dt.datetime.fromisoformat(text)
    instant = zone.instants_of(wall)[0] if wall.tzinfo is None else wall
    return zone.local(instant).isoformat()
