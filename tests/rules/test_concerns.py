"""Which changes of a card one agent would feel."""

from __future__ import annotations

from gig.payouts.rates.rules.comparison import differences
from gig.payouts.rates.rules.concerns import concerning
from tests.rules.cards import a_card, base_row

BEFORE = a_card(base=[base_row(120), base_row(180, "refund"), base_row(200, "refund", tier="gold")])


def test_other_tiers_and_queues_that_they_do_not_serve_are_left_out() -> None:
    after = a_card(base=[base_row(120), base_row(170, "refund"), base_row(190, "refund", tier="gold")])
    found = differences(BEFORE, after)
    bronze = concerning(found, tier="bronze", queues={"refund"})
    assert [(each.before, each.after) for each in bronze] == [("1.80", "1.70")]
    assert len(concerning(found, tier="gold", queues={"refund"})) == 2
    assert concerning(found, tier="bronze", queues={"delivery"}) == []


def test_what_holds_for_every_queue_and_the_limits_concern_everybody() -> None:
    after = a_card(base=[base_row(110), *BEFORE.to_json()["base"][1:]], max_paid_replies=5)
    found = concerning(differences(BEFORE, after), tier="retrain", queues=set())
    assert {each.what for each in found} == {"base", "limit"}
