"""Calls: a token for each connection, the offer and its answer, and what the media server reports."""

from __future__ import annotations

from typing import Literal

from orchestrator.application.records import CallClaims, Json


class Calls:
    async def mint(self, conversation_id: str, *, role: Literal["visitor", "agent"], subject: str) -> Json:
        """→ `CallToken`, for one connection within 60 s. ``subject`` is the visitor's or the agent's id.

        Raises:
            NotFound: the conversation is not the subject's.
            Refused: there is no call to join now (``no_call``).
        """
        raise NotImplementedError

    async def read_token(self, token: str) -> CallClaims:
        """Raises:
        Unauthenticated: the token is not one of ours, or too old.
        """
        raise NotImplementedError

    async def join(self, call_id: str, claims: CallClaims, offer_sdp: str) -> tuple[str, str]:
        """Answer an offer. Returns the connection's id and the answer's SDP.

        Raises:
            NotFound: the token is for another call, or the call is over.
            Unauthenticated: the token was used already (``token_used``).
            Invalid: the offer cannot be accepted (``invalid_offer``).
        """
        raise NotImplementedError

    async def add_candidates(
        self, call_id: str, connection_id: str, claims: CallClaims, fragment: str
    ) -> None:
        """Raises:
        NotFound: the connection is gone or another token's.
        """
        raise NotImplementedError

    async def leave(self, call_id: str, connection_id: str, claims: CallClaims) -> None:
        """The connection ends; leaving twice is harmless."""
        raise NotImplementedError

    async def start(self) -> None:
        """Listen to the media server and turn what it reports into events."""
        raise NotImplementedError

    async def stop(self) -> None: ...
