"""通知: what ops tells agents, to whom, and until when."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gig.core import tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.core.text import N_
from gig.dispatch.notices import operations, queries
from gig.dispatch.notices.values import AN_HOUR, TEXT_MOST
from gig.dispatch.queries.queues import slugs_in_use
from gig.identity.access import actor_id, allow
from gig.web.filters import say
from gig.web.names import called
from gig.web.telling import Answer, Faults, done, said

pages = Blueprint("notices", __name__)
HERE = "/console/notices"
AUDIENCES = {
    "online": N_("在线的"),
    "away": N_("小休的"),
    "queue": N_("有某个队列技能的"),
    "all": N_("所有客服"),
}


@pages.get(HERE)
@allow("operate")
def show() -> str:
    return _page({})


@pages.post(HERE)
@allow("operate")
def send() -> Answer:
    """The words stand on the phones of the audience."""
    form = request.form
    minutes = form.get("minutes", "")
    try:
        operations.broadcast(
            text=form.get("text", ""),
            audience=form.get("audience", ""),
            queue=form.get("queue"),
            minutes=int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 6 else 0,
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _page(said(error)), 422
    except Refused as error:
        return _page({"text": [say(error)]}), 409
    flash(_("已发出。"))
    return redirect(HERE, code=303)


@pages.post(f"{HERE}/<id>/withdrawal")
@allow("operate")
def take_back(id: str) -> Answer:
    """Nobody sees it any more."""
    return done(
        HERE,
        lambda: operations.take_back(id=id, actor_id=actor_id(), now=received_at()),
        _("已收回，手机上不再显示。"),
    )


def _page(errors: Faults) -> str:
    session, now = db.session(), received_at()
    sent = queries.broadcasts(session)
    given: Any = request.form or {
        "audience": request.args.get("audience", "online"),
        "queue": request.args.get("queue", ""),
        "text": request.args.get("text", ""),
        "minutes": "30",
    }
    return render_template(
        "dispatch/console/notices.html",
        sent=sent,
        now=now,
        audiences=[{"value": key, "title": _(words)} for key, words in AUDIENCES.items()],
        audience_words={key: _(words) for key, words in AUDIENCES.items()},
        queues=[(slug, called(slug, "queue")) for slug in slugs_in_use(session)],
        an_hour=tunables.values(session)[AN_HOUR.name],
        most=TEXT_MOST,
        errors=errors,
        given=given,
    )
