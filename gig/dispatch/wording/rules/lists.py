"""Ops' lists, and what stands on them before anybody changed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gig.dispatch.wording.rules.matching import Phrases
from gig.dispatch.wording.rules.reading import numbers

KINDS = ("forbidden", "contact", "allowed", "closing")

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "forbidden": (
        "傻逼", "傻比", "煞笔", "神经病", "脑残", "智障", "白痴", "你有病", "有病吧", "去死", "滚蛋",
        "给我滚", "他妈的", "你妈的", "妈了个", "操你", "草泥马", "王八蛋", "混蛋", "不要脸", "闭嘴",
        "关我屁事", "关我什么事", "不关我的事", "爱买不买", "爱用不用", "爱退不退", "随便你投诉",
        "投诉也没用", "你去投诉啊", "没空理你", "百分百赔付", "保证赔付", "绝对没问题", "全网最低",
        "刷好评", "好评返现", "删差评", "改成好评返", "fuck", "shit", "bitch", "asshole",
    ),
    "contact": (
        "加微信", "加我微信", "加我微", "加个微", "加下微", "加一下微", "加微", "加v", "加vx", "加wx",
        "加我v", "微心", "v信", "v心", "威信号", "徽信", "微信私聊", "微信联系我", "微信上联系",
        "私人微信", "我的微信", "我微信", "加我qq", "加qq", "加扣扣", "我的qq", "私人qq", "加企鹅",
        "weixin", "jiawei", "wechat me", "add my wechat", "私下联系", "私下交易", "私下转账", "私下退",
        "线下交易", "线下转账", "站外交易", "平台外", "绕过平台", "不走平台", "转账给我", "直接转我",
        "转我微信", "转我支付宝", "打到我卡", "我的卡号", "我的支付宝", "我给你发红包",
    ),
    "allowed": (
        "微信支付", "微信零钱", "微信钱包", "微信账单", "微信公众号", "微信小程序", "官方微信",
        "企业微信认证", "参加", "增加", "添加", "追加", "更加", "附加", "12315", "12345", "12358",
    ),
    "closing": (
        "祝您", "祝你", "还有其他", "还有什么可以", "还有问题", "有问题随时", "随时联系", "随时找",
        "感谢您", "谢谢您", "感谢理解", "给您带来不便", "生活愉快", "用餐愉快", "再见", "anything else",
        "have a nice", "thank you",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Lists:
    """The phrases in force, and the machinery made of them once."""

    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DEFAULTS)

    @cached_property
    def matcher(self) -> Phrases:
        """All of them at once."""
        return Phrases(self.phrases)

    @cached_property
    def allowed_numbers(self) -> frozenset[str]:
        """Numbers that may be told: a hotline of the platform."""
        return frozenset(number.digits for phrase in self.phrases["allowed"] for number in numbers(phrase))

    @cached_property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Addresses that may be told, with all that is below them."""
        return tuple(phrase.lower() for phrase in self.phrases["allowed"] if "." in phrase)


def after(changes: Iterable[tuple[str, str, bool]]) -> Lists:
    """The lists as the defaults and the changes, oldest first, leave them."""
    listed = {(kind, phrase): True for kind, phrases in DEFAULTS.items() for phrase in phrases}
    listed.update({(kind, phrase): on for kind, phrase, on in changes})
    return Lists(
        {kind: tuple(phrase for (of, phrase), on in listed.items() if on and of == kind) for kind in KINDS}
    )
