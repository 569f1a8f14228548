"""Finance at their desks."""

from __future__ import annotations

from tests.features.settlement.conftest import after_closing_time, desk, program

__all__ = ["after_closing_time", "desk", "program"]
