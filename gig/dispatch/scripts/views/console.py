"""Ops' pages of the library: find, write, word anew, look at, retire; what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _

from gig.core.businesstime import business_zone
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.dispatch.models import Queue
from gig.dispatch.models_lists import IssueType
from gig.dispatch.scripts.operations import library as operations
from gig.dispatch.scripts.operations.library import Wording
from gig.dispatch.scripts.queries import figures as figure_queries
from gig.dispatch.scripts.queries import library as queries
from gig.dispatch.scripts.queries.figures import Figures
from gig.dispatch.scripts.queries.library import Entry
from gig.dispatch.scripts.rules.fields import FIELDS, pieces
from gig.dispatch.scripts.values import FIGURE_DAYS, QUERY_MOST, STAGES, TEXT_MOST, TITLE_MOST
from gig.identity.access import actor_id, allow
from gig.web.filters import say
from gig.web.names import called
from gig.web.telling import Answer, Faults, done, said

pages = Blueprint("scripts", __name__, template_folder="../templates")
HERE = "/console/scripts"
ANY = "*"
"""In a filter: the scripts that hold for any queue or issue type."""


@pages.get(HERE)
@allow("operate")
def show_scripts() -> str:
    """The library, by what is asked for, with the figures of thirty days."""
    session = db.session()
    given = {name: request.args.get(name, "")[:QUERY_MOST] for name in ("q", "stage", "queue", "show")}
    known = _figures()
    found = [each for each in queries.library(session).values() if _asked_for(each, given)]
    found.sort(key=lambda each: (-each.found(given["q"]), list(STAGES).index(each.stage), each.title))
    rows = [(each, known.get(each.id, Figures())) for each in found]
    return render_template("scripts/scripts.html", rows=rows, given=given, **_frame())


@pages.get(f"{HERE}/new")
@allow("operate")
def new_script() -> str:
    return _form(None, {}, request.args)


@pages.post(HERE)
@allow("operate")
def create_script() -> Answer:
    """The script is in the library; or, asked for a preview, how it would look."""
    if request.form.get("do") == "preview":
        return _form(None, {}, request.form, preview=True)
    try:
        id = operations.create_script(wording=_wording(), actor_id=actor_id(), now=received_at())
    except Invalid as error:
        return _form(None, said(error), request.form), 422
    flash(_("话术已建好，客服马上就能找到。"))
    return redirect(f"{HERE}/{id}", code=303)


@pages.get(f"{HERE}/<script_id>")
@allow("operate")
def show_script(script_id: str) -> str:
    entry = queries.entry(db.session(), script_id)
    return _form(entry, {}, _of(entry))


@pages.post(f"{HERE}/<script_id>")
@allow("operate")
def edit_script(script_id: str) -> Answer:
    """The words are the next version; or, asked for a preview, how they would look."""
    entry = queries.entry(db.session(), script_id)
    if request.form.get("do") == "preview":
        return _form(entry, {}, request.form, preview=True)
    seen = request.form.get("seen", "")
    try:
        number = operations.edit_script(
            script_id=script_id,
            wording=_wording(),
            seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0,
            reason=request.form.get("reason", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _form(entry, said(error), request.form), 422
    except Refused as error:
        return _form(entry, {"title": [say(error)]}, request.form), 409
    flash(_("和现在的一样，没有新版本。") if number == entry.number else _("第 %(n)s 版已生效。", n=number))
    return redirect(f"{HERE}/{script_id}", code=303)


@pages.post(f"{HERE}/<script_id>/retirement")
@allow("operate")
def retire_script(script_id: str) -> Answer:
    """Nobody finds it any more, or everybody does again."""
    restoring = request.form.get("do") == "restore"
    change = operations.restore_script if restoring else operations.retire_script
    reason = request.form.get("reason", "")
    return done(
        f"{HERE}/{script_id}",
        lambda: change(script_id=script_id, actor_id=actor_id(), reason=reason, now=received_at()),
        _("已恢复，客服又能找到。") if restoring else _("已停用，客服不再看到它。发过的消息不变。"),
    )


def _asked_for(each: Entry, given: Mapping[str, str]) -> bool:
    queue = None if given["queue"] == ANY else given["queue"]
    return (
        each.retired == (given["show"] == "retired")
        and (not given["stage"] or each.stage == given["stage"])
        and (not given["queue"] or each.queue == queue)
        and bool(each.found(given["q"]))
    )


def _wording() -> Wording:
    names = ("title", "text", "stage", "queue", "issue_type")
    return Wording(**{name: request.form.get(name, "") for name in names})


def _of(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "text": entry.text,
        "stage": entry.stage,
        "queue": entry.queue or "",
        "issue_type": entry.issue_type or "",
    }


def _form(entry: Entry | None, errors: Faults, given: Mapping[str, Any], *, preview: bool = False) -> str:
    """One script with its form; a preview is filled with what a conversation might know."""
    history = queries.history(db.session(), entry.id) if entry else []
    text = str(given.get("text", ""))
    return render_template(
        "scripts/script.html",
        entry=entry,
        errors=errors,
        given=given,
        preview=pieces(text, sample_values()) if preview or entry else [],
        bare=pieces(text, {}) if preview or entry else [],
        history=history,
        figures=_figures().get(entry.id, Figures()) if entry else None,
        seen=given.get("seen") or (entry.number if entry else 0),
        bounds={"title": TITLE_MOST, "text": TEXT_MOST},
        **_frame(),
    )


def sample_values() -> dict[str, str]:
    return {
        "customer": "王女士",
        "order": "2026 1118 0042",
        "kind": "外卖",
        "shop": "老街面馆",
        "amount": "¥46.80",
        "agent": "小林",
    }


def _figures() -> Mapping[str, Figures]:
    zone = business_zone(current_app.config["GIG_TIMEZONE"])
    return figure_queries.figures(db.session(), zone, received_at())


def _frame() -> dict[str, Any]:
    queues = db.session.scalars(sa.select(Queue.slug).where(Queue.retired_at.is_(None)).order_by(Queue.slug))
    kinds = db.session.scalars(sa.select(IssueType.slug).order_by(IssueType.slug))
    return {
        "stages": {slug: _(name) for slug, name in STAGES.items()},
        "queues": [(slug, called(slug, "queue")) for slug in queues],
        "issue_types": [(slug, called(slug, "issue_type")) for slug in kinds],
        "fields": {f"{{{name}}}": _(label) for name, label in FIELDS.items()},
        "days": FIGURE_DAYS,
        "any": ANY,
    }
