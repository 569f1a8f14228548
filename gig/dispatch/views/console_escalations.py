"""升级: which queue takes whose escalations, and the hand-overs that were made."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.core.ids import is_id
from gig.dispatch.operations import escalations as operations
from gig.dispatch.queries import escalations, queues
from gig.dispatch.views import handed
from gig.identity.access import actor_id, allow
from gig.web.filters import say
from gig.web.names import called
from gig.web.telling import Answer, Faults, done, said

pages = Blueprint("escalations", __name__)
HERE = "/console/escalations"


@pages.get(HERE)
@allow("operate")
def show() -> str:
    """The routes with their history, and the newest hand-overs."""
    return _page({})


@pages.post(HERE)
@allow("operate")
def list_route() -> Answer:
    """The one queue takes the other's escalations."""
    try:
        operations.list_route(
            from_queue=request.form.get("from_queue", ""),
            to_queue=request.form.get("to_queue", ""),
            kind=request.form.get("kind", ""),
            reason=request.form.get("reason", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _page(said(error)), 422
    except Refused as error:
        return _page({"to_queue": [say(error)]}), 409
    flash(_("已保存，从下一次升级起生效。"))
    return redirect(HERE, code=303)


@pages.post(f"{HERE}/removal")
@allow("operate")
def unlist_route() -> Answer:
    """The one queue takes none of the other's any more."""
    return done(
        HERE,
        lambda: operations.unlist_route(
            from_queue=request.form.get("from_queue", ""),
            to_queue=request.form.get("to_queue", ""),
            reason=request.form.get("reason", ""),
            actor_id=actor_id(),
            now=received_at(),
        ),
        _("已拿掉，从下一次升级起生效。"),
    )


@pages.get(f"{HERE}/<inquiry_id>")
@allow("operate")
def show_one(inquiry_id: str) -> str:
    """What was handed on with one inquiry, by whom, and what the customer had asked."""
    inquiry, rows = escalations.of_inquiry(db.session(), inquiry_id)
    return render_template(
        "dispatch/console/escalation.html",
        inquiry=inquiry,
        state=handed.STATE_WORDS[inquiry.state],
        tone=handed.STATE_TAGS[inquiry.state],
        handovers=handed.for_ops(db.session(), inquiry, rows),
    )


def _page(errors: Faults) -> str:
    session = db.session()
    after = request.args.get("after", "")
    rows = escalations.recent(session, after=after if is_id(after) else "")
    page = rows[: escalations.PAGE]
    return render_template(
        "dispatch/console/escalations.html",
        routes=escalations.routes(session),
        changes=escalations.route_changes(session),
        kinds=[(kind, _(words)) for kind, words in handed.KIND_WORDS.items()],
        queues=[(slug, called(slug, "queue")) for slug in queues.slugs_in_use(session)],
        rows=[handed.row(each) for each in page],
        more=page[-1].escalation.id if len(rows) > escalations.PAGE else None,
        errors=errors,
        given=request.form if errors else {},
    )
