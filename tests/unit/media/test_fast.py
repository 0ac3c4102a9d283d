"""The fast mode is used only where every part it needs is as it was; a node says so when it is not, and goes on."""

import asyncio
import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import aioice.ice
import pylibsrtp
import pytest
from aiortc import RTCDtlsTransport

import media.fast
import media.node
from media import MediaConfig, MediaNode
from media.fast import fast_problems
from media.trial import try_fast

FAST = MediaConfig(host_addresses=("127.0.0.1",), fast=True)


async def test_what_is_installed_fits() -> None:
    assert await fast_problems(try_fast) == []


async def test_the_default_is_the_default_mode() -> None:
    node = MediaNode(MediaConfig(), lambda event: None)
    await node.start()
    assert not node.fast
    await node.close()


def other_versions(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(media.fast.VERSIONS, "aiortc", "1.16.1")


def a_package_is_missing(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(media.fast.VERSIONS, "no-such-package", "1.0")


def no_binding(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(media.fast, "_binding", None)


def another_session(patch: pytest.MonkeyPatch) -> None:
    original = pylibsrtp.Session.__init__

    def without_buffer(self: Any, *args: Any) -> None:
        original(self, *args)
        del self._buffer

    patch.setattr(pylibsrtp.Session, "__init__", without_buffer)


def a_smaller_buffer(patch: pytest.MonkeyPatch) -> None:
    original = pylibsrtp.Session.__init__

    def small(self: Any, *args: Any) -> None:
        original(self, *args)
        self._buffer = bytearray(600)

    patch.setattr(pylibsrtp.Session, "__init__", small)


def keys_kept_elsewhere(patch: pytest.MonkeyPatch) -> None:
    original = RTCDtlsTransport._setup_srtp

    def moved(self: Any) -> None:
        original(self)
        self._sessions = self.__dict__.pop("_rx_srtp")

    patch.setattr(RTCDtlsTransport, "_setup_srtp", moved)


def protocols_kept_elsewhere(patch: pytest.MonkeyPatch) -> None:
    original = aioice.ice.Connection.__init__

    def copied(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        self.__class__ = type(
            "Other", (aioice.ice.Connection,), {"_protocols": property(lambda me: [], None)}
        )
        self.__dict__.pop("_protocols", None)

    patch.setattr(aioice.ice.Connection, "__init__", copied)


def nobody_looks_for_the_replacement(patch: pytest.MonkeyPatch) -> None:
    original = aioice.ice.StunProtocol.datagram_received
    fixed = property(lambda self: partial(original, self), lambda self, value: None)
    patch.setattr(aioice.ice.StunProtocol, "datagram_received", fixed)
    # It would notice first, and refuse to start in any mode.
    patch.setattr(media.node, "check_hooks", lambda: None)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (other_versions, "aiortc 1.16.0 is installed, exactly 1.16.1 is needed"),
        (a_package_is_missing, "no-such-package none is installed"),
        (no_binding, "srtp_protect cannot be called"),
        (another_session, "_buffer does not exist"),
        (a_smaller_buffer, "does not hold 1500 bytes"),
        (keys_kept_elsewhere, "_rx_srtp"),
        (protocols_kept_elsewhere, "could not be|fast path|failed"),
        (nobody_looks_for_the_replacement, "did not come by the fast path"),
    ],
)
async def test_a_changed_part_is_named_and_the_default_mode_is_used(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    changed: Callable[[pytest.MonkeyPatch], None],
    words: str,
) -> None:
    real = fast_problems

    async def quickly(trial: Callable[[], Any]) -> list[str]:
        return await real(trial, within=2)

    monkeypatch.setattr(media.node, "fast_problems", quickly)
    changed(monkeypatch)
    node = MediaNode(FAST, lambda event: None)
    with caplog.at_level(logging.ERROR):
        await node.start()
    assert not node.fast
    (said,) = [r.getMessage() for r in caplog.records if r.name == "media.node"]
    assert "the slower way" in said
    assert re.search(words, said), said
    monkeypatch.undo()
    await node.close()


async def test_a_trial_that_hangs_is_given_up() -> None:
    async def forever() -> list[str]:
        await asyncio.Event().wait()
        return []

    assert await fast_problems(forever, within=0.05) == ["the trial did not end within 0.05 s"]
