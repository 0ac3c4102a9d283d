"""Signing in and out, and passwords."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from orchestrator.api import schemas
from orchestrator.api.guard import (
    AnyUser,
    DeskRequest,
    clear_session,
    client_network,
    set_session,
)
from orchestrator.api.platform import PlatformDep
from orchestrator.application.accounts import user_view
from orchestrator.application.errors import Unauthenticated

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post("/login", response_model=schemas.User, dependencies=[DeskRequest])
async def login(request: Request, response: Response, platform: PlatformDep, body: schemas.Login) -> Any:
    """Sign in; the session comes as a cookie."""
    limiter, rates, address = platform.limiter, platform.limiter.rates, client_network(request)
    account = (address, body.email.strip().lower())
    # Counted before the password is checked: attempts side by side must not slip through between test and count.
    await limiter.count(rates.login_account, *account)
    await limiter.require_room(rates.login_address, address)
    try:
        user = await platform.accounts.authenticate(body.email, body.password)
    except Unauthenticated:
        await limiter.allows(rates.login_address, address)
        raise
    await limiter.forget(rates.login_account, *account)
    set_session(request, response, await platform.accounts.issue_session(user), platform)
    return user_view(user)


@router.post("/logout", status_code=204)
async def logout(request: Request, user: AnyUser, platform: PlatformDep) -> Response:
    """Forget the session of this browser."""
    response = Response(status_code=204)
    clear_session(request, response, platform)
    return response


@router.get("/me", response_model=schemas.User)
async def me(user: AnyUser) -> Any:
    """Who is signed in."""
    return user_view(user)


@router.post("/password", response_model=schemas.User)
async def change_password(
    request: Request, response: Response, user: AnyUser, platform: PlatformDep, body: schemas.ChangePassword
) -> Any:
    """Set a new password. Every other session of the account ends."""
    limiter, rates = platform.limiter, platform.limiter.rates
    account = ("password", user.id)
    await limiter.count(rates.login_account, *account)
    changed = await platform.accounts.change_password(
        user.id, current=body.current_password, new=body.new_password
    )
    await limiter.forget(rates.login_account, *account)
    set_session(request, response, await platform.accounts.issue_session(changed), platform)
    return user_view(changed)


@router.post("/reset", response_model=schemas.User, dependencies=[DeskRequest])
async def reset_password(
    request: Request, response: Response, platform: PlatformDep, body: schemas.ResetPassword
) -> Any:
    """Set a new password with a reset link, which works once; signs in."""
    limiter, rates, address = platform.limiter, platform.limiter.rates, client_network(request)
    await limiter.require_room(rates.login_address, address)
    try:
        user = await platform.accounts.reset_password(body.token, new=body.new_password)
    except Unauthenticated:
        await limiter.allows(rates.login_address, address)
        raise
    set_session(request, response, await platform.accounts.issue_session(user), platform)
    return user_view(user)
