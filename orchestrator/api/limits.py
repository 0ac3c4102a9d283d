"""Rate limits: how often somebody may try, counted in this process.

With several processes behind a proxy each counts for itself, so that the real limit is a multiple; that is enough
against guessing and flooding, which is what these are for.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections import deque
from dataclasses import dataclass, field

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond

from orchestrator.api.problems import ApiError

SWEEP_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Rates:
    """What is allowed. Logins and resets count failures only: who signs in correctly is never held up by it."""

    login_account: RateLimitItem = field(
        default_factory=lambda: RateLimitItemPerMinute(5, 5, namespace="login")
    )
    login_address: RateLimitItem = field(
        default_factory=lambda: RateLimitItemPerMinute(50, 15, namespace="from")
    )
    session: RateLimitItem = field(default_factory=lambda: RateLimitItemPerMinute(30, 1, namespace="session"))
    message: RateLimitItem = field(
        default_factory=lambda: RateLimitItemPerSecond(20, 10, namespace="message")
    )
    action: RateLimitItem = field(default_factory=lambda: RateLimitItemPerSecond(40, 10, namespace="action"))
    typing: RateLimitItem = field(default_factory=lambda: RateLimitItemPerSecond(10, 10, namespace="typing"))
    socket: RateLimitItem = field(default_factory=lambda: RateLimitItemPerMinute(60, 1, namespace="socket"))
    left_message: RateLimitItem = field(
        default_factory=lambda: RateLimitItemPerMinute(5, 10, namespace="left-message")
    )


class Limiter:
    """Counts attempts by name in moving windows; names are hashed, so that no address or e-mail is kept."""

    def __init__(self, rates: Rates | None = None) -> None:
        self.rates = rates or Rates()
        self._windows: dict[bytes, _Window] = {}
        self._sweep_at = 0.0

    async def allows(self, rate: RateLimitItem, *who: str) -> bool:
        """Count one attempt and say whether it is within the limit."""
        now = time.monotonic()
        self._sweep(now)
        window = self._windows.setdefault(_key(rate, who), _Window(rate))
        if not window.has_room(now):
            return False
        window.attempts.append(now)
        return True

    async def count(self, rate: RateLimitItem, *who: str) -> None:
        """Count one attempt or raise 429."""
        if not await self.allows(rate, *who):
            raise self._too_many(rate, who)

    async def require_room(self, rate: RateLimitItem, *who: str) -> None:
        """Raise 429 if no attempt is left, without counting one."""
        window = self._windows.get(_key(rate, who))
        if window is not None and not window.has_room(time.monotonic()):
            raise self._too_many(rate, who)

    async def forget(self, rate: RateLimitItem, *who: str) -> None:
        """Start over: the last attempt was a good one."""
        self._windows.pop(_key(rate, who), None)

    def _sweep(self, now: float) -> None:
        """From time to time, forget who has not been here for a while."""
        if now >= self._sweep_at:
            self._windows = {key: window for key, window in self._windows.items() if not window.is_over(now)}
            self._sweep_at = now + SWEEP_EVERY

    def _too_many(self, rate: RateLimitItem, who: tuple[str, ...]) -> ApiError:
        oldest = self._windows[_key(rate, who)].attempts[0]
        seconds = max(1, math.ceil(oldest + rate.get_expiry() - time.monotonic()))
        return ApiError(
            429,
            "too_many_requests",
            f"Too many attempts. Try again in {seconds} seconds.",
            headers={"retry-after": str(seconds)},
        )


class _Window:
    """The attempts of one name that still count, the oldest first."""

    __slots__ = ("_most", "_seconds", "attempts")

    def __init__(self, rate: RateLimitItem) -> None:
        self._most, self._seconds = rate.amount, rate.get_expiry()
        self.attempts: deque[float] = deque()

    def has_room(self, now: float) -> bool:
        while self.attempts and self.attempts[0] <= now - self._seconds:
            self.attempts.popleft()
        return len(self.attempts) < self._most

    def is_over(self, now: float) -> bool:
        return not self.attempts or self.attempts[-1] <= now - self._seconds


def _key(rate: RateLimitItem, who: tuple[str, ...]) -> bytes:
    return hashlib.blake2b("\0".join((rate.key_for(), *who)).encode(), digest_size=16).digest()


def network(address: str | None) -> str:
    """The unit that limits count for: an IPv4 address, or the /64 that one IPv6 customer has to itself."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
