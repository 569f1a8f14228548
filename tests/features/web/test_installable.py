"""What makes the agent's pages an app on a phone."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """None of it asks a database."""
    return sqlite_url


def test_the_manifest_names_icons_that_are_there_in_the_language_of_its_address(client: FlaskClient) -> None:
    answer = client.get("/manifest.webmanifest?l=en")
    assert answer.mimetype == "application/manifest+json"
    told = answer.json
    assert (told["name"], told["lang"], told["start_url"], told["display"]) == (
        "Yingsheng",
        "en",
        "/agent/feed",
        "standalone",
    )
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        with client.get(icon["src"]) as drawn:
            assert (drawn.status_code, drawn.mimetype) == (200, "image/png")


def test_the_worker_may_serve_every_page_and_is_asked_for_anew_each_time(client: FlaskClient) -> None:
    answer = client.get("/sw.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in answer.headers


def test_the_worker_keeps_one_page_of_its_language_and_files_that_never_change(client: FlaskClient) -> None:
    kept = re.search(r"const SHELL = (\[.*\]);", client.get("/sw.js?l=en").text)
    assert kept
    page, *files = re.findall(r'"([^"]+)"', kept[1])
    assert page == "/offline/en"
    assert all(re.search(r"\?h=\w+$", file) for file in files)
    for url in (page, *files):
        with client.get(url) as answer:
            assert answer.status_code == 200
    assert client.get("/offline/fr").status_code == 404


def test_the_versions_of_two_languages_differ_and_hold_while_nothing_changes(client: FlaskClient) -> None:
    def version(language: str) -> str:
        found = re.search(r'"shell-(\w{12})"', client.get(f"/sw.js?l={language}").text)
        assert found
        return found[1]

    assert version("zh") == version("zh") != version("en")
