"""How much one participant may send. Pure: time comes in as an argument.

A call with both pictures, sound and repairs needs a few megabits and a thousand packets a second. Who sends much more
is broken or hostile; what is over the limit is dropped, and who keeps on is disconnected, so that nobody ever
takes the processor from the other rooms.
"""

from typing import Final

DEPTH: Final = 1.0
"""Seconds' worth that may come at once."""


class Budget:
    """Bytes and packets of one sender, by the generic cell rate algorithm (ITU-T I.371): for each of the two, the time
    until which what was sent has been paid for.
    """

    __slots__ = ("_a_byte", "_a_packet", "_bytes_until", "_packets_until", "refused")

    def __init__(self, *, bytes_per_second: float, packets_per_second: float) -> None:
        self._a_byte = 1 / bytes_per_second
        self._a_packet = 1 / packets_per_second
        self._bytes_until = self._packets_until = float("-inf")
        self.refused = 0
        """Packets over the limit."""

    def take(self, size: int, now: float) -> bool:
        """Whether a packet of `size` bytes is within the limits at `now` (s); then it is taken off."""
        bytes_until, packets_until = self._bytes_until, self._packets_until
        bytes_until = (bytes_until if bytes_until > now else now) + size * self._a_byte
        packets_until = (packets_until if packets_until > now else now) + self._a_packet
        limit = now + DEPTH
        if bytes_until > limit or packets_until > limit:
            self.refused += 1
            return False
        self._bytes_until, self._packets_until = bytes_until, packets_until
        return True
