"""Collects every fault of a JSON document, each with its pointer, instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gig.core.text import N_, Sentence


@dataclass(frozen=True)
class Fault:
    """What is wrong, and the JSON pointer of where."""

    pointer: str
    sentence: Sentence

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.sentence}"


def join(pointer: str, step: str | int) -> str:
    """The pointer one step further in, escaped as RFC 6901 says."""
    return f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"


class FaultList:
    """Reads values out of parsed JSON; a value that is not as it must be is None and leaves a fault."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, pointer: str, message: str, **params: object) -> None:
        self.found.append(Fault(pointer, Sentence(message, params)))

    def fields(
        self, value: object, pointer: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Any] | None:
        """The object, once its missing and unknown fields are noted."""
        if not isinstance(value, dict):
            self.add(pointer, N_("这里要是一个对象。"))
            return None
        for name in required:
            if name not in value:
                self.add(join(pointer, name), N_("缺少字段 %(field)s。"), field=name)
        for name in value:
            if name not in required and name not in optional:
                self.add(join(pointer, name), N_("没有 %(field)s 这个字段。"), field=name)
        return value

    def entries(
        self, parent: dict[str, Any], name: str, pointer: str, longest: int
    ) -> Iterator[tuple[str, object]]:
        """Each element of a list field with its own pointer; nothing when it is absent or no list."""
        if name not in parent:
            return
        here = join(pointer, name)
        if not isinstance(parent[name], list):
            self.add(here, N_("这里要是一个列表。"))
            return
        if len(parent[name]) > longest:
            self.add(here, N_("%(field)s 最多 %(longest)s 项。"), field=name, longest=longest)
            return
        for index, entry in enumerate(parent[name]):
            yield join(here, index), entry

    def whole(self, parent: dict[str, Any], name: str, pointer: str, low: int, high: int) -> int | None:
        """A whole number within its bounds. A number with a point is none, and neither is a boolean."""
        if name not in parent:
            return None
        value, here = parent[name], join(pointer, name)
        if type(value) is not int:
            self.add(here, N_("%(field)s 要是整数。"), field=name)
            return None
        if not low <= value <= high:
            self.add(here, N_("%(field)s 要在 %(low)s 到 %(high)s 之间。"), field=name, low=low, high=high)
            return None
        return value

    def text(
        self, parent: dict[str, Any], name: str, pointer: str, longest: int = 64, blank: bool = False
    ) -> str | None:
        """A text without surrounding spaces, not longer than `longest`."""
        if name not in parent:
            return None
        value, here = parent[name], join(pointer, name)
        if not isinstance(value, str):
            self.add(here, N_("%(field)s 要是文字。"), field=name)
            return None
        if not value and blank:
            return value
        if not value or value != value.strip() or not value.isprintable():
            self.add(here, N_("%(field)s 不能为空，前后不能有空格，也不能有控制字符。"), field=name)
            return None
        if len(value) > longest:
            self.add(here, N_("%(field)s 最多 %(longest)s 个字。"), field=name, longest=longest)
            return None
        return value
