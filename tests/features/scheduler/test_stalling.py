"""A process whose jobs may lead gives up what it holds while it stalls, however it was started."""

from __future__ import annotations

from types import ModuleType

import pytest

from gig import asgi
from gig.cli import scheduler as command
from gig.foundation import engine_options
from gig.scheduler.lease import LEASE_S
from gig.settings import Settings


class Enough(Exception):
    """What was asked for is known."""


@pytest.mark.parametrize("way", ["gig scheduler", "gig serve --scheduler"])
def test_its_stalled_transactions_end_with_the_lease(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    given: list[Settings] = []

    def create_app(settings: Settings) -> None:
        given.append(settings)
        raise Enough

    module: ModuleType = asgi if way == "gig serve --scheduler" else command
    begin = asgi.with_scheduler if module is asgi else command.scheduler.callback
    assert begin is not None
    monkeypatch.setattr(module, "create_app", create_app)
    monkeypatch.setenv("GIG_DATABASE_URL", "postgresql://nobody@nowhere/gig")
    with pytest.raises(Enough):
        begin()
    (settings,) = given
    connect = engine_options(settings)["connect_args"]
    assert isinstance(connect, dict)
    assert f"idle_in_transaction_session_timeout={LEASE_S}s" in connect["options"]
