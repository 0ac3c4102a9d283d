"""Rate limits: how often somebody may try, counted in this process.

With several processes behind a proxy each counts for itself, so that the real limit is a multiple; that is enough
against guessing and flooding, which is what these are for.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from dataclasses import dataclass, field

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from orchestrator.api.problems import ApiError


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


class Limiter:
    """Counts attempts by name; names are hashed, so that no address or e-mail is kept."""

    def __init__(self, rates: Rates | None = None) -> None:
        self.rates = rates or Rates()
        self._window = MovingWindowRateLimiter(MemoryStorage())

    async def allows(self, rate: RateLimitItem, *who: str) -> bool:
        """Count one attempt and say whether it is within the limit."""
        return await self._window.hit(rate, _key(who))

    async def count(self, rate: RateLimitItem, *who: str) -> None:
        """Count one attempt or raise 429."""
        if not await self.allows(rate, *who):
            raise await self._too_many(rate, who)

    async def require_room(self, rate: RateLimitItem, *who: str) -> None:
        """Raise 429 if no attempt is left, without counting one."""
        if not await self._window.test(rate, _key(who)):
            raise await self._too_many(rate, who)

    async def forget(self, rate: RateLimitItem, *who: str) -> None:
        """Start over: the last attempt was a good one."""
        await self._window.clear(rate, _key(who))

    async def _too_many(self, rate: RateLimitItem, who: tuple[str, ...]) -> ApiError:
        reset_time, _ = await self._window.get_window_stats(rate, _key(who))
        seconds = max(1, math.ceil(reset_time - time.time()))
        return ApiError(
            429,
            "too_many_requests",
            f"Too many attempts. Try again in {seconds} seconds.",
            headers={"retry-after": str(seconds)},
        )


def _key(who: tuple[str, ...]) -> str:
    return hashlib.blake2b("\0".join(who).encode(), digest_size=16).hexdigest()


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
