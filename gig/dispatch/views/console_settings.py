"""The platform's numbers, each for the role it belongs to, and the phrases that answer nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gig.core import tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.core.text import N_
from gig.dispatch.operations import phrases as phrase_operations
from gig.dispatch.operations.settings import change_number
from gig.dispatch.queries import settings
from gig.identity.access import actor_id, allow, principal
from gig.payouts.settlement.values import PERIOD_KIND
from gig.web import numbers
from gig.web.filters import say
from gig.web.telling import Answer, Faults, done, said

pages = Blueprint("settings", __name__)
HERE = "/console/settings"
PHRASES = "/console/phrases"

UNITS = (
    ("_s", N_("秒")),
    ("_fen", N_("分")),
    ("_minutes", N_("分钟")),
    ("_days", N_("天")),
    ("_percent", "%"),
)
KIND_NAMES = (N_("日"), N_("周"), N_("半月"), N_("月"))
GROUPS = (
    ("limit_", N_("同时接单上限")),
    ("head_start_", N_("等级先后")),
    ("trainee_", N_("留给新手")),
    ("scoring.", N_("服务分与等级")),
    ("", N_("派单与时限")),
)
"""By how the name begins; the last has what is left. Finance's numbers stand in a group of their own."""


@pages.get(HERE)
@allow("operate", "settle")
def show_settings() -> str:
    """Every number that belongs to who is asking."""
    return render_template("dispatch/console/settings.html", groups=_groups(), **_frame())


@pages.get(f"{HERE}/<name>")
@allow("operate", "settle")
def show_number(name: str) -> str:
    return _number(name, {})


@pages.post(f"{HERE}/<name>")
@allow("operate", "settle")
def change(name: str) -> Answer:
    """The number holds from here on."""
    before = tunables.values(db.session())[name] if name in tunables.waiting(db.session()) else None
    try:
        changed = change_number(
            name=name,
            value=request.form.get("value", ""),
            reason=request.form.get("reason", ""),
            roles=_roles(),
            actor_id=actor_id(),
            now=received_at(),
        )
    except Invalid as error:
        return _number(name, said(error)), 422
    if not changed:
        flash(_("和现在的值一样，没有改动。"))
    elif name in tunables.waiting(db.session()):
        flash(_("这会放宽控制，等另一位财务同意后才生效。"))
    elif before is not None and tunables.values(db.session())[name] == before:
        flash(_("没有改，提出的改动已撤下。"))
    elif name == PERIOD_KIND.name:
        flash(_("已改，从下一个周期开始生效。"))
    else:
        flash(_("已改，马上生效。"))
    return redirect(f"{HERE}/{name}", code=303)


@pages.get(PHRASES)
@allow("operate")
def show_phrases() -> str:
    return _phrases({})


@pages.post(PHRASES)
@allow("operate")
def add_phrase() -> Answer:
    """The phrase answers nothing from the next reply on."""
    try:
        phrase_operations.list_phrase(
            phrase=request.form.get("phrase", ""), actor_id=actor_id(), now=received_at()
        )
    except Invalid as error:
        return _phrases(said(error)), 422
    except Refused as error:
        return _phrases({"phrase": [say(error)]}), 409
    flash(_("已加入，从下一条回复起生效。"))
    return redirect(PHRASES, code=303)


@pages.post(f"{PHRASES}/removal")
@allow("operate")
def take_off_phrase() -> Answer:
    """The phrase is words like any others."""
    phrase = request.form.get("phrase", "")
    return done(
        PHRASES,
        lambda: phrase_operations.unlist_phrase(phrase=phrase, actor_id=actor_id(), now=received_at()),
        _("已拿掉，从下一条回复起生效。"),
    )


def in_words(name: str, value: int) -> str:
    """A number as people say it, the kind of period by its name; nothing for plain counts."""
    return _(KIND_NAMES[value]) if name == PERIOD_KIND.name else numbers.in_words(name, value)


def unit(name: str) -> str:
    """What the form counts a number in, by the end of its name; nothing for plain counts."""
    for ending, words in UNITS:
        if name.endswith(ending):
            return _(words)
    return ""


def _roles() -> Collection[str]:
    return principal().roles


def _frame() -> dict[str, Any]:
    return {"ops": principal().may("operate"), "in_words": in_words, "unit": unit}


def _groups() -> list[tuple[str, list[settings.Number]]]:
    groups: dict[str, list[settings.Number]] = {_(title): [] for _prefix, title in GROUPS}
    finance = _("结算")
    for number in settings.numbers(db.session(), _roles()):
        title = next(title for prefix, title in GROUPS if number.tunable.name.startswith(prefix))
        key = _(title) if number.tunable.role == "ops" else finance
        groups.setdefault(key, []).append(number)
    return [(title, those) for title, those in groups.items() if those]


def _number(name: str, errors: Faults) -> str:
    session = db.session()
    return render_template(
        "dispatch/console/number.html",
        number=settings.number(session, name, _roles()),
        changes=(changes := settings.number_changes(session, name)),
        outcome=numbers.outcome,
        names=settings.names_of(session, numbers.people_of(changes)),
        choices=list(enumerate(map(_, KIND_NAMES))) if name == PERIOD_KIND.name else [],
        errors=errors,
        given=request.form,
        me=actor_id(),
        **_frame(),
    )


def _phrases(errors: Faults) -> str:
    session = db.session()
    return render_template(
        "dispatch/console/phrases.html",
        phrases=settings.phrases_in_force(session),
        changes=settings.phrase_changes(session),
        errors=errors,
        given=request.form,
        **_frame(),
    )
