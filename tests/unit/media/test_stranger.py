"""What comes to a participant's port: STUN of every shape, and packets of those who were never asked in."""

import asyncio
import random
import struct
from collections.abc import AsyncIterator

import pytest
from aioice import stun

from media.hooks import STUN_RATE
from media.negotiation import MAX_CANDIDATES
from tests.unit.media.stranger import STRANGER, Port


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    failed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failed.append(context))
    made = Port()
    yield made
    made.check_bounds()
    await made.end()
    assert not failed


async def test_a_check_with_the_password_makes_its_sender_known(port: Port) -> None:
    port.receive(b"\x80rtp from nobody", STRANGER)
    port.receive(b"\x16dtls from nobody", STRANGER)
    assert port.connection._queue.empty()
    port.receive(port.request(signed=False), STRANGER)
    assert port.heard == 0
    port.receive(b"\x80rtp from nobody", STRANGER)
    assert port.connection._queue.empty()

    port.receive(port.request(), STRANGER)
    assert port.heard == 1
    port.receive(b"\x80rtp from somebody", STRANGER)
    port.receive(b"\x16dtls from somebody", STRANGER)
    assert port.connection._queue.qsize() == 2


async def test_an_ipv6_sender_is_known_by_host_and_port(port: Port) -> None:
    sender = ("2001:db8::7", 4000, 0, 0)
    port.receive(port.request(), sender)
    port.receive(b"\x80rtp", sender)
    assert port.connection._queue.qsize() == 1


async def test_a_check_without_a_priority_is_left_alone(port: Port) -> None:
    port.receive(port.request(priority=False), STRANGER)
    assert port.heard == 0
    assert port.transport.discarded == 1


async def test_attributes_of_the_wrong_length_are_left_alone(port: Port) -> None:
    for number, *_ in stun.ATTRIBUTES_BY_TYPE.values():
        for size in (0, 1, 3, 5, 21):
            body = struct.pack("!HH", number, size) + bytes(size + -size % 4)
            port.receive(struct.pack("!HHI12s", 1, len(body), stun.COOKIE, bytes(12)) + body, STRANGER)
    assert port.heard == 0
    assert port.transport.discarded > 10


async def test_a_participant_cannot_make_addresses_without_end(port: Port) -> None:
    for number in range(STUN_RATE - 1):
        port.receive(port.request(), ("198.51.100.7", 1024 + number))
    assert port.heard == MAX_CANDIDATES


async def test_a_flood_of_requests_is_answered_to_a_bound(port: Port) -> None:
    request = port.request(signed=False)
    for number in range(20 * STUN_RATE):
        port.receive(request, ("198.51.100.7", 1024 + number))
    assert port.socket.sent <= 2 * STUN_RATE


async def test_who_is_known_is_heard_through_a_flood(port: Port) -> None:
    port.receive(port.request(), STRANGER)
    port.receive(b"\x80", STRANGER)
    flood = port.request(signed=False)
    for number in range(20 * STUN_RATE):
        port.receive(flood, ("203.0.113.5", 1024 + number))
    heard = port.heard
    port.receive(port.request(), STRANGER)
    assert port.heard == heard + 1


async def test_noise_is_left_alone(port: Port) -> None:
    dice = random.Random(3)
    port.receive(port.request(), STRANGER)
    for _ in range(2000):
        data = bytearray(port.request() if dice.random() < 0.5 else dice.randbytes(dice.randrange(80)))
        for _ in range(dice.randrange(6)):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
        port.receive(bytes(data), dice.choice((STRANGER, ("203.0.113.9", 9))))
        while not port.connection._queue.empty():
            port.connection._queue.get_nowait()
