"""The words of identity."""

from __future__ import annotations

from typing import Literal

from gig.core import tunables
from gig.core.text import N_
from gig.core.tunables import Tunable

Role = Literal["agent", "reviewer", "ops", "finance", "admin"]
ROLES: tuple[Role, ...] = ("agent", "reviewer", "ops", "finance", "admin")

Stage = Literal["applicant", "probation", "active", "suspended", "left"]
STAGES: tuple[Stage, ...] = ("applicant", "probation", "active", "suspended", "left")
WORKING: tuple[Stage, ...] = ("probation", "active")

Tier = Literal["gold", "silver", "bronze", "trainee", "limited", "retrain"]
TIERS: tuple[Tier, ...] = ("gold", "silver", "bronze", "trainee", "limited", "retrain")

Presence = Literal["online", "away", "offline"]
PRESENCES: tuple[Presence, ...] = ("online", "away", "offline")

ROLE_NAMES: dict[str, str] = {
    "agent": N_("客服"),
    "reviewer": N_("审核"),
    "ops": N_("运营"),
    "finance": N_("财务"),
    "admin": N_("管理员"),
}

TUNABLES = (
    Tunable("rest_after_s", 14400, 3600, 43200, N_("连续在线多久要休息（秒）"), "ops"),
    Tunable("rest_s", 1200, 300, 7200, N_("一次休息多久（秒）"), "ops"),
    Tunable("day_cap_s", 28800, 3600, 86400, N_("一天最多在线多久（秒）"), "ops"),
)

tunables.declare(*TUNABLES)
