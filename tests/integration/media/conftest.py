"""A running media node on loopback, and clients that are always closed."""

from collections.abc import AsyncIterator, Callable

import aioice.ice
import pytest

from media import MediaConfig, MediaNode
from tests.integration.media.peers import Events, Peer


@pytest.fixture(autouse=True)
def loopback_clients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice skips 127.0.0.1; the aiortc clients of these tests use nothing else. Browsers do as they like."""
    if request.node.get_closest_marker("browser") is None:
        monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


@pytest.fixture
def events() -> Events:
    return Events()


BOTH_MODES = pytest.mark.parametrize("node", ["default", "fast"], indirect=True)
"""For tests of the packet path, which the two modes have one each of."""


@pytest.fixture
async def node(request: pytest.FixtureRequest, events: Events) -> AsyncIterator[MediaNode]:
    fast = getattr(request, "param", "default") == "fast"
    node = MediaNode(MediaConfig(host_addresses=("127.0.0.1",), fast=fast), events.append)
    await node.start()
    assert node.fast is fast
    yield node
    await node.close()


@pytest.fixture
async def peer() -> AsyncIterator[Callable[..., Peer]]:
    made: list[Peer] = []

    def make(**options: object) -> Peer:
        made.append(Peer(**options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        await one.close()
