"""Signed tokens: who a visitor, an agent's session, a call's connection or a reset link is for."""

from __future__ import annotations

import hashlib
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt

from orchestrator.application.errors import Unauthenticated
from orchestrator.application.records import CallClaims, SessionClaims

VISITOR_DAYS = timedelta(days=30)
SESSION_HOURS = timedelta(hours=12)
RESET_HOUR = timedelta(hours=1)
_ALGORITHM = "HS256"


def load_secret(configured: str | None, data_dir: Path) -> str:
    """The configured secret, or the one in ``data_dir``, made on first use and readable by this account only."""
    if configured:
        return configured
    file = data_dir / "secret"
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        data_dir.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(48)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        # Another process of ours was faster.
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(secret + "\n")
    return secret


class JwtTokens:
    """HS256 tokens with an audience per purpose, so that none can be used for another.

    The times are those of the platform's clock, which the caller passes: this reads no clock.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        # Tells which secret signed a token, without telling the secret.
        self._key_id = hashlib.sha256(f"key id of {secret}".encode()).hexdigest()[:16]

    def issue_visitor(self, visitor_id: str, site_id: str, now: datetime) -> str:
        return self._issue("visitor", now + VISITOR_DAYS, {"sub": visitor_id, "site": site_id})

    def read_visitor(self, token: str, now: datetime) -> SessionClaims:
        found = self._read("visitor", token, now)
        return SessionClaims(_text(found, "sub"), site_id=_text(found, "site"))

    def issue_session(self, user_id: str, token_version: int, now: datetime) -> str:
        return self._issue("session", now + SESSION_HOURS, {"sub": user_id, "tv": token_version})

    def read_session(self, token: str, now: datetime) -> SessionClaims:
        found = self._read("session", token, now)
        return SessionClaims(_text(found, "sub"), token_version=_number(found, "tv"))

    def issue_call(self, claims: CallClaims, now: datetime) -> str:
        values = {
            "jti": claims.id,
            "sub": claims.subject,
            "call": claims.call_id,
            "conversation": claims.conversation_id,
            "role": claims.role,
            "join_by": int(claims.join_by.timestamp()),
        }
        return self._issue("call", now + SESSION_HOURS, values)

    def read_call(self, token: str, now: datetime) -> CallClaims:
        found = self._read("call", token, now)
        role = _text(found, "role")
        if role not in ("visitor", "agent"):
            raise _refusal()
        return CallClaims(
            id=_text(found, "jti"),
            call_id=_text(found, "call"),
            conversation_id=_text(found, "conversation"),
            role="visitor" if role == "visitor" else "agent",
            subject=_text(found, "sub"),
            join_by=datetime.fromtimestamp(_number(found, "join_by"), UTC),
        )

    def issue_reset(self, user_id: str, token_version: int, now: datetime) -> tuple[str, datetime]:
        until = now + RESET_HOUR
        return self._issue("reset", until, {"sub": user_id, "tv": token_version}), until

    def read_reset(self, token: str, now: datetime) -> SessionClaims:
        found = self._read("reset", token, now)
        return SessionClaims(_text(found, "sub"), token_version=_number(found, "tv"))

    def _issue(self, audience: str, until: datetime, values: dict[str, Any]) -> str:
        claims = values | {"aud": f"visavis:{audience}", "exp": int(until.timestamp())}
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM, headers={"kid": self._key_id})

    def _read(self, audience: str, token: str, now: datetime) -> dict[str, Any]:
        try:
            found = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=f"visavis:{audience}",
                # The library would ask the machine's clock; ours is the one that counts.
                options={"require": ["exp", "aud", "sub"], "verify_exp": False},
            )
        except jwt.PyJWTError:
            raise _refusal() from None
        if _number(found, "exp") <= now.timestamp():
            raise Unauthenticated("token_expired", "This token is too old.")
        return found


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise _refusal()
    return value


def _number(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int):
        raise _refusal()
    return value


def _refusal() -> Unauthenticated:
    return Unauthenticated("token_invalid", "This token is not one of ours, or is for something else.")
