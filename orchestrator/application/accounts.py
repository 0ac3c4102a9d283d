"""Accounts of people who work with the platform."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from orchestrator.application.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from orchestrator.application.lanes import lane_of
from orchestrator.application.notify import WORK_TOPIC, agent_stream
from orchestrator.application.ports import Bus, Clock, Ids, Store, Tokens, Transaction
from orchestrator.application.records import Json, NewEffect, NewFeedEntry, User
from orchestrator.application.switches import Switch, turn_switches
from orchestrator.domain.effects import AccountChanged
from rules.languages import primary_subtag

log = structlog.get_logger(__name__)

RoleName = Literal["agent", "supervisor", "designer", "admin"]
HIGHEST_LEVEL = 10
HIGHEST_RANK = 100
MOST_CHATS = 100
MOST_VIDEOS = 10
OPERATOR = "operator"
"""Who works on the command line of the service's own machine."""


@dataclass(frozen=True, slots=True)
class UserChanges:
    """What is to change of an account; None: it stays. Lists are replaced as a whole."""

    name: str | None = None
    role: RoleName | None = None
    may_propose_video: bool | None = None
    languages: tuple[str, ...] | None = None
    groups: tuple[tuple[str, int], ...] | None = None
    skills: tuple[tuple[str, int], ...] | None = None
    slots: tuple[int | None, int | None] | None = None
    """How many chats and videos the agent takes at a time; None inside: as many as the group says."""


def user_view(user: User) -> Json:
    """→ `User`."""
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "picture_url": user.picture_url,
        "may_propose_video": user.may_propose_video,
        "languages": list(user.languages),
        "groups": [{"name": name, "rank": rank} for name, rank in user.groups],
        "skills": [{"name": name, "level": level} for name, level in user.skills],
        "capacity": {"chat": user.chat_slots, "video": user.video_slots},
        "deactivated_at": user.deactivated_at,
    }


class Accounts:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        tokens: Tokens,
        *,
        groups: Callable[[], Collection[str]],
        bus: Bus | None = None,
        hasher: PasswordHasher | None = None,
    ) -> None:
        """``groups`` names the groups of the live policy: membership of any other is refused. ``bus`` carries the news
        of a change at once (without one, the running service finds it in the outbox). ``hasher``: argon2id with the
        library's (RFC 9106) parameters unless a test wants it quick."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._tokens = tokens
        self._groups = groups
        self._bus = bus
        self._hasher = hasher or PasswordHasher()
        # What an unknown address is checked against, so that it takes as long as a known one.
        self._nobody = self._hasher.hash("nobody has this password")

    async def create_user(
        self,
        *,
        email: str,
        name: str,
        role: RoleName,
        password: str,
        may_propose_video: bool = True,
        languages: tuple[str, ...] = (),
        groups: tuple[tuple[str, int], ...] = (),
        skills: tuple[tuple[str, int], ...] = (),
        slots: tuple[int | None, int | None] = (None, None),
    ) -> User:
        """Make an account. ``groups``: (group, rank), or none for all; ``skills``: (skill, level); ``slots``: how many
        chats and videos at a time, None for as many as the group says.

        Raises:
            Conflict: the address is taken (``email_taken``).
            Invalid: see `update_user`.
        """
        user = User(
            id=self._ids.new("u"),
            email=_normal(email),
            name=name,
            role=role,
            password_hash=await self._hash(password),
            may_propose_video=may_propose_video,
            languages=_languages(languages),
            groups=self._memberships(groups),
            skills=_skills(skills),
            chat_slots=_within("chats", slots[0], MOST_CHATS),
            video_slots=_within("videos", slots[1], MOST_VIDEOS),
        )
        async with self._store.transaction() as tx:
            if await tx.people.user_by_email(user.email) is not None:
                raise Conflict("email_taken", "Somebody has this address already.")
            await tx.people.add_user(user)
        return user

    async def update_user(self, user_id: str, changes: UserChanges, *, by: str | None = None) -> User:
        """Change an account; what it may take is distributed anew. ``by``: the admin who asks, None for the operator.

        Raises:
            NotFound: there is no such user.
            Invalid: a group the live policy does not know (``unknown_group``), the same group or skill twice
                (``said_twice``), or a rank or a level out of range (``out_of_range``).
            Conflict: admins cannot take their own role away (``own_role``): the last one would lock everybody out.
        """
        given = {
            "name": changes.name,
            "role": changes.role,
            "may_propose_video": changes.may_propose_video,
            "languages": None if changes.languages is None else _languages(changes.languages),
            "groups": None if changes.groups is None else self._memberships(changes.groups),
            "skills": None if changes.skills is None else _skills(changes.skills),
        }
        own: dict[str, int | None] = {}
        if changes.slots is not None:
            own["chat_slots"] = _within("chats", changes.slots[0], MOST_CHATS)
            own["video_slots"] = _within("videos", changes.slots[1], MOST_VIDEOS)
        async with self._store.transaction() as tx:
            user = await self._locked(tx, user_id)
            if by == user_id and changes.role not in (None, user.role):
                raise Conflict("own_role", "You cannot change your own role. Ask another administrator.")
            changed = replace(
                user, **{name: value for name, value in given.items() if value is not None}, **own
            )
            await tx.people.save_user(changed)
            await self._look_again(tx, user_id, by)
        await self._tell(user_id)
        return changed

    async def deactivate(self, user_id: str, *, by: str | None = None) -> User:
        """Close an account: nobody can sign in with it, its sessions are over, and what it holds goes back to the line.
        What it did stays. Closing a closed one changes nothing. ``by``: the admin who asks, None for the operator.

        Raises:
            NotFound: there is no such user.
            Conflict: admins cannot close their own account (``own_account``).
        """
        if by == user_id:
            raise Conflict("own_account", "You cannot close your own account. Ask another administrator.")
        now = self._clock.now()
        async with self._store.transaction() as tx:
            user = await self._locked(tx, user_id)
            if user.deactivated_at is not None:
                return user
            closed = replace(user, deactivated_at=now, token_version=user.token_version + 1)
            await tx.people.save_user(closed)
            agent = await tx.people.agent(user_id)
            if agent is not None:
                await turn_switches(tx, agent, Switch("offline"), Switch("offline"), now)
                await tx.people.set_wrap_up(user_id, None)
                await tx.spells.end_wrap_up(user_id, now)
                if agent.sockets == 0:
                    await tx.spells.turn(user_id, "desk", "offline", now)
            await self._look_again(tx, user_id, by)
        await self._tell(user_id)
        log.info("account.deactivated", user_id=user_id)
        return closed

    async def reactivate(self, user_id: str, *, by: str | None = None) -> User:
        """Open an account again, with the password it had. Opening an open one changes nothing.

        Raises:
            NotFound: there is no such user.
        """
        async with self._store.transaction() as tx:
            user = await self._locked(tx, user_id)
            if user.deactivated_at is None:
                return user
            opened = replace(user, deactivated_at=None)
            await tx.people.save_user(opened)
            await self._look_again(tx, user_id, by)
        await self._tell(user_id)
        log.info("account.reactivated", user_id=user_id)
        return opened

    async def authenticate(self, email: str, password: str) -> User:
        """Takes as long for an unknown address as for a wrong password.

        Raises:
            Unauthenticated: (``wrong_credentials``).
            Forbidden: the account is closed (``account_deactivated``); only who knows the password is told.
        """
        async with self._store.transaction(read_only=True) as tx:
            user = await tx.people.user_by_email(_normal(email))
        matches = await self._matches(user.password_hash if user is not None else self._nobody, password)
        if user is None or not matches:
            raise Unauthenticated("wrong_credentials", "The address or the password is wrong.")
        if user.deactivated_at is not None:
            raise Forbidden("account_deactivated", "This account is closed. Ask an administrator.")
        if self._hasher.check_needs_rehash(user.password_hash):
            rehashed = await self._hash(password)
            async with self._store.transaction() as tx:
                # Read again: hashing takes a while, and what changed meanwhile must stay.
                now = await self._locked(tx, user.id)
                if now.password_hash == user.password_hash:
                    user = replace(now, password_hash=rehashed)
                    await tx.people.save_user(user)
        return user

    async def issue_session(self, user: User) -> str:
        """A session token (12 h) for the cookie."""
        return self._tokens.issue_session(user.id, user.token_version, self._clock.now())

    async def user_of_session(self, token: str) -> User:
        """Raises:
        Unauthenticated: expired, revoked or not ours.
        """
        claims = self._tokens.read_session(token, self._clock.now())
        async with self._store.transaction(read_only=True) as tx:
            user = await tx.people.user(claims.subject)
        if user is None or user.token_version != claims.token_version or user.deactivated_at is not None:
            raise Unauthenticated("session_over", "The session is over. Sign in again.")
        return user

    async def get(self, user_id: str) -> User:
        """Raises:
        NotFound: there is no such user.
        """
        async with self._store.transaction(read_only=True) as tx:
            user = await tx.people.user(user_id)
        if user is None:
            raise NotFound("user_not_found", "There is no such user.")
        return user

    async def change_password(self, user_id: str, *, current: str, new: str) -> User:
        """Revokes every other session; the caller sets a new cookie from the returned user.

        Raises:
            Unauthenticated: the current password is wrong (``wrong_credentials``).
        """
        user = await self.get(user_id)
        if not await self._matches(user.password_hash, current):
            raise Unauthenticated("wrong_credentials", "The current password is wrong.")
        return await self._set_password(user_id, user.token_version, new)

    async def make_reset_link(self, user_id: str) -> tuple[str, datetime]:
        """A token that sets a new password once, within an hour, and when it ends."""
        user = await self.get(user_id)
        return self._tokens.issue_reset(user.id, user.token_version, self._clock.now())

    async def reset_password(self, token: str, *, new: str) -> User:
        """Raises:
        Unauthenticated: the token is expired, used or not ours.
        """
        claims = self._tokens.read_reset(token, self._clock.now())
        return await self._set_password(claims.subject, claims.token_version, new)

    async def list_users(self) -> list[User]:
        async with self._store.transaction(read_only=True) as tx:
            return await tx.people.users()

    async def _set_password(self, user_id: str, token_version: int, password: str) -> User:
        """Set a password if the account is still at ``token_version``: that makes a reset link work once."""
        hashed = await self._hash(password)
        async with self._store.transaction() as tx:
            await tx.people.agent(user_id, lock=True)
            user = await tx.people.user(user_id)
            if user is None or user.token_version != token_version:
                raise Unauthenticated("link_used", "This link was used already, or is no longer valid.")
            changed = replace(user, password_hash=hashed, token_version=user.token_version + 1)
            await tx.people.save_user(changed)
        return changed

    async def _locked(self, tx: Transaction, user_id: str) -> User:
        """The account as it is now; nobody else writes it until the transaction ends."""
        await tx.people.agent(user_id, lock=True)
        user = await tx.people.user(user_id)
        if user is None:
            raise NotFound("user_not_found", "There is no such user.")
        return user

    async def _look_again(self, tx: Transaction, user_id: str, by: str | None) -> None:
        """Somebody who waits may be for this agent now, and what a closed account holds is for others."""
        now, effect = self._clock.now(), AccountChanged(user_id, by or OPERATOR)
        await tx.outbox.add([NewEffect(self._ids.new("account"), lane_of("", effect), "", effect)], at=now)
        await tx.feed.append([NewFeedEntry(agent_stream(user_id), "agent")], at=now)

    async def _tell(self, user_id: str) -> None:
        if self._bus is not None:
            await self._bus.publish([agent_stream(user_id), WORK_TOPIC])

    def _memberships(self, groups: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        _check_pairs("group", groups, HIGHEST_RANK)
        if groups:
            known = self._groups()
            unknown = [name for name, _ in groups if name not in known]
            if unknown:
                raise Invalid(
                    "unknown_group",
                    f"The policy has no group {unknown[0]!r}. Its groups are {', '.join(sorted(known))}.",
                )
        return tuple(sorted(groups))

    async def _hash(self, password: str) -> str:
        return await asyncio.to_thread(self._hasher.hash, password)

    async def _matches(self, hashed: str, password: str) -> bool:
        try:
            return await asyncio.to_thread(self._hasher.verify, hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _skills(skills: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    _check_pairs("skill", skills, HIGHEST_LEVEL)
    return tuple(sorted(skills))


def _check_pairs(what: str, pairs: tuple[tuple[str, int], ...], highest: int) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Invalid("said_twice", f"The same {what} is named twice. Name each {what} once.")
    if not all(1 <= number <= highest for _, number in pairs):
        number = "rank" if what == "group" else "level"
        raise Invalid("out_of_range", f"The {number} of a {what} is from 1 to {highest}.")


def _within(what: str, number: int | None, most: int) -> int | None:
    if number is not None and not 0 <= number <= most:
        raise Invalid("out_of_range", f"An agent takes from 0 to {most} {what} at a time.")
    return number


def _languages(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Agents speak languages and not regions: the primary subtags, each once."""
    return tuple(dict.fromkeys(primary_subtag(tag) for tag in tags))


def _normal(email: str) -> str:
    return email.strip().lower()
