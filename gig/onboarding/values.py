"""The words of onboarding."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from gig.core.text import N_

Side = Literal["front", "back"]
SIDES: tuple[Side, ...] = ("front", "back")
SIDE_NAMES: dict[Side, str] = {"front": N_("身份证人像面"), "back": N_("身份证国徽面")}

ReasonCode = Literal["glare", "blurred", "cropped", "expired", "not_theirs", "mismatch", "other"]
REASONS: dict[ReasonCode, str] = {
    "glare": N_("反光"),
    "blurred": N_("模糊"),
    "cropped": N_("缺角"),
    "expired": N_("过期"),
    "not_theirs": N_("不是本人"),
    "mismatch": N_("信息不符"),
    "other": N_("其他"),
}

PHOTO_REASONS = ("glare", "blurred", "cropped")
"""Reasons that lie in a photo, so that the photo must be named."""


def rejection_text(code: ReasonCode, sides: Iterable[Side]) -> str:
    """What the applicant reads when the reviewer added no words."""
    photos = "、".join(SIDE_NAMES[side] for side in sides)
    return f"{REASONS[code]}，请重拍{photos}。" if photos else f"{REASONS[code]}，请核对后重新提交。"


LOCK = dt.timedelta(minutes=10)
"""How long one reviewer has an application to themself."""

KEEP_PHOTOS = dt.timedelta(days=30)
"""How long photos stay after the decision, or in a draft that nobody hands in. The consent says so."""

CONSENT_VERSION = "identity-2026-01"
"""Names the text of the separate consent to process identity documents, as it is shown."""

PAYEE_CONSENT_VERSION = "payee-2026-01"
"""Names the text of the separate consent to process a bank or Alipay account."""
