"""Signing in, passwords, reset links, accounts and sites."""

from __future__ import annotations

from pathlib import Path

import httpx

from orchestrator.api.limits import Limiter
from tests.integration.api.conftest import running
from tests.integration.api.world import OWN, PASSWORD, World

DESK = {"x-visavis": "desk", "origin": OWN}
NEW = "another battery horse"


async def login(world: World, password: str = PASSWORD, email: str = "agent@x.test") -> httpx.Response:
    world.client.cookies.clear()
    body = {"email": email, "password": password}
    return await world.client.post("/api/auth/login", json=body, headers=DESK)


async def me(world: World, cookie: str) -> int:
    world.client.cookies.clear()
    headers = {"cookie": f"visavis_session={cookie}"}
    return (await world.client.get("/api/auth/me", headers=headers)).status_code


async def test_signing_in(world: World) -> None:
    await world.make_staff("agent")
    wrong, unknown = await login(world, "wrong"), await login(world, email="nobody@x.test")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json(), "an unknown address cannot be told from a wrong password"
    right = await login(world, email=" Agent@X.test ")
    assert right.status_code == 200
    assert right.json() == {
        "id": world.users["agent"],
        "email": "agent@x.test",
        "name": "Agent",
        "role": "agent",
        "picture_url": None,
        "may_propose_video": True,
        "languages": ["fr", "en"],
        "groups": [],
        "skills": [],
        "capacity": {"chat": None, "video": None},
        "deactivated_at": None,
    }
    assert await me(world, right.cookies["visavis_session"]) == 200


async def test_logins_are_limited(tmp_path: Path) -> None:
    async with running(tmp_path, limiter=Limiter()) as world:
        await world.make_staff("agent")
        for _ in range(5):
            assert (await login(world, "wrong")).status_code == 401
        refused = await login(world)
        assert refused.status_code == 429
        assert refused.json()["code"] == "too_many_requests"
        assert int(refused.headers["retry-after"]) > 0


async def test_a_new_password_ends_all_other_sessions(world: World) -> None:
    await world.make_staff("agent")
    old = world.cookies["agent"]
    body = {"current_password": PASSWORD, "new_password": NEW}
    changed = await world.client.post("/api/auth/password", json=body, headers=world.desk("agent"))
    assert changed.status_code == 200
    assert await me(world, old) == 401
    assert await me(world, changed.cookies["visavis_session"]) == 200, "the browser that changed it stays"
    assert (await login(world)).status_code == 401
    assert (await login(world, NEW)).status_code == 200


async def test_the_current_password_is_needed(world: World) -> None:
    await world.make_staff("agent")
    body = {"current_password": "wrong", "new_password": NEW}
    refused = await world.client.post("/api/auth/password", json=body, headers=world.desk("agent"))
    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_credentials")
    assert await me(world, world.cookies["agent"]) == 200


async def test_a_reset_link_works_once(world: World) -> None:
    await world.make_staff("agent", "admin")
    made = await world.client.post(
        f"/api/admin/users/{world.users['agent']}/reset-link", headers=world.desk("admin")
    )
    body = {"token": made.json()["token"], "new_password": NEW}
    world.client.cookies.clear()
    first = await world.client.post("/api/auth/reset", json=body, headers=DESK)
    assert first.status_code == 200
    assert "visavis_session" in first.cookies
    assert await me(world, world.cookies["agent"]) == 401, "sessions of before are over"
    second = await world.client.post("/api/auth/reset", json=body, headers=DESK)
    assert (second.status_code, second.json()["code"]) == (401, "link_used")


async def test_tokens_do_not_stand_in_for_each_other(world: World) -> None:
    await world.make_staff("agent", "admin")
    visitor = await world.visit()
    made = await world.client.post(
        f"/api/admin/users/{world.users['admin']}/reset-link", headers=world.desk("admin")
    )
    for token in (visitor.session["token"], made.json()["token"]):
        assert await me(world, token) == 401
    for token in (world.cookies["admin"], made.json()["token"]):
        headers = visitor.headers | {"authorization": f"Bearer {token}"}
        answer = await world.client.post(
            "/api/visitor/conversations", json={"client_id": "c"}, headers=headers
        )
        assert answer.status_code == 401


async def test_memberships(world: World) -> None:
    await world.make_staff("admin")
    admin = world.desk("admin")
    user = {
        "email": "marc@x.test",
        "name": "Marc",
        "role": "agent",
        "password": PASSWORD,
        "languages": ["fr-CA", "fr", "en"],
        "groups": [{"name": "advisors", "rank": 2}],
        "skills": [{"name": "billing", "level": 3}, {"name": "abroad"}],
    }
    made = (await world.client.post("/api/admin/users", json=user, headers=admin)).json()
    assert (made["languages"], made["groups"]) == (["fr", "en"], [{"name": "advisors", "rank": 2}])
    assert made["skills"] == [{"name": "abroad", "level": 1}, {"name": "billing", "level": 3}]

    path = f"/api/admin/users/{made['id']}"
    change = {"name": "Marco", "role": "supervisor", "may_propose_video": False, "skills": []}
    changed = await world.client.patch(path, json=change, headers=admin)
    assert changed.status_code == 200
    assert changed.json() == made | change, "what was not named stays"
    listed = (await world.client.get("/api/admin/users", headers=admin)).json()
    assert changed.json() in listed

    for body, code, says in (
        ({"groups": [{"name": "adviser"}]}, "unknown_group", "advisors"),
        ({"groups": [{"name": "advisors"}, {"name": "advisors", "rank": 2}]}, "said_twice", "once"),
        ({"skills": [{"name": "billing"}, {"name": "billing"}]}, "said_twice", "once"),
        ({"skills": [{"name": "billing", "level": 11}]}, "invalid_request", "level"),
        ({"groups": [{"name": "advisors", "rank": 0}]}, "invalid_request", "rank"),
        ({"groups": [{"name": "Advisors!"}]}, "invalid_request", "name"),
        ({"languages": ["not a language"]}, "invalid_request", "languages"),
        ({"password": "another long password"}, "invalid_request", "password"),
    ):
        refused = await world.client.patch(path, json=body, headers=admin)
        assert (refused.status_code, refused.json()["code"]) == (422, code), body
        assert says in refused.text
    assert (await world.client.get("/api/admin/users", headers=admin)).json() == listed

    gone = await world.client.patch("/api/admin/users/u_none", json={"name": "X"}, headers=admin)
    assert (gone.status_code, gone.json()["code"]) == (404, "user_not_found")
    own = f"/api/admin/users/{world.users['admin']}"
    refused = await world.client.patch(own, json={"role": "agent"}, headers=admin)
    assert (refused.status_code, refused.json()["code"]) == (409, "own_role")
    kept = await world.client.patch(own, json={"role": "admin", "name": "Ada"}, headers=admin)
    assert kept.status_code == 200


async def test_admins_make_accounts_and_sites(world: World) -> None:
    await world.make_staff("admin")
    admin = world.desk("admin")
    user = {"email": "marc@x.test", "name": "Marc", "role": "agent", "password": PASSWORD}
    assert (await world.client.post("/api/admin/users", json=user, headers=admin)).status_code == 201
    again = await world.client.post("/api/admin/users", json=user, headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")
    listed = (await world.client.get("/api/admin/users", headers=admin)).json()
    assert {one["email"] for one in listed} == {"admin@x.test", "marc@x.test"}
    assert not [key for one in listed for key in one if "password" in key]

    site = {"id": "new", "name": "New", "allowed_origins": ["https://new.example/"], "bot": False}
    made = await world.client.post("/api/admin/sites", json=site, headers=admin)
    assert made.status_code == 201
    opened = await world.client.post(
        "/api/visitor/session",
        json={"site_key": made.json()["key"], "language": "en"},
        headers={"origin": "https://new.example"},
    )
    assert opened.status_code == 200
    assert opened.headers["access-control-allow-origin"] == "https://new.example", (
        "at once, without a restart"
    )
    bad = await world.client.post(
        "/api/admin/sites", json=site | {"id": "bad", "allowed_origins": ["*"]}, headers=admin
    )
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid_origin")


async def test_an_admin_closes_and_opens_an_account(world: World) -> None:
    await world.make_staff("agent", "admin", "supervisor")
    agent, cookie = world.users["agent"], world.cookies["agent"]
    path = f"/api/admin/users/{agent}"
    refused = await world.client.post(f"{path}/deactivate", headers=world.desk("supervisor"))
    assert refused.status_code == 403
    own = await world.client.post(
        f"/api/admin/users/{world.users['admin']}/deactivate", headers=world.desk("admin")
    )
    assert (own.status_code, own.json()["code"]) == (409, "own_account")
    nobody = await world.client.post("/api/admin/users/nobody/deactivate", headers=world.desk("admin"))
    assert nobody.status_code == 404

    closed = await world.client.post(f"{path}/deactivate", headers=world.desk("admin"))
    assert closed.status_code == 200, closed.text
    assert closed.json()["deactivated_at"] is not None
    assert await me(world, cookie) == 401
    told = await login(world)
    assert (told.status_code, told.json()["code"]) == (403, "account_deactivated")
    assert (await login(world, "wrong")).status_code == 401

    opened = await world.client.post(f"{path}/reactivate", headers=world.desk("admin"))
    assert opened.json()["deactivated_at"] is None
    assert (await login(world)).status_code == 200


async def test_an_admin_says_how_many_an_agent_takes(world: World) -> None:
    await world.make_staff("agent", "admin")
    path = f"/api/admin/users/{world.users['agent']}"
    body = {"capacity": {"chat": 1, "video": None}}
    changed = await world.client.patch(path, json=body, headers=world.desk("admin"))
    assert changed.json()["capacity"] == body["capacity"]
    state = await world.agent("agent", "GET", "/state")
    assert state.json()["capacity"]["chat_total"] == 1
    kept = await world.client.patch(path, json={"name": "A"}, headers=world.desk("admin"))
    assert kept.json()["capacity"] == body["capacity"]
    wrong = await world.client.patch(path, json={"capacity": {"chat": 101}}, headers=world.desk("admin"))
    assert wrong.status_code == 422
