"""One connection of one participant: what was negotiated, its transport, and its life from offer to end.

A connection is never renegotiated. After a drop, or for anything new, the client makes a new connection,
which replaces this one (aiortc has no ICE restart, and one path through the code is better than two).
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from media.answer import ServerTransport, SsrcPair, render_answer
from media.config import MediaConfig
from media.demux import Demultiplexer
from media.errors import NegotiationError
from media.hooks import Forward, RelayTransport, TransportHandlers
from media.limits import Budget
from media.negotiation import MAX_CANDIDATES, NegotiationPlan
from media.policy import Role, Source
from media.rewrite import ReceivingState
from media.sdp import CandidateFragment

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ParticipantHandlers:
    """Whom a participant tells what."""

    on_rtp: Callable[["Participant", bytes], Forward | None]
    on_rtcp: Callable[["Participant", bytes], Forward | None]
    on_connected: Callable[["Participant"], None]
    on_lost: Callable[["Participant"], None]


def _new_ssrc(taken: set[int]) -> int:
    """A random SSRC (RFC 3550 §8.1), distinct within the leg."""
    while True:
        ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        if ssrc not in taken:
            taken.add(ssrc)
            return ssrc


class Participant:
    """One connection. Its owner decides when it ends; it only reports that it was lost."""

    def __init__(
        self,
        *,
        connection_id: str,
        plan: NegotiationPlan,
        config: MediaConfig,
        handlers: ParticipantHandlers,
        clock: Callable[[], float],
    ) -> None:
        self.connection_id = connection_id
        self.role: Role = plan.role
        self.plan = plan
        self._config = config
        self._handlers = handlers
        self._clock = clock
        taken: set[int] = set()
        self._ssrcs = {
            s.source: SsrcPair(_new_ssrc(taken), None if s.rtx_payload_type is None else _new_ssrc(taken))
            for s in plan.streams
        }
        self.receiving = ReceivingState.of(self._ssrcs, cname=secrets.token_hex(8))
        """The numbers of what this connection is sent."""
        self.demux = Demultiplexer(plan)
        self.flowing: set[Source] = set()
        """Sources of which a packet was let through."""
        now = clock()
        self.budget = Budget(
            bytes_per_second=config.max_bitrate / 8, packets_per_second=config.max_packet_rate
        )
        """What this connection may send in RTP."""
        self.rtcp_budget = Budget(
            bytes_per_second=config.max_bitrate / 8, packets_per_second=config.max_rtcp_rate
        )
        """What this connection may send in RTCP."""
        self.connected = False
        self.last_heard = now
        """When the last authenticated packet arrived, in seconds of the monotonic clock."""
        self._candidates = len(plan.candidates)
        self._lost = False
        self._run: asyncio.Task[None] | None = None
        self._probe: asyncio.Task[bool] | None = None
        self.transport = RelayTransport(
            config,
            TransportHandlers(
                on_rtp=lambda data: handlers.on_rtp(self, data),
                on_rtcp=lambda data: handlers.on_rtcp(self, data),
                on_heard=self._on_heard,
                on_ended=self.lose,
            ),
        )

    def _on_heard(self) -> None:
        self.last_heard = self._clock()

    async def gather(self) -> None:
        """Bind sockets and gather candidates."""
        await self.transport.gather()

    def answer(self) -> str:
        """The SDP answer, complete with candidates."""
        username, password = self.transport.credentials
        server = ServerTransport(
            username_fragment=username,
            password=password,
            fingerprints=self.transport.fingerprints,
            candidates=self.transport.candidates,
            ssrcs=self._ssrcs,
            cname=self.receiving.cname,
            session_id=secrets.randbits(62),
        )
        return render_answer(self.plan, server, self._config.public_address)

    def start(self) -> None:
        """Begin to connect."""
        self._run = asyncio.create_task(self._connect(), name=f"media-connect-{self.role}")

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self._config.connect_timeout):
                connected = await self.transport.connect(self.plan)
        except TimeoutError:
            connected = False
        except Exception:
            logger.exception("A connection could not be set up")
            connected = False
        if connected and not self._lost:
            self.connected = True
            self._on_heard()
            self._handlers.on_connected(self)
        else:
            self.lose()

    def lose(self) -> None:
        """Report, once, that this connection ended without being told to."""
        if not self._lost:
            self._lost = True
            self.connected = False
            self._handlers.on_lost(self)

    async def add_candidates(self, fragment: CandidateFragment) -> None:
        """Take trickled candidates (RFC 8838).

        :raises NegotiationError: when they belong to another ICE generation, or are too many.
        """
        if fragment.username_fragment not in (None, self.plan.username_fragment):
            raise NegotiationError(
                "the candidates belong to another ICE session; ICE restart is not supported"
            )
        if self._candidates + len(fragment.candidates) > MAX_CANDIDATES:
            raise NegotiationError(f"more than {MAX_CANDIDATES} ICE candidates")
        self._candidates += len(fragment.candidates)
        for candidate in fragment.candidates:
            await self.transport.add_candidate(candidate)

    def check_silence(self, now: float) -> None:
        """Called about twice a second: ask a silent peer for a sign of life, and give it up after the
        time-out.

        aioice's own consent checks notice a dead peer after half a minute only (six checks, five seconds
        apart).
        """
        if not self.connected:
            return
        silent = now - self.last_heard
        if silent > self._config.silence_timeout:
            self.lose()
        elif silent > self._config.silence_timeout * 0.4 and (self._probe is None or self._probe.done()):
            self._probe = asyncio.create_task(self.transport.probe(), name=f"media-probe-{self.role}")

    async def close(self) -> None:
        """Free everything. Reports nothing."""
        self._lost = True
        self.connected = False
        for task in (self._run, self._probe):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
        await self.transport.close()
