"""Finance: the payout templates, one with its versions, and its editor, which previews before it saves."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.money import yuan
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.payouts.disbursement.operations.templates import (
    approve_template,
    retire_template,
    sound,
    turn_down_template,
    write_template,
)
from gig.payouts.disbursement.rules.changes import FIELD_WORDS, METHOD_WORDS, changes
from gig.payouts.disbursement.rules.layout import ENCODINGS, FIELDS, KINDS, METHODS, Layout, Row
from gig.payouts.disbursement.rules.rows import FAULTS, checker
from gig.payouts.disbursement.sheets import templates
from gig.payouts.disbursement.sheets.writing import Context, cells_of
from gig.payouts.disbursement.views.forms import document_of, of_layout
from gig.payouts.disbursement.views.words import place_words
from gig.payouts.settlement.shown import names
from gig.web.filters import say
from gig.web.telling import tell

pages = Blueprint("sheets", __name__, template_folder="../templates", url_prefix="/console/sheets")

STATE_WORDS = {
    "waiting": N_("等审批"),
    "approved": N_("已审批"),
    "refused": N_("已退回"),
    "replaced": N_("没有审批，被后一版代替"),
}

SAMPLES = (
    Row("bank", "6222021234567890128", "林可", "中国工商银行", 123450, "PB20261123-0001-000001"),
    Row("alipay", "13812348000", "何静", "", 8000, "PB20261123-0001-000002"),
    Row("wechat", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "苏晴", "", 9900, "PB20261123-0001-000004"),
    Row("bank", "6214830000000017", "䶮小明", "招商银行", 66666, "PB20261123-0001-000003"),
)
"""Invented rows for the preview; the last has a name that GBK cannot write."""


@pages.get("")
@allow("settle")
def index() -> str:
    """Each template as it is used or waits to be; what was turned down only if nothing else is there."""
    session = db.session()
    approved = {each.slug: each for each in templates.all_newest(session, approved=True)}
    newest = templates.all_newest(session)
    found = [approved.get(each.slug, each) if each.state == "refused" else each for each in newest]
    return render_template(
        "disbursement/templates.html",
        rows=found,
        retired={slug for slug, each in approved.items() if each.retired},
        states=STATE_WORDS,
        methods=METHOD_WORDS,
        names=names(session, *(each.made_by for each in found)),
    )


@pages.get("/<slug>")
@allow("settle")
def show(slug: str) -> str:
    """The newest version in the editor, its preview, and the versions before it."""
    template = templates.newest(db.session(), slug)
    if template is None:
        raise NotFound()
    # what was turned down is gone; the next version starts from what is approved
    shown = template if template.state == "waiting" else templates.in_force(db.session(), slug) or template
    return _page(slug, of_layout(shown.layout), template.version, {})


@pages.get("/new")
@allow("settle")
def new() -> str:
    """An editor for a new template that begins as the house's own."""
    source = templates.in_force(db.session(), request.args.get("from", "generic")[:40])
    if source is None:
        raise NotFound()
    return _page("", of_layout(source.layout), 0, {})


@pages.post("/write")
@allow("settle")
def write() -> Response | str | tuple[str, int]:
    """The pressed button: the form previewed, or saved as a new version."""
    form = request.form
    slug, based_on = form.get("slug", "").strip(), form.get("based_on", 0, type=int)
    document = document_of(form)
    text = json.dumps(document, ensure_ascii=False)
    try:
        if form.get("do") == "preview":
            sound(text, slug=slug or "new")
            return _page(slug if based_on else "", document, based_on, {}, asked=slug)
        write_template(
            slug=slug,
            text=text,
            reason=form.get("reason", ""),
            based_on=based_on,
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        errors = {field: [say(each) for each in sentences] for field, sentences in error.errors.items()}
        return _page(slug if based_on else "", document, based_on, errors, asked=slug), 422
    except Refused as error:
        return _page(slug if based_on else "", document, based_on, {"slug": [say(error)]}, asked=slug), 409
    flash(_("已存为新版本，等另一位财务审批后才用于制单。已经制单的批次不变。"))
    return redirect(url_for("sheets.show", slug=slug), code=303)


@pages.post("/<slug>/<int:version>/decision")
@allow("settle")
def decide(slug: str, version: int) -> Response:
    """The version is approved, or turned down with a reason."""
    form = request.form
    given: dict[str, Any] = {"slug": slug, "version": version}

    def work() -> None:
        if form.get("do") == "refuse":
            turn_down_template(**given, reason=form.get("reason", ""), actor_id=actor_id(), now=received_at())
            flash(_("已退回，这一版不会用于制单。"))
        else:
            approve_template(**given, actor_id=actor_id(), now=received_at())
            now_so = templates.in_force(db.session(), slug)
            retired = now_so is not None and now_so.retired
            flash(_("已停用，不再用于制单。") if retired else _("已审批，从下一次制单起用这一版。"))

    return tell(work, url_for("sheets.show", slug=slug))


@pages.post("/<slug>/retirement")
@allow("settle")
def retire(slug: str) -> Response:
    """It waits for another person that the template is out of use, or in use again."""
    retired = request.form.get("do") != "restore"
    reason = request.form.get("reason", "")

    def work() -> None:
        given: dict[str, Any] = {"slug": slug, "retired": retired, "reason": reason}
        if not retire_template(**given, actor_id=actor_id(), now=received_at()):
            flash(_("已经是这样，没有改动。"))
        elif retired:
            flash(_("已提出停用，等另一位财务同意；在那之前照常用于制单。"))
        else:
            flash(_("已提出恢复使用，等另一位财务同意。"))

    return tell(work, url_for("sheets.show", slug=slug))


def _page(
    slug: str, form: dict[str, Any], based_on: int, errors: dict[str, list[str]], asked: str = ""
) -> str:
    session = db.session()
    versions = templates.versions(session, slug) if slug else []
    newest = versions[0] if versions else None
    approved = next((each for each in versions if each.state == "approved"), None)
    waiting = newest if newest and newest.state == "waiting" else None
    try:
        layout = sound(json.dumps(form), slug="new")
    except Invalid:
        layout = None
    return render_template(
        "disbursement/template.html",
        slug=slug,
        asked=asked,
        form=form,
        based_on=based_on,
        errors=errors,
        place_words=place_words,
        preview=_preview(layout) if layout else None,
        versions=versions,
        newest=newest,
        approved=approved,
        waiting=waiting,
        changes=changes(approved.layout, waiting.layout) if waiting and approved else [],
        mine=waiting is not None and actor_id() in templates.writers(session, waiting),
        states=STATE_WORDS,
        fields=[(name, _(FIELD_WORDS[name])) for name in FIELDS],
        methods=[(name, _(METHOD_WORDS[name])) for name in METHODS],
        kinds=KINDS,
        encodings=[(each, each.upper()) for each in ENCODINGS],
        reason=request.form.get("reason", ""),
        names=names(session, *(id for each in versions for id in (each.made_by, each.decided_by))),
    )


def _preview(layout: Layout) -> dict[str, Any]:
    """The head of a file as the bank would get it, with invented people, and what cannot be written."""
    rows = [row for row in SAMPLES if row.method in layout.methods]
    total = sum(row.fen for row in rows)
    context = Context("PB20261123-0001", "PB20261123-0001", "20261123", len(rows), yuan(total))
    cells, faults = cells_of(layout, context), checker(layout)
    titles = [[context.fill(cell) for cell in row] for row in layout.title_rows]
    return {
        "titles": titles,
        "header": [each.title for each in layout.columns] if layout.header else [],
        "rows": [
            {"cells": cells(place, row), "faults": [_(FAULTS[fault]) for fault in faults(row)]}
            for place, row in enumerate(rows, start=1)
        ],
        "start": layout.start_row,
    }
