"""Which source a packet belongs to (RFC 9143 §9.2), and how many SSRCs one connection may use. Pure.

Camera and screen use the same payload types on one transport. So a packet's SSRC decides, once it is known: from the
MID the packet carries, else from the SSRCs of the offer, else from its payload type if only one stream has it.
"""

from struct import Struct
from typing import Final

from media.negotiation import MID_URI, NegotiationPlan
from media.policy import Source

MAX_SSRCS: Final = 32
"""SSRCs one connection may use; libsrtp keeps state for each. A browser uses two a stream and one for sound, and a few
more over a long call.
"""
_U16: Final = Struct("!H")


class TooManySsrcsError(Exception):
    """A connection uses more SSRCs than it may."""


class Demultiplexer:
    """The table of one connection."""

    def __init__(self, plan: NegotiationPlan) -> None:
        self.placed: dict[int, Source] = {}
        """`ssrc << 7 | payload type` → source, of the packets seen so far: all the packet path has to look at."""
        self._ssrcs: set[int] = set()
        self._declared = {ssrc: stream.source for stream in plan.streams for ssrc in stream.declared_ssrcs}
        self._mids = {stream.mid.encode("ascii"): stream.source for stream in plan.streams}
        self._mid_ids = {
            stream.extensions[MID_URI] for stream in plan.streams if MID_URI in stream.extensions
        }
        self._types: dict[int, set[Source]] = {}
        for stream in plan.streams:
            for payload_type in (stream.payload_type, stream.rtx_payload_type):
                if payload_type is not None:
                    self._types.setdefault(payload_type, set()).add(stream.source)

    def place(self, data: bytes) -> Source | None:
        """The source of a packet that is not in :attr:`placed` yet; None for one that was not agreed.

        :param data: one RTP packet of at least twelve bytes, decrypted.
        :raises TooManySsrcsError: the connection has to end.
        """
        ssrc, payload_type = int.from_bytes(data[8:12], "big"), data[1] & 0x7F
        if ssrc not in self._ssrcs:
            if len(self._ssrcs) >= MAX_SSRCS:
                raise TooManySsrcsError
            self._ssrcs.add(ssrc)
        possible = self._types.get(payload_type)
        if possible is None:
            return None
        source = self._mids.get(self._mid_of(data)) or self._declared.get(ssrc)
        if source is None and len(possible) == 1:
            (source,) = possible
        if source is None or source not in possible:
            return None
        self.placed[ssrc << 7 | payload_type] = source
        return source

    def _mid_of(self, data: bytes) -> bytes:
        if self._mid_ids:
            for number, value in header_extensions(data):
                if number in self._mid_ids:
                    return value
        return b""


def header_extensions(data: bytes) -> list[tuple[int, bytes]]:
    """Id and value of each header extension of an RTP packet (RFC 8285); what cannot be read is left out."""
    start = 12 + 4 * (data[0] & 0x0F)
    if not data[0] & 0x10 or start + 4 > len(data):
        return []
    profile, words = _U16.unpack_from(data, start)[0], _U16.unpack_from(data, start + 2)[0]
    pos, end = start + 4, start + 4 + 4 * words
    one_byte = profile == 0xBEDE
    if end > len(data) or not (one_byte or profile & 0xFFF0 == 0x1000):
        return []
    found: list[tuple[int, bytes]] = []
    while pos < end:
        if data[pos] == 0:
            pos += 1
            continue
        if one_byte:
            number, length, body = data[pos] >> 4, (data[pos] & 0x0F) + 1, pos + 1
            if number == 15:
                break
        else:
            if pos + 2 > end:
                break
            number, length, body = data[pos], data[pos + 1], pos + 2
        if body + length > end:
            break
        found.append((number, data[body : body + length]))
        pos = body + length
    return found
