"""The tier that follows from a score, night by night."""

from __future__ import annotations

from dataclasses import dataclass

TRAINEE = "trainee"
# Best first. A tier on the ladder is one of these; `trainee` stands beside it.
LADDER = ("gold", "silver", "bronze", "limited", "retrain")
TRAINEE_TURNS = 20
NIGHTS_BELOW = 3


@dataclass(frozen=True)
class Thresholds:
    """The least score, in tenths, of each tier; below `limited` it is retrain."""

    gold: int = 920
    silver: int = 850
    bronze: int = 700
    limited: int = 600

    def tier_of(self, tenths: int) -> str:
        """The tier of a rounded score."""
        for tier, least in zip(LADDER, (self.gold, self.silver, self.bronze, self.limited), strict=False):
            if tenths >= least:
                return tier
        return LADDER[-1]


@dataclass(frozen=True)
class Standing:
    """An agent's tier and for how many nights in a row the score has been below it."""

    tier: str
    nights_below: int = 0


def tonight(
    standing: Standing,
    *,
    score_tenths: int,
    answered_turns: int,
    on_probation: bool,
    thresholds: Thresholds = Thresholds(),
) -> Standing:
    """The standing after tonight's computation.

    Up at once; down only on the third night below, to what the score says that night. Who is on
    probation, or has answered fewer than 20 turns, is a trainee; who stops being one takes the tier
    of the score.
    """
    if on_probation or answered_turns < TRAINEE_TURNS:
        return Standing(TRAINEE)
    earned = thresholds.tier_of(score_tenths)
    if standing.tier == TRAINEE or LADDER.index(earned) <= LADDER.index(standing.tier):
        return Standing(earned)
    nights = standing.nights_below + 1
    return Standing(earned) if nights >= NIGHTS_BELOW else Standing(standing.tier, nights)
