"""Things that happen at their instants, in order, without waiting for them."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections.abc import Callable
from functools import partial

Deed = Callable[[dt.datetime], object]


class Timeline:
    """A list of deeds that is worked off in the order of their instants; a deed may add later ones."""

    def __init__(self) -> None:
        self._deeds: list[tuple[dt.datetime, int, partial[object]]] = []
        self._numbers = itertools.count()

    def at(self, instant: dt.datetime, deed: Callable[..., object], *args: object) -> None:
        """`deed(*args, instant)` is due at the instant."""
        heapq.heappush(self._deeds, (instant, next(self._numbers), partial(deed, *args)))

    def run(self, until: dt.datetime) -> int:
        """Everything due before `until` was done; how many deeds that were."""
        done = 0
        while self._deeds and self._deeds[0][0] < until:
            instant, _, deed = heapq.heappop(self._deeds)
            deed(instant)
            done += 1
        return done

    def finish(self, latest: dt.datetime) -> None:
        """Nothing is left to do; what was due later was done at the latest instant."""
        while self._deeds:
            instant, _, deed = heapq.heappop(self._deeds)
            deed(min(instant, latest))
