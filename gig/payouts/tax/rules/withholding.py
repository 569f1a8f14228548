"""What is withheld of one payment to one worker, from what they were paid before.

Fractions of a fen live in one number, `scaled`, until the one rounding of the tax due.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gig.core.money import half_up
from gig.payouts.tax.rules import tables
from gig.payouts.tax.rules.tables import Bracket, LabourTable, PlatformTable

Policy = Literal["none", "labour_2018", "platform_2025"]
Gap = Literal["reset", "continue"]

POLICIES: Final[tuple[Policy, ...]] = ("none", "labour_2018", "platform_2025")
GAPS: Final[tuple[Gap, ...]] = ("reset", "continue")

KEEPS_FEN = 1
"""A payment always brings the worker something: what then lacks of the tax is taken from the next one."""


@dataclass(frozen=True)
class Month:
    """What one payer paid one worker in a month under one policy, and withheld; `first` is its first day."""

    first: dt.date
    income_fen: int
    withheld_fen: int


@dataclass(frozen=True)
class Withholding:
    """One payment taxed: every input, the tax due on them all, and what this payment bears of it.

    `cumulative_fen` holds this payment's gross; `before_fen` is what was withheld on the income before.
    """

    policy: Policy
    gap: Gap | None
    rule_version: str
    month: dt.date
    gross_fen: int
    cumulative_fen: int
    months: int
    segment_start: dt.date
    percent: int
    quick_fen: int
    due_fen: int
    before_fen: int
    withheld_fen: int


@dataclass(frozen=True)
class Due:
    """Tax on an income: what may be deducted, what is left (to the nearest fen), its bracket, the tax."""

    cost_fen: int
    allowance_fen: int
    taxable_fen: int
    percent: int
    quick_fen: int
    due_fen: int


def first_of(day: dt.date) -> dt.date:
    return day.replace(day=1)


def month_before(first: dt.date) -> dt.date:
    return (first - dt.timedelta(days=1)).replace(day=1)


def withhold(
    policy: Policy,
    gap: Gap | None,
    month: dt.date,
    gross_fen: int,
    past: Iterable[Month],
    kept: Collection[dt.date] = (),
) -> Withholding:
    """The payment of `gross_fen` in the month, after what was paid before it.

    `past` holds the months under the same policy and payer, this one among them if something was paid in
    it already. `kept` are months without income in which we kept an amount of theirs back: no gaps.
    """
    used = span(policy, gap, month, past, kept)
    cumulative = gross_fen + sum(each.income_fen for each in used)
    before = sum(each.withheld_fen for each in used)
    earlier = [each.first for each in used if each.income_fen > 0]
    months = len({*earlier, month})
    due = due_on(policy, month, cumulative, months)
    lacking = max(0, due.due_fen - before)
    return Withholding(
        policy=policy,
        gap=gap,
        rule_version=version(policy, month),
        month=month,
        gross_fen=gross_fen,
        cumulative_fen=cumulative,
        months=months,
        segment_start=min([*earlier, month]),
        percent=due.percent,
        quick_fen=due.quick_fen,
        due_fen=due.due_fen,
        before_fen=before,
        withheld_fen=min(lacking, max(0, gross_fen - KEEPS_FEN)),
    )


def span(
    policy: Policy, gap: Gap | None, month: dt.date, past: Iterable[Month], kept: Collection[dt.date] = ()
) -> list[Month]:
    """The months, oldest first, that a payment of this month is reckoned together with."""
    if policy == "none":
        return []
    if policy == "labour_2018":
        return [each for each in past if each.first == month]
    year = {each.first: each for each in past if each.first.year == month.year and each.first <= month}
    if gap == "reset":
        return _without_gap(year, month, kept)
    return [year[first] for first in sorted(year)]


def gaps(month: dt.date, past: Sequence[Month]) -> list[dt.date]:
    """The months of the year, between the first with income and this one, in which nothing was paid."""
    paid = sorted(each.first for each in past if each.income_fen > 0 and each.first.year == month.year)
    missing: list[dt.date] = []
    at = month_before(month)
    while paid and at >= paid[0]:
        if at not in paid:
            missing.append(at)
        at = month_before(at)
    return missing


def due_on(policy: Policy, month: dt.date, cumulative_fen: int, months: int) -> Due:
    """The tax on the income together, rounded once, half up. Less than nothing is nothing."""
    if policy == "none":
        return Due(0, 0, cumulative_fen, 0, 0, 0)
    if policy == "labour_2018":
        labour = tables.in_force(tables.LABOUR, month)
        cost, allowance = _labour(labour, cumulative_fen)
        return _due(cumulative_fen, cost, allowance, labour.brackets)
    platform = tables.in_force(tables.PLATFORM, month)
    cost, allowance = _platform(platform, cumulative_fen, months)
    return _due(cumulative_fen, cost, allowance, platform.brackets)


def version(policy: Policy, month: dt.date) -> str:
    """The name of the table that holds: `platform_2025@2025-10-01`."""
    match policy:
        case "labour_2018":
            return f"{policy}@{tables.in_force(tables.LABOUR, month).effective_from}"
        case "platform_2025":
            return f"{policy}@{tables.in_force(tables.PLATFORM, month).effective_from}"
        case _:
            return policy


def _without_gap(year: dict[dt.date, Month], month: dt.date, kept: Collection[dt.date]) -> list[Month]:
    used: list[Month] = []
    at = month
    while at.year == month.year:
        found = year.get(at)
        if found is not None and found.income_fen > 0:
            used.append(found)
        elif at != month and at not in kept:
            break
        at = month_before(at)
    return used[::-1]


def _labour(table: LabourTable, fen: int) -> tuple[int, int]:
    """(cost × 100, allowance): of a small income a fixed amount, of a larger one a share."""
    return (0, table.flat_fen) if fen <= table.flat_upto_fen else (fen * table.cost_percent, 0)


def _platform(table: PlatformTable, fen: int, months: int) -> tuple[int, int]:
    return fen * table.cost_percent, table.monthly_fen * months


def _due(fen: int, cost_scaled: int, allowance_fen: int, brackets: Sequence[Bracket]) -> Due:
    scaled = max(0, 100 * (fen - allowance_fen) - cost_scaled)
    bracket = next(each for each in brackets if each.upto_fen is None or scaled <= 100 * each.upto_fen)
    return Due(
        cost_fen=half_up(cost_scaled, 100),
        allowance_fen=allowance_fen,
        taxable_fen=half_up(scaled, 100),
        percent=bracket.percent,
        quick_fen=bracket.quick_fen,
        due_fen=half_up(scaled * bracket.percent - 10_000 * bracket.quick_fen, 10_000),
    )
