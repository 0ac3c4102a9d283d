"""Where a connected bot may be, and where it may not."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from orchestrator.adapters.connected.addresses import AddressRefused, check_url, find, is_private


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("https://bot.example.org/", "https://bot.example.org"),
        (" https://Bot.example.org:443/connector/ ", "https://bot.example.org/connector"),
        ("https://bot.example.org:8443", "https://bot.example.org:8443"),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x"),
    ],
)
def test_an_address_in_its_normal_form(given: str, normal: str) -> None:
    assert check_url(given, private_allowed=False) == normal


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("bot.example.org", "bot_url_invalid"),
        ("ftp://bot.example.org", "bot_url_invalid"),
        ("file:///etc/passwd", "bot_url_invalid"),
        ("https://user:secret@bot.example.org", "bot_url_invalid"),
        ("https://bot.example.org/?a=b", "bot_url_invalid"),
        ("https://bot.example.org:port/", "bot_url_invalid"),
        ("https://", "bot_url_invalid"),
        ("http://bot.example.org", "bot_url_not_secure"),
        ("https://127.0.0.1/", "bot_address_private"),
        ("https://[::1]/", "bot_address_private"),
        ("https://169.254.169.254/latest", "bot_address_private"),
    ],
)
def test_an_address_that_is_refused(given: str, code: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        check_url(given, private_allowed=False)
    assert caught.value.code == code
    assert "secret" not in str(caught.value)


def test_in_ones_own_network_when_it_is_allowed() -> None:
    assert check_url("http://127.0.0.1:5000/", private_allowed=True) == "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_what_is_not_the_public_internet(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"])
def test_what_is(address: str) -> None:
    assert not is_private(address)


async def test_a_name_is_judged_by_all_the_addresses_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    # Resolvers cannot be made to say this without being root of a domain: the answer is what is faked, nothing else.
    async def both(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET, None, 0, "", ("1.1.1.1", 443)),
            (socket.AF_INET, None, 0, "", ("10.0.0.1", 443)),
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both)
    with pytest.raises(AddressRefused) as caught:
        await find("https://rebind.example/", private_allowed=False)
    assert caught.value.code == "bot_address_private"
    assert (await find("https://rebind.example/", private_allowed=True)).ip == "1.1.1.1"


async def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(AddressRefused) as caught:
        await find("https://no-such-host.invalid/", private_allowed=False)
    assert caught.value.code == "bot_host_unknown"


async def test_localhost_is_found_out() -> None:
    with pytest.raises(AddressRefused):
        await find("https://localhost/", private_allowed=False)
