"""Agents: who they are here, what they may serve, whether they may work."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gig.core.audit import AuditEntry
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.core.text import N_
from gig.dispatch.operations.releases import part_with, suspend
from gig.dispatch.queries import agents, queues
from gig.identity.access import actor_id, allow
from gig.identity.operations import standing
from gig.identity.values import STAGES, WORKING
from gig.web.names import called
from gig.web.telling import Answer, Faults, done

pages = Blueprint("agents", __name__)
HERE = "/console/agents"
REASON_MOST = 200

STAGE_NAMES = {
    "applicant": N_("申请中"),
    "probation": N_("试用"),
    "active": N_("正式"),
    "suspended": N_("已暂停"),
    "left": N_("已离开"),
}
PRESENCE_NAMES = {"online": N_("在线"), "away": N_("小休"), "offline": N_("离线")}
ACTIONS = {
    "agent.admit": N_("通过实名，开始试用"),
    "agent.activate": N_("转为正式"),
    "agent.suspend": N_("暂停接单"),
    "agent.claims_returned": N_("手上的咨询退回大厅"),
    "agent.reinstate": N_("恢复接单"),
    "agent.leave": N_("结束合作"),
    "agent.grant-skill": N_("开通队列"),
    "agent.revoke-skill": N_("收回队列"),
    "agent.grant-senior": N_("设为资深"),
    "agent.revoke-senior": N_("收回资深"),
}


@pages.get(HERE)
@allow("operate")
def show_agents() -> str:
    """Everyone, or those of a stage, with or without a queue's skill, or those whom the words find."""
    session, asked = db.session(), request.args
    words, after = asked.get("q", "")[:60], asked.get("after", "")
    stage = asked.get("stage") if asked.get("stage") in STAGES else None
    skill, lacks = (
        asked[name] if asked.get(name) in queues.slugs_in_use(session) else None
        for name in ("skill", "lacks")
    )
    rows = agents.agent_rows(
        session, words=words, stage=stage, skill=skill, lacks=lacks, after=after if is_id(after) else ""
    )
    return render_template(
        "dispatch/console/agents.html",
        rows=rows[: agents.PAGE],
        older=rows[agents.PAGE - 1].agent.id if len(rows) > agents.PAGE else None,
        words=words,
        stage=stage,
        skill=skill,
        lacks=lacks,
        **_words(),
    )


@pages.get(f"{HERE}/<id>")
@allow("operate")
def show_agent(id: str) -> str:
    return _agent(id, {})


@pages.post(f"{HERE}/<id>/skills")
@allow("operate")
def change_skill(id: str) -> Answer:
    """The agent may, or may no longer, serve the queue."""
    slug, session = request.form.get("queue", ""), db.session()
    agents.agent_page(session, id)
    if request.form.get("do") == "revoke":
        slug, reason = request.form.get("revoked", ""), request.form.get("why", "").strip()
        if not reason or len(reason) > REASON_MOST:
            return _agent(id, {"why": [_("写明原因，最多 200 个字，会原样告诉对方。")]}), 422
        standing.revoke_skill(agent_id=id, queue=slug, reason=reason, actor_id=actor_id(), now=received_at())
        flash(_("已收回「%(queue)s」，手上的咨询可以做完。", queue=called(slug, "queue")))
    elif slug in queues.slugs_in_use(session):
        standing.grant_skill(agent_id=id, queue=slug, actor_id=actor_id(), now=received_at())
        flash(_("已开通「%(queue)s」。", queue=called(slug, "queue")))
    else:
        raise NotFound
    return redirect(f"{HERE}/{id}", code=303)


@pages.post(f"{HERE}/<id>/senior")
@allow("operate")
def change_senior(id: str) -> Answer:
    """The agent may, or may no longer, take the queue's emergencies."""
    slug, revoking = request.form.get("queue", ""), request.form.get("senior") == "revoke"
    change = standing.revoke_senior if revoking else standing.grant_senior
    change(agent_id=_known(id), queue=slug, actor_id=actor_id(), now=received_at())
    flash(_("已收回资深，手上的可以做完。") if revoking else _("已设为资深，能接这个队列的紧急咨询。"))
    return redirect(f"{HERE}/{id}", code=303)


@pages.post(f"{HERE}/<id>/suspension")
@allow("operate")
def suspend_agent(id: str) -> Answer:
    """The agent may not work; what they held is back in the feed."""
    reason = request.form.get("reason", "").strip()
    if not reason or len(reason) > REASON_MOST:
        return _agent(id, {"reason": [_("写明原因，最多 200 个字，会原样告诉对方。")]}), 422
    return done(
        f"{HERE}/{id}",
        lambda: suspend(agent_id=_known(id), actor_id=actor_id(), reason=reason, now=received_at()),
        _("已暂停。没做完的咨询退回大厅。"),
    )


@pages.post(f"{HERE}/<id>/leaving")
@allow("operate")
def end_agent(id: str) -> Answer:
    """The agent has left; what they held is back in the feed."""
    reason = request.form.get("leaving_reason", "").strip()
    faults: Faults = {}
    if not reason or len(reason) > REASON_MOST:
        faults["leaving_reason"] = [_("写明原因，最多 200 个字，会原样告诉对方。")]
    if request.form.get("sure") != "1":
        faults["sure"] = [_("先勾选确认。")]
    if faults:
        return _agent(id, faults), 422
    return done(
        f"{HERE}/{id}",
        lambda: part_with(agent_id=_known(id), actor_id=actor_id(), reason=reason, now=received_at()),
        _("已结束合作。没做完的咨询退回大厅，欠的钱下次结算时全部付清。"),
    )


@pages.post(f"{HERE}/<id>/reinstatement")
@allow("operate")
def reinstate_agent(id: str) -> Answer:
    """The agent may work again, on probation or as before."""
    reason = request.form.get("reason", "").strip()
    stage = next((each for each in WORKING if each == request.form.get("stage")), None)
    faults: Faults = {}
    if not reason or len(reason) > REASON_MOST:
        faults["reason"] = [_("写明原因，最多 200 个字。")]
    if stage is None:
        faults["stage"] = [_("选恢复成试用还是正式。")]
    if faults or stage is None:
        return _agent(id, faults), 422
    return done(
        f"{HERE}/{id}",
        lambda: standing.reinstate_agent(
            agent_id=_known(id), reason=reason, stage=stage, actor_id=actor_id(), now=received_at()
        ),
        _("已恢复，对方上线后就能接单。"),
    )


def _known(id: str) -> str:
    return agents.agent_page(db.session(), id).row.agent.id


def _agent(id: str, errors: Faults) -> str:
    session = db.session()
    page = agents.agent_page(session, id)
    grantable = [slug for slug in queues.slugs_in_use(session) if slug not in page.row.skills]
    return render_template(
        "dispatch/console/agent.html",
        page=page,
        who=page.row,
        held=[(skill.queue, called(skill.queue, "queue")) for skill in page.skills],
        grantable=[(slug, called(slug, "queue")) for slug in grantable],
        stages=[(each, _(STAGE_NAMES[each])) for each in WORKING],
        errors=errors,
        given=request.form,
        note_of=_note_of,
        **_words(),
    )


def _note_of(entry: AuditEntry) -> str:
    """What the line of the log was about: the queue, or how many inquiries went back."""
    detail = json.loads(entry.detail)
    if "queue" in detail:
        return str(called(detail["queue"], "queue"))
    return _("%(n)s 条", n=detail["returned"]) if "returned" in detail else ""


def _words() -> dict[str, Any]:
    return {
        "stage_names": {key: _(name) for key, name in STAGE_NAMES.items()},
        "presence_names": {key: _(name) for key, name in PRESENCE_NAMES.items()},
        "actions": {key: _(name) for key, name in ACTIONS.items()},
    }
