"""A whole service on a database of its own, and the people in it. Nothing is simulated except the bot."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.routing import Mount, WebSocketRoute

from orchestrator.adapters.signatures import signed_headers
from orchestrator.api.limits import Limiter, Rates
from orchestrator.api.platform import Timings
from orchestrator.main import Runtime, build
from orchestrator.settings import Settings
from tests.unit.media.offers import Offer

OWN = "http://service.test"
SHOP = "https://shop.example"
BOT_SITE = "https://bot.example"
PASSWORD = "correct horse battery"
BOT_SECRET = "the bot's secret in tests"
OPERATIONS = "the operations token"
STAFF = ("agent", "other_agent", "supervisor", "designer", "admin")


def settings_for(data_dir: Path, **values: Any) -> Settings:
    return Settings(
        data_dir=data_dir,
        bot_url="http://127.0.0.1:9",  # nobody: the discard port
        bot_secret=BOT_SECRET,
        metrics_token=OPERATIONS,
        media_loopback=True,
        **values,
    )


def generous() -> Limiter:
    """Limits that tests of other things never meet."""
    from limits import RateLimitItemPerSecond

    much = RateLimitItemPerSecond(100_000)
    return Limiter(Rates(much, much, much, much, much, much, much, much))


@dataclass
class World:
    """The running service and who uses it. Headers of a person are what their browser sends."""

    runtime: Runtime
    client: httpx.AsyncClient
    users: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def app(self) -> FastAPI:
        return self.runtime.app

    async def make_staff(self, *names: str) -> None:
        """Accounts named after their role, signed in."""
        for name in names or STAFF:
            user = await self.runtime.platform.accounts.create_user(
                email=f"{name}@x.test",
                name=name.title(),
                role="agent" if name.endswith("agent") else name,  # type: ignore[arg-type]
                password=PASSWORD,
                languages=("fr", "en"),
            )
            self.users[name] = user.id
            self.cookies[name] = await self.runtime.platform.accounts.issue_session(user)

    async def make_sites(self) -> None:
        await self.runtime.platform.sites.create(
            site_id="shop", key="shop", name="Shop", allowed_origins=[SHOP], bot=False
        )
        # The shipped rules let agents of the site `demo` propose video.
        await self.runtime.platform.sites.create(
            site_id="demo", key="demo", name="Demo", allowed_origins=[BOT_SITE, OWN], bot=True
        )
        await self.runtime.app.state.site_origins.refresh()

    def desk(self, name: str) -> dict[str, str]:
        return {"cookie": f"visavis_session={self.cookies[name]}", "x-visavis": "desk", "origin": OWN}

    async def visit(self, site: str = "shop", origin: str = SHOP, **values: Any) -> Visitor:
        body = {"site_key": site, "language": "fr"} | values
        answer = await self.client.post("/api/visitor/session", json=body, headers={"origin": origin})
        assert answer.status_code == 200, answer.text
        return Visitor(self, answer.json(), origin)

    async def present(self, name: str, *, chat: bool = True, video: bool = True) -> None:
        states = {True: "available", False: "offline"}
        body = {"chat": {"state": states[chat]}, "video": {"state": states[video]}}
        answer = await self.client.put("/api/agent/presence", json=body, headers=self.desk(name))
        assert answer.status_code == 200, answer.text

    async def agent(self, name: str, method: str, path: str, body: object = None) -> httpx.Response:
        return await self.client.request(method, f"/api/agent{path}", json=body, headers=self.desk(name))

    async def bot_says(self, turn: Mapping[str, object], **changes: str) -> httpx.Response:
        body = json.dumps(turn).encode()
        headers = signed_headers(BOT_SECRET, int(time.time()), body) | changes
        return await self.client.post("/api/bot/rasa/turns", content=body, headers=headers)

    async def accept_invitation(self, name: str) -> dict[str, Any]:
        """Take the first conversation that is offered to this agent."""
        invitation = await self.wait_for_invitation(name)
        path = f"/conversations/{invitation['conversation']['id']}/invitation/{invitation['id']}/accept"
        answer = await self.agent(name, "POST", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def wait_for_invitation(self, name: str) -> dict[str, Any]:
        """Listens on the agent's stream: no polling, no sleeping."""
        stream = self.runtime.platform.streams.agent(self.users[name], can_video=True)
        async with stream:
            async for frame in stream:
                if frame["type"] == "invitation":
                    return frame["invitation"]  # type: ignore[return-value]
        raise AssertionError("the stream ended")


@dataclass
class Visitor:
    """A page with the widget."""

    world: World
    session: dict[str, Any]
    origin: str

    @property
    def id(self) -> str:
        return self.session["visitor_id"]

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.session['token']}", "origin": self.origin}

    async def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        return await self.world.client.request(method, f"/api/visitor{path}", json=body, headers=self.headers)

    async def start(self, **values: Any) -> dict[str, Any]:
        answer = await self.call("POST", "/conversations", {"client_id": "start"} | values)
        assert answer.status_code == 200, answer.text
        return answer.json()["conversation"]

    async def write(self, conversation_id: str, text: str, client_id: str) -> httpx.Response:
        body = {"client_id": client_id, "text": text}
        return await self.call("POST", f"/conversations/{conversation_id}/messages", body)


def offer() -> bytes:
    """What a browser offers."""
    return str(Offer()).encode()


def build_for(data_dir: Path, *, limiter: Limiter | None = None, timings: Timings | None = None) -> Runtime:
    return build(
        settings_for(data_dir), demo=True, loopback=True, limiter=limiter or generous(), timings=timings
    )


def routes_of(app: FastAPI) -> list[str]:
    """Every address of the app as ``METHOD /path``; sockets as ``WS``, folders of pages as ``PAGES``."""
    found: list[str] = []

    def walk(routes: Any) -> None:
        for route in routes:
            nested = getattr(route, "effective_candidates", None)
            if nested is not None:
                walk(nested())
                continue
            inner = getattr(route, "original_route", route)
            path = getattr(route, "path", None) or inner.path
            if isinstance(inner, Mount):
                found.append(f"PAGES {path}")
            elif isinstance(inner, WebSocketRoute):
                found.append(f"WS {path}")
            else:
                found.extend(f"{method} {path}" for method in sorted(inner.methods) if method != "HEAD")

    walk(app.routes)
    return found
