"""What comes in about rate cards, and what goes out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gig.api import Schema
from gig.api.fields import Instant, Int, Text
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.queries import card_of


class PublicationIn(Schema):
    """From when the card holds; the draft's own instant when absent. `revision`: the one that was
    read; left out, the present one is meant. `why`: for the history, of a card that was not submitted."""

    why = Text(most=500, load_default=None)
    valid_from = Instant(load_default=None)
    revision = Int(least=1, load_default=None)


class SubmissionIn(Schema):
    """Why the card is as it is, for its reviewer and for the history. `revision`: the one that was
    read; left out, the present one is meant."""

    why = Text(most=500, required=True)
    revision = Int(least=1, load_default=None)


class WithdrawalQuery(Schema):
    """Why a scheduled card is taken back, or a submitted one given back."""

    reason = Text(least=0, most=500, load_default="")


def card_out(version: RateCardVersion, active_id: str | None) -> dict[str, Any]:
    """The card as the contract writes it, with what is known about this version around it."""
    return {
        "id": version.id,
        "state": version.state,
        "revision": version.revision,
        "active": version.id == active_id,
        **card_of(version).to_json(),
        "created_at": version.created_at,
        "submitted_at": version.submitted_at,
        "why": version.why,
        "published_at": version.published_at,
        "withdrawn_at": version.withdrawn_at,
    }


def status_of(version: RateCardVersion, active_id: str | None, now: dt.datetime) -> str:
    """draft, submitted, withdrawn, active, scheduled or past: what the version is at this moment."""
    if version.state != "published":
        return version.state
    if version.id == active_id:
        return "active"
    return "scheduled" if version.valid_from is not None and version.valid_from > now else "past"
