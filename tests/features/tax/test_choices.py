"""Choosing a policy: dated, by two people, never for a month that was paid in, and never changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.payouts.tax import queries
from gig.payouts.tax.models import TaxChoice
from gig.payouts.tax.operations.choices import confirm_choice, propose_choice, withdraw_choice
from tests.features.tax import taxing
from tests.features.tax.taxing import at, day

pytestmark = pytest.mark.usefixtures("session")

NOW = at(day("2026-11-24"))


def propose(**given: Any) -> str:
    values: dict[str, Any] = {
        "policy": "platform_2025",
        "gap": "reset",
        "from_month": day("2026-12-01"),
        "payer_name": "应声科技有限公司",
        "payer_code": taxing.PAYER,
        "reason": "已报送平台信息",
        "actor_id": "maker",
        "now": NOW,
        **given,
    }
    return propose_choice(**values)


def policy_of(session: Session, month: str) -> str:
    session.rollback()
    return queries.in_force(session, day(month)).policy


def test_nothing_is_withheld_by_default(session: Session) -> None:
    assert policy_of(session, "2026-11-01") == "none"


def test_a_proposal_holds_only_when_another_has_confirmed_it(session: Session) -> None:
    choice_id = propose()
    assert policy_of(session, "2026-12-01") == "none"
    with pytest.raises(Refused) as refused:
        confirm_choice(choice_id=choice_id, actor_id="maker", now=NOW)
    assert refused.value.slug == "two-people"
    confirm_choice(choice_id=choice_id, actor_id="checker", now=NOW)
    confirm_choice(choice_id=choice_id, actor_id="checker", now=NOW)
    assert policy_of(session, "2026-12-01") == "platform_2025"
    assert policy_of(session, "2026-11-01") == "none"
    kept = sa.select(AuditEntry.action).where(AuditEntry.object_id == choice_id)
    assert session.scalars(kept.order_by(AuditEntry.id)).all() == ["tax.choice.propose", "tax.choice.confirm"]


def test_a_later_month_follows_its_own_choice(session: Session) -> None:
    taxing.choose("platform_2025", month="2026-12-01", now=NOW)
    taxing.choose("labour_2018", gap=None, month="2027-03-01", now=NOW)
    assert [policy_of(session, f"2027-0{n}-01") for n in (1, 2, 3, 4)] == [
        "platform_2025",
        "platform_2025",
        "labour_2018",
        "labour_2018",
    ]


def test_the_newest_choice_of_a_month_holds(session: Session) -> None:
    taxing.choose("platform_2025", month="2026-12-01", now=NOW)
    taxing.choose("none", gap=None, month="2026-12-01", now=NOW + dt.timedelta(hours=1))
    assert policy_of(session, "2026-12-01") == "none"


def test_a_withdrawn_proposal_makes_room(session: Session) -> None:
    first = propose()
    with pytest.raises(Refused) as refused:
        propose()
    assert refused.value.slug == "choice-waiting"
    withdraw_choice(choice_id=first, actor_id="maker", now=NOW)
    with pytest.raises(Refused) as refused:
        confirm_choice(choice_id=first, actor_id="checker", now=NOW)
    assert refused.value.slug == "decided"
    propose()


def test_a_month_that_was_paid_in_keeps_its_policy(session: Session) -> None:
    choice_id = propose(from_month=day("2026-11-01"))
    taxing.pay({taxing.agent(): 300_000}, "2026-11-24")
    for work in (
        lambda: confirm_choice(choice_id=choice_id, actor_id="checker", now=NOW),
        lambda: propose(from_month=day("2026-11-01")),
    ):
        with pytest.raises(Refused) as refused:
            work()
        assert refused.value.slug == "month-used"
    withdraw_choice(choice_id=choice_id, actor_id="checker", now=NOW)
    propose(from_month=day("2026-12-01"))


def test_a_month_before_one_that_was_paid_in_is_refused_too(session: Session) -> None:
    period_id = taxing.owe({taxing.agent(): 300_000}, day("2026-11-24"))
    taxing.export(period_id, day("2026-11-24"), payment=day("2027-01-05"))
    with pytest.raises(Refused):
        propose(from_month=day("2026-12-01"))
    propose(from_month=day("2027-02-01"))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"policy": "flat_tax"}, "policy"),
        ({"gap": None}, "gap"),
        ({"from_month": dt.date(2026, 10, 1)}, "from_month"),
        ({"from_month": dt.date(2029, 1, 1)}, "from_month"),
        ({"payer_name": " "}, "payer_name"),
        ({"payer_code": "9131"}, "payer_code"),
        ({"reason": " "}, "reason"),
    ],
)
def test_a_fault_is_told_at_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as invalid:
        propose(**given)
    assert set(invalid.value.errors) == {field}


def test_the_first_of_the_month_is_meant_whatever_day_is_named(session: Session) -> None:
    choice_id = propose(from_month=day("2026-12-24"))
    assert session.get_one(TaxChoice, choice_id).from_month == day("2026-12-01")


def test_a_proposal_that_waited_past_its_month_is_confirmed_no_more() -> None:
    choice_id = propose()
    with pytest.raises(Refused) as refused:
        confirm_choice(choice_id=choice_id, actor_id="checker", now=at(day("2027-01-01"), 0))
    assert refused.value.slug == "month-over"


def test_an_unknown_choice_is_not_found() -> None:
    with pytest.raises(NotFound):
        confirm_choice(choice_id=new_id(), actor_id="checker", now=NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tax_choice SET from_month = '2026-01-01'",
        "UPDATE tax_choice SET state = 'proposed', decided_by = NULL",
        "DELETE FROM tax_choice",
    ],
)
def test_the_database_refuses_to_change_a_choice(session: Session, statement: str) -> None:
    taxing.choose(now=NOW)
    with pytest.raises(sa.exc.DBAPIError, match="never changes"), transaction() as writing:
        writing.execute(sa.text(statement))


def test_a_new_payer_starts_counting_anew(session: Session) -> None:
    taxing.choose(month="2026-11-01", now=NOW)
    lin = taxing.agent()
    taxing.pay({lin: 2_000_000}, "2026-11-24")
    choice_id = propose(payer_code="91310000MA1K111111")
    confirm_choice(choice_id=choice_id, actor_id="checker", now=NOW)
    taxing.pay({lin: 2_000_000}, "2026-12-08")
    assert [record.cumulative_fen for record in taxing.records(session, lin)] == [2_000_000, 2_000_000]
