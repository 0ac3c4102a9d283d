"""An app whose use cases are stubs: these tests are about what surrounds them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from limits import RateLimitItemPerMinute

from orchestrator.api.app import create_app
from orchestrator.api.limits import Limiter, Rates
from orchestrator.api.platform import Backlog, Operations, Options, Platform
from tests.unit.api.stubs import OWN, FixedClock, StubAccounts, Stubs, StubSites, StubTokens


@pytest.fixture
def stubs() -> Stubs:
    return Stubs()


@pytest.fixture
def platform(stubs: Stubs, tmp_path: Path) -> Platform:
    async def readiness() -> Mapping[str, bool]:
        return stubs.parts

    async def backlog() -> Backlog:
        return Backlog(outbox=3, conversations={"queued": 2})

    any_part = cast("Any", None)
    return Platform(
        conversations=cast("Any", stubs.conversations),
        calls=any_part,
        streams=any_part,
        accounts=cast("Any", StubAccounts()),
        sites=cast("Any", StubSites()),
        bots=any_part,
        cards=any_part,
        publishing=any_part,
        policy_usage=any_part,
        tokens=cast("Any", StubTokens()),
        clock=cast("Any", FixedClock()),
        operations=Operations(readiness, backlog, lambda *_: False, lambda: "ready"),
        reporting=any_part,
        limiter=Limiter(Rates(session=RateLimitItemPerMinute(3, 1, namespace="session"))),
        options=Options(metrics_token="operations-token", static=tmp_path, demo=True),
    )


@pytest.fixture
def app(platform: Platform) -> FastAPI:
    return create_app(platform)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
        yield client
