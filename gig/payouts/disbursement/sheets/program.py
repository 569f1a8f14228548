"""Running one of our own programs beside the process that serves people, and hearing what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


class Failed(Exception):
    """The program ended badly; the message is the last line that it wrote about it."""


def run(module: str, folder: Path, pour: Callable[[], Iterable[str]]) -> dict[str, Any]:
    """The program has read everything poured into it; what it answered, as JSON."""
    command = [sys.executable, "-m", module, str(folder)]
    with (folder / "faults").open("w+") as faults, _running(command, faults.fileno()) as program:
        stdin, stdout = program.stdin, program.stdout
        assert stdin is not None and stdout is not None
        try:
            for text in pour():
                stdin.write(text)
            stdin.close()
        except BrokenPipeError:
            pass
        said = stdout.read()
        if program.wait() != 0:
            faults.seek(0)
            *_, last = faults.read().splitlines() or [""]
            raise Failed(last)
    answer: dict[str, Any] = json.loads(said)
    return answer


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
