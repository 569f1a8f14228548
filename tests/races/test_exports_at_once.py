"""Batches that leave at the same instant: their payments bear together the tax of the month."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.tax.operations.choices import confirm_choice, propose_choice
from tests.features.settlement import books
from tests.features.tax import taxing
from tests.features.tax.taxing import at, day
from tests.races.test_claims_at_once import at_once

NOW = at(day("2026-11-24"))


def approved_batches(amounts: dict[str, int], *, agent_id: str) -> list[str]:
    """A batch for each period that has ended by a day and in which the agent earned so much."""
    made = []
    for on, fen in amounts.items():
        period_id = taxing.owe({agent_id: fen}, day(on))
        made.append(create_batch(period_id=period_id, actor_id="maker", now=NOW))
        approve_batch(batch_id=made[-1], actor_id="checker", now=NOW)
    return made


def test_two_batches_at_once_tax_one_month_once(app: Flask, session: Session) -> None:
    taxing.choose("labour_2018", gap=None)
    lin = taxing.agent()
    first, second = approved_batches({"2026-11-17": 300_000, "2026-11-24": 200_000}, agent_id=lin)
    at_once(
        app,
        [
            lambda: export_batch(batch_id=first, actor_id="maker", now=NOW),
            lambda: export_batch(batch_id=second, actor_id="maker", now=NOW),
        ],
    )
    assert sum(taxing.withheld(lin)) == taxing.in_account(session) == 80_000
    assert books.faults() == []


def test_a_policy_is_not_confirmed_for_a_month_that_is_exported_at_once(app: Flask, session: Session) -> None:
    lin = taxing.agent()
    (batch_id,) = approved_batches({"2026-11-24": 2_000_000}, agent_id=lin)
    choice_id = propose_choice(
        policy="platform_2025",
        gap="reset",
        from_month=day("2026-11-01"),
        payer_name="应声科技有限公司",
        payer_code=taxing.PAYER,
        reason="会计的意见",
        actor_id="maker",
        now=NOW,
    )
    at_once(
        app,
        [
            lambda: export_batch(batch_id=batch_id, actor_id="maker", now=NOW),
            lambda: confirm_choice(choice_id=choice_id, actor_id="checker", now=NOW),
        ],
    )
    session.rollback()
    policies = {record.policy for record in taxing.records(session, lin)}
    confirmed = confirmed_state(session, choice_id)
    assert (policies, confirmed) in (
        ({"none"}, "proposed"),
        ({"platform_2025"}, "confirmed"),
        (set(), "confirmed"),
    )
    assert books.faults() == []


def confirmed_state(session: Session, choice_id: str) -> str:
    from gig.payouts.tax.models import TaxChoice

    return session.get_one(TaxChoice, choice_id, populate_existing=True).state
