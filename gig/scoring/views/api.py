"""The score for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import current_app

from gig.api import api_blueprint
from gig.core.clock import received_at
from gig.core.db import db
from gig.identity.access import actor_id, allow
from gig.scoring.queries import Change, ScoreCard, score_card

blueprint = api_blueprint("scoring", description="How an agent stands, and why")


@blueprint.get("/me/score")
@allow("work")
@blueprint.answers(200)
def get_score() -> dict[str, Any]:
    """The agent's own score: four parts with their n, violation points, and each recent change by name."""
    timezone = current_app.config["GIG_TIMEZONE"]
    return score_out(score_card(db.session(), actor_id(), timezone=timezone, now=received_at()))


def score_out(card: ScoreCard) -> dict[str, Any]:
    return {
        "score": f"{card.score_tenths // 10}.{card.score_tenths % 10}",
        "score_tenths": card.score_tenths,
        "tier": card.tier,
        "tier_of_score": card.tier_of_score,
        "nights_below": card.nights_below,
        "answered_turns": card.answered_turns,
        "turns_to_first_tier": card.turns_to_go,
        "next_tier": card.next_tier,
        "gap_tenths": card.gap_tenths,
        "below_own_tier_tenths": card.below_tenths,
        "violation_points_tenths": card.violation_tenths,
        "parts": [asdict(part) for part in card.parts],
        "changes": [_change_out(change) for change in card.changes],
    }


def _change_out(change: Change) -> dict[str, Any]:
    return {
        "at": change.at,
        "reason": change.reason,
        "delta_tenths": change.delta_tenths,
        "before_tenths": change.before_tenths,
        "after_tenths": change.after_tenths,
        "happened_at": change.happened_at,
        "inquiry_id": change.inquiry_id,
        "turn_id": change.turn_id,
    }
