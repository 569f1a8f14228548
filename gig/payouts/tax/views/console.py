"""个税: the policy and its history, the files for the tax office, people whose residence is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask import Response as File
from flask_babel import gettext as _

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import is_id
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.identity.queries import people_called
from gig.payouts.tax import overview, queries
from gig.payouts.tax.models import TaxChoice
from gig.payouts.tax.operations import choices, filings, residency
from gig.payouts.tax.reports.platform import quarter
from gig.payouts.tax.rules.withholding import first_of
from gig.payouts.tax.values import FILINGS, GAP_WORDS, POLICY_WORDS, zone
from gig.web.filters import say
from gig.web.telling import Answer, Faults, done, said

pages = Blueprint("tax", __name__, template_folder="../templates")
HERE = "/console/tax"


@pages.get(HERE)
@allow("settle")
def show() -> str:
    """What holds, what was chosen, which months are filed."""
    return _page({})


@pages.post(f"{HERE}/choices")
@allow("settle")
def propose() -> Answer:
    """A policy from a month on, for another person to confirm."""
    form = request.form
    try:
        choices.propose_choice(
            policy=form.get("policy", ""),
            gap=form.get("gap") or None,
            from_month=_month(form.get("from_month", "")),
            payer_name=form.get("payer_name", ""),
            payer_code=form.get("payer_code", ""),
            reason=form.get("reason", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _page(said(error)), 422
    except Refused as error:
        return _page({"from_month": [say(error)]}), 409
    flash(_("已提出，等另一位财务复核。"))
    return redirect(HERE, code=303)


@pages.post(f"{HERE}/choices/<id>/<verdict>")
@allow("settle")
def decide(id: str, verdict: str) -> Answer:
    """Another person confirms, or somebody takes it off the table."""
    operations = {
        "confirmation": (choices.confirm_choice, _("已复核，从那个月起按它扣。")),
        "withdrawal": (choices.withdraw_choice, _("已撤回。")),
    }
    if verdict not in operations or not is_id(id):
        raise NotFound
    operation, words = operations[verdict]
    return done(HERE, lambda: operation(choice_id=id, actor_id=actor_id(), now=received_at()), words)


@pages.post(f"{HERE}/filings/<kind>/<first_day>")
@allow("settle")
def make(kind: str, first_day: str) -> Answer:
    """The file of a month or quarter is frozen."""
    if kind not in FILINGS:
        raise NotFound
    reason = request.form.get("reason", "")
    return done(
        HERE,
        lambda: filings.make_filing(
            kind=kind,
            first_day=_day(first_day),
            reason=reason,
            actor_id=actor_id(),
            now=received_at(),
        ),
        _("申报表已做好并冻结，下载时要写明用途。"),
    )


@pages.post(f"{HERE}/filings/<id>/file")
@allow("settle")
def fetch(id: str) -> Answer | File:
    """The frozen file; a POST, because it reveals identities for a reason that is kept."""
    if not is_id(id):
        raise NotFound
    reason = request.form.get("reason", "")
    try:
        filing = filings.fetch_filing(filing_id=id, reason=reason, actor_id=actor_id(), now=received_at())
    except Invalid as error:
        flash(" ".join(words for list_ in said(error).values() for words in list_))
        return redirect(HERE, code=303)
    headers = {
        "Content-Disposition": f'attachment; filename="{filing.name}"',
        "Cache-Control": "no-store",
        "Digest": f"sha-256={filing.sha256}",
    }
    return File(filing.content, mimetype=filing.media_type, headers=headers)


@pages.post(f"{HERE}/residents/<id>")
@allow("settle")
def state(id: str) -> Answer:
    """Finance's word on a worker whose permit leaves open whether they are a resident."""
    form = request.form
    if not is_id(id) or form.get("resident") not in ("yes", "no"):
        raise NotFound
    return done(
        HERE,
        lambda: residency.state_residency(
            agent_id=id,
            resident=form["resident"] == "yes",
            reason=form.get("reason", ""),
            actor_id=actor_id(),
            now=received_at(),
        ),
        _("已记下。暂缓的款要在结算周期里复核。"),
    )


def _month(text: str) -> dt.date:
    try:
        return dt.datetime.strptime(text.strip(), "%Y-%m").date()  # noqa: DTZ007
    except ValueError:
        raise Invalid({"from_month": [N_("月份要写成 2026-11 这样。")]}) from None


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise NotFound from None


def _free_month(today: dt.date) -> dt.date:
    """This month, or the next one once something of this month was paid out."""
    this = first_of(today)
    return first_of(this + dt.timedelta(days=31)) if queries.used_from(db.session(), this) else this


def _as_it_is(holds: queries.InForce, chosen: Sequence[TaxChoice], today: dt.date) -> dict[str, str]:
    """What the form begins with: the policy as it is, and the payer named last."""
    named = next((choice for choice in chosen if choice.payer_code), None)
    return {
        "policy": holds.policy,
        "gap": holds.gap or "reset",
        "from_month": f"{_free_month(today):%Y-%m}",
        "payer_name": named.payer_name if named else "",
        "payer_code": named.payer_code if named else "",
    }


def _page(errors: Faults) -> str:
    session, today = db.session(), zone().day_of(received_at())
    chosen = overview.choices(session)
    people = {id for choice in chosen for id in (choice.proposed_by, choice.decided_by) if id}
    holds = queries.in_force(session, first_of(today))
    return render_template(
        "tax/console.html",
        holds=holds,
        today=today,
        choices=chosen,
        names={person.id: person.name for person in people_called(session, list(people))},
        spans=overview.spans(session, today),
        open_people=overview.open_people(session, asked=request.args.get("agent", "")[:40]),
        large=overview.large_months(session, today),
        policy_words=POLICY_WORDS,
        gap_words=GAP_WORDS,
        policies=[(value, _(words)) for value, words in POLICY_WORDS.items()],
        gap_options=[(value, _(words)) for value, words in GAP_WORDS.items()],
        quarter=quarter,
        me=actor_id(),
        errors=errors,
        given=request.form or _as_it_is(holds, chosen, today),
    )
