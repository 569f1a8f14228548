"""删除实名信息: who may be forgotten, what goes and what stays, and that it was done."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.core.ids import is_id
from gig.identity.access import actor_id, allow
from gig.identity.operations.confirmation import confirm_password
from gig.onboarding import identities
from gig.onboarding.operations.erasure import REASON_MOST, erase_identity
from gig.web.filters import say
from gig.web.telling import Faults, said

pages = Blueprint("erasing", __name__, template_folder="../templates")
HERE = "/console/erasures"
LARGEST = 2**63


@pages.get(HERE)
@allow("review", "administer")
def show_all() -> str:
    """People of whom something is kept though they do not work here, or those who were forgotten."""
    session, done = db.session(), request.args.get("state") == "erased"
    after = request.args.get("after", "")
    before = request.args.get("before", type=int)
    if done:
        log = identities.erased(session, before=before if before and 0 < before < LARGEST else None)
        rows = log[: identities.PAGE]
        older = f"before={rows[-1].entry.id}" if len(log) > len(rows) else ""
        return render_template("onboarding/erasures.html", done=True, log=rows, older=older)
    people = identities.kept(session, after=after if is_id(after) else "")
    older = f"after={people[identities.PAGE - 1].id}" if len(people) > identities.PAGE else ""
    return render_template(
        "onboarding/erasures.html", done=False, people=people[: identities.PAGE], older=older
    )


@pages.get(f"{HERE}/<id>")
@allow("review", "administer")
def show_one(id: str) -> str:
    return _one(id, {})


@pages.post(f"{HERE}/<id>")
@allow("review", "administer")
def erase(id: str) -> AnyResponse | str | tuple[str, int]:
    """The identity is gone, after the reason, the tick and the password; the page says so from then on."""
    identities.identity(db.session(), id)
    faults = _unsure()
    if faults:
        return _one(id, faults), 422
    try:
        confirm_password(
            person_id=actor_id(),
            password=request.form.get("password", ""),
            address=request.remote_addr or "",
            now=received_at(),
        )
        erase_identity(
            person_id=id, reason=request.form.get("reason", ""), actor_id=actor_id(), now=received_at()
        )
    except Invalid as error:
        return _one(id, said(error)), 422
    except Refused as refused:
        flash(say(refused))
        return redirect(f"{HERE}/{id}", code=303)
    flash(_("已删除实名信息。"))
    return redirect(f"{HERE}/{id}", code=303)


def _unsure() -> Faults:
    """What is missing before anything is done."""
    faults: Faults = {}
    reason = request.form.get("reason", "").strip()
    if not reason or len(reason) > REASON_MOST:
        faults["reason"] = [_("写明为什么删除，最多 200 个字。")]
    if request.form.get("sure") != "1":
        faults["sure"] = [_("先勾选确认。")]
    return faults


def _one(id: str, errors: Faults) -> str:
    found = identities.identity(db.session(), id)
    return render_template("onboarding/erasure.html", found=found, errors=errors, typed=request.form)
