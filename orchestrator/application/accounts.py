"""Accounts of people who work with the platform."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

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
        raise NotImplementedError

    async def authenticate(self, email: str, password: str) -> User:
        """Takes as long for an unknown address as for a wrong password.

        Raises:
            Unauthenticated: (``wrong_credentials``).
        """
        raise NotImplementedError

    async def issue_session(self, user: User) -> str:
        """A session token (12 h) for the cookie."""
        raise NotImplementedError

    async def user_of_session(self, token: str) -> User:
        """Raises:
        Unauthenticated: expired, revoked or not ours.
        """
        raise NotImplementedError

    async def get(self, user_id: str) -> User:
        """Raises:
        NotFound: there is no such user.
        """
        raise NotImplementedError

    async def change_password(self, user_id: str, *, current: str, new: str) -> User:
        """Revokes every other session; the caller sets a new cookie from the returned user.

        Raises:
            Unauthenticated: the current password is wrong (``wrong_credentials``).
        """
        raise NotImplementedError

    async def make_reset_link(self, user_id: str) -> tuple[str, datetime]:
        """A token that sets a new password once, within an hour, and when it ends."""
        raise NotImplementedError

    async def reset_password(self, token: str, *, new: str) -> User:
        """Raises:
        Unauthenticated: the token is expired, used or not ours.
        """
        raise NotImplementedError

    async def list_users(self) -> list[User]:
        raise NotImplementedError
