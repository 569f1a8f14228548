"""What a page hears, over a real socket from the real server."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable

import httpx
import pytest

from gig.core import outbox
from gig.core.clock import real_now
from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.dispatch.operations.releases import suspend
from gig.identity.operations.standing import grant_skill, revoke_skill
from gig.live.tickets import issue_ticket
from tests import builders
from tests.features.live.listening import Listener
from tests.features.live.world import World


def fresh(kind: str = "queue") -> str:
    return f"{kind}:{new_id()}"


def test_a_committed_event_reaches_an_open_stream(world: World) -> None:
    topic = fresh()
    listener = world.listen(world.ticket(topic)).ready()
    world.emit(topic, "feed.new", inquiry_id="i1")
    heard = listener.next()
    assert (heard.type, heard.data) == ("feed.new", {"topic": topic, "inquiry_id": "i1"})
    assert heard.id


def test_a_rolled_back_event_is_never_told(world: World) -> None:
    topic = fresh()
    listener = world.listen(world.ticket(topic)).ready()
    with world.app.app_context():
        with pytest.raises(ZeroDivisionError), transaction() as session:
            outbox.emit(session, topic, "never", {}, now=real_now())
            session.flush()
            _ = 1 / 0
        db.session.remove()
    world.emit(topic, "marker")
    assert listener.next().type == "marker"


def test_nobody_hears_the_topic_of_another_agent(world: World) -> None:
    mine, theirs = fresh("agent"), fresh("agent")
    listener = world.listen(world.ticket(mine)).ready()
    world.emit(theirs, "secret")
    world.emit(mine, "marker")
    assert listener.next().type == "marker"


def test_events_arrive_in_the_order_they_were_committed(world: World) -> None:
    one, two = fresh(), fresh()
    listener = world.listen(world.ticket(one, two)).ready()
    for number in range(10):
        world.emit(one if number % 2 else two, "step", number=number)
    heard = [listener.next() for _ in range(10)]
    assert [event.data["number"] for event in heard] == list(range(10))
    assert [event.id for event in heard] == sorted(event.id for event in heard if event.id)


@pytest.mark.parametrize("how", ["last_event_id", "after"])
def test_a_stream_that_comes_back_hears_what_it_missed_once(world: World, how: str) -> None:
    topic = fresh()
    ticket = world.ticket(topic)
    witness = world.listen(world.ticket(topic)).ready()
    with Listener(world.server.port, ticket) as listener:
        listener.ready()
        world.emit(topic, "seen")
        last = listener.next().id
    assert last
    world.emit(fresh(), "of others")
    world.emit(topic, "missed", times=3)
    while witness.next().id != last + 4:
        pass
    back = world.listen(ticket, **{how: last})
    assert [event.type for event in back.until("ready")] == ["missed", "missed", "missed", "ready"]
    world.emit(topic, "later")
    assert back.next().type == "later"


def test_a_new_page_hears_what_happened_between_its_ticket_and_its_stream(world: World) -> None:
    topic = fresh()
    with Listener(world.server.port, world.ticket(topic)) as earlier:
        earlier.ready()
        ticket = world.ticket(topic)
        world.emit(topic, "between")
        earlier.next()
    page = world.listen(ticket)
    types = [event.type for event in page.until_caught_up()]
    assert types[-1] == "resync" or "between" in types
    world.emit(topic, "later")
    assert page.next().type == "later"


def test_a_page_that_missed_too_much_is_told_to_fetch_afresh(world: World) -> None:
    topic = fresh()
    ticket = world.ticket(topic)
    with Listener(world.server.port, ticket) as listener:
        listener.ready()
        world.emit(topic, "seen")
        last = listener.next().id
        assert last
        world.emit(topic, "much", times=300)
        while listener.next().id != last + 300:
            pass
    back = world.listen(ticket, last_event_id=last)
    heard = back.next()
    assert (heard.type, heard.id) == ("resync", last + 300)


def test_an_id_from_a_future_that_was_never_told_means_fetch_afresh(world: World) -> None:
    assert world.listen(world.ticket(fresh()), last_event_id=10**15).next().type == "resync"


@pytest.mark.parametrize("kind", ["session", "agent"])
def test_a_revoked_session_loses_its_stream_and_its_ticket(world: World, kind: str) -> None:
    person, session = new_id(), new_id()
    ticket = world.ticket("ops", person=person, session=session)
    listener = world.listen(ticket).ready()
    other = world.listen(world.ticket("ops")).ready()
    world.emit(f"{kind}:{person if kind == 'agent' else session}", "session.revoked", reason="logout")
    assert [event.type for event in listener.rest()] == ["session.revoked"]
    assert world.listen(ticket).status == 401
    world.emit("ops", "marker")
    assert other.next().type == "marker"
    if kind == "agent":
        assert world.listen(world.ticket("ops", person=person)).status == 200


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


def test_a_forged_ticket_is_refused(world: World) -> None:
    forged = issue_ticket("another secret", new_id(), new_id(), ["ops"], real_now())
    good = world.ticket("ops")
    for ticket in (forged, good[:-2], good.replace(good[:4], "AAAA", 1), "", "a.b.c", "%00"):
        assert world.listen(ticket).status == 401


def test_a_ticket_is_good_for_ten_minutes(world: World) -> None:
    assert world.listen(world.ticket("ops", issued=dt.timedelta(minutes=-11))).status == 401
    assert world.listen(world.ticket("ops", issued=dt.timedelta(minutes=-9))).status == 200


def test_a_stream_whose_ticket_runs_out_is_told_to_renew_and_ended(world: World) -> None:
    for left_s in (2, 8, 30):  # on a busy machine the first may be spent before it is shown
        listener = world.listen(world.ticket("ops", issued=dt.timedelta(minutes=-10, seconds=left_s)))
        if listener.status == 200:
            break
    assert listener.status == 200
    assert [event.type for event in listener.rest()][-1] == "renew"


def test_a_session_that_opens_ever_more_streams_loses_its_oldest(world: World) -> None:
    ticket = world.ticket("ops")
    oldest = world.listen(ticket).ready()
    for _ in range(8):
        newest = world.listen(ticket).ready()
    oldest.rest()
    assert oldest.closed
    world.emit("ops", "marker")
    assert newest.next().type == "marker"


def test_a_reader_that_does_not_read_is_dropped_and_the_others_hear_on(world: World) -> None:
    topic = fresh()
    quick = world.listen(world.ticket(topic)).ready()
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", world.server.port))
        slow.settimeout(20)
        slow.sendall(f"GET /live/stream?ticket={world.ticket(topic)} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        while b"event: re" not in slow.recv(1000):
            pass
        for _ in range(12):
            world.emit(topic, "large", times=10, filler="x" * 100_000)
            assert {quick.next().type for _ in range(10)} == {"large"}
        received = 0
        while data := slow.recv(1_000_000):
            received += len(data)
            if data.endswith(b"0\r\n\r\n"):
                break
        assert received < 120 * 100_000
    world.emit(topic, "marker")
    assert quick.next().type == "marker"


def test_there_is_one_way_to_open_a_stream(world: World) -> None:
    url = f"{world.server.url}/live/"
    with httpx.Client(trust_env=False, verify=False) as client:
        assert client.get(url + "elsewhere").status_code == 404
        assert client.post(f"{url}stream", params={"ticket": world.ticket("ops")}).status_code == 405
        refused = client.get(f"{url}stream")
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["type"] == "/problems/bad-ticket"
