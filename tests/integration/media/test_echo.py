"""The network check: a client alone with the media server gets back what it sends, and measures the way."""

import asyncio
import json
from collections.abc import Callable

import pytest

from media import MediaConfig, MediaNode, NegotiationError, NodeClosed, TooManyChecks
from tests.integration.media.conftest import BOTH_MODES
from tests.integration.media.firefox import firefox, page_at
from tests.integration.media.peers import Events, Peer, until
from tests.integration.media.test_firefox import PAGE
from tests.unit.media.offers import Offer

MakePeer = Callable[..., Peer]


async def check(node: MediaNode, peer: Peer, check_id: str = "c") -> Peer:
    await peer.pc.setLocalDescription(await peer.pc.createOffer())
    await peer.accept(await node.check_network(check_id, peer.pc.localDescription.sdp))
    return peer


@BOTH_MODES
async def test_a_client_sees_and_hears_itself(node: MediaNode, events: Events, peer: MakePeer) -> None:
    alone = await check(node, peer(luma=90))
    await until(lambda: alone.got.frames > 15 and alone.got.samples > 9600, "it comes back")
    assert abs(alone.got.luma[-1] - 90) < 15
    assert alone.got.loud > 1000
    assert node.check_count == 1
    assert node.room_count == 0
    await alone.pc.close()
    await until(lambda: node.check_count == 0, "hanging up ends it")
    assert not events, "nobody is in a call"


async def test_it_ends_by_itself(events: Events, peer: MakePeer) -> None:
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",), check_seconds=1.0), events.append)
    await node.start()
    alone = await (await check(node, peer())).connected()
    await until(lambda: node.check_count == 0, "its time is over", 4)
    await until(lambda: alone.pc.connectionState == "closed", "the client is told")
    await node.close()


async def test_one_check_of_a_visitor_at_a_time_and_so_many_at_once(peer: MakePeer) -> None:
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",), max_checks=1), lambda event: None)
    with pytest.raises(NodeClosed):
        await node.check_network("c", str(Offer()))
    await node.start()
    first = await (await check(node, peer())).connected()
    await check(node, peer())
    await until(lambda: first.pc.connectionState == "closed", "the earlier one ends")
    with pytest.raises(TooManyChecks):
        await node.check_network("another", str(Offer()))
    with pytest.raises(NegotiationError):
        await node.check_network("c", "nonsense")
    assert node.check_count == 1
    await node.close()
    assert node.check_count == 0


async def test_what_comes_back_is_bounded(peer: MakePeer) -> None:
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",), max_check_bitrate=20_000), lambda event: None)
    await node.start()
    alone = await check(node, peer())
    await until(lambda: alone.got.samples > 0, "something comes back")
    await asyncio.sleep(1)
    echo = node._echoes["c"]
    # 20 kbps are 25 packets of 100 bytes a second, and as many at the start; about 80 a second are sent.
    assert echo.returned < 110
    assert echo._budget.refused > 10
    await node.close()


@pytest.mark.browser
async def test_a_browser_measures_the_way_there_and_back() -> None:
    node = MediaNode(MediaConfig(include_loopback=True), lambda event: None)
    await node.start()
    async with page_at(PAGE) as address, firefox() as page:
        await page.goto(address)
        answer = await node.check_network("c", await page.evaluate("offer()"))
        await page.evaluate(f"accept({json.dumps(answer)})")
        for _ in range(100):
            found = await page.evaluate("look()")
            if found["audio"] > 50 and max(found["frames"], default=0) > 15 and found["rtt"] >= 0:
                break
            await asyncio.sleep(0.2)
        else:
            raise AssertionError(found)
        assert found["rtt"] < 0.5
    await node.close()
