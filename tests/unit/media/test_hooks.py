"""The start-up check of the private hooks notices when aiortc or aioice change shape."""

from collections.abc import Callable
from typing import Any

import aioice.ice
import pytest
from aiortc import RTCDtlsTransport

import media.shapes
from media.errors import HookMismatch
from media.shapes import check_hooks


def test_the_installed_versions_fit() -> None:
    check_hooks()


async def one_argument(self: object, packet: bytes) -> None: ...


def not_async(self: object, data: bytes) -> None: ...


async def calls_nothing(self: object) -> None: ...


@pytest.mark.parametrize(
    ("owner", "name", "replacement", "words"),
    [
        (RTCDtlsTransport, "_handle_rtp_data", one_argument, "_handle_rtp_data has the signature"),
        (RTCDtlsTransport, "_handle_rtcp_data", not_async, "no longer a coroutine"),
        (RTCDtlsTransport, "_send_rtp", None, "_send_rtp does not exist"),
        (RTCDtlsTransport, "_recv_next", calls_nothing, "does not call _handle_rtp_data"),
        (aioice.ice.Connection, "check_incoming", None, "check_incoming does not exist"),
        (aioice.ice.Connection, "gather_candidates", calls_nothing, "does not call get_component"),
        (aioice.ice.StunProtocol, "datagram_received", calls_nothing, "does not call data_received"),
    ],
)
def test_a_changed_hook_is_named(
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    replacement: Callable[..., Any] | None,
    words: str,
) -> None:
    if replacement is None:
        monkeypatch.delattr(owner, name)
    else:
        monkeypatch.setattr(owner, name, replacement)
    with pytest.raises(HookMismatch, match=words):
        check_hooks()


@pytest.mark.parametrize("installed", ["1.15.9", "1.17.0", "2.0"])
def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch, installed: str) -> None:
    monkeypatch.setattr(media.shapes, "version", lambda package: installed)
    with pytest.raises(HookMismatch, match=f"aiortc {installed} is installed"):
        check_hooks()


def test_a_missing_attribute_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    original = aioice.ice.Connection.__init__

    def without_queue(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        del self._queue

    monkeypatch.setattr(aioice.ice.Connection, "__init__", without_queue)
    with pytest.raises(HookMismatch, match="_queue does not exist"):
        check_hooks()
