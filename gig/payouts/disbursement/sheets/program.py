"""Running one of our own programs beside the process that serves people, and hearing what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Timer
from typing import Any

WITHIN_S = 300.0
"""Many times what the largest batch, or the largest bank file, takes."""


class Failed(Exception):
    """The program ended badly; the message is the last line that it wrote about it."""


class TooSlow(Failed):
    """The program had not ended in time and was ended."""


def run(
    module: str, folder: Path, pour: Callable[[], Iterable[str]], *, within_s: float = WITHIN_S
) -> dict[str, Any]:
    """The program has read everything poured into it; what it answered, as JSON.

    It is ended, and TooSlow raised, if it has not answered within so many seconds by the wall clock.
    """
    command = [sys.executable, "-m", module, str(folder)]
    with (folder / "faults").open("w+") as faults, _running(command, faults.fileno()) as program:
        overdue = Event()
        stdin, stdout = program.stdin, program.stdout
        assert stdin is not None and stdout is not None
        with _ended_after(program, within_s, overdue):
            try:
                for text in pour():
                    stdin.write(text)
                stdin.close()
            except BrokenPipeError:
                pass
            said = stdout.read()
            ended = program.wait()
        if overdue.is_set():
            raise TooSlow(f"> {within_s:g} s")
        if ended != 0:
            faults.seek(0)
            *_, last = faults.read().splitlines() or [""]
            raise Failed(last)
    answer: dict[str, Any] = json.loads(said)
    return answer


@contextmanager
def _ended_after(program: subprocess.Popen[str], seconds: float, overdue: Event) -> Iterator[None]:
    """The program is killed when its time is over, so that whoever waits for it goes on."""

    def end() -> None:
        overdue.set()
        program.kill()

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _running(command: list[str], faults: int) -> Iterator[subprocess.Popen[str]]:
    program = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=faults,
        text=True,
        encoding="utf-8",
        cwd=Path(__file__).resolve().parents[4],
    )
    try:
        yield program
    finally:
        for stream in (program.stdin, program.stdout):
            if stream and not stream.closed:
                with suppress(BrokenPipeError):
                    stream.close()
        if program.poll() is None:
            program.kill()
        program.wait()
