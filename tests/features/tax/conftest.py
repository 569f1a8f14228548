"""Finance at their desks and agents at their phones, as in settlement."""

from __future__ import annotations

import pytest

from tests.features.settlement.conftest import after_closing_time, desk, program

__all__ = ["after_closing_time", "desk", "program"]


@pytest.fixture(autouse=True)
def _sheets_and_results(programs_here: None) -> None:
    """Taxes are the same whichever process writes the sheets that they are on."""
