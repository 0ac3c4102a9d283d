"""A trial of the fast mode on this machine: two transports are connected over loopback, and packets are sent."""

import asyncio
from contextlib import suppress

from media.config import MediaConfig
from media.hooks import RelayTransport, TransportHandlers
from media.negotiation import Fingerprint, NegotiationPlan
from media.policy import Role
from media.rewrite_rtcp import keyframe_request
from media.sdp import RemoteCandidate

_CONFIG = MediaConfig(host_addresses=("127.0.0.1",), fast=True)
_RTP = bytes((0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7)) + b"a picture"
_RTCP = keyframe_request(1, 7)


class _End:
    """One of the two ends; it keeps what it is given, and sends nothing back."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[bytes] = asyncio.Queue()
        self.transport = RelayTransport(
            _CONFIG,
            TransportHandlers(
                on_rtp=self.got.put_nowait,
                on_rtcp=self.got.put_nowait,
                on_heard=lambda: None,
                on_ended=lambda: None,
            ),
        )

    def plan_for_the_other(self) -> NegotiationPlan:
        username, password = self.transport.credentials
        return NegotiationPlan(
            role=Role.AGENT,
            streams=(),
            username_fragment=username,
            password=password,
            fingerprints=tuple(Fingerprint(*pair) for pair in self.transport.fingerprints),
            candidates=tuple(
                RemoteCandidate(c.foundation, c.priority, c.host, c.port, c.type)
                for c in self.transport.candidates
            ),
        )


async def try_fast() -> list[str]:
    """What went wrong; nothing when packets of both kinds came through, both ways, on the fast path."""
    one, other = _End(), _End()
    problems: list[str] = []
    try:
        one.transport.lead()
        await asyncio.gather(one.transport.gather(), other.transport.gather())
        connected = await asyncio.gather(
            one.transport.connect(other.plan_for_the_other()),
            other.transport.connect(one.plan_for_the_other()),
        )
        if not all(connected):
            return ["two transports could not be connected over loopback"]
        for sender, receiver in ((one, other), (other, one)):
            for packet in (_RTP, _RTCP):
                if not await sender.transport.send(packet):
                    problems.append("a packet could not be sent")
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(2):
                        if await receiver.got.get() == packet:
                            continue
                problems.append("a packet was lost or changed on its way")
            fast = receiver.transport.fast
            if fast is None or fast.received != 2 or fast.refused or fast.faults:
                problems.append("packets did not come by the fast path")
    finally:
        await asyncio.gather(one.transport.close(), other.transport.close())
    return problems
