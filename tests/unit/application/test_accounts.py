"""Accounts, sessions, reset links; sites and the pages that may show them."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from orchestrator.application.accounts import Accounts, UserChanges
from orchestrator.application.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from orchestrator.demo import PEOPLE, seed_people
from tests.fakes.application import ORIGIN, Application


async def account(app: Application) -> str:
    user = await app.accounts.create_user(
        email="Ada@Example.org ", name="Ada", role="admin", password="first password"
    )
    return user.id


async def test_signing_in(app: Application) -> None:
    await account(app)
    user = await app.accounts.authenticate(" ada@example.ORG", "first password")
    assert user.password_hash.startswith("$argon2id$")
    token = await app.accounts.issue_session(user)
    assert await app.accounts.user_of_session(token) == user
    with pytest.raises(Unauthenticated) as wrong:
        await app.accounts.authenticate("ada@example.org", "another password")
    with pytest.raises(Unauthenticated) as unknown:
        await app.accounts.authenticate("nobody@example.org", "first password")
    assert (wrong.value.code, wrong.value.detail) == (unknown.value.code, unknown.value.detail)
    app.clock.advance(13 * 3600)
    with pytest.raises(Unauthenticated):
        await app.accounts.user_of_session(token)


async def test_the_printed_password_of_the_demo_works(app: Application) -> None:
    for password in ("first of the demo", "first of the demo", "second of the demo"):
        await seed_people(app.accounts, password)
        for person in PEOPLE:
            assert (await app.accounts.authenticate(person.email, password)).role == person.role
    assert len(await app.accounts.list_users()) == len(PEOPLE)


async def test_an_address_is_taken_once(app: Application) -> None:
    await account(app)
    with pytest.raises(Conflict):
        await account(app)


async def test_a_new_membership_is_distributed_at_once(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    await app.accounts.update_user(claire, UserChanges(languages=("en",)))
    _, conversation = await app.chat(key, language="fr")
    visitor = (await app.snapshot(conversation)).visitor_id
    await app.conversations.visitor_act(visitor, conversation, "person")
    await app.settle()
    assert (await app.check(conversation)).invitation is None, "somebody who speaks French is needed"
    await app.accounts.update_user(claire, UserChanges(languages=("fr", "en")))
    await app.settle()
    c = await app.check(conversation)
    assert c.invitation is not None
    assert c.invitation.agent_id == claire


async def test_a_quicker_hash_keeps_what_changed_meanwhile(app: Application) -> None:
    user_id = await account(app)
    slower = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    accounts = Accounts(
        app.store, app.clock, app.ids, app.tokens, groups=lambda: ("advisors",), hasher=slower
    )
    before = await app.accounts.get(user_id)
    _, changed = await asyncio.gather(
        accounts.authenticate("ada@example.org", "first password"),
        accounts.update_user(user_id, UserChanges(groups=(("advisors", 2),))),
    )
    after = await app.accounts.get(user_id)
    assert after.password_hash != before.password_hash
    assert after.groups == changed.groups == (("advisors", 2),)


async def test_a_new_password_ends_other_sessions(app: Application) -> None:
    user_id = await account(app)
    old = await app.accounts.issue_session(await app.accounts.get(user_id))
    with pytest.raises(Unauthenticated):
        await app.accounts.change_password(user_id, current="not it", new="second password")
    user = await app.accounts.change_password(user_id, current="first password", new="second password")
    with pytest.raises(Unauthenticated):
        await app.accounts.user_of_session(old)
    assert await app.accounts.user_of_session(await app.accounts.issue_session(user)) == user
    await app.accounts.authenticate("ada@example.org", "second password")


async def test_a_reset_link_works_once_within_an_hour(app: Application) -> None:
    user_id = await account(app)
    token, _ = await app.accounts.make_reset_link(user_id)
    await app.accounts.reset_password(token, new="from the link")
    await app.accounts.authenticate("ada@example.org", "from the link")
    with pytest.raises(Unauthenticated):
        await app.accounts.reset_password(token, new="once more")
    late, _ = await app.accounts.make_reset_link(user_id)
    app.clock.advance(3601)
    with pytest.raises(Unauthenticated):
        await app.accounts.reset_password(late, new="too late")
    session = await app.accounts.issue_session(await app.accounts.get(user_id))
    with pytest.raises(Unauthenticated):
        await app.accounts.reset_password(session, new="not a reset link")


async def test_only_pages_of_the_site_may_open_a_session(app: Application) -> None:
    key = await app.site()
    visitor = await app.visitor(key)
    await app.conversations.check_origin(visitor, ORIGIN)
    for foreign in (None, "null", "https://evil.example", f"{ORIGIN}.evil.example"):
        with pytest.raises(Forbidden):
            await app.conversations.check_origin(visitor, foreign)
    with pytest.raises(NotFound):
        await app.conversations.check_origin("v_nobody", ORIGIN)
    with pytest.raises(NotFound):
        await app.visitor("no_such_key")


async def test_a_visitor_of_another_site_is_somebody_else(app: Application) -> None:
    one, two = await app.site("one"), await app.site("two")
    visitor = await app.visitor(one)
    assert await app.visitor(one, visitor_id=visitor, language="en") == visitor
    assert await app.visitor(two, visitor_id=visitor) != visitor


async def test_sites(app: Application) -> None:
    await app.site("one")
    with pytest.raises(Conflict):
        await app.site("one")
    with pytest.raises(Invalid):
        await app.sites.create(site_id="x", name="X", allowed_origins=["https://a.example/path"])
    site = await app.sites.put(
        site_id="one", name="New", allowed_origins=["HTTPS://B.example:443/"], bot=False
    )
    assert site.allowed_origins == ("https://b.example",)
    assert await app.sites.get("one") == site
    with pytest.raises(NotFound):
        await app.sites.get("none")
