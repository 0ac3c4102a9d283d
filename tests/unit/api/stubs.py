"""Stubs of the use cases, and the headers of those who call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from orchestrator.application.errors import Forbidden, NotFound, Unauthenticated
from orchestrator.application.records import SessionClaims, Site, User

OWN = "http://service.test"
SHOP = "https://shop.example"


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


class StubTokens:
    """A visitor's token is ``visitor-<id>``."""

    def read_visitor(self, token: str, now: datetime) -> SessionClaims:
        if not token.startswith("visitor-"):
            raise Unauthenticated
        return SessionClaims(token.removeprefix("visitor-"), "shop")


@dataclass
class StubConversations:
    """Knows one visitor, whose page is the shop's; ``failure`` is raised by every call."""

    failure: Exception | None = None
    seen_origins: list[str | None] = field(default_factory=list)

    async def check_origin(self, visitor_id: str, origin: str | None) -> None:
        self.seen_origins.append(origin)
        if visitor_id != "v1":
            raise NotFound
        if origin not in (SHOP, OWN):
            raise Forbidden("origin_not_allowed")

    async def visitor_act(self, *_: object) -> Mapping[str, object]:
        raise self.failure or NotFound()

    async def agent_state(self, _: str) -> Mapping[str, object]:
        raise self.failure or NotFound()


class StubAccounts:
    """Sessions are ``session-<role>``; the password of everybody is ``right``."""

    async def user_of_session(self, token: str) -> User:
        if not token.startswith("session-"):
            raise Unauthenticated
        return user(token.removeprefix("session-"))

    async def authenticate(self, email: str, password: str) -> User:
        if password != "right":
            raise Unauthenticated("wrong_credentials")
        return user("agent")

    async def issue_session(self, user: User) -> str:
        return f"session-{user.role}"


class StubSites:
    async def list(self) -> list[Site]:
        return [Site("shop", "shop", "Shop", (SHOP, "http://other.example:8080"), "fr")]


def user(role: str) -> User:
    return User(f"u-{role}", f"{role}@x.test", role.title(), cast("Any", role), "hash")


@dataclass
class Stubs:
    conversations: StubConversations = field(default_factory=StubConversations)
    parts: dict[str, bool] = field(default_factory=lambda: {"database": True})


def desk(role: str = "agent") -> dict[str, str]:
    """Headers of a signed-in desk."""
    return {"cookie": f"visavis_session=session-{role}", "x-visavis": "desk", "origin": OWN}


def widget(visitor: str = "v1", origin: str | None = SHOP) -> dict[str, str]:
    """Headers of a widget with a session."""
    headers = {"authorization": f"Bearer visitor-{visitor}"}
    return headers if origin is None else headers | {"origin": origin}
