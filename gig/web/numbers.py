"""Numbers that people may change, in words: their values, and what became of each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.tunables import Step
from gig.web.filters import date_time, duration, say, yuan


def in_words(name: str, value: int) -> str:
    """A number as people say it: 1000 fen → ¥10.00, 920 tenths → 92.0, 7200 s → 2 小时; else nothing.

    The name ends with the unit.
    """
    if name.endswith("_fen"):
        return yuan(value)
    if name.endswith("_tenths"):
        return f"{value // 10}.{value % 10}"
    if name.endswith("_s"):
        return duration(value)
    if name.endswith("_minutes"):
        return duration(value * 60)
    if name.endswith("_days"):
        return _("%(d)s 天", d=value)
    if name.endswith("_percent"):
        return f"{value}%"
    return ""


def people_of(found: Iterable[Step]) -> set[str]:
    """Whose names the outcomes need."""
    changes = [change for step in found for change in (step.change, step.by) if change is not None]
    return {change.changed_by for change in changes if change.changed_by}


def outcome(step: Step, names: Mapping[Any, str]) -> tuple[str, str]:
    """What became of the change: the kind of its tag, and the words, with who and when."""
    by = {"who": "", "t": ""}
    if step.by is not None:
        who = names.get(step.by.changed_by or "", _("系统"))
        by = {"who": who, "t": date_time(step.by.changed_at)}
    if step.outcome == "agreed" and step.agreed not in (None, step.change.value):
        part = in_words(step.change.name, step.agreed or 0) or str(step.agreed)
        return "g", _("%(who)s %(t)s 只同意到 %(v)s", v=part, **by)
    words = {
        "holds": ("g", _("当时生效")),
        "waits": ("w", _("等第二个人同意，还没生效")),
        "agreed": ("g", _("%(who)s %(t)s 同意后生效", **by)),
        "agrees": ("g", _("同意，当时生效")),
        "refused": ("r", _("%(who)s %(t)s 没有同意，没生效", **by)),
        "withdrawn": ("", _("%(t)s 自己撤下，没生效", **by)),
        "replaced": ("", _("%(who)s %(t)s 又改，没生效", **by)),
        "kept": ("", _("不改，仍按 %(v)s", v=in_words(step.change.name, step.holds) or step.holds)),
    }
    return words[step.outcome]


def one_persons(session: Session) -> list[dict[str, str]]:
    """Each control that one person alone would loosen: its name, and in a sentence what holds meanwhile."""
    values, found = tunables.values(session), []
    for name, change in tunables.waiting(session).items():
        words = {"wanted": change.value, "now": values[name]}
        said = {key: in_words(name, value) or str(value) for key, value in words.items()}
        sentence = _(
            "「%(what)s」放宽到 %(wanted)s 只有一个人说过，不算数；第二位财务同意之前按 %(now)s 执行。",
            what=say(tunables.declared[name].meaning),
            **said,
        )
        found.append({"name": name, "words": sentence})
    return found
