"""The agent's API: what could be said in this conversation."""

from __future__ import annotations

from typing import Any

from gig.api import Schema, api_blueprint
from gig.api.fields import Choice, Text
from gig.core.db import db
from gig.core.errors import NotFound
from gig.dispatch.queries.threads import thread
from gig.dispatch.scripts.queries.offering import FAVOURITES, Offered
from gig.dispatch.scripts.values import QUERY_MOST, STAGES
from gig.dispatch.scripts.views.sheet import offers
from gig.identity.access import actor_id, allow

blueprint = api_blueprint("scripts", description="What agents may say")
MOST = 20


class ScriptsQuery(Schema):
    q = Text(most=QUERY_MOST, load_default="")
    stage = Choice((*STAGES, FAVOURITES), load_default="")


@blueprint.get("/inquiries/<inquiry_id>/scripts")
@allow("work")
@blueprint.arguments(ScriptsQuery, location="query")
@blueprint.answers(200)
@blueprint.refuses(404)
def get_scripts(query: dict[str, Any], inquiry_id: str) -> dict[str, Any]:
    """The scripts for this conversation, the best first, filled in; at most twenty."""
    found = thread(db.session(), inquiry_id, actor_id())
    if not found.owned or found.inquiry.state != "claimed":
        raise NotFound
    return {"items": [script_out(each) for each in offers(found, query["q"], query["stage"])[:MOST]]}


def script_out(offered: Offered) -> dict[str, Any]:
    entry = offered.entry
    return {
        "id": entry.id,
        "version": entry.number,
        "title": entry.title,
        "stage": entry.stage,
        "queue": entry.queue,
        "issue_type": entry.issue_type,
        "text": offered.text,
        "blanks": offered.blanks,
        "favourite": offered.favourite,
    }
