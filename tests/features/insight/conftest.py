"""Every test of figures begins without what an earlier database was remembered by."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gig.insight.wall import forget
from tests.features.dispatch.conftest import desk, ops

__all__ = ["desk", "ops"]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget()
    yield
