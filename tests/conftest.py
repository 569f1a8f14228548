"""What every test may ask for. `app` and `session` come once on SQLite and once on PostgreSQL."""

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.application",
    "tests.fixtures.servers",
    "tests.fixtures.browser",
]
