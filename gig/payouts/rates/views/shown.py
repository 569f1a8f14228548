"""What the pages of rate cards show around a card: pictures, comparisons, samples, names."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import Errors
from gig.core.money import yuan
from gig.core.text import N_, Sentence
from gig.identity.models import Person
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.notice import Notice
from gig.payouts.rates.operations.publication import NOT_SAID
from gig.payouts.rates.queries import OBJECT as RATE_CARD
from gig.payouts.rates.rules.card import ANY, DAY_MINUTES, DAY_NAMES, Hours, RateCard
from gig.payouts.rates.rules.comparison import LIMITS, Difference, week_of
from gig.payouts.rates.rules.document import TWICE
from gig.payouts.rates.rules.overlaps import WEEKDAY_WORDS
from gig.payouts.rates.rules.samples import Sample, samples
from gig.web.filters import DAYS, date_time, say, times
from gig.web.names import called

DATES_SHOWN = 6


@dataclass(frozen=True)
class LogLine:
    """One line of a card's history."""

    at: dt.datetime
    who: str
    action: str
    reason: str | None


def week_rows(card: RateCard, before: RateCard | None) -> list[dict[str, Any]]:
    """The rows of the picture: working days, the weekend, and dates, each kind in one row while it is alike.

    A tail past midnight is on the day that it reaches. `days` and `date` say whose fields a row shows.
    """
    week, old = week_of(card), week_of(before) if before else None
    days = [
        [_drawn(hours, None if old is None else old[day]) for hours in week[day]]
        + [_tail(hours) for hours in week[day - 1] if hours.stop > DAY_MINUTES]
        for day in range(7)
    ]
    rows = [*_kind(_("工作日"), range(5), days), *_kind(_("周末"), range(5, 7), days)]
    earlier = {entry.date: entry.hours for entry in before.dates} if before else {}
    kinds: dict[str, tuple[list[dt.date], list[dict[str, Any]]]] = {}
    for entry in card.dates:
        known = earlier.get(entry.date, ()) if before else None
        bands = [_drawn(hours, known) for hours in entry.hours]
        kinds.setdefault(repr(bands), ([], bands))[0].append(entry.date)
    for dates, bands in list(kinds.values())[:DATES_SHOWN]:
        only = dates[0].isoformat() if len(dates) == 1 else ""
        rows.append({"label": _dates_words(dates), "days": "", "date": only, "bands": bands})
    return rows


def _kind(name: str, numbers: Sequence[int], days: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """One row for the kind of day, or one for each of its days where they differ."""
    if all(days[number] == days[numbers[0]] for number in numbers):
        return [_row(name, numbers, days[numbers[0]])]
    return [_row(say(WEEKDAY_WORDS[number]), [number], days[number]) for number in numbers]


def _row(label: str, numbers: Sequence[int], bands: list[dict[str, Any]]) -> dict[str, Any]:
    return {"label": label, "days": " ".join(DAY_NAMES[n] for n in numbers), "date": "", "bands": bands}


def _dates_words(dates: Sequence[dt.date]) -> str:
    """`12-25`, or `02-15 等8天`."""
    first = f"{dates[0]:%m-%d}"
    return first if len(dates) == 1 else str(_("%(first)s 等%(n)s天", first=first, n=len(dates)))


def _drawn(hours: Hours, known: Sequence[Hours] | None) -> dict[str, Any]:
    return {
        "movable": hours.stop <= DAY_MINUTES,
        "start_h": hours.start / 60,
        "end_h": min(hours.stop, DAY_MINUTES) / 60,
        "percent": hours.percent,
        "name": hours.name,
        "changed": known is not None and hours not in known,
    }


def _tail(hours: Hours) -> dict[str, Any]:
    tail = {"movable": False, "start_h": 0, "end_h": (hours.stop - DAY_MINUTES) / 60}
    return {**_drawn(hours, None), **tail}


def week_sentence(card: RateCard) -> str:
    """The picture in words."""
    bands = [
        f"{_weekdays(band.weekdays)} {band.hours.clock} {times(band.hours.percent)}" for band in card.bands
    ]
    return str(_("每周时段：%(bands)s；其余时间 ×1.0", bands="，".join(bands) or _("没有高峰")))


def _weekdays(numbers: frozenset[int]) -> str:
    """`每天`, `工作日`, `周末`, or each day by its name."""
    for kind, words in ((range(7), _("每天")), (range(5), _("工作日")), (range(5, 7), _("周末"))):
        if numbers == frozenset(kind):
            return str(words)
    return "、".join(say(WEEKDAY_WORDS[number]) for number in sorted(numbers))


def case_words(queue: str, issue_type: str, tier: str) -> str:
    """A base row's case in words."""
    words = [called(queue, "queue") if queue != ANY else _("其余队列")]
    if issue_type != ANY:
        words.append(called(issue_type, "issue_type"))
    if tier != ANY:
        words.append(tier_words(tier))
    return " · ".join(words)


def tier_words(tier: str) -> str:
    names: dict[str, str] = {
        ANY: _("不限"),
        "gold": _("金牌"),
        "silver": _("银牌"),
        "bronze": _("铜牌"),
        "limited": _("受限"),
        "retrain": _("再培训"),
        "trainee": _("新手"),
    }
    return names.get(tier, tier)


def difference_words(found: Difference) -> str:
    """One line of the comparison, in the page's language."""
    subject, before, after = found.subject, found.before, found.after
    if found.row is not None:
        subject = case_words(*found.row.key)
    elif found.what == "hours":
        day, _space, clock = found.subject.partition(" ")
        subject = f"{say(day)} {clock}".strip()
    elif found.what == "late":
        subject = _("迟到阶梯")
    elif found.what == "limit":
        subject = say(LIMITS[found.subject])
        if found.subject.endswith("_fen"):
            before, after = (yuan(int(value)) for value in (before, after))
    if not before:
        return str(_("%(subject)s：新增 %(after)s", subject=subject, after=after))
    if not after:
        return str(_("%(subject)s：去掉 %(before)s", subject=subject, before=before))
    return str(_("%(subject)s：%(before)s → %(after)s", subject=subject, before=before, after=after))


def sample_lines(card: RateCard) -> list[str]:
    """`周五 18:30 一条退款咨询，30 秒回复：1.90 × 2.0 晚高峰 = 3.80`"""
    return [_line(card, sample) for sample in samples(card)]


def _line(card: RateCard, sample: Sample) -> str:
    local = card.zone.local(sample.at)
    return str(
        _(
            "%(day)s %(time)s 一条「%(case)s」，%(n)s 秒回复：%(why)s",
            day=say(DAYS[local.weekday()]),
            time=f"{local:%m-%d %H:%M}",
            case=case_words(sample.queue, sample.issue_type, sample.tier),
            n=sample.latency_s,
            why=sample.pricing.why,
        )
    )


def price_moves(card: RateCard, before: RateCard | None) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Of each base row, and of each that is not there any more: what its case paid, and the move, by the row
    that it fell back to before, or falls back to now."""
    if before is None:
        return {}
    exact, kept = ({row.key for row in each.base} for each in (before, card))
    moves = {}
    for key in [row.key for row in (*card.base, *before.base)]:
        was, now = before.base_fen(*key), card.base_fen(*key)
        moves[key] = {
            "was": was,
            "now": now,
            "move": now - was,
            "exact": key in exact,
            "dropped": key not in kept,
        }
    return moves


def named(errors: dict[str, list[str]], notice: Notice | None) -> dict[str, list[str]]:
    """The same faults, with what is lowered called by the names that the page uses, not by its keys."""
    lower = [*notice.cuts, *(notice.following.untold if notice.following else ())] if notice else []
    words = {say(each.sentence): difference_words(each) for each in lower}
    return {pointer: [words.get(each, each) for each in found] for pointer, found in errors.items()}


def said_in_yuan(errors: Errors) -> dict[str, list[str]]:
    """Faults by pointer, said in the units of the form rather than of the document."""
    return {pointer: [_fault(pointer, each) for each in found] for pointer, found in errors.items()}


_UNITS: Mapping[tuple[str, str], str] = {
    ("base", "fen"): N_("基础佣金要在 0.50 到 4.00 元之间。"),
    ("bands", "percent"): N_("倍数要在 1.0 到 5.0 之间。"),
    ("dates", "percent"): N_("倍数要在 1.0 到 5.0 之间。"),
    ("bands", "days"): N_("至少选一天。"),
    ("triage_fee_fen", "triage_fee_fen"): N_("转交费要写成 0.00 这样的金额。"),
}


def _fault(pointer: str, sentence: Any) -> str:
    steps = pointer.strip("/").split("/")
    twice = isinstance(sentence, Sentence) and sentence.message == TWICE
    unit = None if twice else _UNITS.get((steps[0], steps[-1]))
    return say(unit) if unit else say(sentence)


def history(session: Session, id: str) -> list[LogLine]:
    """What was done to the version, the newest first."""
    query = (
        sa.select(AuditEntry.at, AuditEntry.actor_id, AuditEntry.action, AuditEntry.reason, AuditEntry.detail)
        .where(AuditEntry.object_type == RATE_CARD, AuditEntry.object_id == id)
        .order_by(AuditEntry.id.desc())
        .limit(50)
    )
    lines = session.execute(query).all()
    names = people(session, [line.actor_id for line in lines])
    return [
        LogLine(at, names.get(who or "", _("系统")), _action(action, json.loads(detail)), why_words(why))
        for at, who, action, why, detail in lines
    ]


def start_words(instant: dt.datetime) -> str:
    """2026-12-10 00:00, with the seconds of a start that has some."""
    return date_time(instant) + (f":{instant.second:02}" if instant.second else "")


def why_words(why: str | None) -> str | None:
    """A reason as it was written; that there is none, in the page's language."""
    return _(NOT_SAID) if why == NOT_SAID else why


def _action(action: str, detail: dict[str, Any]) -> str:
    words: dict[str, str] = {
        "rate_card.create": _("新建草稿"),
        "rate_card.edit": _("保存"),
        "rate_card.discard": _("丢弃草稿"),
        "rate_card.submit": _("提交复核"),
        "rate_card.give_back": _("退回"),
        "rate_card.publish": _("直接发布") if detail.get("alone") else _("复核发布"),
        "rate_card.withdraw": _("撤回"),
    }
    return words.get(action, action)


def people(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of these people."""
    wanted = {id for id in ids if id}
    if not wanted:
        return {}
    rows = session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return dict(rows.all())


def steps(version: RateCardVersion, status: str, *, alone: bool = False) -> list[dict[str, str]]:
    """Where the version stands between draft and being replaced; `alone`: nobody but its writer looked at it,
    or could."""
    order = ("draft", "submitted", "scheduled", "active", "past")
    reviewed = _("一个人发布") if alone else _("待复核")
    labels = (_("草稿"), reviewed, _("待生效"), _("生效中"), _("已被接替"))
    if status == "withdrawn":
        return [{"label": labels[0], "state": "done"}, {"label": _("已撤回"), "state": "on"}]
    reached = order.index(status)
    shown = labels if status == "past" else labels[:-1]
    return [
        {"label": label, "state": "done" if n < reached else ("on" if n == reached else "todo")}
        for n, label in enumerate(shown)
    ]
