"""The files that tell people what to type agree with each other and with the code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def settings_named_in(path: str) -> set[str]:
    return set(re.findall(r"\bGIG_[A-Z_]+[A-Z]\b", (ROOT / path).read_text("utf-8")))


def test_the_example_settings_are_those_that_the_code_reads() -> None:
    assert settings_named_in(".env.example") == settings_named_in("gig/settings.py")


def test_make_help_lists_the_promised_commands() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"setup", "run", "test", "bench", "lint", "help"} <= set(
        re.findall(r"^  make (\w+)", listed, re.M)
    )


def test_ci_calls_nothing_that_the_readme_does_not_name() -> None:
    called = re.findall(r"^make \w+", (ROOT / ".ci/run").read_text("utf-8"), re.M)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert called
    assert [command for command in called if command not in readme] == []
