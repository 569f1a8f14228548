"""What identity plugs into the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import gettext as _

from gig import scheduler
from gig.api.idempotency import purge_keys
from gig.core.limits import Limits
from gig.core.text import N_
from gig.identity import limits, login, menu, passwords, tickets
from gig.identity.access import find_principal
from gig.identity.menu import Entry
from gig.identity.operations.sessions import end_old_sessions, purge_attempts
from gig.identity.values import ROLE_NAMES
from gig.identity.views import account, doors, people
from gig.web import shell


def plug_into(app: Flask) -> None:
    """People log in and out, programs carry keys, admins see to both; the frame knows who is there."""
    passwords.use(app.config["GIG"].argon2_cost)
    app.extensions[limits.KEY] = Limits(app.config["GIG"].redis_url)
    login.init_app(app)
    for blueprint in (doors.pages, account.pages, people.pages):
        app.register_blueprint(blueprint)
    menu.offer(
        app,
        Entry("administer", N_("人员与角色"), "/console/people", "users", "administer"),
        Entry("administer", N_("渠道"), "/console/channels", "key", "administer"),
        Entry("administer", N_("操作记录"), "/console/audit", "history", "administer"),
    )
    shell.provide(app, "nav", menu.nav)
    shell.provide(app, "person", _person)
    shell.provide(app, "live_ticket", tickets.live_ticket)
    scheduler.register(
        app,
        scheduler.Job("api.purge_keys", every_s=3600, run=purge_keys, words=N_("清掉用过的幂等键")),
        scheduler.Job(
            "identity.purge_attempts", every_s=3600, run=purge_attempts, words=N_("清掉旧的登录失败记录")
        ),
        scheduler.Job(
            "identity.end_old_sessions", every_s=3600, run=end_old_sessions, words=N_("让过期的登录失效")
        ),
    )


def _person() -> dict[str, str] | None:
    found = find_principal()
    if found is None:
        return None
    role = "、".join(_(ROLE_NAMES[role]) for role in sorted(found.roles))
    return {"name": found.name, "role": role, "logout_url": "/logout"}
