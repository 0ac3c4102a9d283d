"""The media adapter over the real media node: rooms, refusals, and which ends are news."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import media
from orchestrator.adapters.media import LocalMedia
from orchestrator.application.ports import MediaEvent, MediaRefused


@pytest.fixture
def heard() -> list[MediaEvent]:
    return []


@pytest.fixture
async def local(heard: list[MediaEvent]) -> AsyncIterator[LocalMedia]:
    adapter = LocalMedia(media.MediaConfig(include_loopback=True, max_rooms=2))
    adapter.subscribe(heard.append)
    await adapter.start()
    yield adapter
    await adapter.stop()


async def test_rooms_open_twice_and_close_twice(local: LocalMedia, heard: list[MediaEvent]) -> None:
    await local.open_room("call", camera="off_by_default")
    await local.open_room("call", camera="off_by_default")
    assert local.node.room_count == 1
    await local.set_camera("call", True)
    await local.set_camera("no such call", True)
    await local.close_room("call")
    await local.close_room("call")
    assert local.node.room_count == 0
    # We closed it: no loss.
    assert heard == []


async def test_a_room_that_the_node_closes_is_lost(local: LocalMedia, heard: list[MediaEvent]) -> None:
    await local.open_room("call", camera="allowed")
    await local.node.close_room("call")
    assert heard == [MediaEvent("lost", "call")]


async def test_refusals_have_codes(local: LocalMedia) -> None:
    with pytest.raises(MediaRefused) as caught:
        await local.join("call", role="visitor", connection_id="k", offer_sdp="nonsense", camera="allowed")
    assert caught.value.code == "invalid_offer"
    with pytest.raises(MediaRefused) as caught:
        await local.add_candidates("call", "k", "a=mid:0\r\n")
    assert caught.value.code in ("unknown_connection", "invalid_offer")
    with pytest.raises(MediaRefused) as caught:
        await local.add_candidates("no call", "k", "a=mid:0\r\n")
    assert caught.value.code in ("unknown_call", "invalid_offer")
    await local.leave("call", "k")
    await local.disconnect("call", "visitor")
    await local.open_room("second", camera="allowed")
    with pytest.raises(MediaRefused) as caught:
        await local.open_room("third", camera="allowed")
    assert caught.value.code == "media_busy"


async def test_stopping_is_no_news(local: LocalMedia, heard: list[MediaEvent]) -> None:
    await local.open_room("call", camera="forbidden")
    await local.stop()
    assert heard == []
