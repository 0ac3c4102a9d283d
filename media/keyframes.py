"""How often a sender is asked for a keyframe. Pure: time comes in as an argument.

A keyframe costs many times an ordinary frame, and a receiver in trouble asks again and again: forwarding
every request makes the trouble worse. A request is never lost, though: one that comes too early is answered
at the end of the interval.
"""


class KeyframeLimiter:
    """At most one request per `interval` seconds to one sender, and at most one waiting."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._last: float | None = None
        self._waiting = False

    def ask(self, now: float) -> float | None:
        """Seconds until the request may be sent: 0 for at once, None when an earlier one is already waiting.

        After a positive answer the caller must call :meth:`due` when the time is up.
        """
        if self._waiting:
            return None
        if self._last is None or now - self._last >= self.interval:
            self._last = now
            return 0.0
        self._waiting = True
        return self._last + self.interval - now

    def due(self, now: float) -> None:
        """The waiting request is sent now."""
        self._waiting = False
        self._last = now

    def reset(self) -> None:
        """A new sender: it has been asked for nothing yet."""
        self._last = None
        self._waiting = False
