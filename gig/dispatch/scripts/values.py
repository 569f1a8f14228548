"""The words of the library, and its bounds."""

from __future__ import annotations

import datetime as dt

from gig.core.text import N_

STAGES = {
    "opening": N_("开场"),
    "answer": N_("解答"),
    "transfer": N_("转接"),
    "closing": N_("结束"),
}
"""Where in a conversation a script belongs, in the order of a conversation."""

TITLE_MOST = 30
TEXT_MOST = 500
REASON_MOST = 200
QUERY_MOST = 40
SHOWN_AT_ONCE = 5
FIGURE_DAYS = 30
COUNTED_AGAIN = 4
"""How many business days, today included, are counted anew: ratings and come-backs arrive later."""

WINDOW = dt.timedelta(days=FIGURE_DAYS)
