"""What every test may ask for. `app` and `session` come once on SQLite and once on PostgreSQL."""

import gc

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

gc.disable()  # until all tests are found: imports leave hardly any garbage

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.application",
    "tests.fixtures.servers",
    "tests.fixtures.browser",
    "tests.fixtures.programs",
]

# A busy machine is no fault of the code; a fixture shared by the examples of one test is said to be so there.
hypothesis_settings.register_profile(
    "project",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("project")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: at the end no worker is alone with it while others have nothing left."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What was imported stays for the whole run and is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()
