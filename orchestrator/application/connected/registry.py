"""Connecting bots: for administrators."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

from orchestrator.application.connected.conformance import Conformance
from orchestrator.application.connected.offers import website_of
from orchestrator.application.connected.ports import BotBusy, BotTroubled, ConnectedBotClient
from orchestrator.application.connected.records import ConnectedBot, Scenario
from orchestrator.application.connected.rules import rules_for
from orchestrator.application.errors import Conflict, Invalid, NotFound, Refused
from orchestrator.application.ports import Clock, Store
from orchestrator.application.records import Json, Site
from rules.policy import Policy

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
RESERVED = "rasa"


def connected_bot_view(bot: ConnectedBot, *, status: str) -> Json:
    """→ `ConnectedBot`: without its secret."""
    return {
        "id": bot.id,
        "operator_id": bot.operator_id,
        "name": bot.name,
        "pseudo": bot.pseudo,
        "language": bot.language,
        "url": bot.url,
        "scenario": bot.scenario,
        "status": status,
        "connected_at": bot.connected_at,
    }


class ConnectedBots:
    def __init__(
        self, store: Store, clock: Clock, live: Callable[[], Policy], client: ConnectedBotClient
    ) -> None:
        self._store = store
        self._clock = clock
        self._live = live
        self._client = client

    async def scenarios(self, url: str, *, secret: str, site_id: str) -> list[Scenario]:
        """What can be connected at an address.

        Raises:
            Invalid: the address cannot be used (``bot_url_…``, ``bot_address_private``).
            Refused: the bot gave no usable answer (``bot_troubled``).
        """
        url = self._client.check_url(url)
        try:
            return await self._client.scenarios(url, str(uuid4()), secret, website_of(site_id))
        except (BotTroubled, BotBusy) as error:
            raise _refused(error) from error

    async def connect(
        self,
        bot_id: str,
        *,
        url: str,
        scenario: str,
        name: str,
        pseudo: str | None = None,
        language: str,
        site_id: str,
        secret: str | None = None,
    ) -> ConnectedBot:
        """Connect a scenario, and tell the bot so; connected again, it is told what changed.

        ``secret`` signs what we send; made up unless given. The site is the one whose id the bot is told first.

        Raises:
            Invalid: an id, an address or a name cannot be used.
            Conflict: another bot speaks for this scenario already (``scenario_taken``).
            Refused: the bot gave no usable answer (``bot_troubled``).
        """
        if not _ID.fullmatch(bot_id) or len(bot_id) > 50 or bot_id == RESERVED:
            raise Invalid(
                "bot_id_invalid", f"Write the bot's id in small letters, figures and dashes; not {RESERVED}."
            )
        url = self._client.check_url(url)
        async with self._store.transaction(read_only=True) as tx:
            others = await tx.bots.all()
        known = next((one for one in others if one.id == bot_id), None)
        if any((one.url, one.scenario) == (url, scenario) for one in others if one.id != bot_id):
            raise Conflict("scenario_taken", "Another bot speaks for this scenario already: one each.")
        bot = ConnectedBot(
            id=bot_id,
            name=name,
            pseudo=pseudo or name,
            language=language,
            url=url,
            scenario=scenario,
            version=known.version if known is not None and known.url == url else str(uuid4()),
            secret=secret or (known.secret if known is not None else secrets.token_urlsafe(32)),
            connected_at=self._clock.now(),
        )
        await self._tell(bot, site_id)
        async with self._store.transaction() as tx:
            await tx.bots.put(bot)
        return bot

    async def refresh(self, bot_id: str, *, site_id: str) -> ConnectedBot:
        """Tell the bot the groups again, for these may have changed.

        Raises:
            NotFound: there is no such bot.
            Refused: the bot gave no usable answer (``bot_troubled``).
        """
        bot = await self.get(bot_id)
        await self._tell(bot, site_id)
        return bot

    async def _tell(self, bot: ConnectedBot, site_id: str) -> None:
        try:
            await self._client.put(bot, website_of(site_id), rules_for(self._live(), bot.language))
        except (BotTroubled, BotBusy) as error:
            raise _refused(error) from error

    def conformance(self, url: str, *, secret: str, language: str, site_id: str = "trial") -> Conformance:
        """A trial of a bot that need not be connected.

        Raises:
            Invalid: the address cannot be used.
        """
        return Conformance(
            self._client,
            self._clock.now,
            url=url,
            secret=secret,
            language=language,
            site_id=site_id,
            rules=rules_for(self._live(), language),
        )

    async def list(self) -> list[ConnectedBot]:
        async with self._store.transaction(read_only=True) as tx:
            return await tx.bots.all()

    async def get(self, bot_id: str) -> ConnectedBot:
        """Raises:
        NotFound: there is no such bot.
        """
        async with self._store.transaction(read_only=True) as tx:
            bot = await tx.bots.get(bot_id)
        if bot is None:
            raise NotFound("bot_not_found", "There is no such bot.")
        return bot

    async def remove(self, bot_id: str) -> None:
        """Raises:
        NotFound: there is no such bot.
        Conflict: a site has it (``bot_in_use``).
        """
        await self.get(bot_id)
        async with self._store.transaction() as tx:
            used = [site.id for site in await tx.sites.list() if site.bot_id == bot_id]
            if used:
                raise Conflict("bot_in_use", f"The site {used[0]} has this bot: give it another one first.")
            await tx.bots.remove(bot_id)

    async def use(self, bot_id: str | None, *, site_id: str) -> Site:
        """Give a site this bot; None: the Rasa bot. It holds for conversations that start from now on.

        Raises:
            NotFound: there is no such bot or site.
        """
        if bot_id is not None:
            await self.get(bot_id)
        async with self._store.transaction() as tx:
            site = await tx.sites.get(site_id)
            if site is None:
                raise NotFound("site_not_found", "There is no such site.")
            site = replace(site, bot=True, bot_id=bot_id)
            await tx.sites.save(site)
        return site

    def status(self, bot_id: str) -> str:
        return self._client.status(bot_id)


def _refused(error: BotTroubled | BotBusy) -> Refused:
    detail = f"{error.reason}: {error.detail}" if isinstance(error, BotTroubled) else "it is busy"
    return Refused("bot_troubled", f"The bot gave no usable answer ({detail}).")
