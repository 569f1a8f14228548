"""Reading what finance typed about an adjustment: what cannot be read is told with all that is not right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from gig.core.errors import Errors, Invalid
from gig.core.ids import is_id
from gig.core.money import parse_yuan
from gig.identity.models import Agent
from gig.identity.queries import id_or_phone
from gig.payouts.adjustments import replies
from gig.payouts.adjustments.operations.checking import Evidence, faults_of_any, faults_of_new
from gig.payouts.adjustments.operations.settings import faults_of_limit

Form = MultiDict[str, str]
T = TypeVar("T")


def of_new(session: Session, form: Form) -> dict[str, Any]:
    """What the form asks to give or take; Invalid with all its faults if a part cannot be read."""
    agent_id = id_or_phone(session, form.get("agent", ""))
    unread: Errors = {}
    asked: dict[str, Any] = {
        "kind": form.get("kind", ""),
        "agent_id": agent_id,
        "amount_fen": _read(unread, lambda: fen(form.get("amount", ""))) or 0,
        "earning_id": _read(unread, lambda: _reply(session, agent_id, form)),
        "reason": form.get("reason", ""),
        "evidence": evidence(),
    }
    if unread:
        raise Invalid(faults_of_new(session, **asked) | unread)
    return asked


def of_reversal(form: Form) -> dict[str, Any]:
    """What the form asks to take back; Invalid with all its faults if the amount cannot be read."""
    unread: Errors = {}
    asked: dict[str, Any] = {
        "amount_fen": _read(unread, lambda: fen(form.get("amount", ""))) or 0,
        "reason": form.get("reason", ""),
        "evidence": evidence(),
    }
    if unread:
        raise Invalid(faults_of_any(**asked, needed=True) | unread)
    return asked


def of_limit(form: Form) -> dict[str, Any]:
    """What one person is to decide alone, and why; Invalid with all its faults if a part cannot be read."""
    unread: Errors = {}
    value = _read(unread, lambda: fen(form.get("alone", ""), "alone"))
    reason = form.get("why", "")
    if unread:
        raise Invalid(unread | faults_of_limit(value, reason))
    return {"value": value, "reason": reason}


def asked_id() -> str | None:
    """The id that the form was given, so that sending it twice makes one."""
    asked = request.form.get("id", "")
    return asked if is_id(asked) else None


def fen(text: str, field: str = "amount") -> int:
    try:
        return parse_yuan(text)
    except ValueError as error:
        raise Invalid({field: [str(error)]}) from error


def evidence() -> Evidence:
    file = request.files.get("file")
    content = file.stream.read() if file else b""
    return Evidence(request.form.get("evidence", ""), content, (file.filename or "") if file else "")


def _reply(session: Session, agent_id: str, form: Form) -> str | None:
    """Of an agent who is not there no reply is looked for: the agent is the fault."""
    if session.get(Agent, agent_id) is None:
        return None
    return replies.named(session, agent_id, form.get("earning") or form.get("chat", ""))


def _read(unread: Errors, work: Callable[[], T]) -> T | None:
    """What the work reads; what is wrong with it is added to `unread`."""
    try:
        return work()
    except Invalid as error:
        unread |= error.errors
        return None
