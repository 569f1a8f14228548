"""Queues and the names of issue types."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.dispatch.operations import queues as operations
from gig.dispatch.queries import queues
from gig.identity.access import actor_id, allow
from gig.web.filters import say
from gig.web.telling import Answer, Faults, done, said

pages = Blueprint("queues", __name__)
HERE = "/console/queues"
ISSUE_TYPES = "/console/issue-types"


@pages.get(HERE)
@allow("operate")
def show_queues() -> str:
    return _queues({})


@pages.post(HERE)
@allow("operate")
def create_queue() -> Answer:
    """The queue takes inquiries."""
    try:
        operations.create_queue(
            slug=request.form.get("slug", ""),
            name=request.form.get("name", ""),
            name_en=request.form.get("name_en", ""),
            easy="easy" in request.form,
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _queues(said(error)), 422
    except Refused as error:
        return _queues({"slug": [say(error)]}), 409
    flash(_("队列已建好，现在可以接入咨询，也可以给客服开通。"))
    return redirect(HERE, code=303)


@pages.get(f"{HERE}/<slug>")
@allow("operate")
def show_queue(slug: str) -> str:
    return _queue(slug, {})


@pages.post(f"{HERE}/<slug>")
@allow("operate")
def edit_queue(slug: str) -> Answer:
    """The queue has these names."""
    try:
        operations.edit_queue(
            slug=slug,
            name=request.form.get("name", ""),
            name_en=request.form.get("name_en", ""),
            easy="easy" in request.form,
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _queue(slug, said(error)), 422
    flash(_("已保存。"))
    return redirect(f"{HERE}/{slug}", code=303)


@pages.post(f"{HERE}/<slug>/retirement")
@allow("operate")
def retire_queue(slug: str) -> Answer:
    """The queue takes no new inquiry, or takes them again."""
    restoring = request.form.get("do") == "restore"
    change = operations.restore_queue if restoring else operations.retire_queue
    return done(
        f"{HERE}/{slug}",
        lambda: change(
            slug=slug,
            reason=request.form.get("reason", "")[:200],
            actor_id=actor_id(),
            now=received_at(),
        ),
        _("队列重新启用，新咨询可以进来。")
        if restoring
        else _("队列已停用，不再接新咨询；已有的照常处理完。"),
    )


@pages.get(ISSUE_TYPES)
@allow("operate")
def show_issue_types() -> str:
    return _issue_types({})


@pages.post(ISSUE_TYPES)
@allow("operate")
def create_issue_type() -> Answer:
    """The slug has names."""
    try:
        operations.create_issue_type(
            slug=request.form.get("slug", ""),
            name=request.form.get("name", ""),
            name_en=request.form.get("name_en", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _issue_types(said(error)), 422
    except Refused as error:
        return _issue_types({"slug": [say(error)]}), 409
    flash(_("已保存。"))
    return redirect(ISSUE_TYPES, code=303)


@pages.get(f"{ISSUE_TYPES}/<slug>")
@allow("operate")
def show_issue_type(slug: str) -> str:
    return _issue_type(slug, {})


@pages.post(f"{ISSUE_TYPES}/<slug>")
@allow("operate")
def edit_issue_type(slug: str) -> Answer:
    """The issue type has these names."""
    try:
        operations.edit_issue_type(
            slug=slug,
            name=request.form.get("name", ""),
            name_en=request.form.get("name_en", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _issue_type(slug, said(error)), 422
    flash(_("已保存。"))
    return redirect(ISSUE_TYPES, code=303)


def _queues(errors: Faults) -> str:
    return render_template(
        "dispatch/console/queues.html",
        rows=queues.queue_rows(db.session()),
        errors=errors,
        given=request.form,
    )


def _queue(slug: str, errors: Faults) -> str:
    session = db.session()
    return render_template(
        "dispatch/console/queue.html",
        queue=queues.queue(session, slug),
        history=queues.history(session, "queue", slug),
        errors=errors,
        given=request.form,
    )


def _issue_types(errors: Faults) -> str:
    return render_template(
        "dispatch/console/issue_types.html",
        rows=queues.issue_types(db.session()),
        errors=errors,
        given=request.form,
    )


def _issue_type(slug: str, errors: Faults) -> str:
    session = db.session()
    return render_template(
        "dispatch/console/issue_type.html",
        kind=queues.issue_type(session, slug),
        history=queues.history(session, "issue_type", slug),
        errors=errors,
        given=request.form,
    )
