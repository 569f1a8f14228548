"""The buttons beside a card that is no draft: passing it, giving it back, taking it back."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.errors import Invalid, Refused
from gig.identity.access import actor_id, allow
from gig.payouts.rates.operations.publication import publish, withdraw
from gig.payouts.rates.operations.review import give_back
from gig.web.filters import say

blueprint = Blueprint("rates_review", __name__, url_prefix="/console/rates")


@blueprint.post("/<id>/approval")
@allow("operate")
def approve(id: str) -> Response:
    """Another person than the maker has read the card: it will hold from its instant."""
    revision = request.form.get("revision", type=int)
    return _then(
        id,
        lambda: publish(id=id, revision=revision, why="", now=received_at(), actor_id=actor_id()),
        _("复核通过，到时自动生效。"),
    )


@blueprint.post("/<id>/return")
@allow("operate")
def send_back(id: str) -> Response:
    """The card is a draft again, with the reason in its history."""
    revision, reason = request.form.get("revision", type=int), request.form.get("reason", "")
    return _then(
        id,
        lambda: give_back(id=id, reason=reason, revision=revision, now=received_at(), actor_id=actor_id()),
        _("已退回为草稿。"),
    )


@blueprint.post("/<id>/withdrawal")
@allow("operate")
def take_back(id: str) -> Response:
    """A scheduled card is withdrawn with its reason."""
    reason = request.form.get("reason", "")
    return _then(
        id,
        lambda: withdraw(id=id, reason=reason, now=received_at(), actor_id=actor_id()),
        _("已撤回，不会生效。"),
    )


def _then(id: str, work: Callable[[], None], done: str) -> Response:
    """Does the work and goes back to the card; what the rules refuse is said there."""
    try:
        work()
        flash(done)
    except Invalid as error:
        for sentences in error.errors.values():
            flash(" ".join(say(each) for each in sentences))
    except Refused as error:
        flash(say(error))
    return redirect(url_for("rates.card", id=id))
