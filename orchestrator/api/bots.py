"""Connected bots, for administrators."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path

from orchestrator.api import schemas, schemas_bots
from orchestrator.api.guard import AdminUser
from orchestrator.api.platform import PlatformDep
from orchestrator.application.connected.records import ConnectedBot
from orchestrator.application.connected.registry import connected_bot_view
from orchestrator.application.records import Json
from orchestrator.application.sites import site_view

router = APIRouter(prefix="/api/admin", tags=["admin"])

BotPath = Annotated[schemas_bots.BotId, Path(alias="id")]


def _view(platform: PlatformDep, bot: ConnectedBot) -> Json:
    return connected_bot_view(bot, status=platform.bots.status(bot.id))


@router.get("/bots", response_model=list[schemas_bots.ConnectedBot])
async def bots(admin: AdminUser, platform: PlatformDep) -> Any:
    """The bots that are connected."""
    return [_view(platform, bot) for bot in await platform.bots.list()]


@router.post("/bots/scenarios", response_model=list[schemas_bots.ScenarioView])
async def scenarios(admin: AdminUser, platform: PlatformDep, body: schemas_bots.FindScenarios) -> Any:
    """Ask a bot which scenarios can be connected."""
    found = await platform.bots.scenarios(body.url, secret=body.secret or "", site_id=body.site_id)
    return [asdict(one) for one in found]


@router.put("/bots/{id}", response_model=schemas_bots.NewlyConnectedBot)
async def connect(
    admin: AdminUser, platform: PlatformDep, bot_id: BotPath, body: schemas_bots.ConnectBot
) -> Any:
    """Connect a scenario, or change how it is connected; the bot is told, with the groups it may transfer to."""
    bot = await platform.bots.connect(
        bot_id,
        url=body.url,
        scenario=body.scenario,
        name=body.name,
        pseudo=body.pseudo,
        language=body.language,
        site_id=body.site_id,
        secret=body.secret,
    )
    return _view(platform, bot) | {"secret": bot.secret}


@router.post("/bots/{id}/refresh", response_model=schemas_bots.ConnectedBot)
async def refresh(
    admin: AdminUser, platform: PlatformDep, bot_id: BotPath, site_id: schemas.Identifier
) -> Any:
    """Tell a bot the groups again."""
    return _view(platform, await platform.bots.refresh(bot_id, site_id=site_id))


@router.delete("/bots/{id}", status_code=204)
async def remove(admin: AdminUser, platform: PlatformDep, bot_id: BotPath) -> None:
    """Disconnect a bot that no site has. Conversations it is in go on: the visitor can ask for a person."""
    await platform.bots.remove(bot_id)


@router.put("/sites/{id}/bot", response_model=schemas.Site)
async def use(
    admin: AdminUser,
    platform: PlatformDep,
    site_id: Annotated[schemas.Identifier, Path(alias="id")],
    body: schemas_bots.SetSiteBot,
) -> Any:
    """Give a site a bot; it holds for conversations that start from now on."""
    return site_view(await platform.bots.use(body.bot_id, site_id=site_id))
