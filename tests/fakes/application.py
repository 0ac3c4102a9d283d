"""The whole application on a real database, with virtual time, and nothing that runs in the background.

Effects and timers run when a test says so (`settle`, `advance`), so that every step can be looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.connected.client import HttpConnectedBots
from orchestrator.adapters.migrations import upgrade
from orchestrator.adapters.policies import StoredPolicies
from orchestrator.adapters.store import SqlStore
from orchestrator.adapters.tokens import JwtTokens
from orchestrator.application.accounts import Accounts
from orchestrator.application.answer_mail import AnswerMail
from orchestrator.application.availability import somebody_in
from orchestrator.application.away_watch import AwayWatch
from orchestrator.application.board import Board
from orchestrator.application.bot_replies import BotReply, BotTurn, BotTurnResult
from orchestrator.application.calls import Calls
from orchestrator.application.connected.deliver import ConnectedDeliveries
from orchestrator.application.connected.offers import Offers
from orchestrator.application.connected.registry import ConnectedBots
from orchestrator.application.connected.scripts import Scripts
from orchestrator.application.conversations import Conversations
from orchestrator.application.distribution import Distribution
from orchestrator.application.estimates import Estimates
from orchestrator.application.floor import LiveFloor
from orchestrator.application.handle_event import EventHandler
from orchestrator.application.lease import Alone, Lease
from orchestrator.application.ledger_follower import LedgerFollower
from orchestrator.application.outlook import Outlooks
from orchestrator.application.perform import Performer, World
from orchestrator.application.ports import MediaEvent, Role
from orchestrator.application.presence import Presence
from orchestrator.application.records import Json
from orchestrator.application.recovery import Recovery
from orchestrator.application.run_effects import EffectRunner
from orchestrator.application.sites import Sites
from orchestrator.application.streams import Streams
from orchestrator.application.timers import TimerService
from orchestrator.application.today import Today
from orchestrator.application.use_cases import Parts
from orchestrator.application.views import Views
from orchestrator.domain.conversation import Conversation
from orchestrator.domain.evolve import evolve
from rules.compile import compile_policy
from rules.load import load_policy
from rules.policy import Policy
from tests.fakes.bot import FakeBot
from tests.fakes.clock import CountingIds, VirtualClock
from tests.fakes.mail import FakeMailer
from tests.fakes.media import FakeMedia

POLICIES = Path(__file__).parents[2] / "rules" / "policies"
SECRET = "a secret of a test, long enough for everybody"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ORIGIN = "https://shop.example"
TRIGGER = "Vous allez être mis en relation par vidéo"
OFFER = "v=0 an offer"

_shipped: list[Policy] = []


def shipped_policy() -> Policy:
    """The policy of the repository, compiled once."""
    if not _shipped:
        _shipped.append(load_policy(POLICIES))
    return _shipped[0]


def policy_with(replacements: dict[str, tuple[str, str]]) -> Policy:
    """The shipped policy with, per file, one text replaced by another."""
    files = dict(shipped_policy().files)
    for name, (old, new) in replacements.items():
        assert old in files[name], f"{old!r} is not in {name}"
        files[name] = files[name].replace(old, new)
    return compile_policy(files)


def migrated(database: Path) -> str:
    """The address of a database with the newest schema."""
    url = f"sqlite+aiosqlite:///{database}"
    if not database.exists():
        upgrade(url)
    return url


class Application:
    """Every use case and background service over one database."""

    def __init__(
        self,
        database: Path | str,
        *,
        policy: Policy | None = None,
        clock: VirtualClock | None = None,
        ids_prefix: str = "",
        bus: InProcessBus | None = None,
        node: str | None = None,
    ) -> None:
        """``node``: this process' name among others that have the same database and ``bus``; None: it is alone."""
        self.clock = clock or VirtualClock()
        self.ids = CountingIds(ids_prefix)
        # A file, or the address of a database that is there.
        self.store = SqlStore(database if isinstance(database, str) else f"sqlite+aiosqlite:///{database}")
        self.bus = bus or InProcessBus()
        self.policy = policy or shipped_policy()
        self.policies = StoredPolicies(self.policy)
        self.tokens = JwtTokens(SECRET)
        self.floor = LiveFloor(self.store, self.bus, self.clock, self.policies, node=node)
        self.estimates = Estimates(self.policies, self.floor.picture)
        self.today = Today(self.policies, self.clock.now)
        self.ledger = LedgerFollower(self.store, self.bus, self.clock, [self.estimates, self.today])
        self.board = Board(self.store, self.clock, self.policies, self.ledger, self.today, self.estimates)
        self.outlooks = Outlooks(self.store, self.clock, self.policies, self.floor, self.estimates)
        self.views = Views(self.floor, self.estimates)
        self.bot = FakeBot()
        self.media = FakeMedia()
        self.mailer = FakeMailer()
        self.handler = EventHandler(
            self.store, self.bus, self.clock, self.policies, self.ids, self.floor, waits=self.estimates
        )
        self.connected = HttpConnectedBots(self.clock, private_allowed=True)
        self.offers = Offers(
            self.connected,
            self.clock,
            self.policies,
            lambda group, language: somebody_in(
                group, language, self.floor, self.policies.live, self.clock.now()
            ),
        )
        self.bots = ConnectedBots(self.store, self.clock, lambda: self.policies.live, self.connected)
        parts = Parts(
            self.store,
            self.handler,
            self.bus,
            self.clock,
            self.ids,
            self.policies,
            self.tokens,
            self.views,
            self.bot,
            offers=self.offers,
            mail=True,
            floor=self.floor,
        )
        self.conversations = Conversations(parts)
        self.calls = Calls(
            self.store, self.handler, self.clock, self.ids, self.policies, self.tokens, self.media
        )
        self.accounts = Accounts(
            self.store,
            self.clock,
            self.ids,
            self.tokens,
            groups=lambda: self.policies.live.routing.groups,
            bus=self.bus,
            hasher=QUICK,
        )
        self.sites = Sites(self.store, self.ids)
        self.presence = Presence(
            self.store, self.handler, self.bus, self.clock, self.ids, node=node or "local"
        )
        self.away = AwayWatch(self.store, self.handler, self.bus, self.clock, self.ids)
        self.streams = Streams(
            self.store, self.bus, self.clock, self.ids, self.policies, self.views, self.presence
        )
        claim = Alone() if node is None else Lease(self.store, self.clock, "distribution", node)
        self.distribution = Distribution(
            self.floor, self.handler, self.bus, self.clock, self.policies, self.ids, claim
        )
        scripts = Scripts(parts)
        world = World(
            self.store,
            self.handler,
            self.distribution,
            self.bus,
            self.clock,
            self.ids,
            self.policies,
            self.views,
            self.bot,
            self.media,
            AnswerMail(self.store, self.bus, self.clock, self.mailer),
            self.floor,
            ConnectedDeliveries(self.store, self.connected, scripts),
            scripts,
        )
        self.effects = EffectRunner(self.store, self.bus, self.clock, Performer(world), owner=node or "local")
        self.timers = TimerService(self.store, self.bus, self.clock, self.handler)
        self.recovery = Recovery(self.store, self.handler, self.presence, self.timers, alone=node is None)

    async def begin(self) -> None:
        """What `main` does at the start."""
        await self.policies.publish(self.policy, self.store, self.clock.now())
        await self.floor.load()

    # --- time and effects -----------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Carry out every effect that is due, and hear what the media server says."""
        await self.effects.drain()
        await self.calls.settle()
        await self.effects.drain()
        while await self.distribution.run_once():
            await self.effects.drain()

    async def advance(self, seconds: float) -> None:
        """Let time pass, timer by timer as they come due, with everything that follows."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while True:
            async with self.store.transaction(read_only=True) as tx:
                timer = await tx.timers.next_deadline()
                effect = await tx.outbox.next_due(self.clock.now())
            dues = (timer, effect, await self.away.next_due(), self.distribution.next_change())
            deadline = min((due for due in dues if due is not None), default=None)
            if deadline is None or deadline > end:
                break
            if deadline > self.clock.now():
                self.clock.advance(deadline - self.clock.now())
            await self.timers.fire_due()
            await self.away.settle_due()
            await self.settle()
        self.clock.advance(end - self.clock.now())
        await self.settle()

    # --- people ---------------------------------------------------------------------------------------------

    async def site(self, site_id: str = "shop", *, bot: bool = True) -> str:
        """A site; returns its key."""
        site = await self.sites.create(
            site_id=site_id, name="Shop", allowed_origins=[ORIGIN], language="fr", bot=bot
        )
        return site.key

    async def agent(
        self, name: str, *, chat: bool = True, video: bool = True, connected: bool = True, **more: Any
    ) -> str:
        """An agent at the desk; returns the id. ``more``: groups, languages, skills."""
        user = await self.accounts.create_user(
            email=f"{name}@example.org", name=name.title(), role="agent", password="long enough", **more
        )
        if connected:
            await self.presence.agent_came(user.id, f"socket-{name}", can_video=True)
        await self.switch(user.id, chat=chat, video=video)
        await self.settle()
        return user.id

    async def switch(self, agent_id: str, *, chat: bool, video: bool) -> None:
        """Switch an agent's channels on or off."""
        await self.conversations.set_presence(
            agent_id, chat="available" if chat else "offline", video="available" if video else "offline"
        )

    async def visitor(self, site_key: str, *, language: str = "fr", **more: Any) -> str:
        session = await self.conversations.open_session(
            site_key=site_key,
            origin=ORIGIN,
            language=language,
            device=more.pop("device", "desktop"),
            can_video=more.pop("can_video", True),
            page_url="https://shop.example/cart",
            **more,
        )
        return session.visitor_id

    async def chat(self, site_key: str, **more: Any) -> tuple[str, str]:
        """A visitor in a conversation that the bot has greeted; returns both ids."""
        visitor_id = await self.visitor(site_key, **more)
        started = await self.conversations.start(visitor_id, client_id="start")
        await self.settle()
        return visitor_id, started["conversation"]["id"]

    async def say(self, conversation_id: str, *replies: BotReply, to: str | None = None) -> BotTurnResult:
        """The bot answers."""
        result = await self.conversations.bot_turn(BotTurn(conversation_id, to, replies))
        await self.settle()
        return result

    async def join(self, conversation_id: str, role: Role, subject: str) -> str:
        """Connect to the call as a browser would; returns the connection's id."""
        minted = await self.calls.mint(conversation_id, role=role, subject=subject)
        claims = await self.calls.read_token(minted["token"])
        connection_id, _ = await self.calls.join(claims.call_id, claims, OFFER)
        self.media.report(MediaEvent("connected", claims.call_id, role, connection_id))
        await self.settle()
        return connection_id

    # --- what is stored ---------------------------------------------------------------------------------------

    async def snapshot(self, conversation_id: str) -> Conversation:
        async with self.store.transaction(read_only=True) as tx:
            loaded = await tx.conversations.load(conversation_id)
        assert loaded is not None
        return loaded.conversation

    async def check(self, conversation_id: str) -> Conversation:
        """Invariant 4: folding the stored events gives the stored snapshot; and its timers are the table's."""
        async with self.store.transaction(read_only=True) as tx:
            loaded = await tx.conversations.load(conversation_id)
            records = await tx.events.list(conversation_id)
            messages = await tx.messages.list(conversation_id)
            due = await tx.timers.due(self.clock.now() + timedelta(days=365), limit=10_000)
        assert loaded is not None
        folded: Conversation | None = None
        for record in records:
            folded = evolve(folded, record.changes)
            assert folded.version == record.version
        assert folded == loaded.conversation
        assert [record.version for record in records] == list(range(1, len(records) + 1))
        assert [message.position for message in messages] == list(range(1, len(messages) + 1))
        assert loaded.last_position == len(messages)
        stored = {timer.name: timer.deadline for timer in due if timer.conversation_id == conversation_id}
        assert stored == dict(loaded.conversation.timers)
        return loaded.conversation

    async def lines(self, conversation_id: str) -> list[tuple[str, str]]:
        """The history as (author, words or notice key)."""
        async with self.store.transaction(read_only=True) as tx:
            messages = await tx.messages.list(conversation_id)
        return [(one.author, str(one.content.get("text") or one.content.get("key"))) for one in messages]

    async def events(self, conversation_id: str) -> list[str]:
        async with self.store.transaction(read_only=True) as tx:
            return [type(record.event).__name__ for record in await tx.events.list(conversation_id)]

    async def frames(self, subject: str, after: int = 0) -> list[Json]:
        """What the socket of ``visitor:<id>`` or ``agent:<id>`` would be sent now."""
        kind, _, person = subject.partition(":")
        stream = (
            self.streams.visitor(person, after=after)
            if kind == "visitor"
            else self.streams.agent(person, after=after)
        )
        frames: list[Json] = []
        async with stream:
            async with self.store.transaction(read_only=True) as tx:
                head = await tx.feed.head(subject)
            async for frame in stream:
                frames.append(frame)
                if int(str(frame.get("seq", 0))) >= head and (head <= after or len(frames) > 1):
                    break
        return frames


@asynccontextmanager
async def running(database: Path | str, **options: Any) -> AsyncIterator[Application]:
    """An application over a file, made if it is not there, or over the address of a database that is there."""
    if isinstance(database, Path):
        await asyncio.to_thread(migrated, database)
    application = Application(database, **options)
    await application.begin()
    try:
        yield application
    finally:
        await application.effects.stop()
        await application.offers.stop()
        await application.connected.stop()
        await application.store.close()
