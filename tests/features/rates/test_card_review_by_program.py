"""Programs hand a card in, and those of another person review it."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core import clock
from tests.features.rates.test_card_api import token_of
from tests.features.rates.test_card_review import DAY, document


def test_a_program_hands_in_and_another_persons_reviews(client: FlaskClient, session: Session) -> None:
    first, second = token_of("ops"), token_of("ops")
    start = (clock.now() + DAY).isoformat()
    id = client.post("/api/v1/rate-cards", json=document(valid_from=start), headers=first).get_json()["id"]
    url = f"/api/v1/rate-cards/{id}"
    handed = client.post(f"{url}/submission", json={"why": "试点", "revision": 1}, headers=first)
    assert (handed.status_code, handed.get_json()["state"]) == (201, "submitted")
    revision = {"revision": handed.get_json()["revision"]}
    own = client.post(f"{url}/publication", json=revision, headers=first)
    assert (own.status_code, own.get_json()["type"]) == (409, "/problems/two-people")
    assert client.delete(f"{url}/submission?reason=太早", headers=second).status_code == 204
    again = client.get(url, headers=first).get_json()["revision"]
    client.post(f"{url}/submission", json={"why": "试点", "revision": again}, headers=first)
    unread = client.post(f"{url}/publication", json=revision, headers=second)
    assert (unread.status_code, unread.get_json()["type"]) == (409, "/problems/overtaken")
    read = client.get(url, headers=second).get_json()["revision"]
    passed = client.post(f"{url}/publication", json={"revision": read}, headers=second)
    assert (passed.status_code, passed.get_json()["state"]) == (201, "published")


def test_a_program_that_names_no_revision_means_the_present_one(
    client: FlaskClient, session: Session
) -> None:
    first, second = token_of("ops"), token_of("ops")
    start = (clock.now() + DAY).isoformat()
    id = client.post("/api/v1/rate-cards", json=document(valid_from=start), headers=first).get_json()["id"]
    url = f"/api/v1/rate-cards/{id}"
    assert client.post(f"{url}/submission", json={"why": "试点"}, headers=first).status_code == 201
    own = client.post(f"{url}/publication", headers=first)
    assert (own.status_code, own.get_json()["type"]) == (409, "/problems/two-people")
    passed = client.post(f"{url}/publication", headers=second)
    assert (passed.status_code, passed.get_json()["state"]) == (201, "published")
