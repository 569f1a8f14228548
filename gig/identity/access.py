"""Who may do what: one table, one decorator.

A capability is one row of the rule book's table. A view names the capability it needs; who asks is found
once per request, in one statement: by bearer token or channel key under /api/, by the session cookie on
pages. A cookie never opens the API.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import g, request

from gig.core.errors import Forbidden, Unauthenticated
from gig.core.text import N_
from gig.identity.values import Stage

View = Callable[..., Any]
Capability = Literal["work", "review", "operate", "settle", "administer", "account", "inquire"]

CAPABILITIES: Mapping[Capability, frozenset[str]] = {
    "work": frozenset({"agent"}),
    "review": frozenset({"reviewer"}),
    "operate": frozenset({"ops"}),
    "settle": frozenset({"finance"}),
    "administer": frozenset({"admin"}),
    "account": frozenset({"agent", "reviewer", "ops", "finance", "admin"}),
    "inquire": frozenset({"channel"}),
}
"""work: claim, reply, own pay and score · review: identity documents, appeals · operate: rate cards, queues,
skills, settings · settle: periods, tax, batches · administer: users, roles, keys, audit log · account: one's
own password and sessions · inquire: a channel's inquiries."""

PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. `session_id` is the login session or the token; `scopes` narrow a token, if any."""

    kind: Literal["person", "channel"]
    id: str
    name: str
    roles: frozenset[str]
    session_id: str
    stage: Stage | None = None
    scopes: frozenset[str] = frozenset()

    def may(self, capability: Capability) -> bool:
        return bool(CAPABILITIES[capability] & self.roles) and (not self.scopes or capability in self.scopes)


def find_principal() -> Principal | None:
    """Who is asking, looked up once per request; None is nobody we know."""
    if "principal" not in g:
        from gig.identity import bearer, login

        g.principal = bearer.principal() if request.path.startswith("/api/") else login.principal()
    found: Principal | None = g.principal
    return found


def principal() -> Principal:
    """Who is asking; Unauthenticated when nobody is."""
    found = find_principal()
    if found is None:
        raise Unauthenticated
    return found


def actor_id() -> str:
    """The id to pass to operations."""
    return principal().id


def may(capability: Capability) -> bool:
    """Whether who is asking has the capability; for templates and menus."""
    found = find_principal()
    return found is not None and found.may(capability)


def demand(capability: Capability) -> Principal:
    """Who is asking, with the capability; Unauthenticated or Forbidden otherwise."""
    found = principal()
    if not found.may(capability):
        raise Forbidden(N_("你没有权限看这页，找管理员开通。"))
    return found


def allow(*capabilities: Capability) -> Callable[[View], View]:
    """The view is for those with one of the capabilities; the others get 401 or 403.

    Stand it directly under the route, above every other decorator.
    """
    unknown = set(capabilities) - set(CAPABILITIES)
    if unknown or not capabilities:
        raise ValueError(f"no such capability: {unknown}")

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            found = principal()
            if not any(found.may(capability) for capability in capabilities):
                raise Forbidden(N_("你没有权限看这页，找管理员开通。"))
            return view(*args, **kwargs)

        wrapper.access = capabilities  # type: ignore[attr-defined]
        return wrapper

    return decorate


def public(view: View) -> View:
    """Marks a view that anybody may open; the access test asks for one mark or the other."""
    view.access = (PUBLIC,)  # type: ignore[attr-defined]
    return view
