"""The media adapters over the real media node: rooms, refusals, and which ends are news."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

import media
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.media import LocalMedia
from orchestrator.adapters.nats_connection import NatsConnection
from orchestrator.adapters.remote_media import EstateMedia, MediaLink, RemoteTrouble
from orchestrator.adapters.store import SqlStore
from orchestrator.application.ports import MediaEvent, MediaGateway, MediaRefused
from tests.servers.nats import NatsServer
from tests.unit.media.offers import Offer

CALLS = ("call", "second", "third")
CONFIG = media.MediaConfig(include_loopback=True, max_rooms=2)


@dataclass
class Place:
    """``asked`` is the adapter that is asked, ``home`` has the rooms, and ``heard`` is what is said about them."""

    asked: MediaGateway
    home: LocalMedia
    heard: asyncio.Queue[MediaEvent]


@dataclass
class Process:
    local: LocalMedia
    estate: EstateMedia
    connection: NatsConnection

    async def stop(self) -> None:
        await self.estate.stop()
        await self.connection.stop()


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(sqlite_url)
    yield store
    await store.close()


async def process(name: str, store: SqlStore, nats: NatsServer) -> Process:
    connection = NatsConnection(nats.url)
    await connection.start()
    local = LocalMedia(CONFIG)
    estate = EstateMedia(local, store, SystemClock(), node=name, link=MediaLink(connection, name))
    await estate.start()
    return Process(local, estate, connection)


@pytest.fixture(params=["alone", "of several processes", "another process"])
async def place(request: pytest.FixtureRequest, store: SqlStore) -> AsyncIterator[Place]:
    heard: asyncio.Queue[MediaEvent] = asyncio.Queue()
    if request.param == "alone":
        adapter = LocalMedia(CONFIG)
        adapter.subscribe(heard.put_nowait)
        await adapter.start()
        yield Place(adapter, adapter, heard)
        await adapter.stop()
        return
    server: NatsServer = request.getfixturevalue("nats")
    here, there = await process("here", store, server), await process("there", store, server)
    here.estate.subscribe(heard.put_nowait)
    there.estate.subscribe(heard.put_nowait)
    if request.param == "another process":
        async with store.transaction() as tx:
            for call_id in CALLS:
                await tx.rooms.claim(call_id, "there", SystemClock().now())
        yield Place(here.estate, there.local, heard)
        assert here.local.node.room_count == 0
    else:
        yield Place(here.estate, here.local, heard)
        assert there.local.node.room_count == 0
    await here.stop()
    await there.stop()


async def test_rooms_open_twice_and_close_twice(place: Place) -> None:
    await place.asked.open_room("call", camera="off_by_default")
    await place.asked.open_room("call", camera="off_by_default")
    assert place.home.node.room_count == 1
    await place.asked.set_camera("call", True)
    await place.asked.set_camera("no such call", True)
    await place.asked.close_room("call")
    await place.asked.close_room("call")
    assert place.home.node.room_count == 0
    # We closed it: no loss.
    assert place.heard.empty()


async def test_a_running_call_is_tightened_and_never_loosened(place: Place) -> None:
    await place.asked.open_room("call", camera="allowed")
    for rule in ("off_by_default", "forbidden", "allowed"):
        await place.asked.restrict("call", camera=rule)
    # Told once: the camera was off by then.
    assert await asyncio.wait_for(place.heard.get(), 5) == MediaEvent("camera_shut", "call", "visitor")
    assert place.heard.empty()
    offer = str(Offer())
    answer = await place.asked.join(
        "call", role="visitor", connection_id="k", offer_sdp=offer, camera="allowed"
    )
    assert "a=sendonly" in answer[answer.index("m=video") :]
    await place.asked.restrict("no such call", camera="forbidden")


async def test_a_room_that_the_node_closes_is_lost(place: Place) -> None:
    await place.asked.open_room("call", camera="allowed")
    await place.home.node.close_room("call")
    assert await asyncio.wait_for(place.heard.get(), 5) == MediaEvent("lost", "call")


async def test_an_offer_is_answered_and_the_connection_can_be_ended(place: Place) -> None:
    answer = await place.asked.join(
        "call", role="visitor", connection_id="k", offer_sdp=str(Offer()), camera="allowed"
    )
    assert "a=fingerprint" in answer
    assert place.home.node.room_count == 1
    await place.asked.add_candidates("call", "k", "a=mid:0\r\n")
    await place.asked.disconnect("call", "agent")
    await place.asked.disconnect("call", "visitor")
    assert await asyncio.wait_for(place.heard.get(), 5) == MediaEvent("left", "call", "visitor", "k")
    await place.asked.leave("call", "k")


async def test_a_network_check_is_answered_by_the_process_that_is_asked(place: Place) -> None:
    assert "a=fingerprint" in await place.asked.check_network("visitor", str(Offer()))
    with pytest.raises(MediaRefused) as caught:
        await place.asked.check_network("visitor", "nonsense")
    assert caught.value.code == "invalid_offer"
    assert place.heard.empty()


async def test_refusals_have_codes(place: Place) -> None:
    asked = place.asked
    with pytest.raises(MediaRefused) as caught:
        await asked.join("call", role="visitor", connection_id="k", offer_sdp="nonsense", camera="allowed")
    assert caught.value.code == "invalid_offer"
    with pytest.raises(MediaRefused) as caught:
        await asked.add_candidates("call", "k", "a=mid:0\r\n")
    assert caught.value.code in ("unknown_connection", "invalid_offer")
    with pytest.raises(MediaRefused) as caught:
        await asked.add_candidates("no call", "k", "a=mid:0\r\n")
    assert caught.value.code in ("unknown_call", "invalid_offer")
    await asked.leave("call", "k")
    await asked.disconnect("call", "visitor")
    await asked.open_room("second", camera="allowed")
    # An effect is tried again, whoever has the room.
    with pytest.raises((MediaRefused, RemoteTrouble), match=r"2 rooms|media_busy"):
        await asked.open_room("third", camera="allowed")


async def test_stopping_is_no_news(place: Place) -> None:
    await place.asked.open_room("call", camera="forbidden")
    await place.home.stop()
    assert place.heard.empty()


# --- several processes --------------------------------------------------------------------------------------


@pytest.fixture
async def both(store: SqlStore, nats: NatsServer) -> AsyncIterator[tuple[Process, Process]]:
    here, there = await process("here", store, nats), await process("there", store, nats)
    yield here, there
    await here.stop()
    await there.stop()


async def test_of_two_who_open_a_room_one_has_it(both: tuple[Process, Process]) -> None:
    for number in range(10):
        call_id = f"call{number}"
        await asyncio.gather(*(one.estate.open_room(call_id, camera="allowed") for one in both))
        assert sum(one.local.has_room(call_id) for one in both) == 1
        await both[number % 2].estate.close_room(call_id)
        assert sum(one.local.has_room(call_id) for one in both) == 0


async def test_a_room_that_was_closed_can_be_opened_elsewhere(
    both: tuple[Process, Process], store: SqlStore
) -> None:
    here, there = both
    await here.estate.open_room("call", camera="allowed")
    await there.estate.close_room("call")
    async with store.transaction() as tx:
        assert await tx.rooms.owner("call") is None
    await there.estate.open_room("call", camera="allowed")
    assert (here.local.has_room("call"), there.local.has_room("call")) == (False, True)


async def test_a_full_process_leaves_a_room_to_the_others(both: tuple[Process, Process]) -> None:
    here, there = both
    for call_id in ("one", "two"):
        await here.estate.open_room(call_id, camera="allowed")
    with pytest.raises(MediaRefused):
        await here.estate.open_room("three", camera="allowed")
    await there.estate.open_room("three", camera="allowed")
    assert there.local.has_room("three")


async def test_the_rooms_of_a_process_that_is_gone_are_unknown(
    both: tuple[Process, Process], store: SqlStore
) -> None:
    here, _ = both
    async with store.transaction() as tx:
        await tx.rooms.claim("call", "dead", SystemClock().now())
    with pytest.raises(MediaRefused) as caught:
        await here.estate.join(
            "call", role="visitor", connection_id="k", offer_sdp=str(Offer()), camera="allowed"
        )
    assert caught.value.code == "unknown_call"
    with pytest.raises(RemoteTrouble):
        await here.estate.open_room("call", camera="allowed")
    # What was its is removed with it.
    async with store.transaction() as tx:
        await tx.rooms.remove("call")
    await here.estate.open_room("call", camera="allowed")
    assert here.local.has_room("call")


async def test_rooms_that_others_reported_as_lost_are_dropped_in_silence(
    both: tuple[Process, Process],
) -> None:
    here, _ = both
    heard: asyncio.Queue[MediaEvent] = asyncio.Queue()
    here.estate.subscribe(heard.put_nowait)
    await here.estate.open_room("call", camera="allowed")
    await here.estate.drop_rooms()
    await asyncio.sleep(0)
    assert not here.local.has_room("call")
    assert heard.empty()


async def test_without_a_way_to_the_others_only_own_rooms_are_known(store: SqlStore) -> None:
    local = LocalMedia(CONFIG)
    estate = EstateMedia(local, store, SystemClock(), node="here", link=None)
    await estate.start()
    async with store.transaction() as tx:
        await tx.rooms.claim("call", "there", SystemClock().now())
    with pytest.raises(MediaRefused) as caught:
        await estate.add_candidates("call", "k", "a=mid:0\r\n")
    assert caught.value.code == "unknown_call"
    await estate.open_room("own", camera="allowed")
    assert local.has_room("own")
    await estate.stop()
