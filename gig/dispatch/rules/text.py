"""What a message may be made of."""

from __future__ import annotations

import unicodedata

from gig.core.errors import Invalid
from gig.core.text import N_

LONGEST = 2_000


def clean_message(text: str, *, field: str = "text", blank: bool = False) -> str:
    """The text as it is stored; Invalid when it is too long, has control characters, or says nothing.

    With `blank`, spaces alone pass: an agent's empty reply is sent and pays nothing.
    """
    if not text or not (blank or text.strip()):
        raise Invalid({field: [N_("写点内容再发送。")]})
    if len(text) > LONGEST:
        raise Invalid({field: [N_("一条消息最多 2000 个字。")]})
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise Invalid({field: [N_("消息里有不能显示的控制字符。")]})
    return text


def from_form(text: str) -> str:
    """A browser's form sends each line break as two characters; here it is one again."""
    return text.replace("\r\n", "\n")
