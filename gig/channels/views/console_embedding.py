"""Admins: which sites may show a channel's chat page in a frame, and the snippet to put there."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.channels.operations import doors as operations
from gig.channels.queries import doors
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound
from gig.identity.access import actor_id, allow
from gig.identity.models import Channel
from gig.web.filters import say

pages = Blueprint("embedding", __name__, template_folder="../templates")


@pages.get("/console/channels/<channel_id>/embedding")
@allow("administer")
def show(channel_id: str) -> str:
    return _shown(channel_id, [])


@pages.post("/console/channels/<channel_id>/embedding")
@allow("administer")
def change(channel_id: str) -> Response | tuple[str, int]:
    """These sites may, and no others."""
    try:
        operations.allow_sites(
            channel_id=channel_id,
            sites=request.form.get("sites", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _shown(channel_id, [say(each) for list_ in error.errors.values() for each in list_]), 422
    flash(_("已保存。"))
    return redirect(request.path, code=303)


def _shown(channel_id: str, errors: list[str]) -> str:
    session = db.session()
    channel = session.get(Channel, channel_id)
    if channel is None:
        raise NotFound
    sites = request.form.get("sites") if errors else doors.sites_of(session, channel_id).replace(" ", "\n")
    return render_template(
        "channels/console/embedding.html",
        channel=channel,
        sites=sites,
        errors=errors,
        script=f"{request.host_url}static/js/embed.js",
    )
