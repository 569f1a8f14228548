"""The customer's chat page behind its link. It works by form and reload; streams and scripts make it live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from gig.channels import schemas
from gig.channels.operations import chats, typing
from gig.channels.queries import chat as queries
from gig.channels.queries.doors import Opened, opened
from gig.channels.views import devices, shown
from gig.core import blobs, photos
from gig.core.clock import real_now, received_at
from gig.core.db import db
from gig.core.errors import GigError, Invalid, NotFound, Refused, TooMany
from gig.core.ids import new_id
from gig.core.limits import Limit, Limits
from gig.core.photos import BadPhoto
from gig.core.text import N_
from gig.dispatch.operations import inquiries
from gig.identity.access import public
from gig.identity.limits import KEY
from gig.web import languages
from gig.web.filters import iso, say
from gig.web.kit import policy

pages = Blueprint("chat", __name__, url_prefix="/c/<token>", template_folder="../templates")

PHOTO_TRIES = Limit("chat-photos", 30, 600)
"""Pictures that do not open cost as much as others, and the customer's bounds do not count them."""

STATUS = {TooMany: 429, Refused: 409, Invalid: 422, BadPhoto: 422}


@pages.get("")
@public
def show(token: str) -> str | tuple[str, int]:
    """The conversation as a page, or as the parts that change."""
    door = _door(token)
    if door.expired:
        return _expired()
    if request.args.get("part") == "live":
        return render_template("channels/_parts.html", **_shown(door))
    english = languages.current() == "en"
    chats.open_chat(inquiry=door.inquiry, english=english, now=received_at())
    return _page(door)


@pages.post("/messages")
@public
def send(token: str) -> AnyResponse:
    """The words are in the thread, or the page says why not and keeps them."""

    def act(door: Opened) -> None:
        chats.say(
            inquiry=door.inquiry,
            key=request.form.get("idempotency_key") or new_id(),
            text=_text(),
            address=request.remote_addr or "",
            marks=devices.marks(),
            now=received_at(),
        )

    return _do(token, act)


@pages.post("/photos")
@public
def send_photo(token: str) -> AnyResponse:
    """The photo is in the thread, drawn anew."""

    def act(door: Opened) -> None:
        limits: Limits = current_app.extensions[KEY]
        limits.spend(PHOTO_TRIES, door.inquiry.id, now=real_now().timestamp())
        file = request.files.get("photo")
        chats.send_photo(
            inquiry=door.inquiry,
            key=request.form.get("idempotency_key") or new_id(),
            content=file.stream.read(photos.MAX_BYTES + 1) if file else b"",
            address=request.remote_addr or "",
            marks=devices.marks(),
            now=received_at(),
        )

    return _do(token, act)


@pages.get("/photos/<message_id>")
@public
def photo(token: str, message_id: str) -> Response:
    """A photo of this conversation."""
    session, door = db.session(), _living(token)
    blob = queries.photo_blob(queries.messages(session, door.inquiry.id), message_id)
    return picture(blobs.content(session, blob))


def picture(content: bytes) -> Response:
    """For this reader and this moment only."""
    headers = {"Cache-Control": "no-store, private", "Content-Disposition": "inline; filename=photo.webp"}
    return Response(content, mimetype=photos.MEDIA_TYPE, headers=headers)


@pages.post("/rating")
@public
def rate(token: str) -> AnyResponse:
    """Stars, and whether it is solved."""

    def act(door: Opened) -> None:
        given = _rating()
        chats.rate(inquiry=door.inquiry, now=received_at(), **given)

    return _do(token, act)


@pages.post("/withdrawal")
@public
def withdraw(token: str) -> AnyResponse:
    """The customer needs no answer any more."""
    return _do(
        token,
        lambda door: inquiries.withdraw(
            channel_id=door.inquiry.channel_id, inquiry_id=door.inquiry.id, now=received_at()
        ),
    )


@pages.post("/typing")
@public
def type_on(token: str) -> Response:
    """The agent sees that something is coming."""
    typing.customer_types(inquiry=_living(token).inquiry, now=received_at())
    return Response(status=204)


@pages.get("/live-ticket")
@public
def ticket(token: str) -> Response:
    """A fresh leave to hear this inquiry's stream."""
    return jsonify(ticket=shown.ticket(_living(token)), server_now=iso(received_at()))


@pages.errorhandler(NotFound)
def gone(error: NotFound) -> tuple[str, int]:
    """A link that opens nothing says where to go, and not whether it ever opened anything."""
    return render_template("channels/gone.html", expired=False), 404


@pages.after_request
def allow_frames(response: Response) -> Response:
    """The sites of the channel may show the page in a frame; nobody else."""
    response.headers["Content-Security-Policy"] = policy(g.get("chat_sites") or "'none'")
    return response


def _door(token: str) -> Opened:
    door = opened(db.session(), token, received_at())
    g.chat_sites = door.sites
    return door


def _living(token: str) -> Opened:
    """The same for what is no page: an expired link has nothing of it."""
    door = _door(token)
    if door.expired:
        raise NotFound
    return door


def _expired() -> tuple[str, int]:
    return render_template("channels/gone.html", expired=True), 410


def _do(token: str, act: Callable[[Opened], Any]) -> AnyResponse:
    """The customer's act, and then the page: anew, or with the reason beside what they wrote."""
    door = _door(token)
    if door.expired:
        return make_response(*_expired())
    scripted = bool(request.headers.get("HX-Request"))
    try:
        act(door)
    except (TooMany, Refused, Invalid, BadPhoto) as fault:
        if scripted and isinstance(fault, GigError):
            raise
        return _refused(token, fault)
    return jsonify(sent=True) if scripted else redirect(shown.here(token), code=303)


def _refused(token: str, fault: Exception) -> AnyResponse:
    words = say(fault.reason) if isinstance(fault, BadPhoto) else say(fault)
    if isinstance(fault, Invalid):
        words = " ".join(say(each) for list_ in fault.errors.values() for each in list_)
    page = _page(_door(token), fault=words, typed=request.form.get("text", ""))
    response = make_response(page, STATUS[type(fault)])
    if isinstance(fault, TooMany):
        response.headers["Retry-After"] = str(fault.retry_after_s)
    return response


def _page(door: Opened, fault: str = "", typed: str = "") -> str:
    facts = _shown(door)
    return render_template("channels/chat.html", **facts, fault=fault, typed=typed)


def _shown(door: Opened) -> dict[str, Any]:
    return shown.chat(db.session(), door, received_at())


def _text() -> str:
    """The text as it was typed; a form sends its line breaks as two characters."""
    typed = request.form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
    if not typed.strip():
        raise Invalid({"text": [N_("先写一句再发")]})
    try:
        text: str = schemas.SayIn().load({"text": typed})["text"]
    except ValidationError as error:
        raise Invalid(dict(error.normalized_messages())) from error
    return text


def _rating() -> dict[str, Any]:
    stars, solved = request.form.get("stars", ""), request.form.get("resolved", "")
    if stars not in tuple("12345") or solved not in ("yes", "no"):
        raise Invalid({"stars": [N_("请选星级，再选问题解决了没有。")]})
    comment = request.form.get("comment", "").replace("\r\n", "\n")
    given = {"stars": int(stars), "resolved": solved == "yes", "comment": comment}
    try:
        checked: dict[str, Any] = schemas.RatingIn().load(given)
    except ValidationError as error:
        raise Invalid(dict(error.normalized_messages())) from error
    return checked
