"""Operations and finance: which bank a card's first digits hint at."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gig.core.clock import received_at
from gig.core.db import db
from gig.identity.access import actor_id, allow
from gig.payouts.disbursement.operations.hints import bank_hints, set_hint
from gig.web.telling import tell

pages = Blueprint("banks", __name__, template_folder="../templates")


@pages.get("/console/banks")
@allow("operate", "settle")
def index() -> str:
    return render_template("disbursement/banks.html", hints=bank_hints(db.session()))


@pages.post("/console/banks")
@allow("operate", "settle")
def change() -> Response:
    """One prefix hints at another bank, or at none."""

    def work() -> None:
        removed = request.form.get("do") == "remove"
        set_hint(
            prefix=request.form.get("prefix", "").strip(),
            bank_name=None if removed else request.form.get("bank_name", ""),
            actor_id=actor_id(),
            now=received_at(),
        )
        flash(_("已去掉。") if removed else _("已保存，填卡号的人马上会看到。"))

    return tell(work, url_for("banks.index"))
