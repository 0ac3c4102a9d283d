"""The composition root: the only file that puts adapters into use cases, and use cases into the interface."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog
from fastapi import FastAPI

from media import MediaConfig, MediaError
from orchestrator.adapters import migrations
from orchestrator.adapters.clock import RandomIds, SystemClock
from orchestrator.adapters.connected.client import HttpConnectedBots
from orchestrator.adapters.mail import SmtpMailer, SmtpServer
from orchestrator.adapters.media import LocalMedia
from orchestrator.adapters.policies import StoredPolicies
from orchestrator.adapters.postgres import reach
from orchestrator.adapters.rasa import RasaBot
from orchestrator.adapters.remote_media import EstateMedia
from orchestrator.adapters.signatures import verify_signature
from orchestrator.adapters.store import SqlStore
from orchestrator.adapters.tokens import JwtTokens, load_secret
from orchestrator.adapters.turn import IceServers
from orchestrator.api.app import create_app
from orchestrator.api.limits import Limiter
from orchestrator.api.platform import Backlog, Operations, Options, Platform, Reporting, Timings
from orchestrator.api.static import STATIC, is_built
from orchestrator.application.accounts import Accounts
from orchestrator.application.agent_report import AgentReport
from orchestrator.application.answer_mail import AnswerMail
from orchestrator.application.availability import somebody_in
from orchestrator.application.away_watch import AwayWatch
from orchestrator.application.board import Board
from orchestrator.application.calls import Calls
from orchestrator.application.cards import Cards
from orchestrator.application.connected.deliver import ConnectedDeliveries
from orchestrator.application.connected.offers import Offers
from orchestrator.application.connected.registry import ConnectedBots
from orchestrator.application.connected.scripts import Scripts
from orchestrator.application.conversations import Conversations
from orchestrator.application.distribution import Distribution
from orchestrator.application.errors import Conflict
from orchestrator.application.estimates import Estimates
from orchestrator.application.explain import Explanations
from orchestrator.application.floor import LiveFloor
from orchestrator.application.handle_event import EventHandler, Handled
from orchestrator.application.ledger_follower import LedgerFollower
from orchestrator.application.notify import BOT_TOPIC
from orchestrator.application.outlook import Outlooks
from orchestrator.application.perform import Performer, World
from orchestrator.application.ports import BotStatus, Bus, Clock, Policies, Store
from orchestrator.application.presence import Presence
from orchestrator.application.recovery import Recovery
from orchestrator.application.run_effects import EffectRunner
from orchestrator.application.sites import Sites
from orchestrator.application.streams import Streams
from orchestrator.application.timers import TimerService
from orchestrator.application.today import Today
from orchestrator.application.use_cases import Parts
from orchestrator.application.views import Views
from orchestrator.application.wait_report import WaitReport
from orchestrator.domain.outcome import Denied, Moved
from orchestrator.estate import WORK_EVERY, Estate
from orchestrator.observability import Metrics, Readings, WaitGrades
from orchestrator.policies import Revisions, live_policy
from orchestrator.settings import SettingError, Settings

log = structlog.get_logger(__name__)

__all__ = [
    "BackOffice",
    "Runtime",
    "Settings",
    "build",
    "open_back_office",
    "open_explanations",
    "open_reports",
    "upgrade_database",
]


class Service(Protocol):
    """Something that runs in the background."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


@dataclass
class Runtime:
    """Everything that runs. ``app`` starts and stops the rest with itself."""

    settings: Settings
    platform: Platform
    app: FastAPI
    store: SqlStore
    recovery: Recovery
    revisions: Revisions
    bot: RasaBot
    media: LocalMedia | EstateMedia
    services: tuple[Service, ...]
    _prepared: bool = field(default=False, init=False)
    _running: AsyncExitStack | None = field(default=None, init=False)

    @property
    def policies(self) -> StoredPolicies:
        return self.revisions.policies

    async def prepare(self) -> None:
        """Bring the database up to date and find out which policy is live. `start` does it, unless it was done.

        Raises:
            PolicyError: there is none that can be used.
        """
        if not self._prepared:
            await upgrade_database(self.settings)
            await self.revisions.begin()
            self._prepared = True

    async def start(self) -> None:
        """Prepare, finish what the last run left undone, then start the services in order."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.store.close)
            await self.prepare()
            for service in self.services:
                # Noted first: one that fails half way is stopped like the others.
                stack.push_async_callback(service.stop)
                await service.start()
                if service is self.media:
                    # Rooms can be opened again now, and nobody is served yet.
                    await self.recovery.run()
            stack.push_async_callback(self.platform.streams.stop)
            self._running = stack.pop_all()
        usage = self.revisions.follower.usage
        log.info("started", revision=usage.revision, number=usage.number)

    async def stop(self) -> None:
        """Stop in the opposite order. Stopping twice is harmless."""
        running, self._running = self._running, None
        if running is not None:
            await running.aclose()
            log.info("stopped")

    async def put_demo_site(self, name: str, origins: list[str], *, bot: bool) -> None:
        """Make the demo's site, or adapt it to the addresses of this run. Its key is known: the shop's page has it."""
        try:
            await self.platform.sites.create(
                site_id=DEMO_SITE, key=DEMO_SITE, name=name, allowed_origins=origins, language="fr", bot=bot
            )
        except Conflict:
            await self.platform.sites.put(
                site_id=DEMO_SITE, name=name, allowed_origins=origins, language="fr", bot=bot
            )
        await self.app.state.site_origins.refresh()

    @property
    def pages_built(self) -> bool:
        return is_built(self.platform.options.static)


DEMO_SITE = "demo"


def build(
    settings: Settings,
    *,
    demo: bool = False,
    bot_port: int | None = None,
    loopback: bool = False,
    limiter: Limiter | None = None,
    timings: Timings | None = None,
    prepare: Callable[[Runtime], Awaitable[None]] | None = None,
) -> Runtime:
    """Put the service together; nothing runs yet.

    Args:
        settings: from the environment and the command line.
        demo: offer the demo shop.
        bot_port: where the demo's own Rasa listens, instead of ``settings.bot_url``.
        loopback: the media node also listens on 127.0.0.1, for browsers on this machine.
        limiter: others than the usual limits, for tests.
        timings: other than the usual ones of sockets, for tests.
        prepare: what to do when everything runs and nobody is served yet (the demo makes its accounts).

    Raises:
        SettingError: a setting cannot be used.
    """
    metrics = Metrics()
    clock, ids = SystemClock(), RandomIds()
    estate = Estate.of(settings, ids.new("n"))
    bus = estate.bus
    store, tokens = SqlStore(settings.database), JwtTokens(load_secret(settings.secret, settings.data_dir))
    revisions = Revisions.of(settings, store, bus, clock, ids, metrics)
    policies = revisions.policies
    floor = LiveFloor(store, bus, clock, policies, node=estate.heard_as)
    reporting, ledger = make_reporting(store, bus, clock, policies, floor, metrics)
    estimates = reporting.estimates
    views = Views(floor, estimates)

    async def count(handled: Handled) -> None:
        outcome = handled.outcome
        if isinstance(outcome, Moved | Denied):
            metrics.count_event(outcome.decision.event, "moved" if isinstance(outcome, Moved) else "denied")

    handler = EventHandler(store, bus, clock, policies, ids, floor, on_acknowledged=count, waits=estimates)
    revisions.tell(floor, handler)

    bot = _rasa(settings, bus, clock, bot_port)
    rooms = MeteredMedia(_media_config(settings, loopback=loopback), metrics)
    media = estate.media(rooms, store, clock)
    presence = Presence(store, handler, bus, clock, ids, node=estate.node)
    timers = TimerService(store, bus, clock, handler, look_every=estate.look_every)
    away = AwayWatch(store, handler, bus, clock, ids)
    claim = estate.claim(store, clock, "distribution")
    distribution = Distribution(floor, handler, bus, clock, policies, ids, claim)
    mailer = make_mailer(settings)
    answers = AnswerMail(store, bus, clock, mailer)
    connected, offers = _connected_bots(settings, clock, policies, floor)
    parts = Parts(
        store,
        handler,
        bus,
        clock,
        ids,
        policies,
        tokens,
        views,
        bot=bot,
        offers=offers,
        mail=mailer is not None,
        floor=floor,
    )
    performer = _performer(parts, connected, distribution, bot, media, answers)
    effects = EffectRunner(store, bus, clock, performer, owner=estate.node, look_every=WORK_EVERY)
    calls = Calls(
        store,
        handler,
        clock,
        ids,
        policies,
        tokens,
        media,
        ice_servers=IceServers(settings.ice_servers, settings.turn_secret, clock),
        relay_only=settings.ice_relay_only,
    )

    options = Options(
        public_url=settings.public_url, metrics_token=settings.metrics_token, demo=demo, static=STATIC
    )
    platform = Platform(
        conversations=Conversations(parts),
        calls=calls,
        streams=Streams(store, bus, clock, ids, policies, views, presence),
        accounts=Accounts(store, clock, ids, tokens, groups=lambda: policies.live.routing.groups, bus=bus),
        sites=Sites(store, ids),
        bots=ConnectedBots(store, clock, lambda: policies.live, connected),
        cards=Cards(lambda: policies.live),
        publishing=revisions.publishing,
        policy_usage=lambda: revisions.follower.usage,
        tokens=tokens,
        clock=clock,
        operations=_operations(settings, store, clock, rooms, bot),
        reporting=reporting,
        metrics=metrics,
        limiter=limiter or Limiter(),
        options=options if timings is None else replace(options, timings=timings),
    )

    async def let_go() -> None:
        await platform.streams.stop()
        await rooms.drop_rooms()

    runtime: Runtime

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await runtime.start()
        try:
            if prepare is not None:
                await prepare(runtime)
            yield
        finally:
            await runtime.stop()

    runtime = Runtime(
        settings=settings,
        platform=platform,
        app=create_app(platform, lifespan=lifespan),
        store=store,
        recovery=Recovery(store, handler, presence, timers, alone=not settings.shared),
        revisions=revisions,
        bot=bot,
        media=media,
        services=(
            *estate.services(store, clock, handler, presence, let_go),
            revisions.follower,
            floor,
            ledger,
            media,
            calls,
            timers,
            away,
            effects,
            distribution,
            bot,
            connected,
            offers,
        ),
    )
    return runtime


def _rasa(settings: Settings, bus: Bus, clock: Clock, port: int | None) -> RasaBot:
    def status_changed(status: BotStatus) -> None:
        frame: dict[str, object] = {"type": "bot", "status": status}
        _in_background(bus.publish_ephemeral(BOT_TOPIC, frame))

    url = settings.bot_url if port is None else f"http://127.0.0.1:{port}"
    return RasaBot(url, settings.bot_secret, clock, on_status=status_changed)


def _performer(
    parts: Parts,
    connected: HttpConnectedBots,
    distribution: Distribution,
    bot: RasaBot,
    media: LocalMedia | EstateMedia,
    answers: AnswerMail,
) -> Performer:
    scripts = Scripts(parts)
    return Performer(
        World(
            parts.store,
            parts.handler,
            distribution,
            parts.bus,
            parts.clock,
            parts.ids,
            parts.policies,
            parts.views,
            bot,
            media,
            answers,
            parts.floor,
            ConnectedDeliveries(parts.store, connected, scripts),
            scripts,
        )
    )


def _connected_bots(
    settings: Settings, clock: Clock, policies: Policies, floor: LiveFloor
) -> tuple[HttpConnectedBots, Offers]:
    client = HttpConnectedBots(clock, private_allowed=settings.private_bots)

    def available(group: str, language: str) -> bool:
        return somebody_in(group, language, floor, policies.live, clock.now())

    return client, Offers(client, clock, policies, available)


def _operations(
    settings: Settings, store: Store, clock: Clock, rooms: MeteredMedia, bot: RasaBot
) -> Operations:
    async def readiness() -> Mapping[str, bool]:
        return {"database": await store.ready()}

    async def backlog() -> Backlog:
        async with store.transaction(read_only=True) as tx:
            waiting = await tx.outbox.pending()
            states = Counter(one.state.value for one in await tx.conversations.not_closed())
        rooms.measure_all()
        return Backlog(waiting, states)

    def verify_bot(timestamp: str | None, signature: str | None, body: bytes) -> bool:
        return verify_signature(settings.bot_secret, timestamp, body, signature, clock.now().timestamp())

    return Operations(readiness, backlog, verify_bot, bot.status)


def make_reporting(
    store: Store, bus: Bus, clock: Clock, policies: Policies, floor: LiveFloor, metrics: Metrics
) -> tuple[Reporting, LedgerFollower]:
    """What is told of waits and of people's work, and the service that keeps it current."""
    estimates = Estimates(policies, floor.picture)
    metrics.add(WaitGrades(estimates.grades))
    today = Today(policies, clock.now)
    ledger = LedgerFollower(store, bus, clock, [estimates, today])
    reporting = Reporting(
        waits=WaitReport(store, clock, policies),
        agents=AgentReport(store, clock, policies),
        board=Board(store, clock, policies, ledger, today, estimates),
        outlooks=Outlooks(store, clock, policies, floor, estimates),
        estimates=estimates,
    )
    return reporting, ledger


def make_mailer(settings: Settings) -> SmtpMailer | None:
    """The mail server that is set, None when there is none.

    Raises:
        SettingError: a setting of mail is wrong.
    """
    if not settings.smtp_url:
        return None
    if not settings.mail_from:
        raise SettingError("VISAVIS_SMTP_URL is set: set VISAVIS_MAIL_FROM too, as Shop <help@shop.example>")
    try:
        server = SmtpServer.parse(settings.smtp_url)
        return SmtpMailer(server, settings.mail_from, reply_to=settings.mail_reply_to or None)
    except ValueError as error:
        names = "VISAVIS_SMTP_URL, VISAVIS_MAIL_FROM or VISAVIS_MAIL_REPLY_TO"
        raise SettingError(f"{names}: {error}") from error


def _media_config(settings: Settings, *, loopback: bool) -> MediaConfig:
    return MediaConfig(
        include_loopback=loopback or settings.media_loopback,
        public_address=settings.media_public_address,
        udp_ports=settings.media_udp_ports,
        fast=settings.media_fast,
    )


_tasks: set[asyncio.Task[None]] = set()


def _in_background(work: Awaitable[None]) -> None:
    """Run something small; held until it is done, because a loop holds its tasks weakly."""

    async def run() -> None:
        await work

    task = asyncio.get_running_loop().create_task(run())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


# --- numbers of the media node ---------------------------------------------------------------------------


class MeteredMedia(LocalMedia):
    """Adds up what passed through rooms, also through those that are gone."""

    def __init__(self, config: MediaConfig, metrics: Metrics) -> None:
        super().__init__(config)
        self._totals: Counter[str] = Counter()
        self._seen: dict[str, Counter[str]] = {}
        metrics.add(
            Readings("visavis_media", "What passed through the media node, and what did not", self.totals)
        )
        for collector in self.quality.collectors:
            metrics.add(collector)

    def totals(self) -> Mapping[str, float]:
        return {"packets": 0, "bytes": 0, "dropped_by_policy": 0, "undeliverable": 0} | self._totals

    async def open_room(self, call_id: str, *, camera: str) -> None:
        await super().open_room(call_id, camera=camera)
        self._seen.setdefault(call_id, Counter())

    async def close_room(self, call_id: str) -> None:
        self._measure(call_id)
        self._seen.pop(call_id, None)
        await super().close_room(call_id)

    def measure_all(self) -> None:
        """Look at every open room; one that the node closed by itself is forgotten."""
        for call_id in list(self._seen):
            self._measure(call_id)

    def _measure(self, call_id: str) -> None:
        before = self._seen.get(call_id)
        if before is None:
            return
        try:
            stats = self.node.room_stats(call_id)
        except MediaError:
            del self._seen[call_id]
            return
        now: Counter[str] = Counter()
        for one in (stats.visitor, stats.agent):
            now["packets"] += one.packets_forwarded
            now["bytes"] += one.bytes_forwarded
            now["dropped_by_policy"] += one.dropped_by_policy
            now["undeliverable"] += one.undeliverable
        self._totals += now - before
        self._seen[call_id] = now


# --- without serving ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BackOffice:
    """What the command line needs: accounts and sites, with nothing else started."""

    settings: Settings
    accounts: Accounts
    sites: Sites
    bots: ConnectedBots


@asynccontextmanager
async def open_back_office(settings: Settings) -> AsyncIterator[BackOffice]:
    """Open the database for a command, brought up to date first.

    Raises:
        SettingError: a setting cannot be used.
        Unreachable: the database cannot be used.
    """
    await upgrade_database(settings)
    clock, ids = SystemClock(), RandomIds()
    store = SqlStore(settings.database)
    tokens = JwtTokens(load_secret(settings.secret, settings.data_dir))
    client = HttpConnectedBots(clock, private_allowed=settings.private_bots)
    try:
        live = await live_policy(settings, store)
        accounts = Accounts(store, clock, ids, tokens, groups=lambda: live().routing.groups)
        bots = ConnectedBots(store, clock, live, client)
        yield BackOffice(settings, accounts, Sites(store, ids), bots)
    finally:
        await client.stop()
        await store.close()


@asynccontextmanager
async def open_reports(settings: Settings) -> AsyncIterator[WaitReport]:
    """Open the database and the policy for a report on the command line.

    Raises:
        PolicyError: the rules have mistakes.
    """
    await upgrade_database(settings)
    store = SqlStore(settings.database)
    try:
        live = await live_policy(settings, store)
        yield WaitReport(store, SystemClock(), StoredPolicies(live()))
    finally:
        await store.close()


@asynccontextmanager
async def open_explanations(settings: Settings) -> AsyncIterator[Explanations]:
    """Open the database and the policy for telling why on the command line.

    Raises:
        PolicyError: the rules have mistakes.
    """
    await upgrade_database(settings)
    store = SqlStore(settings.database)
    try:
        live = await live_policy(settings, store)
        yield Explanations(store, StoredPolicies(live()))
    finally:
        await store.close()


async def upgrade_database(settings: Settings) -> None:
    """Bring the database to the current schema.

    Raises:
        SettingError: its address is none.
        Unreachable: it cannot be used.
    """
    settings.check()
    started = time.perf_counter()
    if settings.shared:
        await reach(settings.database)
    await asyncio.to_thread(migrations.upgrade, settings.database)
    log.debug("database.upgraded", ms=round((time.perf_counter() - started) * 1000))
