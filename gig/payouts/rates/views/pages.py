"""The console's rate cards: the list, one version, and the editor of a draft."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from gig.core.businesstime import business_zone
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.identity.access import actor_id, allow
from gig.payouts.rates import queries
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.notice import notice_of
from gig.payouts.rates.operations.drafts import create_draft, discard_draft, edit_draft, sound_card
from gig.payouts.rates.operations.editing import note_editing
from gig.payouts.rates.operations.publication import save_and_publish
from gig.payouts.rates.operations.review import save_and_submit
from gig.payouts.rates.rules.card import TIERS, RateCard
from gig.payouts.rates.rules.comparison import differences
from gig.payouts.rates.rules.document import read_document
from gig.payouts.rates.schemas import card_out, status_of
from gig.payouts.rates.views import holidays, shown
from gig.payouts.rates.views.form import CardForm, document_of, of_card, of_submitted
from gig.payouts.surges import queries as surges
from gig.payouts.whatif.views import shown as what_if

blueprint = Blueprint("rates", __name__, template_folder="../templates", url_prefix="/console/rates")

LARGEST_FILE = 256 * 1024
"""A longer one is cut off there, and so is no JSON."""


@blueprint.get("")
@allow("operate")
def index() -> str:
    """Every version and what it is now."""
    return _index()


def _index(pasted: str = "", errors: dict[str, list[str]] | None = None) -> str:
    session, now = db.session(), received_at()
    versions = queries.versions(session)
    active_id = session.scalar(sa.select(queries.card_in_force_id(now)))
    names = shown.people(session, [v.published_by or v.created_by for v in versions])
    rows = [
        {
            "version": version,
            "status": status_of(version, active_id, now),
            "who": names.get(version.published_by or version.created_by or "", _("系统")),
        }
        for version in versions
    ]
    return render_template(
        "rates/list.html", rows=rows, surges=surges.live(session, now), pasted=pasted, errors=errors or {}
    )


@blueprint.post("")
@allow("operate")
def new() -> AnyResponse:
    """A draft that copies a version, the one in force unless named."""
    id = create_draft(based_on=request.form.get("based_on") or None, now=received_at(), actor_id=actor_id())
    return redirect(url_for("rates.card", id=id))


@blueprint.post("/import")
@allow("operate")
def import_card() -> AnyResponse | tuple[str, int]:
    """A draft of pasted or uploaded JSON, or every fault of it."""
    upload = request.files.get("file")
    text = (
        upload.read(LARGEST_FILE).decode("utf-8-sig", "replace") if upload else request.form.get("json", "")
    )
    try:
        id = create_draft(document=read_document(text), now=received_at(), actor_id=actor_id())
    except Invalid as error:
        return _index(text, shown.said_in_yuan(error.errors)), 422
    except (ValueError, RecursionError):
        return _index(text, {"/": [_("这不是有效的 JSON。")]}), 422
    return redirect(url_for("rates.card", id=id))


@blueprint.get("/<id>.json")
@allow("operate")
def export(id: str) -> Response:
    """The version as the contract writes it, to be imported or priced elsewhere."""
    version = queries.version(db.session(), id)
    active_id = db.session.scalar(sa.select(queries.card_in_force_id(received_at())))
    known = ("name", "timezone", "valid_from", "reply_within_s", "claim_expires_s", "max_paid_replies")
    whole = card_out(version, active_id)
    body = {name: whole[name] for name in (*known, "triage_fee_fen", "base", "bands", "dates", "late")}
    answer = Response(json.dumps(body, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="rate-card-{id}.json"'
    return answer


@blueprint.get("/<id>")
@allow("operate")
def card(id: str) -> str:
    """The editor of a draft, or a published version to read."""
    version = queries.version(db.session(), id)
    return _page(id, of_card(queries.card_of(version)), version.revision)


@blueprint.post("/<id>")
@allow("operate")
def change(id: str) -> AnyResponse | tuple[str, int] | str:
    """The pressed button: rows more or less, a check, or the draft saved and perhaps handed on."""
    form = of_submitted(request.form.items(multi=True))
    revision = request.form.get("revision", type=int) or 0
    does, _sep, place = request.form.get("do", "save").partition(":")
    if does in ("add", "remove"):
        _move_row(form, does, place)
        return _page(id, form, revision, focus=place)
    if does == "holidays":
        filled = holidays.fill(form, request.form, what_if.zone().day_of(received_at()))
        return _page(id, form, revision, filled=filled)
    try:
        return _carry_out(id, does, form, revision)
    except Invalid as error:
        return _page(id, form, revision, errors=shown.said_in_yuan(error.errors)), 422
    except Refused as error:
        if error.slug != "overtaken":
            raise
        newest = queries.version(db.session(), id)
        return _page(id, form, newest.revision, overtaken=error), 409


def _carry_out(id: str, does: str, form: CardForm, revision: int) -> AnyResponse | str:
    """The draft is checked, or saved and then published, submitted or tried out."""
    document = document_of(form, business_zone(queries.business_zone_name()))
    if does == "check":
        sound_card(document)
        return _page(id, form, revision, checked=True)
    given: dict[str, Any] = {"id": id, "document": document, "revision": revision}
    who_and_when: dict[str, Any] = {"now": received_at(), "actor_id": actor_id()}
    given |= who_and_when
    if does == "publish":
        save_and_publish(why=request.form.get("why", ""), **given)
        flash(_("已发布，到时自动生效。"))
    elif does == "submit":
        save_and_submit(why=request.form.get("why", ""), **given)
        flash(_("已提交，等另一位运营复核。"))
    else:
        edit_draft(**given)
        flash(_("已保存。") if does != "what-if" else what_if.ask_about_last_week(id, **who_and_when))
    return redirect(url_for("rates.card", id=id))


def _move_row(form: CardForm, does: str, place: str) -> None:
    table, *numbers = place.split(":")
    indexes = [int(number) for number in numbers if re.fullmatch("[0-9]{1,4}", number)]
    if does == "add":
        form.add(table, *indexes[:1])
    elif indexes:
        form.remove(table, *indexes[:2])


@blueprint.post("/<id>/editing")
@allow("operate")
def editing(id: str) -> str:
    """The open editor says that it is open, and hears who else has it open and whether it was saved since."""
    session, now = db.session(), received_at()
    note_editing(id=id, actor_id=actor_id(), now=now)
    found = queries.version(session, id)
    read = request.form.get("read", type=int)
    return render_template(
        "rates/_editors.html",
        editors=queries.editors(session, id, but=actor_id(), now=now) if found.state == "draft" else [],
        newer=found if read is not None and found.revision > read else None,
        saver=shown.people(session, [found.changed_by]).get(found.changed_by or ""),
    )


@blueprint.post("/<id>/discard")
@allow("operate")
def discard(id: str) -> AnyResponse:
    """A draft is thrown away."""
    discard_draft(id=id, now=received_at(), actor_id=actor_id())
    flash(_("草稿已丢弃。"))
    return redirect(url_for("rates.index"))


def _page(id: str, form: CardForm, revision: int, **state: Any) -> str:
    session, now = db.session(), received_at()
    version = queries.version(session, id)
    active_id = session.scalar(sa.select(queries.card_in_force_id(now)))
    status = status_of(version, active_id, now)
    stored = queries.card_of(version)
    value = _readable(form) or stored
    before_id, before = (None, None) if status in ("active", "past") else _replaced(version, value, now)
    run = what_if.latest(session, version)
    maker, writers = queries.maker_of(version), queries.writers_of(session, id)
    alone = not queries.others_may_review(session, actor_id())
    one_person = alone if status == "draft" else version.published_by in writers
    may_come = status in ("draft", "submitted") and value.valid_from > now
    notice = notice_of(session, value, now) if may_come else None
    return render_template(
        "rates/card.html",
        version=version,
        status=status,
        form=form,
        revision=revision,
        card=value,
        before=before,
        before_holds=before_id == active_id,
        editable=status == "draft",
        errors=shown.named(state.pop("errors", {}), notice),
        changes=differences(before, value) if before else [],
        theirs=differences(stored, value) if state.get("overtaken") else [],
        moves=shown.price_moves(value, before),
        log=shown.history(session, id),
        tiers=("*", *TIERS),
        steps=shown.steps(version, status, alone=one_person),
        notice=notice,
        why=request.form.get("why") or version.why or "",
        mine=maker == actor_id(),
        wrote=actor_id() in writers,
        all_wrote=status == "submitted" and not queries.others_may_review(session, *writers),
        alone=alone,
        names=shown.people(session, [maker, version.created_by, version.published_by]),
        maker=maker,
        run=run,
        found=what_if.found(session, run) if run and run.state == "done" else None,
        editors=queries.editors(session, id, but=actor_id(), now=now) if status == "draft" else [],
        years=holidays.years(what_if.zone().day_of(now)) if status == "draft" else [],
        **state,
    )


def _replaced(version: RateCardVersion, value: RateCard, now: dt.datetime) -> tuple[str, RateCard]:
    """The card that this one replaces when it starts, or the one in force if it is to start in the past."""
    at = value.valid_from
    if version.state == "published":  # it is in force itself at its instant
        at -= dt.timedelta(microseconds=1)
    return queries.card_in_force(db.session(), max(at, now))


def _readable(form: CardForm) -> RateCard | None:
    """The card that stands in the form, if it is sound; for the picture and the comparison."""
    try:
        return sound_card(document_of(form, business_zone(queries.business_zone_name())))
    except Invalid:
        return None
