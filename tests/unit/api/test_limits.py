"""Rate limits: what counts, for whom, and what the refused one is told."""

from __future__ import annotations

import httpx
import pytest
from limits import RateLimitItemPerMinute

from orchestrator.api.limits import Limiter, network
from orchestrator.api.problems import ApiError
from tests.unit.api.stubs import SHOP, desk


@pytest.mark.parametrize(
    ("address", "unit"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "unknown"),
        (None, "unknown"),
    ],
)
def test_the_unit_that_limits_count_for(address: str | None, unit: str) -> None:
    assert network(address) == unit


async def test_counts_apart_and_says_when_to_come_back() -> None:
    limiter, rate = Limiter(), RateLimitItemPerMinute(2, 1)
    await limiter.count(rate, "a")
    await limiter.count(rate, "a")
    await limiter.count(rate, "b")
    with pytest.raises(ApiError) as refused:
        await limiter.count(rate, "a")
    assert refused.value.status == 429
    assert 1 <= int(refused.value.headers["retry-after"]) <= 60
    await limiter.forget(rate, "a")
    await limiter.count(rate, "a")


async def test_names_do_not_run_into_each_other() -> None:
    limiter, rate = Limiter(), RateLimitItemPerMinute(1, 1)
    await limiter.count(rate, "ab", "c")
    await limiter.count(rate, "a", "bc")


async def login(client: httpx.AsyncClient, password: str, email: str = "a@b.c") -> httpx.Response:
    return await client.post("/api/auth/login", headers=desk(), json={"email": email, "password": password})


async def test_wrong_passwords_are_limited_per_account(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        assert (await login(client, "wrong")).status_code == 401
    refused = await login(client, "right")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert (await login(client, "right", email="A@b.c ")).status_code in (422, 429), (
        "another spelling, same account"
    )
    assert (await login(client, "right", email="other@b.c")).status_code == 200


async def test_a_right_password_starts_over(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        for _ in range(4):
            assert (await login(client, "wrong")).status_code == 401
        assert (await login(client, "right")).status_code == 200


async def test_trying_many_accounts_is_limited_per_address(client: httpx.AsyncClient) -> None:
    statuses = [(await login(client, "wrong", email=f"a{n}@b.c")).status_code for n in range(60)]
    assert statuses[:50] == [401] * 50
    assert set(statuses[50:]) == {429}


async def test_sessions_are_limited_per_address(client: httpx.AsyncClient) -> None:
    answers = [
        await client.post(
            "/api/visitor/session", headers={"origin": SHOP}, json={"site_key": "shop", "language": "fr"}
        )
        for _ in range(4)
    ]
    assert answers[3].status_code == 429
    assert answers[3].headers["access-control-allow-origin"] == SHOP
    assert "Retry-After" in answers[3].headers["access-control-expose-headers"]
