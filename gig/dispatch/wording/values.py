"""The check in words: the lists, and the sentence that each reason says."""

from __future__ import annotations

from collections.abc import Sequence

from gig.core.errors import GigError, Invalid
from gig.core.text import N_, Sentence
from gig.dispatch.wording.rules.check import Fault
from gig.web.filters import say

KIND_NAMES = {
    "forbidden": N_("违禁词"),
    "contact": N_("站外联系和交易"),
    "allowed": N_("放行"),
    "closing": N_("结束语"),
}
KIND_WORDS = {
    "forbidden": N_("回复里有它就发不出去，会告诉客服是哪一个。"),
    "contact": N_("像在约客户去站外，发不出去。号码、链接和银行卡不用列，系统自己认。"),
    "allowed": N_("盖住其他清单：正常业务里会说到的话，官方电话和官方网址。"),
    "closing": N_("长回复里一句都没有时，只提醒，不拦。"),
}
REASONS = {
    "forbidden": N_("「%(words)s」不能对客户说。"),
    "contact": N_("「%(words)s」像在约客户到站外联系或交易。"),
    "phone": N_("「%(words)s」是电话号码，不能留给客户。"),
    "landline": N_("「%(words)s」是电话号码，不能留给客户。"),
    "email": N_("「%(words)s」是邮箱，不能留给客户。"),
    "link": N_("「%(words)s」是链接，不能发给客户。"),
    "card": N_("「%(words)s」是银行卡号，不能发给客户。"),
    "blank": N_("%(words)s 还没填。"),
}
MASKED = {
    "phone": N_("客户的手机号"),
    "landline": N_("客户的电话"),
    "resident": N_("身份证号"),
    "card": N_("客户的卡号"),
    "address": N_("客户的地址"),
    "email": N_("客户的邮箱"),
}
MOST_REASONS = 3


class Blocked(Invalid):
    """The words were not sent; nothing else has changed, and the clock runs on."""

    slug = "blocked-words"

    def __init__(self, faults: Sequence[Fault]) -> None:
        reasons = [reason(fault) for fault in faults[:MOST_REASONS]]
        super().__init__({"text": [*reasons]}, N_("没有发送，改好再发。计时没有停。"))


def reason(fault: Fault) -> Sentence:
    """Why, in one sentence."""
    return Sentence(REASONS[fault.kind], {"words": fault.words[:40]})


def why(refused: GigError) -> str:
    """A refusal as one line of the page: what happened, and every reason."""
    reasons = (
        [each for list_ in refused.errors.values() for each in list_] if isinstance(refused, Invalid) else []
    )
    return " ".join(say(each) for each in (refused, *reasons))
