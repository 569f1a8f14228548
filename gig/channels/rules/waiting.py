"""How long a customer will probably wait, from how fast their queue has moved."""

from __future__ import annotations

import math

WINDOW_S = 600
FEWEST = 3
LONGEST_MINUTES = 30


def minutes_to_wait(ahead: int, left_lately: int, *, window_s: int = WINDOW_S) -> int | None:
    """Whole minutes, rounded up, at the pace at which inquiries left the queue in the last window.

    None when fewer than three did: that is no pace, and a made-up figure would be worse than none.
    """
    if left_lately < FEWEST:
        return None
    return max(1, math.ceil((ahead + 1) * window_s / left_lately / 60))
