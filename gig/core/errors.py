"""What can go wrong, said without HTTP. The kits at the edge give each a status and a page.

`message` is a Chinese msgid with `%(name)s` places for `params`; the edge translates and fills it.
"""

from __future__ import annotations

from typing import Any

from gig.core.text import N_

Errors = dict[str, list[Any]]
"""Field → what is wrong with it: msgids, or `Sentence`s where numbers belong in them."""


class GigError(Exception):
    """The base of every answer that is not success but is expected."""

    slug = "error"

    def __init__(self, message: str = "", **params: Any) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.params = params


class Refused(GigError):
    """The request was understood and the rules say no; `slug` names the rule for programs."""

    def __init__(self, slug: str, message: str, **params: Any) -> None:
        super().__init__(message, **params)
        self.slug = slug


class Invalid(GigError):
    """The input breaks its own rules: `errors` is field → sentences."""

    slug = "invalid"

    def __init__(
        self, errors: Errors, message: str = N_("填写的内容有误，请按提示修改。"), **params: Any
    ) -> None:
        super().__init__(message, **params)
        self.errors = errors


class NotFound(GigError):
    """There is no such thing for this person, whether or not it exists for others."""

    slug = "not-found"

    def __init__(self, message: str = N_("没有找到。"), **params: Any) -> None:
        super().__init__(message, **params)


class Forbidden(GigError):
    """The person is known and may not do this."""

    slug = "forbidden"

    def __init__(self, message: str = N_("你没有权限做这件事。"), **params: Any) -> None:
        super().__init__(message, **params)


class Unauthenticated(GigError):
    """Nobody, or nobody we know, is asking."""

    slug = "unauthenticated"

    def __init__(self, message: str = N_("请先登录。"), **params: Any) -> None:
        super().__init__(message, **params)


class TooMany(GigError):
    """Asked too often; `retry_after_s` says when to try again."""

    slug = "too-many-requests"

    def __init__(self, message: str, *, retry_after_s: int, **params: Any) -> None:
        super().__init__(message, **params)
        self.retry_after_s = retry_after_s
