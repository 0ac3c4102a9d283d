"""Accounts and sites, for administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from orchestrator.api import schemas
from orchestrator.api.guard import AdminUser
from orchestrator.api.platform import PlatformDep
from orchestrator.application.accounts import UserChanges, user_view
from orchestrator.application.sites import site_view

router = APIRouter(prefix="/api/admin", tags=["admin"])

UserId = Annotated[str, Path(alias="id", max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]


@router.get("/users", response_model=list[schemas.User])
async def users(admin: AdminUser, platform: PlatformDep) -> Any:
    """Everybody with an account."""
    return [user_view(user) for user in await platform.accounts.list_users()]


@router.post("/users", status_code=201, response_model=schemas.User)
async def create_user(admin: AdminUser, platform: PlatformDep, body: schemas.CreateUser) -> Any:
    """Make an account."""
    user = await platform.accounts.create_user(
        email=body.email,
        name=body.name,
        role=body.role,
        password=body.password,
        may_propose_video=body.may_propose_video,
        languages=tuple(body.languages),
        groups=_memberships(body.groups),
        skills=_skills(body.skills),
        slots=_slots(body.capacity) or (None, None),
    )
    return user_view(user)


@router.patch("/users/{id}", response_model=schemas.User)
async def change_user(
    admin: AdminUser, platform: PlatformDep, user_id: UserId, body: schemas.ChangeUser
) -> Any:
    """Change an account: name, role, permission to propose video, languages, groups, skills and capacity."""
    changes = UserChanges(
        name=body.name,
        role=body.role,
        may_propose_video=body.may_propose_video,
        languages=None if body.languages is None else tuple(body.languages),
        groups=None if body.groups is None else _memberships(body.groups),
        skills=None if body.skills is None else _skills(body.skills),
        slots=_slots(body.capacity),
    )
    return user_view(await platform.accounts.update_user(user_id, changes, by=admin.id))


@router.post("/users/{id}/deactivate", response_model=schemas.User)
async def deactivate_user(admin: AdminUser, platform: PlatformDep, user_id: UserId) -> Any:
    """Close an account: its sessions end at once, its conversations go back to the line, its history stays."""
    return user_view(await platform.accounts.deactivate(user_id, by=admin.id))


@router.post("/users/{id}/reactivate", response_model=schemas.User)
async def reactivate_user(admin: AdminUser, platform: PlatformDep, user_id: UserId) -> Any:
    """Open an account again, with the password it had."""
    return user_view(await platform.accounts.reactivate(user_id, by=admin.id))


@router.post("/users/{id}/reset-link", response_model=schemas.ResetLink)
async def reset_link(admin: AdminUser, platform: PlatformDep, user_id: UserId) -> Any:
    """A token with which somebody sets a new password, once and within an hour."""
    token, expires_at = await platform.accounts.make_reset_link(user_id)
    return {"token": token, "expires_at": expires_at}


@router.get("/sites", response_model=list[schemas.Site])
async def sites(admin: AdminUser, platform: PlatformDep) -> Any:
    """The sites that carry the widget."""
    return [site_view(site) for site in await platform.sites.list()]


@router.post("/sites", status_code=201, response_model=schemas.Site)
async def create_site(
    request: Request, admin: AdminUser, platform: PlatformDep, body: schemas.CreateSite
) -> Any:
    """Add a site; its pages may use the widget at once."""
    site = await platform.sites.create(
        site_id=body.id,
        name=body.name,
        allowed_origins=body.allowed_origins,
        language=body.language,
        bot=body.bot,
    )
    await request.app.state.site_origins.refresh()
    return site_view(site)


def _memberships(groups: list[schemas.GroupMembership]) -> tuple[tuple[str, int], ...]:
    return tuple((group.name, group.rank) for group in groups)


def _slots(capacity: schemas.OwnCapacity | None) -> tuple[int | None, int | None] | None:
    return None if capacity is None else (capacity.chat, capacity.video)


def _skills(skills: list[schemas.SkillLevel]) -> tuple[tuple[str, int], ...]:
    return tuple((skill.name, skill.level) for skill in skills)
