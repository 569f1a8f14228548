"""A conversation as the customer's templates take it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from gig.channels import links
from gig.channels.queries import chat as queries
from gig.channels.queries.chat import Place
from gig.channels.queries.doors import Opened
from gig.channels.rules.waiting import LONGEST_MINUTES
from gig.core.clock import really_received_at
from gig.core.ids import new_id
from gig.dispatch.models import Inquiry, Message
from gig.dispatch.operations.following import topic
from gig.dispatch.values import RECONTACT_WINDOW
from gig.live.tickets import issue_ticket
from gig.web.filters import day_time
from gig.web.names import called

Status = dict[str, str]


def here(token: str, path: str = "show", **more: Any) -> str:
    """An address of this page. A frame may refuse our language cookie, so the language goes along."""
    if "lang" in request.args:
        more.setdefault("lang", request.args["lang"][:2])
    return url_for(f"chat.{path}", token=token, **more)


def ticket(door: Opened) -> str:
    """Leave to hear what happens in this one inquiry; nobody's presence hangs on it."""
    secret: str = current_app.config["SECRET_KEY"]
    session_id = links.session_of(door.inquiry.id, door.generation)
    return issue_ticket(secret, "", session_id, [topic(door.inquiry.id)], really_received_at())


def chat(session: Session, door: Opened, now: dt.datetime) -> dict[str, Any]:
    """Everything that the page shows."""
    inquiry, token = door.inquiry, door.token
    messages = queries.messages(session, inquiry.id)
    place = queries.place(session, inquiry, now) if inquiry.state == "open" else None
    ended = inquiry.state in ("closed", "abandoned") or _past(inquiry, now)
    said = queries.rating(session, inquiry)
    return {
        "id": inquiry.id,
        "state": inquiry.state,
        "subject": called(inquiry.issue_type, "issue_type"),
        "messages": [_bubble(token, each) for each in messages],
        "status": status(inquiry, place, now),
        "ended": ended,
        "rated": said,
        "may_rate": said is None
        and inquiry.resolved_at is not None
        and inquiry.state in ("resolved", "closed"),
        "may_withdraw": queries.may_withdraw(inquiry, messages),
        "key": new_id(),
        "here": lambda path="show", **more: here(token, path, **more),
        "stage": _stage(inquiry, ended, said is not None),
        "changed": request.args.get("stage") not in (None, _stage(inquiry, ended, said is not None)),
        "ticket": "" if ended else ticket(door),
        "now": now,
    }


def _stage(inquiry: Inquiry, ended: bool, rated: bool) -> str:
    """What decides which forms the page has: while it stays, they are left alone."""
    return f"{'ended' if ended else inquiry.state}{'-rated' if rated else ''}"


def _past(inquiry: Inquiry, now: dt.datetime) -> bool:
    """Resolved so long ago that words no longer bring it back, though the sweep has not closed it yet."""
    resolved_at = inquiry.resolved_at
    return inquiry.state == "resolved" and resolved_at is not None and now >= resolved_at + RECONTACT_WINDOW


def status(inquiry: Inquiry, place: Place | None, now: dt.datetime) -> Status:
    """Where things stand, in one line and a half."""
    if inquiry.state == "open" and place is not None:
        return {"tone": "w", "icon": "clock", "title": _ahead(place), "words": _wait(place)}
    if inquiry.state == "claimed":
        if inquiry.open_turn_id:
            words = _("客服的目标是一分钟内回复。")
            return {"tone": "g", "icon": "headphones", "title": _("客服正在处理"), "words": words}
        words = _("还有问题直接发，客服能看到。")
        return {"tone": "g", "icon": "circle-check", "title": _("客服已回复"), "words": words}
    if inquiry.state == "resolved" and inquiry.resolved_at and not _past(inquiry, now):
        until = day_time(inquiry.resolved_at + RECONTACT_WINDOW)
        words = _("%(t)s 前直接再发一句，就会重新接入，优先找原来的客服。", t=until)
        return {"tone": "g", "icon": "circle-check", "title": _("这次咨询已解决"), "words": words}
    if inquiry.state == "abandoned":
        words = _("还需要帮助，请从原来的入口重新发起。")
        return {"tone": "", "icon": "circle-x", "title": _("这次咨询已取消"), "words": words}
    words = _("超过 24 小时，不能再发消息。还需要帮助，请从原来的入口重新发起。")
    return {"tone": "", "icon": "lock", "title": _("这次咨询已结束"), "words": words}


def _ahead(place: Place) -> str:
    if place.many:
        return _("排队中 · 前面超过 %(n)s 位", n=place.ahead)
    if place.ahead:
        return _("排队中 · 前面还有 %(n)s 位", n=place.ahead)
    return _("排队中 · 下一位就是您")


def _wait(place: Place) -> str:
    """Never a promise: where there is no pace to reckon with, that is said."""
    if not place.anybody:
        return _("现在没有客服在线，有人上线就会接。您可以先离开，回复会留在这里。")
    if place.minutes is None:
        return _("最近接得不多，估不出要等多久。您可以先离开，回复会留在这里。")
    if place.minutes > LONGEST_MINUTES:
        return _("按最近的速度，可能要等半小时以上。您可以先离开，回复会留在这里。")
    return ngettext(
        "按最近 10 分钟的速度，大约还要等 %(num)s 分钟。",
        "按最近 10 分钟的速度，大约还要等 %(num)s 分钟。",
        place.minutes,
    )


def _bubble(token: str, message: Message) -> dict[str, Any]:
    """The customer's own words stand at the right, as in every chat of theirs."""
    line: dict[str, Any] = {
        "who": message.author,
        "mine": message.author == "customer",
        "id": message.id,
        "text": message.text,
        "at": message.sent_at,
    }
    if message.photo_blob_id:
        line["photo_url"] = here(token, "photo", message_id=message.id)
    return line
