"""`gig user`, `gig token`, `gig channel`, `gig doctor`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from gig.app import create_app
from gig.cli import gig
from gig.core.db import db
from gig.settings import Settings

CREATE = ["user", "create", "--role", "ops", "--phone", "13800138000", "--name", "许岚"]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, ended_commands: None) -> object:
    monkeypatch.setenv("GIG_DATABASE_URL", database_url)

    def command(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(gig, arguments, input=typed)

    return command


def opens(database_url: str, secret: str, path: str = "/api/v1/openapi.json") -> int:
    app = create_app(Settings.from_env({"GIG_DATABASE_URL": database_url}))
    try:
        return app.test_client().get(path, headers={"Authorization": f"Bearer {secret}"}).status_code
    finally:
        with app.app_context():
            db.engine.dispose()


def test_a_made_up_password_is_printed_once_and_a_given_one_never(run) -> None:  # type: ignore[no-untyped-def]
    made_up = run(*CREATE)
    assert made_up.exit_code == 0
    assert "password: " in made_up.stdout
    given = run(
        "user", "create", "--role", "finance", "--phone", "13800138001", "--name", "钱进", "--password-stdin",
        typed="battery staple\n",
    )  # fmt: skip
    assert given.exit_code == 0
    assert "battery" not in given.output


def test_what_the_rules_refuse_is_said_in_one_line(run) -> None:  # type: ignore[no-untyped-def]
    run(*CREATE)
    again = run(*CREATE)
    assert again.exit_code == 1
    assert again.stderr == "这个手机号已经注册过了，直接登录就行。\n"
    both = run(*CREATE, "--role", "finance")
    assert both.exit_code == 1


def test_a_token_is_printed_once_and_works(run, database_url: str) -> None:  # type: ignore[no-untyped-def]
    run(*CREATE)
    token = run("token", "create", "--phone", "13800138000")
    assert token.exit_code == 0
    secret = token.stdout.strip()
    assert secret.startswith("gig_p_")
    assert opens(database_url, secret, "/api/v1/rate-cards") == 200
    assert opens(database_url, secret[:-1], "/api/v1/rate-cards") == 401
    assert run("token", "create", "--phone", "13800138009").exit_code == 1


def test_a_channel_is_made_once(run) -> None:  # type: ignore[no-untyped-def]
    assert run("channel", "create", "商城").stdout.startswith("gig_c_")
    assert run("channel", "create", "商城").exit_code == 1


def test_the_doctor_finds_a_migrated_database_sound(run) -> None:  # type: ignore[no-untyped-def]
    run(*CREATE)
    report = run("doctor").stdout
    for words in (
        "sealing works",
        "at the newest version",
        "timezone: Asia/Shanghai",
        "open what the database",
    ):
        assert words in report


def test_the_doctor_says_what_stands_in_the_way(
    run,  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(*CREATE)
    monkeypatch.setenv("GIG_SECRET_KEY", "another secret than the one that sealed it")
    report = run("doctor")
    assert report.exit_code == 1
    assert "GIG_DATA_KEYS cannot open what the database holds" in report.stdout
    monkeypatch.setenv("GIG_ENV", "production")
    assert "GIG_DATA_KEYS and GIG_INDEX_KEY must be set in production" in run("doctor").stdout
    monkeypatch.setenv("GIG_TIMEZONE", "Moon/Crater")
    assert "Moon/Crater" in run("doctor").stdout
