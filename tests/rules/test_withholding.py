"""Income tax of each policy: the worked examples of the tax office's formulas, and what always holds."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.core.money import parse_yuan
from gig.payouts.tax.rules import tables
from gig.payouts.tax.rules.withholding import (
    Gap,
    Month,
    Policy,
    Withholding,
    due_on,
    first_of,
    gaps,
    version,
    withhold,
)
from tests.rules.examples import QUICK

Payment = tuple[int, int]
"""(month of 2026 counted from January, 13 being the next January; fen)"""


def fen(text: str) -> int:
    return parse_yuan(text)


def month(number: int) -> dt.date:
    return dt.date(2026 + (number - 1) // 12, (number - 1) % 12 + 1, 1)


def paid(
    policy: Policy,
    payments: list[Payment],
    *,
    gap: Gap | None = "reset",
    kept: tuple[int, ...] = (),
) -> list[Withholding]:
    """The payments taxed one after the other."""
    done: list[Withholding] = []
    for number, gross in payments:
        done.append(
            withhold(policy, gap, month(number), gross, months_of(done), [month(each) for each in kept])
        )
    return done


def months_of(done: list[Withholding]) -> list[Month]:
    ordered = sorted(done, key=lambda each: each.month)
    return [
        Month(first, sum(each.gross_fen for each in same), sum(each.withheld_fen for each in same))
        for first, group in groupby(ordered, key=lambda each: each.month)
        if (same := list(group))
    ]


def withheld(policy: Policy, payments: list[tuple[int, str]], **given: Any) -> list[int]:
    return [each.withheld_fen for each in paid(policy, [(n, fen(text)) for n, text in payments], **given)]


@pytest.mark.parametrize(
    ("income", "tax"),
    [
        ("500", "0"),
        ("800", "0"),
        ("800.02", "0"),
        ("800.03", "0.01"),
        ("801", "0.20"),
        ("1000", "40.00"),
        ("3000", "440.00"),
        ("4000", "640.00"),
        ("4000.01", "640.00"),
        ("5000", "800.00"),
        ("10000", "1600.00"),
        ("25000", "4000.00"),
        ("25000.01", "4000.00"),
        ("30000", "5200.00"),
        ("62500", "13000.00"),
        ("62500.01", "13000.00"),
        ("80000", "18600.00"),
        ("120000", "31400.00"),
    ],
)
def test_labour_income_of_one_month(income: str, tax: str) -> None:
    assert withheld("labour_2018", [(1, income)], gap=None) == [fen(tax)]


def test_a_second_payment_of_a_month_bears_what_the_month_lacks() -> None:
    assert withheld("labour_2018", [(1, "3000"), (1, "2000")], gap=None) == [fen("440"), fen("360")]


def test_labour_months_know_nothing_of_each_other() -> None:
    assert withheld("labour_2018", [(1, "3000"), (2, "3000"), (13, "3000")], gap=None) == [fen("440")] * 3


@pytest.mark.parametrize(
    ("taxable", "tax"),
    [
        ("36000", "1080"),
        ("144000", "11880"),
        ("300000", "43080"),
        ("420000", "73080"),
        ("660000", "145080"),
        ("960000", "250080"),
        ("960100", "250125"),
    ],
)
def test_the_edges_of_the_platform_table(taxable: str, tax: str) -> None:
    income = (fen(taxable) + fen("5000")) * 100 // 80
    found = due_on("platform_2025", month(1), income, 1)
    assert (found.taxable_fen, found.due_fen) == (fen(taxable), fen(tax))


@pytest.mark.parametrize(
    ("payments", "taxes"),
    [
        pytest.param([(1, "6250")], ["0"], id="P1"),
        pytest.param([(1, "6251")], ["0.02"], id="P2"),
        pytest.param([(1, "6250.01")], ["0"], id="P2 a fen more"),
        pytest.param([(n, "8000") for n in range(1, 13)], ["42"] * 12, id="P3"),
        pytest.param([(1, "3000"), (2, "12000")], ["0", "60"], id="P4"),
        pytest.param([(n, "20000") for n in range(1, 5)], ["330", "330", "330", "890"], id="P5"),
        pytest.param([(1, "20000"), (2, "1000"), (3, "20000")], ["330", "0", "204"], id="P8"),
        pytest.param([(1, "45000"), (2, "45000"), (4, "45000")], ["930", "2750", "930"], id="P10"),
        pytest.param([(1, "4000"), (1, "6000")], ["0", "90"], id="P11"),
        pytest.param([(1, "1200"), (2, "1500"), (3, "900")], ["0", "0", "0"], id="P12"),
    ],
)
def test_platform_income_of_a_year(payments: list[tuple[int, str]], taxes: list[str]) -> None:
    assert withheld("platform_2025", payments) == [fen(tax) for tax in taxes]


def test_p3_a_year_of_8000_ends_at_16800_and_504() -> None:
    last = paid("platform_2025", [(n, fen("8000")) for n in range(1, 13)])[-1]
    assert due_on("platform_2025", last.month, last.cumulative_fen, last.months).taxable_fen == fen("16800")
    assert (last.due_fen, last.months, last.segment_start) == (fen("504"), 12, month(1))


def test_p5_the_fourth_month_stands_on_1880() -> None:
    last = paid("platform_2025", [(n, fen("20000")) for n in range(1, 5)])[-1]
    assert (last.due_fen, last.percent, last.quick_fen, last.before_fen) == (
        fen("1880"),
        10,
        fen("2520"),
        fen("990"),
    )


def test_p10_a_gap_that_continues_counts_only_months_with_income() -> None:
    payments = [(1, "45000"), (2, "45000"), (4, "45000")]
    assert withheld("platform_2025", payments, gap="continue")[-1] == fen("3100")


def test_p13_january_starts_anew() -> None:
    year = [(n, "20000") for n in range(1, 14)]
    assert withheld("platform_2025", year)[-1] == fen("330")
    assert withheld("platform_2025", year, gap="continue")[-1] == fen("330")


def test_a_month_in_which_we_kept_money_back_is_no_gap() -> None:
    payments = [(1, fen("45000")), (2, fen("45000")), (4, fen("45000"))]
    last = paid("platform_2025", payments, kept=(3,))[-1]
    assert (last.withheld_fen, last.months, last.segment_start) == (fen("3100"), 3, month(1))


def test_a_kept_month_bridges_only_itself() -> None:
    payments = [(1, fen("20000")), (4, fen("20000"))]
    assert paid("platform_2025", payments, kept=(3,))[-1].segment_start == month(4)
    assert paid("platform_2025", payments, kept=(2, 3))[-1].segment_start == month(1)


def test_the_months_without_a_payment_are_asked_for() -> None:
    past = [Month(month(2), 100, 0), Month(month(4), 100, 0), Month(month(5), 0, 0)]
    assert gaps(month(6), past) == [month(5), month(3)]
    assert gaps(month(4), past[:1]) == [month(3)]
    assert gaps(month(14), past) == []


@pytest.mark.parametrize(
    ("income", "labour", "platform"),
    [("3000", "440", "0"), ("8000", "1280", "42"), ("20000", "3200", "330")],
)
def test_the_two_policies_side_by_side(income: str, labour: str, platform: str) -> None:
    assert withheld("labour_2018", [(1, income)], gap=None) == [fen(labour)]
    assert withheld("platform_2025", [(1, income)]) == [fen(platform)]


@pytest.mark.parametrize(("income", "tax"), [("1200", "80"), ("1500", "140"), ("900", "20")])
def test_p12_what_labour_takes_from_the_part_timer(income: str, tax: str) -> None:
    assert withheld("labour_2018", [(1, income)], gap=None) == [fen(tax)]


def test_without_a_policy_nothing_is_withheld() -> None:
    assert withheld("none", [(1, "80000"), (1, "80000")], gap=None) == [0, 0]


def test_a_returned_payment_is_as_if_it_had_not_been() -> None:
    first, second = paid("platform_2025", [(1, fen("4000")), (1, fen("6000"))])
    without_second = withhold("platform_2025", "reset", month(1), second.gross_fen, months_of([first]))
    assert without_second == second
    without_first = withhold("platform_2025", "reset", month(1), first.gross_fen, months_of([second]))
    assert (without_first.due_fen, without_first.before_fen, without_first.withheld_fen) == (
        fen("90"),
        fen("90"),
        0,
    )


def test_a_payment_is_never_taken_whole() -> None:
    kept = paid("platform_2025", [(1, fen("100")), (2, fen("20000"))])[1:]
    small = withhold("platform_2025", "reset", month(2), fen("1"), months_of(kept))
    assert (small.due_fen - small.before_fen, small.withheld_fen) == (fen("147.62"), fen("0.99"))


def test_no_table_holds_before_the_first() -> None:
    assert version("platform_2025", dt.date(2025, 10, 1)) == "platform_2025@2025-10-01"
    with pytest.raises(LookupError):
        tables.in_force(tables.PLATFORM, dt.date(2025, 9, 1))


POLICY = st.sampled_from([("labour_2018", None), ("platform_2025", "reset"), ("platform_2025", "continue")])
PAYMENTS = st.lists(st.tuples(st.integers(1, 13), st.integers(2, 20_000_000)), max_size=12).map(sorted)


@QUICK
@given(POLICY, PAYMENTS)
def test_what_is_withheld_leaves_something_and_is_never_less_than_nothing(
    policy: tuple[Policy, Gap], payments: list[Payment]
) -> None:
    for each in paid(policy[0], payments, gap=policy[1]):
        assert 0 <= each.withheld_fen < each.gross_fen


@QUICK
@given(POLICY, st.lists(st.integers(2, 20_000_000), min_size=1, max_size=6))
def test_the_payments_of_a_month_bear_the_tax_of_the_month(
    policy: tuple[Policy, Gap], amounts: list[int]
) -> None:
    done = paid(policy[0], [(3, gross) for gross in amounts], gap=policy[1])
    whole = due_on(policy[0], month(3), sum(amounts), 1)
    assert sum(each.withheld_fen for each in done) == whole.due_fen == done[-1].due_fen


@QUICK
@given(POLICY, st.integers(0, 30_000_000), st.integers(0, 30_000_000), st.integers(1, 12))
def test_more_income_is_never_taxed_less_within_a_month(
    policy: tuple[Policy, Gap], income: int, more: int, months: int
) -> None:
    less, greater = (due_on(policy[0], month(12), each, months).due_fen for each in (income, income + more))
    assert 0 <= less <= greater <= less + more


@QUICK
@given(POLICY, PAYMENTS.filter(bool), st.data())
def test_a_payment_that_came_back_and_is_paid_again_in_its_month_changes_no_sum(
    policy: tuple[Policy, Gap], payments: list[Payment], data: st.DataObject
) -> None:
    done = paid(policy[0], payments, gap=policy[1])
    last = [place for place, each in enumerate(done) if each.month == done[-1].month]
    back = data.draw(st.sampled_from(last))
    rest = done[:back] + done[back + 1 :]
    again = withhold(policy[0], policy[1], done[-1].month, done[back].gross_fen, months_of(rest))
    assert sum(each.withheld_fen for each in [*rest, again]) == sum(each.withheld_fen for each in done)
    assert again.due_fen == done[-1].due_fen


@QUICK
@given(PAYMENTS)
def test_without_gaps_both_ways_of_treating_them_agree(payments: list[Payment]) -> None:
    numbers = {number for number, _ in payments}
    kept = tuple(set(range(1, 14)) - numbers)
    reset = paid("platform_2025", payments, gap="reset", kept=kept)
    through = paid("platform_2025", payments, gap="continue")
    assert [each.withheld_fen for each in reset] == [each.withheld_fen for each in through]


def test_the_first_of_a_month() -> None:
    assert first_of(dt.date(2026, 11, 30)) == dt.date(2026, 11, 1)
