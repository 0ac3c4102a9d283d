"""One participant who hears and sees themselves: for a look at the network before a call.

Everything the client sends comes back to it, RTP and RTCP, by way of the same tables as in a room. So the client is
both ends of a call over the very path that its call will take, and its own statistics tell of loss, jitter, bit rate
and round-trip time. Nobody else is there, nothing is kept, and it ends by itself.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from media.config import MediaConfig
from media.demux import TooManySsrcsError
from media.hooks import Forward
from media.keyframes import KeyframeLimiter
from media.limits import Budget
from media.negotiation import NegotiationPlan
from media.participant import Participant, ParticipantHandlers
from media.policy import Source
from media.rewrite import HEADER_LENGTH, Flow
from media.rewrite_rtcp import keyframe_request, rewrite_rtcp


class Echo:
    """One connection that is its own other side."""

    def __init__(
        self,
        connection_id: str,
        plan: NegotiationPlan,
        config: MediaConfig,
        *,
        spawn: Callable[[Coroutine[Any, Any, object]], object],
        on_lost: Callable[["Echo"], None],
        clock: Callable[[], float],
    ) -> None:
        """:param on_lost: called once when the client is gone; the owner closes the echo."""
        self.began = clock()
        self._spawn = spawn
        self._clock = clock
        self._budget = Budget(
            bytes_per_second=config.max_check_bitrate / 8, packets_per_second=config.max_packet_rate
        )
        self._limiter = KeyframeLimiter(config.keyframe_interval)
        self._timer: asyncio.TimerHandle | None = None
        self.returned = 0
        """RTP packets sent back."""
        self.member = Participant(
            connection_id=connection_id,
            plan=plan,
            config=config,
            handlers=ParticipantHandlers(
                self._on_rtp, self._on_rtcp, lambda member: None, lambda member: on_lost(self)
            ),
            clock=clock,
        )
        self._flow = Flow(plan, plan, self.member.receiving)

    async def open(self) -> str:
        """Gather, and begin to connect.

        :return: the answer.
        :raises NoTransport:
        """
        await self.member.gather()
        answer = self.member.answer()
        self.member.start()
        return answer

    async def close(self) -> None:
        """Free everything."""
        if self._timer is not None:
            self._timer.cancel()
        await self.member.close()

    def _on_rtp(self, member: Participant, data: bytes) -> Forward | None:
        now = member.last_heard = self._clock()
        if len(data) < HEADER_LENGTH or not self._budget.take(len(data), now):
            return None
        source = member.demux.placed.get(int.from_bytes(data[8:12], "big") << 7 | data[1] & 0x7F)
        if source is None:
            try:
                source = member.demux.place(data)
            except TooManySsrcsError:
                member.lose()
            if source is None:
                return None
        out = self._flow.rewrite_rtp(source, data, now)
        if not isinstance(out, bytes) or not member.connected:
            return None
        self.returned += 1
        return member.transport, out

    def _on_rtcp(self, member: Participant, data: bytes) -> Forward | None:
        now = member.last_heard = self._clock()
        if not member.rtcp_budget.take(len(data), now):
            return None
        outcome = rewrite_rtcp(data, self._flow, self._flow)
        if outcome is None or not member.connected:
            return None
        if Source.CAMERA in outcome.keyframes_wanted:
            delay = self._limiter.ask(now)
            if delay == 0:
                self._ask_keyframe()
            elif delay is not None:
                self._timer = asyncio.get_running_loop().call_later(delay, self._keyframe_due)
        return (member.transport, outcome.data) if outcome.data else None

    def _keyframe_due(self) -> None:
        self._limiter.due(self._clock())
        self._ask_keyframe()

    def _ask_keyframe(self) -> None:
        lane = self.member.receiving.lanes.get(Source.CAMERA)
        if lane is not None and lane.primary.fed_by is not None:
            request = keyframe_request(lane.primary.ssrc, lane.primary.fed_by)
            self._spawn(self.member.transport.send(request))
