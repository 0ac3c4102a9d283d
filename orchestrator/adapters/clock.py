"""The real clock, and names that sort by time."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class SystemClock:
    """See `ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, deadline: datetime | None, wake: asyncio.Event) -> None:
        try:
            if deadline is None:
                await wake.wait()
            else:
                # Never long at a time: the machine's clock may be set, and may have slept.
                pause = min(max((deadline - self.now()).total_seconds(), 0.0), 30.0)
                async with asyncio.timeout(pause):
                    await wake.wait()
        except TimeoutError:
            return
        wake.clear()


class RandomIds:
    """Ten characters of time in milliseconds, twelve of chance; Crockford's alphabet, lower case."""

    def new(self, kind: str) -> str:
        value = (time.time_ns() // 1_000_000) << 60 | secrets.randbits(60)
        chars: list[str] = []
        for _ in range(22):
            value, rest = divmod(value, 32)
            chars.append(_ALPHABET[rest])
        return f"{kind}_{''.join(reversed(chars))}"
