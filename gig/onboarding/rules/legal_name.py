"""The name as it stands on the document."""

from __future__ import annotations

import re
import unicodedata

from gig.core.text import N_

MAX_LENGTH = 50
_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・･●．.", "·"))


def read_legal_name(text: str) -> str:
    """The name as it is stored; ValueError, with a Chinese sentence, when it cannot be one.

    Rare characters are kept as they are, whatever block of Unicode they live in. The dot inside the
    names of many peoples is always written `·`, and there are no spaces between Chinese characters.
    """
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).translate(_DOTS)).strip()
    name = re.sub(r" ?· ?", "·", name)
    if all(char in " ·" or unicodedata.category(char) == "Lo" for char in name):
        name = name.replace(" ", "")
    if not name:
        raise ValueError(N_("请填写姓名。"))
    if len(name) < 2:
        raise ValueError(N_("姓名至少两个字。"))
    if len(name) > MAX_LENGTH:
        raise ValueError(N_("姓名最多 50 个字。"))
    inner = name.replace("·", "").replace(" ", "")
    if not inner or name[0] in "· " or name[-1] in "· ":
        raise ValueError(N_("姓名的首尾不能是间隔号。"))
    if any(not _is_letter(char) for char in inner):
        raise ValueError(N_("姓名只能有文字和间隔号，请照证件填写。"))
    return name


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Co"


def same_name(one: str, other: str) -> bool:
    """Whether two texts are the same person's name, however their dots and spaces were typed."""
    try:
        return _key(read_legal_name(one)) == _key(read_legal_name(other))
    except ValueError:
        return False


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).replace(" ", "").casefold()
