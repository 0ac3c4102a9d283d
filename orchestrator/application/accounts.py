"""Accounts of people who work with the platform."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from orchestrator.application.errors import Conflict, NotFound, Unauthenticated
from orchestrator.application.ports import Clock, Ids, Store, Tokens
from orchestrator.application.records import Json, User

RoleName = Literal["agent", "supervisor", "designer", "admin"]


def user_view(user: User) -> Json:
    """→ `User`."""
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "picture_url": user.picture_url,
        "may_propose_video": user.may_propose_video,
    }


class Accounts:
    def __init__(
        self, store: Store, clock: Clock, ids: Ids, tokens: Tokens, *, hasher: PasswordHasher | None = None
    ) -> None:
        """``hasher``: argon2id with the library's (RFC 9106) parameters unless a test wants it quick."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._tokens = tokens
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
    ) -> User:
        """Raises:
        Conflict: the address is taken (``email_taken``).
        """
        user = User(
            id=self._ids.new("u"),
            email=_normal(email),
            name=name,
            role=role,
            password_hash=await self._hash(password),
            may_propose_video=may_propose_video,
            languages=languages,
        )
        async with self._store.transaction() as tx:
            if await tx.people.user_by_email(user.email) is not None:
                raise Conflict("email_taken", "Somebody has this address already.")
            await tx.people.add_user(user)
        return user

    async def authenticate(self, email: str, password: str) -> User:
        """Takes as long for an unknown address as for a wrong password.

        Raises:
            Unauthenticated: (``wrong_credentials``).
        """
        async with self._store.transaction(read_only=True) as tx:
            user = await tx.people.user_by_email(_normal(email))
        matches = await self._matches(user.password_hash if user is not None else self._nobody, password)
        if user is None or not matches:
            raise Unauthenticated("wrong_credentials", "The address or the password is wrong.")
        if self._hasher.check_needs_rehash(user.password_hash):
            user = replace(user, password_hash=await self._hash(password))
            async with self._store.transaction() as tx:
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
        if user is None or user.token_version != claims.token_version:
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
            user = await tx.people.user(user_id)
            if user is None or user.token_version != token_version:
                raise Unauthenticated("link_used", "This link was used already, or is no longer valid.")
            changed = replace(user, password_hash=hashed, token_version=user.token_version + 1)
            await tx.people.save_user(changed)
        return changed

    async def _hash(self, password: str) -> str:
        return await asyncio.to_thread(self._hasher.hash, password)

    async def _matches(self, hashed: str, password: str) -> bool:
        try:
            return await asyncio.to_thread(self._hasher.verify, hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _normal(email: str) -> str:
    return email.strip().lower()
