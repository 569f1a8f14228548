"""The most memory that a process had, as the kernel counts it for that program alone.

`getrusage` of a child begins with what its parent had when it was forked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_S = 0.005


def peak_kib(process: str = "self") -> int:
    """VmHWM, or 0 of a process that has ended."""
    try:
        text = Path(f"/proc/{process}/status").read_text("utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM:")), 0)


@contextmanager
def children_watched() -> Iterator[dict[str, int]]:
    """Inside, children are looked at all the time: the peak of each, in KiB, as it was last seen.

    The last look counts, because before a child has become its program it shows the memory of its parent.
    """
    peaks: dict[str, int] = {}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(EVERY_S):
            for each in Path("/proc/self/task").glob("*/children"):
                for process in _text(each).split():
                    peaks[process] = peak_kib(process) or peaks.get(process, 0)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield peaks
    finally:
        over.set()
        watching.join()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
