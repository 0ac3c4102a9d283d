"""Tokens are for one purpose and one time; signatures are for one body and a few minutes."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.visavis_protocol import sign as sign_by_the_bot
from bot.visavis_protocol import verify as verify_by_the_bot
from orchestrator.adapters.signatures import sign, signed_headers, verify_signature
from orchestrator.adapters.tokens import JwtTokens, load_secret
from orchestrator.application.errors import Unauthenticated
from orchestrator.application.records import CallClaims

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "a secret of a test, long enough for everybody"
TOKENS = JwtTokens(SECRET)
CLAIMS = CallClaims("t1", "call1", "c1", "visitor", "v1", NOW + timedelta(seconds=60))

ISSUED = {
    "visitor": TOKENS.issue_visitor("v1", "shop", NOW),
    "session": TOKENS.issue_session("u1", 3, NOW),
    "call": TOKENS.issue_call(CLAIMS, NOW),
    "reset": TOKENS.issue_reset("u1", 3, NOW)[0],
}
READERS: dict[str, Callable[[str, datetime], Any]] = {
    "visitor": TOKENS.read_visitor,
    "session": TOKENS.read_session,
    "call": TOKENS.read_call,
    "reset": TOKENS.read_reset,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("issued", ISSUED)
def test_a_token_is_read_for_its_own_purpose_only(reader: str, issued: str) -> None:
    if reader == issued:
        assert READERS[reader](ISSUED[issued], NOW)
        return
    with pytest.raises(Unauthenticated):
        READERS[reader](ISSUED[issued], NOW)


def test_what_is_said_is_read() -> None:
    assert TOKENS.read_call(ISSUED["call"], NOW) == CLAIMS
    assert TOKENS.read_visitor(ISSUED["visitor"], NOW).site_id == "shop"
    assert TOKENS.read_session(ISSUED["session"], NOW).token_version == 3


@pytest.mark.parametrize(
    ("kind", "lasts"),
    [("visitor", timedelta(days=30)), ("session", timedelta(hours=12)), ("reset", timedelta(hours=1))],
)
def test_a_token_ends(kind: str, lasts: timedelta) -> None:
    assert READERS[kind](ISSUED[kind], NOW + lasts - timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        READERS[kind](ISSUED[kind], NOW + lasts)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", ISSUED["visitor"][:-3], ISSUED["visitor"] + "é"])
def test_nonsense_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        TOKENS.read_visitor(token, NOW)
    with pytest.raises(Unauthenticated):
        JwtTokens("another secret, just as long as the first one").read_visitor(ISSUED["visitor"], NOW)


def test_the_secret_is_made_once_and_kept_to_ourselves(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = load_secret(None, folder)
    assert load_secret(None, folder) == first
    assert len(first) >= 32
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert load_secret("configured", folder) == "configured"


def test_both_sides_sign_alike() -> None:
    body, at = '{"text": "é"}'.encode(), int(NOW.timestamp())
    assert sign(SECRET, at, body) == sign_by_the_bot(SECRET, at, body)
    headers = signed_headers(SECRET, at, body)
    timestamp, signature = headers["X-Visavis-Timestamp"], headers["X-Visavis-Signature"]
    assert verify_by_the_bot(SECRET, timestamp, signature, body, now=at)
    assert verify_signature(SECRET, timestamp, body, signature, at)


@pytest.mark.parametrize(
    ("timestamp", "body", "signature", "now"),
    [
        (None, b"x", "sha256=", 1000),
        ("1000", b"x", None, 1000),
        ("1000", b"y", sign(SECRET, 1000, b"x"), 1000),
        ("1001", b"x", sign(SECRET, 1000, b"x"), 1000),
        ("1000", b"x", sign("other", 1000, b"x"), 1000),
        ("1000", b"x", sign(SECRET, 1000, b"x"), 1301),
        ("1000", b"x", sign(SECRET, 1000, b"x"), 699),
        ("01000", b"x", sign(SECRET, 1000, b"x"), 1000),
        ("١٠٠٠", b"x", sign(SECRET, 1000, b"x"), 1000),
        ("-1000", b"x", sign(SECRET, -1000, b"x"), -1000),
        ("1000", b"x", "sha256=é", 1000),
    ],
)
def test_a_signature_that_is_not_right(
    timestamp: str | None, body: bytes, signature: str | None, now: float
) -> None:
    assert not verify_signature(SECRET, timestamp, body, signature, now)
