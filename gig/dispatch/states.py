"""The states of an inquiry. `escalated` is open on another queue; it is no state of its own."""

from __future__ import annotations

from gig.core.transitions import Machine

INQUIRY = Machine(
    "inquiry",
    {
        "open": ("claimed", "abandoned"),
        "claimed": ("open", "resolved", "abandoned"),
        "resolved": ("open", "closed"),
        "closed": (),
        "abandoned": (),
    },
)

TURN = Machine("turn", {"open": ("answered", "withdrawn"), "answered": (), "withdrawn": ()})

OUTAGE = Machine("outage", {"excusing": ("settled",), "settled": ()})

OFFER = Machine(
    "offer",
    {
        "live": ("accepted", "refused", "lapsed", "void"),
        "accepted": (),
        "refused": (),
        "lapsed": (),
        "void": (),
    },
)
