"""Policies, for administrators: what is live and was, drafts, publishing and rollback."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from orchestrator.api import schemas_policies as shapes
from orchestrator.api.guard import AdminUser
from orchestrator.api.platform import PlatformDep
from orchestrator.application.records import User
from orchestrator.application.revisions.records import Activation, Author, Draft, Gate, PolicySet

router = APIRouter(prefix="/api/admin/policies", tags=["policies"])

DraftId = Annotated[str, Path(alias="id", max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
ActivationNumber = Annotated[int, Path(alias="number", ge=1, le=2**31 - 1)]
Language = Annotated[str, Query(pattern=r"^(en|fr)$", description="Of the differences in words.")]


@router.get("", response_model=shapes.LivePolicy)
async def live(admin: AdminUser, platform: PlatformDep, language: Language = "en") -> Any:
    """What is live."""
    usage = platform.policy_usage()
    return {
        "live": activation_view(await platform.publishing.live(), language),
        "used_number": usage.number,
        "used_revision": usage.revision,
    }


@router.get("/activations", response_model=shapes.ActivationPage)
async def activations(
    admin: AdminUser,
    platform: PlatformDep,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    language: Language = "en",
) -> Any:
    """Everything that was ever live, the newest first: who, when, why, and what it changed."""
    found = await platform.publishing.activations(before=before, limit=limit + 1)
    page = found[:limit]
    return {
        "activations": [activation_view(one, language) for one in page],
        "before": page[-1].number if len(found) > limit else None,
    }


@router.get("/activations/{number}", response_model=shapes.ActivationWithFiles)
async def activation(
    admin: AdminUser, platform: PlatformDep, number: ActivationNumber, language: Language = "en"
) -> Any:
    """One activation, with its files."""
    found, policy_set = await platform.publishing.activation(number)
    return {**activation_view(found, language), "texts": policy_set.texts}


@router.post("/activations/{number}/rollback", status_code=201, response_model=shapes.ActivationView)
async def rollback(
    admin: AdminUser,
    platform: PlatformDep,
    number: ActivationNumber,
    body: shapes.Rollback,
    language: Language = "en",
) -> Any:
    """Make an earlier revision live again, as a new activation."""
    done = await platform.publishing.rollback(number, base=body.base, message=body.message, by=_author(admin))
    return activation_view(done, language)


@router.get("/drafts", response_model=list[shapes.DraftSummary])
async def drafts(admin: AdminUser, platform: PlatformDep) -> Any:
    """What is being prepared, what was changed last first."""
    number = (await platform.publishing.live()).number
    return [_summary(draft, number) for draft in await platform.publishing.drafts()]


@router.post("/drafts", status_code=201, response_model=shapes.DraftView)
async def save_draft(admin: AdminUser, platform: PlatformDep, body: shapes.SaveDraft) -> Any:
    """Keep files as a draft. They may be unfinished; nothing becomes live by it."""
    draft = await platform.publishing.save(
        PolicySet.of(body.texts), base=body.base, note=body.note, by=_author(admin)
    )
    return _draft(draft, body.base)


@router.get("/drafts/{id}", response_model=shapes.DraftView)
async def draft(admin: AdminUser, platform: PlatformDep, draft_id: DraftId) -> Any:
    """One draft, with its files."""
    found = await platform.publishing.draft(draft_id)
    return _draft(found, (await platform.publishing.live()).number)


@router.put("/drafts/{id}", response_model=shapes.DraftView)
async def change_draft(
    admin: AdminUser, platform: PlatformDep, draft_id: DraftId, body: shapes.ChangeDraft
) -> Any:
    """Replace the files of a draft, perhaps on top of what was published meanwhile."""
    changed = await platform.publishing.change(
        draft_id,
        PolicySet.of(body.texts),
        version=body.version,
        base=body.base,
        note=body.note,
        by=_author(admin),
    )
    return _draft(changed, body.base)


@router.delete("/drafts/{id}", status_code=204)
async def remove_draft(admin: AdminUser, platform: PlatformDep, draft_id: DraftId) -> Response:
    """Throw a draft away."""
    await platform.publishing.remove(draft_id)
    return Response(status_code=204)


@router.post("/drafts/{id}/examine", response_model=shapes.DraftView)
async def examine(admin: AdminUser, platform: PlatformDep, draft_id: DraftId) -> Any:
    """Ask the gates; this takes seconds."""
    examined = await platform.publishing.examine(draft_id)
    return _draft(examined, (await platform.publishing.live()).number)


@router.post("/drafts/{id}/publish", status_code=201, response_model=shapes.ActivationView)
async def publish(
    admin: AdminUser,
    platform: PlatformDep,
    draft_id: DraftId,
    body: shapes.PublishDraft,
    language: Language = "en",
) -> Any:
    """Make a draft live on every process, if the gates let it pass and nobody published meanwhile."""
    done = await platform.publishing.publish(draft_id, message=body.message, by=_author(admin))
    return activation_view(done, language)


def _author(admin: User) -> Author:
    return Author(admin.id, admin.name)


def activation_view(one: Activation, language: str) -> dict[str, object]:
    """→ `ActivationView`."""
    return {
        "number": one.number,
        "revision": one.revision,
        "kind": one.kind,
        "base": one.base,
        "at": one.at,
        "by": one.by.user_id,
        "by_name": one.by.name,
        "message": one.message,
        "restores": one.restores,
        "changes": list(one.changes_in(language)),
        "gates": [_gate(gate) for gate in one.gates],
    }


def _gate(gate: Gate) -> dict[str, object]:
    return {
        "name": gate.name,
        "state": gate.state,
        "summary": gate.summary,
        "details": list(gate.details),
    }


def _summary(draft: Draft, live_number: int) -> dict[str, object]:
    return {
        "id": draft.id,
        "version": draft.version,
        "base": draft.base,
        "stale": draft.base != live_number,
        "note": draft.note,
        "by": draft.author.user_id,
        "by_name": draft.author.name,
        "created_at": draft.created_at,
        "changed_at": draft.changed_at,
        "gates": [_gate(gate) for gate in draft.gates],
    }


def _draft(draft: Draft, live_number: int) -> dict[str, object]:
    return {**_summary(draft, live_number), "texts": draft.policy_set.texts}
