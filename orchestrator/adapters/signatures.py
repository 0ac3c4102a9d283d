"""Signatures of bodies that pass between the orchestrator and a bot, in both directions."""

from __future__ import annotations

import hashlib
import hmac
import re

MAX_SKEW_SECONDS = 300
TIMESTAMP_HEADER = "X-Visavis-Timestamp"
SIGNATURE_HEADER = "X-Visavis-Signature"
_PREFIX = "sha256="
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,11}")


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header for ``body`` sent at ``timestamp`` (unix seconds)."""
    signed = str(timestamp).encode() + b"." + body
    return _PREFIX + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signed_headers(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: sign(secret, timestamp, body),
    }


def verify_signature(
    secret: str, timestamp: str | None, body: bytes, signature: str | None, now: float
) -> bool:
    """Whether ``body`` was signed with ``secret`` at most five minutes before or after ``now`` (unix seconds)."""
    if not timestamp or not signature or not _TIMESTAMP.fullmatch(timestamp):
        return False
    if abs(now - int(timestamp)) > MAX_SKEW_SECONDS:
        return False
    # Bytes: a comparison of text refuses what is not ASCII, and a header may hold anything.
    expected = sign(secret, int(timestamp), body)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
