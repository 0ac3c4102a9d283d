"""How well each stream gets through, read off the reports that pass by (RFC 3550 §6.4). Pure: time comes in as an
argument.

Loss and jitter are those that the receiver of a stream measures, over both legs. The round trip is that of one leg:
from this server to the receiver and back, by the sender report that passed and the report that answers it.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from struct import Struct
from typing import Final

SR: Final = 200
RR: Final = 201
KEPT_REPORTS: Final = 8
"""Sender reports of a stream that an answer may refer to; one is sent about every second."""
KEPT_RECEPTIONS: Final = 1000
"""Reports of a receiver that count in one period."""
STALLED_AFTER: Final = 3.0
"""Seconds without a packet after which a stream that was flowing has stalled."""

_HEAD: Final = Struct("!BBH")
_BLOCK: Final = Struct("!LLLLLL")
_U32: Final = Struct("!L")


class Grade(StrEnum):
    """A stream's quality in one word."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Quality:
    """One stream over the last period."""

    bitrate: float
    """Bits a second that were forwarded."""
    loss: float | None
    """Share of packets that did not arrive, 0 to 1; None: nobody reported. Likewise the next."""
    jitter: float | None
    """Seconds."""
    round_trip: float | None
    """Seconds from the server to the receiver and back."""

    @property
    def grade(self) -> Grade:
        """What a conversation over this is like: thresholds as in the page's network check."""
        loss, jitter, trip = self.loss or 0.0, self.jitter or 0.0, self.round_trip or 0.0
        if loss > 0.10 or jitter > 0.150 or trip > 0.600:
            return Grade.POOR
        if loss > 0.03 or jitter > 0.050 or trip > 0.250:
            return Grade.FAIR
        return Grade.GOOD


@dataclass(frozen=True, slots=True)
class SenderReport:
    """As much of one as is used here."""

    ssrc: int
    ntp_middle: int
    """The middle 32 bits of its NTP time, which is how a receiver refers to it."""


@dataclass(frozen=True, slots=True)
class Reception:
    """A report block."""

    ssrc: int
    fraction_lost: int
    jitter: int
    last: int
    delay: int


@dataclass(slots=True)
class StreamWatch:
    """What is known of one stream. Fed by its sender's and its receiver's reports, and asked once a period."""

    clock_rate: int
    _sent: dict[int, float] = field(default_factory=dict[int, float])
    """Middle of the NTP time of each sender report → when it passed (s)."""
    _lost: list[float] = field(default_factory=list[float])
    _jitter: list[float] = field(default_factory=list[float])
    _trips: list[float] = field(default_factory=list[float])
    _bytes: int = 0
    _since: float | None = None

    def on_sender_report(self, ntp_middle: int, now: float) -> None:
        """A sender report passed."""
        self._sent[ntp_middle] = now
        while len(self._sent) > KEPT_REPORTS:
            del self._sent[next(iter(self._sent))]

    def on_reception(self, report: Reception, now: float) -> None:
        """The receiver reported."""
        if len(self._lost) >= KEPT_RECEPTIONS:
            return
        self._lost.append(report.fraction_lost / 256)
        self._jitter.append(report.jitter / self.clock_rate)
        passed = self._sent.get(report.last) if report.last else None
        if passed is not None:
            trip = now - passed - report.delay / 65536
            # A receiver that reports a longer delay than there was tells nothing.
            if trip >= 0:
                self._trips.append(trip)

    def take(self, bytes_forwarded: int, now: float) -> Quality | None:
        """The quality since the last call; None the first time, and when nothing passed.

        :param bytes_forwarded: of the stream, ever.
        """
        since, before = self._since, self._bytes
        self._since, self._bytes = now, bytes_forwarded
        found = None
        if since is not None and now > since and bytes_forwarded > before:
            found = Quality(
                bitrate=8 * (bytes_forwarded - before) / (now - since),
                loss=_mean(self._lost),
                jitter=max(self._jitter, default=None),
                round_trip=min(self._trips, default=None),
            )
        self._lost.clear()
        self._jitter.clear()
        self._trips.clear()
        return found


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def reports(data: bytes) -> list[SenderReport | Reception]:
    """Sender reports and report blocks of a compound; what cannot be read ends the list."""
    found: list[SenderReport | Reception] = []
    pos = 0
    while pos + 4 <= len(data):
        first, kind, words = _HEAD.unpack_from(data, pos)
        end = pos + 4 * (words + 1)
        if end > len(data):
            break
        block = pos + 8
        if kind == SR and end - pos >= 28:
            ntp_middle = int.from_bytes(data[pos + 10 : pos + 14], "big")
            found.append(SenderReport(_U32.unpack_from(data, pos + 4)[0], ntp_middle))
            block = pos + 28
        if kind in (SR, RR):
            for _ in range(first & 0x1F):
                if block + _BLOCK.size > end:
                    break
                ssrc, lost, _, jitter, last, delay = _BLOCK.unpack_from(data, block)
                found.append(Reception(ssrc, lost >> 24, jitter, last, delay))
                block += _BLOCK.size
        pos = end
    return found
