"""What the chat page reckons: the wait, what is spam, and what is a site."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.channels import links
from gig.channels.rules.sites import parse_sites
from gig.channels.rules.spam import is_repeated
from gig.channels.rules.waiting import FEWEST, minutes_to_wait


@pytest.mark.parametrize(
    ("ahead", "left", "minutes"),
    [(3, 10, 4), (0, 10, 1), (0, 600, 1), (9, 10, 10), (10, 10, 11), (4, 3, 17), (0, 2, None), (50, 0, None)],
)
def test_the_wait_is_reckoned_from_how_fast_the_queue_moved(
    ahead: int, left: int, minutes: int | None
) -> None:
    assert minutes_to_wait(ahead, left) == minutes


@given(st.integers(0, 200), st.integers(FEWEST, 10_000))
def test_nobody_behind_another_is_told_a_shorter_wait(ahead: int, left: int) -> None:
    mine, theirs = minutes_to_wait(ahead, left), minutes_to_wait(ahead + 1, left)
    assert mine is not None and theirs is not None and 1 <= mine <= theirs


def test_the_third_same_message_in_a_row_is_spam_and_a_different_one_is_not() -> None:
    assert is_repeated("在吗", ["在吗 ", "在吗"])
    assert not is_repeated("在吗", ["在吗"])
    assert not is_repeated("在吗", ["在吗", "退款呢", "在吗"])
    assert not is_repeated("订单 12", ["在吗", "在吗"])


@pytest.mark.parametrize(
    ("site", "good"),
    [
        ("https://shop.example", True),
        ("https://*.shop.example:8443", True),
        ("https://Shop.Example/", True),
        ("http://localhost:3000", True),
        ("http://shop.example", False),
        ("https://*", False),
        ("*", False),
        ("'self'", False),
        ("https://shop.example;script-src", False),
        ("https://shop.example/path", False),
    ],
)
def test_a_site_is_an_https_origin_and_nothing_that_a_policy_could_stumble_over(
    site: str, good: bool
) -> None:
    sites, faults = parse_sites(site)
    assert (bool(sites), bool(faults)) == (good, not good)


ids = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=26, max_size=26)


@given(ids, st.integers(0, 999_999))
def test_a_link_is_read_as_it_was_made_and_by_its_own_secret_alone(inquiry_id: str, generation: int) -> None:
    token = links.token("secret", inquiry_id, generation)
    assert links.read("secret", token) == (inquiry_id, generation)
    assert links.read("other", token) is None
    assert links.read("secret", links.token("secret", inquiry_id, generation + 1)[: len(token) - 1]) is None


@given(st.text(max_size=80))
def test_no_other_text_is_a_link(text: str) -> None:
    assert links.read("secret", text) is None
