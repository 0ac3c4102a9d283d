"""What a run needs of the service: accounts of agents, and a site whose pages the visitors are on."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from orchestrator.load.people import AgentPlan
from orchestrator.load.wire import Failed, Json, Refused, Requests

DOMAIN = "load.invalid"
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Stage:
    """``accounts``: name, e-mail and password of each agent."""

    site_key: str
    origin: str
    accounts: list[Json]


async def sign_in(ask: Requests, email: str, password: str) -> None:
    """Raises:
    Failed: the service does not let this account in.
    """
    await ask("POST", "/api/auth/login", {"email": email, "password": password})


async def prepare(
    ask: Requests, guest: Requests, site: str, origin: str, plans: Sequence[AgentPlan]
) -> Stage:
    """Make what is missing. ``ask``: as an administrator; ``guest``: as nobody, with cookies of its own.

    Raises:
        Failed: this account may not do that, or the service is out of order.
    """
    found = await _site(ask, site, origin)
    known = {
        user["email"]: user for user in cast("list[Json]", (await ask("GET", "/api/admin/users"))["items"])
    }
    password = secrets.token_urlsafe(18)
    limit = asyncio.Semaphore(AT_ONCE)

    async def account(plan: AgentPlan) -> Json:
        async with limit:
            return await _account(ask, guest, plan, known, password)

    accounts = await asyncio.gather(*(account(plan) for plan in plans))
    # A site that was there before is visited from where it lets visitors come from.
    return Stage(found["key"], found["allowed_origins"][0], accounts)


async def _site(ask: Requests, site: str, origin: str) -> Json:
    for one in cast("list[Json]", (await ask("GET", "/api/admin/sites"))["items"]):
        if one["id"] == site:
            return one
    body = {"id": site, "name": "Load", "allowed_origins": [origin], "language": "fr", "bot": False}
    return await ask("POST", "/api/admin/sites", body)


async def _account(
    ask: Requests, guest: Requests, plan: AgentPlan, known: dict[str, Json], password: str
) -> Json:
    email, name = f"agent-{plan.number:03}@{DOMAIN}", f"Load agent {plan.number:03}"
    languages = list(plan.languages)
    if email not in known:
        body = {"email": email, "name": name, "role": "agent", "password": password, "languages": languages}
        try:
            await ask("POST", "/api/admin/users", body)
        except Refused as refusal:
            raise Failed(f"the account {email} could not be made: {refusal.code}") from refusal
    else:
        # From an earlier run, whose passwords are gone.
        user = known[email]["id"]
        await ask(
            "PATCH", f"/api/admin/users/{user}", {"name": name, "languages": languages, "role": "agent"}
        )
        link = await ask("POST", f"/api/admin/users/{user}/reset-link")
        # Who sets a password is signed in with it: not with the administrator's cookies.
        await guest("POST", "/api/auth/reset", {"token": link["token"], "new_password": password})
    return {"email": email, "name": name, "password": password}
