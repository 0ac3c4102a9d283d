"""Whole conversations through the use cases, as browsers, desks and a bot would have them, many at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from orchestrator.adapters.clock import SystemClock
from orchestrator.application.bot_replies import BotText, BotTransfer, BotTurn
from orchestrator.application.errors import ApplicationError
from orchestrator.application.ports import MediaEvent, Role
from orchestrator.application.records import BotDelivery
from orchestrator.domain.conversation import Conversation, State
from tests.fakes.application import OFFER, TRIGGER, Application, running

PATIENCE = 60.0
"""Seconds one step may take on a busy machine."""


class Desk:
    """A service that runs as in production (effects, timers and reports in the background), and its agents."""

    def __init__(self, app: Application, key: str, agents: Sequence[str]) -> None:
        self.app = app
        self.key = key
        self.agents = agents
        self.reached: Counter[str] = Counter()
        self.conversations: list[str] = []

    async def until(
        self, conversation: str, holds: Callable[[Conversation], bool], what: str
    ) -> Conversation:
        async with asyncio.timeout(PATIENCE):
            while not holds(c := await self.app.snapshot(conversation)):  # noqa: ASYNC110 - as a page polls
                await asyncio.sleep(0.02)
        self.reached[what] += 1
        return c

    async def visit(self, number: int) -> None:
        """One visitor, from the first page to the end."""
        app, key = self.app, self.key
        visitor = await app.visitor(key, language="fr" if number % 5 else "en")
        await app.presence.visitor_came(visitor, f"page-{number}")
        conversation = (await app.conversations.start(visitor, client_id="start"))["conversation"]["id"]
        self.conversations.append(conversation)
        await app.conversations.post_visitor_message(visitor, conversation, client_id="q", text="Bonjour")
        await self.until(conversation, lambda c: c.bot_asked is None, "answered")
        match number % 4:
            case 0:
                await app.conversations.visitor_act(visitor, conversation, "close")
            case 1:
                await app.conversations.visitor_act(visitor, conversation, "video")
            case _:
                card = BotTransfer(f"card-{number}", text=f"{TRIGGER}.", summary="un vélo")
                await app.conversations.bot_turn(BotTurn(conversation, None, (card,)))
        if number % 4:
            await self._with_an_agent(visitor, conversation)
        # The page reads what it missed, and goes away.
        assert await app.frames(f"visitor:{visitor}")
        await app.presence.visitor_left(visitor, f"page-{number}")
        c = await self.until(conversation, lambda c: c.state is State.CLOSED, "closed")
        assert not c.timers

    async def _with_an_agent(self, visitor: str, conversation: str) -> None:
        app = self.app
        agent = await self._accepted(conversation)
        await app.conversations.post_agent_message(agent, conversation, client_id="a", text="Bonjour")
        c = await app.snapshot(conversation)
        if c.state is State.VIDEO_LOBBY:
            await self._join(conversation, "visitor", visitor)
            await self._join(conversation, "agent", agent)
            await self.until(conversation, lambda c: c.state is State.IN_VIDEO, "in video")
            await app.conversations.switch_camera(visitor, conversation, on=False)
            await app.conversations.post_visitor_message(visitor, conversation, client_id="v", text="oui")
            await app.conversations.visitor_act(visitor, conversation, "hang_up")
            await self.until(conversation, lambda c: c.state is State.CHAT, "hung up")
        await app.conversations.agent_act(agent, conversation, "close")

    async def _accepted(self, conversation: str) -> str:
        """Whoever is invited accepts, unless the invitation is over by then: the next one is waited for."""
        while True:
            c = await self.until(conversation, lambda c: c.invitation is not None, "invited")
            assert c.invitation is not None
            try:
                await self.app.conversations.accept(c.invitation.agent_id, conversation, c.invitation.id)
            except ApplicationError:
                continue
            return c.invitation.agent_id

    async def _join(self, conversation: str, role: Role, subject: str) -> None:
        minted = await self.app.calls.mint(conversation, role=role, subject=subject)
        claims = await self.app.calls.read_token(minted["token"])
        connection, _ = await self.app.calls.join(claims.call_id, claims, OFFER)
        self.app.media.report(MediaEvent("connected", claims.call_id, role, connection))

    async def visits(self, first: int, count: int, at_once: int) -> None:
        """``count`` visitors, ``at_once`` of them on the site at any time."""
        numbers = iter(range(first, first + count))

        async def one_after_the_other() -> None:
            for number in numbers:
                await self.visit(number)

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(one_after_the_other())

    async def quiet(self) -> None:
        """Until every effect has been carried out."""
        async with asyncio.timeout(PATIENCE):
            while await self.pending():  # noqa: ASYNC110 - the store does not call back
                await asyncio.sleep(0.05)
        # What the stand-ins remember is theirs, not the application's.
        self.app.media.closed.clear()

    async def pending(self) -> int:
        async with self.app.store.transaction(read_only=True) as tx:
            return await tx.outbox.pending()


@asynccontextmanager
async def desk(database: Path, agents: int) -> AsyncIterator[Desk]:
    async with running(database, clock=SystemClock()) as app:

        async def answer(delivery: BotDelivery) -> None:
            text = BotText(f"answer-{delivery.id}", "Bonjour, que puis-je faire pour vous ?")
            await app.conversations.bot_turn(BotTurn(delivery.conversation_id, delivery.id, (text,)))

        app.bot.deliver = answer  # type: ignore[method-assign]
        key = await app.site()
        names = [await app.agent(f"agent{number}") for number in range(agents)]
        await app.effects.start()
        await app.timers.start()
        await app.calls.start()
        try:
            yield Desk(app, key, names)
        finally:
            await app.calls.stop()
            await app.timers.stop()
