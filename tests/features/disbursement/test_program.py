"""Programs beside the server: one that does not answer in time is ended, and who waits for it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from gig.payouts.disbursement.sheets import program

ENDLESS = "tests.features.disbursement.never_ends"


@pytest.mark.parametrize("poured", [[], ["x" * 1_000_000] * 4])
def test_a_program_that_never_answers_is_ended_in_time(tmp_path: Path, poured: list[str]) -> None:
    """Also one that does not read what is poured into it."""
    with pytest.raises(program.TooSlow):
        program.run(ENDLESS, tmp_path, lambda: poured, within_s=0.5)


def test_a_program_that_fails_says_why_and_is_not_called_slow(tmp_path: Path) -> None:
    with pytest.raises(program.Failed, match="No module named") as failed:
        program.run("tests.features.disbursement.is_not_there", tmp_path, list)
    assert not isinstance(failed.value, program.TooSlow)
