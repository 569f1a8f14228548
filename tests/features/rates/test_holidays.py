"""Holidays: the calendar, corrected by ops, and the dates of a card that are filled in from them."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import Invalid
from gig.payouts.holidays import calendar, queries
from gig.payouts.holidays.operations import forget_day, set_day
from gig.payouts.rates.views import holidays
from gig.payouts.rates.views.form import of_card
from tests.features.rates.test_card_pages import drafted, page, press, token
from tests.rules.cards import a_card, band

NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
UNKNOWN = calendar.years()[-1] + 1
SPRING = dt.date(2026, 2, 17)
WORKED_SATURDAY = dt.date(2026, 2, 14)


def setting(day: dt.date, kind: str = "off", name: str = "中秋", reason: str = "国办发〔2026〕1 号") -> None:
    set_day(day=day, kind=kind, name=name, reason=reason, actor_id=None, now=NOW)


def test_the_calendar_knows_days_off_and_weekends_that_are_worked(session: Session) -> None:
    year = queries.year(session, 2026)
    assert year.in_calendar
    assert queries.Day(SPRING, "off", "春节") in year.days
    assert queries.Day(WORKED_SATURDAY, "work", "春节") in year.days


def test_ops_correct_a_day_and_take_it_back(session: Session) -> None:
    setting(SPRING, "plain", "")
    assert next(day for day in queries.year(session, 2026).days if day.day == SPRING).by_hand
    forget_day(day=SPRING, actor_id=None, now=NOW)
    assert queries.Day(SPRING, "off", "春节") in queries.year(session, 2026).days
    kept = sa.select(AuditEntry.action).where(AuditEntry.object_id == SPRING.isoformat())
    assert session.scalars(kept.order_by(AuditEntry.id)).all() == ["holiday.set", "holiday.forget"]


def test_a_year_of_which_one_day_was_set_is_not_in_the_calendar(session: Session) -> None:
    setting(dt.date(UNKNOWN, 1, 1), name="元旦")
    found = queries.year(session, UNKNOWN)
    assert (found.in_calendar, len(found.days)) == (False, 1)
    said = holidays.years(dt.date(UNKNOWN, 1, 1))[0]
    assert said == {"year": UNKNOWN, "known": False, "by_hand": 1}


def test_days_set_by_hand_are_filled_in_and_the_rest_of_the_year_is_warned_of(
    console: FlaskClient, session: Session
) -> None:
    setting(dt.date(UNKNOWN, 1, 1), name="元旦")
    form = of_card(a_card(dates=[]))
    kind, words = holidays.fill(form, {"hol-year": str(UNKNOWN)}, dt.date(UNKNOWN - 1, 12, 1))
    assert [row["date"] for row in form.tables["dates"]] == [f"{UNKNOWN}-01-01"]
    assert (kind, "只填了手工定的 1 天" in words, "按星期几计价" in words) == ("w", True, True)
    text = press(console, drafted(session), "holidays", **{"hol-year": str(UNKNOWN)})[1]
    assert "只填了手工定的 1 天" in text


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"kind": "free"}, "kind"), ({"name": ""}, "name"), ({"reason": " "}, "reason")],
)
def test_a_day_needs_its_kind_name_and_grounds(session: Session, changes: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        setting(SPRING, **changes)
    assert list(refused.value.errors) == [field]


def test_the_form_gets_the_coming_holidays_with_sundays_hours_and_worked_days_with_mondays(
    session: Session,
) -> None:
    card = a_card(
        dates=[{"date": "2026-10-01", "bands": []}],
        bands=[band("sun", "09:00", "21:00", 200, "周日"), band("mon-fri", "10:00", "12:00", 150, "午")],
    )
    form = of_card(card)
    kind, _words = holidays.fill(form, {"hol-year": "2026", "hol-like": "sun"}, dt.date(2026, 2, 1))
    dates = {row["date"]: row["bands"] for row in form.tables["dates"]}
    assert kind == "g"
    assert [each["name"] for each in dates[SPRING.isoformat()]] == ["周日"]
    assert [each["name"] for each in dates[WORKED_SATURDAY.isoformat()]] == ["午"]
    assert dates["2026-10-01"] == []
    assert "2026-01-01" not in dates


def test_own_hours_carry_the_feasts_name(session: Session) -> None:
    form = of_card(a_card(dates=[]))
    given = {"hol-year": "2026", "hol-like": "own", "hol-from": "00:00", "hol-to": "24:00", "hol-times": "3"}
    holidays.fill(form, given, dt.date(2026, 9, 28))
    first = form.tables["dates"][0]
    assert (first["date"], first["bands"]) == (
        "2026-10-01",
        [{"from": "00:00", "to": "24:00", "times": "3", "name": "国庆节"}],
    )


def test_an_unknown_year_fills_in_nothing_and_says_that_weekdays_count(
    console: FlaskClient,
    session: Session,
) -> None:
    id = drafted(session)
    status, text = press(console, id, "holidays", **{"hol-year": str(UNKNOWN)})
    assert (status, "按星期几计价" in text, "一天也没有填" in text) == (200, True, True)
    assert f'value="{UNKNOWN}-' not in text.split('id="dates"')[1]


def test_the_page_says_when_a_year_is_unknown_and_takes_a_day(console: FlaskClient, session: Session) -> None:
    url = f"/console/holidays?year={UNKNOWN}"
    text = page(console, url)
    assert "还没有数据" in text
    data = {
        "csrf_token": token(text),
        "day": f"{UNKNOWN}-01-01",
        "kind": "off",
        "name": "元旦",
        "reason": "通知",
    }
    assert console.post("/console/holidays", data={**data, "reason": ""}).status_code == 422
    assert console.post("/console/holidays", data=data).status_code == 303
    assert "元旦" in page(console, url)
    taken = console.post(
        "/console/holidays/forget", data={"csrf_token": token(text), "day": f"{UNKNOWN}-01-01"}
    )
    assert taken.status_code == 303
    assert "元旦" not in page(console, url)
