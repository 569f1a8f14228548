"""What may stand in a request: strict types, sentences that people understand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import marshmallow as ma
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from marshmallow import ValidationError, fields

from gig.api.body import UNFIT, UNFIT_MESSAGE
from gig.core.businesstime import format_instant, parse_instant
from gig.core.ids import is_id
from gig.core.text import N_

WORDS = 2000


def says(**messages: str) -> dict[str, Any]:
    """Messages by their key, in Chinese; they are translated when one is said."""
    return dict(messages)


class Schema(ma.Schema):
    """What comes in. A field that is not named here is an error, and so is a wrong type."""

    class Meta:
        unknown = ma.RAISE

    error_messages: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "unknown": later("没有这个字段。"),
        "type": later("要是一个 JSON 对象。"),
    }


class _Spoken(fields.Field):
    """A field whose errors are said in the language of the request."""

    default_error_messages = says(
        required=N_("必填。"),
        null=N_("不能为 null。"),
        validator_failed=N_("不对。"),
    )

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        message = self.error_messages[key]
        return ValidationError(_(message, **kwargs) if type(message) is str else message)


class Text(_Spoken, fields.String):
    """One line or more of text, from `least` to `most` characters, without control characters."""

    default_error_messages = says(
        invalid=N_("要是一段文字。"),
        short=N_("不能为空。"),
        long=N_("最多 %(most)s 个字。"),
        unfit=UNFIT_MESSAGE,
    )

    def __init__(self, *, least: int = 1, most: int = 200, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most
        self.metadata = {"minLength": least, "maxLength": most, **self.metadata}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if UNFIT.search(value):
            raise self.make_error("unfit")
        if len(value) > self.most:
            raise self.make_error("long", most=self.most)
        if len(value.strip()) < self.least:
            raise self.make_error("short")
        return value


class Words(Text):
    """What a customer or an agent says: at most 2,000 characters."""

    def __init__(self, *, least: int = 1, most: int = WORDS, **kwargs: Any) -> None:
        super().__init__(least=least, most=most, **kwargs)


class Id(Text):
    """A public id of ours."""

    default_error_messages = says(id=N_("不是有效的编号。"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(least=26, most=26, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not is_id(text):
            raise self.make_error("id")
        return text


class Int(_Spoken, fields.Integer):
    """A whole number, written as one; `true`, `"1"` and `1.0` are not. In a query, digits."""

    default_error_messages = says(
        invalid=N_("要是一个整数。"),
        range=N_("要在 %(least)s 到 %(most)s 之间。"),
    )

    def __init__(
        self, *, least: int = -(2**53), most: int = 2**53, digits: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.least, self.most, self.digits = least, most, digits
        self.metadata = {"minimum": least, "maximum": most, **self.metadata}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if self.digits and isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            value = int(value)
        if type(value) is not int:
            raise self.make_error("invalid")
        if not self.least <= value <= self.most:
            raise self.make_error("range", least=self.least, most=self.most)
        return value


class Fen(Int):
    """Money in whole fen."""


class Flag(_Spoken, fields.Boolean):
    """`true` or `false`, and nothing that resembles them."""

    default_error_messages = says(invalid=N_("要是 true 或 false。"))

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Choice(Text):
    """One of a few words."""

    default_error_messages = says(choice=N_("要是其中之一：%(choices)s。"))

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = tuple(choices)
        self.metadata = {"enum": list(self.choices)}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise self.make_error("choice", choices="、".join(self.choices))
        return value


class Instant(_Spoken, fields.AwareDateTime):
    """RFC 3339 with an offset; read as UTC, written as UTC with Z."""

    default_error_messages = says(invalid=N_("时间要写成带时区的 RFC 3339，例如 2026-11-01T08:00:00+08:00。"))

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.datetime:
        if not isinstance(value, str) or "T" not in value.upper():
            raise self.make_error("invalid")
        try:
            return parse_instant(value)
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else format_instant(value)


class Date(_Spoken, fields.Date):
    """A calendar day, as 2026-11-01."""

    default_error_messages = says(invalid=N_("日期要写成 2026-11-01 这样。"))

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.date:
        if not isinstance(value, str) or len(value) != 10:
            raise self.make_error("invalid")
        try:
            day = dt.date.fromisoformat(value)
        except ValueError as error:
            raise self.make_error("invalid") from error
        if not 1900 <= day.year <= 9900:
            raise self.make_error("invalid")
        return day


class Nested(_Spoken, fields.Nested):
    """An object inside the object."""

    default_error_messages = says(type=N_("要是一个 JSON 对象。"))


class Many(_Spoken, fields.List):
    """A list, of at most `most` items."""

    default_error_messages = says(
        invalid=N_("要是一个列表。"),
        many=N_("最多 %(most)s 项。"),
    )

    def __init__(self, inner: Any, *, most: int = 1000, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.most = most
        self.metadata = {"maxItems": most, **self.metadata}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        if isinstance(value, list) and len(value) > self.most:
            raise self.make_error("many", most=self.most)
        return super()._deserialize(value, attr, data, **kwargs)
