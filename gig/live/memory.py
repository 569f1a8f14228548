"""The last of what the outbox said, by topic: what a page missed is told from here.

When a live process has died, all its pages come back within seconds. Were each of them a question to the
database, the outbox itself would wait behind a thousand of them.
"""

from __future__ import annotations

import threading
from bisect import bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from operator import attrgetter

from gig.live.frames import Row

LOOK_BACK = 200
SPAN = 5000
ROWS = 200
LATE = 256

_id = attrgetter("id")


class Memory:
    """Whole for every id after `since`. One thread adds, another asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since = 0
        self._rows: deque[Row] = deque()
        self._topics: defaultdict[str, list[Row]] = defaultdict(list)
        self._late: deque[int] = deque(maxlen=LATE)

    def begin(self, rows: Iterable[Row], since: int) -> None:
        """It knows these rows, which are all there are after `since`, and no others."""
        with self._lock:
            self._since = since
            self._rows.clear()
            self._topics.clear()
            self._late.clear()
            self._add(rows)

    def add(self, fresh: Sequence[Row], late: Iterable[Row] = ()) -> None:
        """It knows these rows too, and forgets those that nobody may ask for any more. `late` committed after
        later ones had been told."""
        with self._lock:
            self._add(late)
            self._late.extend(map(_id, late))
            self._add(fresh)
            if fresh:
                self._forget(fresh[-1].id - SPAN)

    def replay(self, topics: Iterable[str], after: int, upto: int) -> list[Row] | None:
        """What these topics said after one id and up to another; None if that is too much, or forgotten."""
        if after > upto or upto - after > SPAN:
            return None
        with self._lock:
            if after < min(self._since, upto):
                return None
            missed_late = {id for id in self._late if after - LOOK_BACK < id <= after}
            rows: list[Row] = []
            for topic in topics:
                said = self._topics.get(topic, ())
                rows += said[bisect_right(said, after, key=_id) : bisect_right(said, upto, key=_id)]
                if missed_late:
                    told = slice(*(bisect_right(said, id, key=_id) for id in (after - LOOK_BACK, after)))
                    rows += (row for row in said[told] if row.id in missed_late)
        return sorted(rows, key=_id) if len(rows) <= ROWS else None

    def _add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._rows.append(row)
            insort(self._topics[row.topic], row, key=_id)

    def _forget(self, since: int) -> None:
        """A late row may lie behind younger ones, and stays as long as they do."""
        while self._rows and self._rows[0].id <= since:
            row = self._rows.popleft()
            said = self._topics[row.topic]
            del said[: bisect_right(said, row.id, key=_id)]
            if not said:
                del self._topics[row.topic]
        self._since = max(self._since, since)
