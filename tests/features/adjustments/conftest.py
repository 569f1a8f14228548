"""Finance at their desks."""

from tests.features.settlement.conftest import after_closing_time, desk

__all__ = ["after_closing_time", "desk"]
