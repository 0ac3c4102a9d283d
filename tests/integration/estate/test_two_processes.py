"""Two processes serve one estate: whatever one of them is told, the other one's pages hear, also when one is killed."""

from __future__ import annotations

import asyncio
import signal

import pytest

from tests.integration.estate.conftest import Running
from tests.integration.estate.world import Agent, Page, People, Visitor
from tests.integration.media.peers import Peer, until

pytestmark = pytest.mark.timeout(150)


async def meet(people: People, name: str, what: str) -> tuple[Visitor, Page, Agent, Page]:
    """A visitor and an agent with a conversation, their sockets at different processes."""
    agent = await people.agent(name)
    desk = await agent.page()
    await agent.switch("available")
    visitor = await people.visitor("shop")
    page = await visitor.page(not_at=desk.served_by)
    assert page.served_by != desk.served_by
    await visitor.act(what)
    invited = await desk.until(lambda frame: frame["type"] == "invitation")
    accepted = await agent.accept(invited["invitation"], at=desk.served_by)
    assert accepted == visitor.conversation
    return visitor, page, agent, desk


async def sees(one: Peer, other: Peer) -> None:
    """Each decodes the picture of the other, and hears something."""
    for receiver, sender in ((one, other), (other, one)):
        frames = receiver.got.frames
        await until(
            lambda receiver=receiver, frames=frames: receiver.got.frames > frames + 5, "decoded pictures"
        )
        assert abs(receiver.got.luma[-1] - sender.luma) < 25
        assert receiver.got.loud > 1000


async def ends(running: Running, conversations: list[str]) -> list[tuple[str, str]]:
    """What was noted of pages and rooms that went away."""
    found = await running.query(
        "SELECT conversation_id, name FROM event WHERE conversation_id = ANY($1) "
        "AND (name LIKE '%Disconnected' OR name = 'MediaLost') ORDER BY at",
        conversations,
    )
    return [(row["conversation_id"], row["name"]) for row in found]


async def test_conversations_cross(people: People, running: Running) -> None:
    visitor, page, agent, desk = await meet(people, "claire", "person")
    joined = await page.until(
        lambda frame: frame["type"] == "conversation" and frame["conversation"]["party"] == "agent"
    )
    assert joined["conversation"]["id"] == visitor.conversation

    for number in range(10):
        await visitor.write(f"visitor {number}")
        await agent.write(visitor.conversation, f"agent {number}")
    said = [f"{who} {number}" for number in range(10) for who in ("visitor", "agent")]
    assert await page.until_texts(20) == said
    assert await desk.until_texts(20) == said

    await page.send({"type": "typing", "conversation_id": visitor.conversation})
    typing = await desk.until(lambda frame: frame["type"] == "typing")
    assert typing["by"] == "visitor"
    await desk.send({"type": "typing", "conversation_id": visitor.conversation})
    assert (await page.until(lambda frame: frame["type"] == "typing"))["by"] == "agent"

    heard = len(desk.frames)
    await page.close()
    await desk.until(
        lambda frame: frame["type"] == "conversation" and not frame["conversation"]["visitor"]["present"],
        after=heard,
    )
    nodes = await running.query("SELECT DISTINCT node FROM socket")
    assert len(nodes) == 1
    assert len(await running.query("SELECT id FROM node")) == 2
    await agent.switch("offline")


async def test_a_process_that_stood_still_goes_on_without_harm(people: People, running: Running) -> None:
    """Longer than a dead one is waited for: the others act, and it finds that out when it wakes up."""
    visitor, page, agent, desk = await meet(people, "jeanne", "person")
    still = next(process for process in running.processes if process.port == desk.served_by)
    (row,) = await running.query("SELECT node FROM socket WHERE subject = $1", f"agent:{agent.id}")
    still.child.process.send_signal(signal.SIGSTOP)
    try:
        await running.until_gone("SELECT id FROM node WHERE id = $1", row["node"])
    finally:
        still.child.process.send_signal(signal.SIGCONT)
    # Its pages are asked to come back, and nothing is missing.
    await visitor.write("meanwhile")
    await desk.until_connected(2)
    assert await desk.until_texts(1) == ["meanwhile"]
    assert await running.query("SELECT id FROM node WHERE id = $1", row["node"])
    assert "node.taken_for_dead" in still.log.read_text()
    await agent.write(visitor.conversation, "awake")
    assert (await page.until_texts(2))[-1] == "awake"
    await agent.switch("offline")


async def test_a_process_that_is_killed_costs_nothing_but_a_moment(people: People, running: Running) -> None:
    visitor, page, agent, desk = await meet(people, "marc", "video")
    by_visitor = await visitor.join(luma=60)
    by_agent = await agent.join(visitor.conversation, luma=180)
    await by_visitor.connected()
    await by_agent.connected()
    await sees(by_visitor, by_agent)
    assert (await visitor.see())["state"] == "in_video"

    # The page of somebody who will not come back, at the process that is about to die.
    stranger = await people.visitor("shop")
    gone = await stranger.page(not_at=page.served_by)

    doomed = next(process for process in running.processes if process.port == desk.served_by)
    (row,) = await running.query("SELECT node FROM socket WHERE subject = $1", f"agent:{agent.id}")
    (room,) = await running.query("SELECT node, call_id FROM call_room")
    assert room["node"] == row["node"], "the call is in the process whose agent accepted it"

    both = [visitor.conversation, stranger.conversation]
    before = await ends(running, both)
    gone.leave()
    doomed.child.process.send_signal(signal.SIGKILL)
    for number in range(5):
        await visitor.write(f"after {number}")
    assert await desk.until_texts(5) == [f"after {number}" for number in range(5)]
    assert desk.connected == 2
    assert desk.served_by == page.served_by
    await agent.write(visitor.conversation, "here again")
    assert (await page.until_texts(6))[-1] == "here again"
    assert await desk.until_texts(6) == page.texts
    assert desk.positions == sorted(set(desk.positions)), "nothing twice, nothing out of order"

    again = await asyncio.gather(visitor.join(luma=60), agent.join(visitor.conversation, luma=180))
    for peer in again:
        await peer.connected()
    await sees(*again)
    assert (await visitor.see())["state"] == "in_video"
    (moved,) = await running.query("SELECT node FROM call_room WHERE call_id = $1", room["call_id"])
    assert moved["node"] != row["node"]

    await running.until_gone("SELECT id FROM node WHERE id = $1", row["node"])
    assert await running.query("SELECT id FROM socket WHERE node = $1", row["node"]) == []
    assert sorted((await ends(running, both))[len(before) :]) == sorted(
        [(stranger.conversation, "VisitorDisconnected"), (visitor.conversation, "MediaLost")]
    )
    (left,) = await running.query("SELECT count(*) FROM outbox")
    assert left["count"] == 0
