"""`python -m bench.evening`: a peak of customers and agents over HTTP while the site's processes are killed.

Minutes and seconds are of the server's clock.
Prints what broke, how it came back, what people did, and the reckoning. Exit 1 if anything does not add up.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.evening.run import Evening, live_through


def main() -> int:
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with tempfile.TemporaryDirectory(prefix="gig-evening-") as folder, ExitStack() as stack:
        found = live_through(
            asked, Path(folder), stack, say=lambda line: print(line, file=sys.stderr, flush=True)
        )
    print(found)
    return 0 if found.holds else 1


def _asked() -> Evening:
    parser = argparse.ArgumentParser(prog="bench.evening")
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--inquiries", type=int, default=3000, help="in all; 300 a minute by default")
    parser.add_argument(
        "--linger", type=float, default=240, help="seconds that conversations may still go on"
    )
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--dialogues", type=Path, help="words, as docs/replay.md describes the file")
    parser.add_argument("--arrivals", type=Path, help="the rhythm, likewise")
    parser.add_argument("--speed", type=int, default=1, help="the server's clock, times the real one")
    parser.add_argument("--seed", type=int, default=1)
    return Evening(**vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
