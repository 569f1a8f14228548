"""The words of identity."""

from __future__ import annotations

from typing import Literal

from gig.core.text import N_

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
