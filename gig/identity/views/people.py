"""The admin's pages: people, roles, tokens, channels, the log."""

from __future__ import annotations

import secrets

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.identity import queries
from gig.identity.access import CAPABILITIES, actor_id, allow
from gig.identity.operations import keys, people, sessions
from gig.identity.values import ROLE_NAMES, ROLES
from gig.web.filters import say
from gig.web.telling import Answer, done, said

pages = Blueprint("people", __name__, template_folder="../templates", url_prefix="/console")
PAGE = 50
LARGEST = 2**63


@pages.get("/people")
@allow("administer")
def list_people() -> str:
    return _people({}, {})


@pages.post("/people")
@allow("administer")
def create() -> Answer:
    """The person exists; their first password is shown once."""
    password = secrets.token_urlsafe(9)
    try:
        id = people.create_person(
            phone=request.form.get("phone", ""),
            name=request.form.get("name", ""),
            roles=request.form.getlist("roles"),
            password=password,
            now=received_at(),
            actor_id=actor_id(),
        )
    except Invalid as error:
        return _people(said(error), request.form.to_dict()), 422
    except Refused as error:
        return _people(
            {"phone" if error.slug == "phone-taken" else "roles": [say(error)]}, request.form.to_dict()
        ), 409
    return _person(id, secret={"title": _("首次登录密码"), "value": password})


@pages.get("/people/<id>")
@allow("administer")
def show(id: str) -> str:
    return _person(id)


@pages.post("/people/<id>/roles")
@allow("administer")
def change_role(id: str) -> Answer:
    """The person has, or has not, the role."""
    change = people.grant_role if request.form.get("do") == "grant" else people.revoke_role
    return done(
        f"/console/people/{id}",
        lambda: change(
            person_id=id,
            role=request.form.get("role", ""),
            reason=request.form.get("reason", "")[:200],
            now=received_at(),
            actor_id=actor_id(),
        ),
        _("角色已更新。"),
    )


@pages.post("/people/<id>/disabling")
@allow("administer")
def disable(id: str) -> Answer:
    """The person is shut out, or let in again."""
    change = people.disable_person if request.form.get("do") == "disable" else people.enable_person
    return done(
        f"/console/people/{id}",
        lambda: change(
            person_id=id,
            reason=request.form.get("reason", "")[:200],
            now=received_at(),
            actor_id=actor_id(),
        ),
        _("账号状态已更新。"),
    )


@pages.post("/people/<id>/password")
@allow("administer")
def set_password(id: str) -> str:
    """A new password, shown once."""
    password = secrets.token_urlsafe(9)
    people.set_password(person_id=id, password=password, now=received_at(), actor_id=actor_id())
    return _person(id, secret={"title": _("新密码"), "value": password})


@pages.post("/people/<id>/sessions/end")
@allow("administer")
def end_sessions(id: str) -> Answer:
    """The person is logged out everywhere."""
    return done(
        f"/console/people/{id}",
        lambda: sessions.revoke_sessions(person_id=id, now=received_at(), actor_id=actor_id()),
        _("已让这个人在所有设备上退出。"),
    )


@pages.post("/people/<id>/tokens")
@allow("administer")
def issue_token(id: str) -> str:
    """A new token, shown once."""
    issued = keys.issue_token(
        person_id=id, scopes=request.form.getlist("scopes"), now=received_at(), actor_id=actor_id()
    )
    return _person(id, secret={"title": _("API 令牌"), "value": issued.secret})


@pages.post("/people/<id>/tokens/<token_id>/revoke")
@allow("administer")
def revoke_token(id: str, token_id: str) -> Answer:
    return done(
        f"/console/people/{id}",
        lambda: keys.revoke_token(token_id=token_id, now=received_at(), actor_id=actor_id()),
        _("令牌已作废。"),
    )


@pages.get("/channels")
@allow("administer")
def list_channels() -> str:
    return _channels({})


@pages.post("/channels")
@allow("administer")
def create_channel() -> Answer:
    """A channel and its key, shown once."""
    try:
        issued = keys.create_channel(
            name=request.form.get("name", ""), now=received_at(), actor_id=actor_id()
        )
    except Invalid as error:
        return _channels(said(error)), 422
    except Refused as error:
        return _channels({"name": [say(error)]}), 409
    return _channels({}, secret={"title": _("渠道密钥"), "value": issued.secret})


@pages.post("/channels/<id>/key")
@allow("administer")
def rotate_key(id: str) -> Answer:
    """A new key, shown once; the old one opens nothing."""
    issued = keys.rotate_channel_key(channel_id=id, now=received_at(), actor_id=actor_id())
    return _channels({}, secret={"title": _("新的渠道密钥"), "value": issued.secret})


@pages.post("/channels/<id>/closing")
@allow("administer")
def close_channel(id: str) -> Answer:
    return done(
        "/console/channels",
        lambda: keys.revoke_channel(channel_id=id, now=received_at(), actor_id=actor_id()),
        _("渠道已关闭。"),
    )


@pages.get("/audit")
@allow("administer")
def log() -> str:
    """Who did what, when and why."""
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before < LARGEST:
        before = None
    object_id = request.args.get("object", "")[:60] or None
    rows = queries.log(db.session(), object_id=object_id, before=before, limit=PAGE + 1)
    older = rows[PAGE - 1].entry.id if len(rows) > PAGE else None
    return render_template("identity/audit.html", rows=rows[:PAGE], older=older, object_id=object_id)


def _people(errors: dict[str, list[str]], given: dict[str, str]) -> str:
    role = request.args.get("role") if request.args.get("role") in ROLES else None
    rows = queries.people(db.session(), role=role, after=request.args.get("after", ""), limit=PAGE + 1)
    return render_template(
        "identity/people.html",
        rows=rows[:PAGE],
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        role=role,
        roles=_role_names(),
        errors=errors,
        given=given,
    )


def _person(id: str, secret: dict[str, str] | None = None) -> str:
    session = db.session()
    return render_template(
        "identity/person.html",
        who=queries.person(session, id),
        sessions=queries.open_sessions(session, id),
        tokens=queries.tokens(session, id),
        roles=_role_names(),
        scopes=[name for name in CAPABILITIES if name != "inquire"],
        secret=secret,
    )


def _channels(errors: dict[str, list[str]], secret: dict[str, str] | None = None) -> str:
    return render_template(
        "identity/channels.html", rows=queries.channels(db.session()), errors=errors, secret=secret
    )


def _role_names() -> dict[str, str]:
    return {role: _(ROLE_NAMES[role]) for role in ROLES}
