"""Who may not work, or not on a queue, stops hearing of it at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gig.core.clock import real_now
from gig.core.db import db
from gig.dispatch.operations.releases import suspend
from gig.identity.operations.standing import grant_skill, revoke_skill
from tests import builders
from tests.features.live.world import World


def suspended(agent: str, ops: str) -> None:
    suspend(agent_id=agent, actor_id=ops, reason="投诉核实", now=real_now())


def less_skilled(agent: str, ops: str) -> None:
    revoke_skill(agent_id=agent, queue="refund", actor_id=ops, reason="连续答错", now=real_now())


def more_skilled(agent: str, ops: str) -> None:
    grant_skill(agent_id=agent, queue="delivery", actor_id=ops, now=real_now())


@pytest.mark.parametrize("change", [suspended, less_skilled, more_skilled])
def test_a_change_of_standing_ends_the_agents_streams_and_refuses_their_tickets(
    world: World, change: Callable[[str, str], None]
) -> None:
    with world.app.app_context():
        builders.queue("delivery")
        agent, other, ops = builders.agent(), builders.agent(), builders.person(roles="ops")
        db.session.remove()
    ticket = world.ticket(f"agent:{agent}", "queue:refund", person=agent)
    streams = [world.listen(ticket).ready(), world.listen(ticket).ready()]
    witness = world.listen(world.ticket("queue:refund", person=other)).ready()
    with world.app.app_context():
        change(agent, ops)
        db.session.remove()
    world.emit("queue:refund", "feed.new", inquiry_id="i1")
    assert witness.next().type == "feed.new"
    for stream in streams:
        heard = stream.rest()
        assert [event.type for event in heard] == ["standing.changed", "ticket.revoked"]
    assert world.listen(ticket).status == 401
    back = world.listen(world.ticket(f"agent:{agent}", person=agent), last_event_id=heard[-1].id or 0)
    assert back.until_caught_up()[-1].type == "ready"
