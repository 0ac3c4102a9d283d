"""What the application needs of the world, as protocols; `orchestrator.adapters` has the implementations.

The store is one port with one transaction object, because a decision, its event, its messages, its timers and its
effects are committed together or not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from orchestrator.application.connected.ports import ConnectedBotTable
from orchestrator.application.ledger_records import Handling, InLine, Wait
from orchestrator.application.records import (
    Agent,
    AgentLoad,
    BotDelivery,
    CallClaims,
    ChannelState,
    Context,
    DueTimer,
    EventRecord,
    FeedEntry,
    Json,
    LeftMessage,
    LoadedConversation,
    NewEffect,
    NewFeedEntry,
    NewMessage,
    OutboxItem,
    SessionClaims,
    Site,
    Spell,
    SpellChannel,
    StoredMessage,
    TraceRecord,
    User,
    Visitor,
)
from orchestrator.application.revisions.records import Activation, Draft, Gate, Head, PolicySet
from orchestrator.domain.conversation import Conversation, TimerName
from orchestrator.domain.events import Event
from orchestrator.domain.facts import Facts
from orchestrator.domain.ledger import LedgerEntry
from orchestrator.domain.wait_time.terms import Estimate, Forecast, Line
from rules.decision import Decision
from rules.policy import Policy

BotStatus = Literal["ready", "starting", "down"]
Role = Literal["visitor", "agent"]


# --- the store ---------------------------------------------------------------------------------------


class ConversationTable(Protocol):
    async def load(self, conversation_id: str) -> LoadedConversation | None:
        """The snapshot; locked until the end of a write transaction."""
        ...

    async def load_all(self, ids: Sequence[str]) -> Mapping[str, LoadedConversation]:
        """Those that are there, by id; locked, in the order of their ids, until the end of a write transaction."""
        ...

    async def insert(self, conversation: Conversation, *, last_position: int) -> None: ...

    async def save(self, conversation: Conversation, *, expected_version: int, last_position: int) -> None:
        """Replace the snapshot.

        Raises:
            VersionConflict: the stored version is not ``expected_version``.
        """
        ...

    async def advance(self, conversation_id: str, *, last_position: int) -> None:
        """Note that messages were added without an event."""
        ...

    async def open_of_visitor(self, visitor_id: str) -> Conversation | None:
        """The newest conversation of the visitor that is not closed."""
        ...

    async def latest_of_visitor(self, visitor_id: str) -> Conversation | None: ...

    async def of_visitor(self, visitor_id: str, *, before: datetime, limit: int) -> list[Conversation]:
        """The visitor's conversations that began before a moment, the newest first."""
        ...

    async def open_of_agent(self, agent_id: str) -> list[Conversation]:
        """Conversations the agent holds, oldest first."""
        ...

    async def invited_of_agent(self, agent_id: str) -> list[Conversation]:
        """Conversations with an open invitation to the agent, oldest invitation first."""
        ...

    async def page(
        self,
        *,
        closed: bool,
        state: str | None = None,
        group: str | None = None,
        agent_id: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[Conversation]:
        """Open ones, the oldest first, or closed ones, the latest first; from the one that follows ``after``."""
        ...

    async def queue(
        self, group: str, *, uninvited: bool = False, limit: int | None = None
    ) -> list[Conversation]:
        """The waiting line of a group: head first, then priority, then the time of entry."""
        ...

    async def queue_length(self, group: str, *, video: bool | None = None) -> int:
        """Waiting conversations without an open invitation."""
        ...

    async def queue_position(self, conversation: Conversation) -> int:
        """1 for the head of the line."""
        ...

    async def count_by_state(self) -> Mapping[str, int]:
        """How many conversations are in each state, the closed ones left out."""
        ...

    async def queued_groups(self) -> list[str]: ...

    async def with_call(self, call_id: str) -> Conversation | None: ...

    async def with_open_calls(self) -> list[Conversation]: ...

    async def not_closed(self) -> list[Conversation]: ...

    async def by_ids(self, ids: Sequence[str]) -> list[Conversation]:
        """Snapshots, in no order; ids that are not known are left out."""
        ...

    async def active_versions(self) -> Mapping[str, int]:
        """The versions of the conversations that wait for an agent or take an agent's capacity, by id."""
        ...

    async def load_of_agent(self, agent_id: str, *, own: str | None = None) -> AgentLoad:
        """What the agent holds; ``own`` names the conversation whose part is told apart."""
        ...

    async def loads_of_agents(self, agent_ids: Sequence[str]) -> Mapping[str, AgentLoad]: ...


class EventTable(Protocol):
    async def append(self, record: EventRecord) -> None: ...
    async def list(self, conversation_id: str) -> list[EventRecord]: ...

    async def latest(self, conversation_id: str, kind: type[Event]) -> Event | None:
        """The newest event of this kind; None when there is none, or when its body cannot be read any more."""
        ...

    async def deny(
        self,
        conversation_id: str,
        *,
        version: int,
        at: datetime,
        event: Event,
        reason: str,
        decision: Decision,
        facts: Facts | None = None,
    ) -> None:
        """Store a decision that refused (nothing else changes)."""
        ...

    async def trace(self, conversation_id: str) -> list[TraceRecord]:
        """Every decision in the order it was made, refusals included."""
        ...


class MessageTable(Protocol):
    async def append(
        self, conversation_id: str, new: Sequence[NewMessage], *, after: int, at: datetime
    ) -> tuple[StoredMessage, ...]:
        """Add lines at the positions that follow ``after``."""
        ...

    async def list(
        self, conversation_id: str, *, after: int = 0, limit: int | None = None
    ) -> list[StoredMessage]: ...
    async def latest(self, conversation_id: str, count: int) -> list[StoredMessage]: ...
    async def get(self, message_id: str) -> StoredMessage | None: ...
    async def by_ids(self, message_ids: Sequence[str]) -> list[StoredMessage]: ...
    async def by_client_id(
        self, conversation_id: str, author: str, client_id: str
    ) -> StoredMessage | None: ...

    async def offered(self, conversation_id: str, value: str) -> bool:
        """Whether a quick reply with this value was offered in the conversation."""
        ...

    async def erase(self, conversation_id: str) -> int:
        """Erase every text, keep the places; returns how many were erased."""
        ...


class OutboxTable(Protocol):
    async def add(self, effects: Sequence[NewEffect], *, at: datetime) -> None:
        """Add effects; one whose key is known already is left out."""
        ...

    async def settle(self, *, done: Sequence[int], retry: Mapping[int, tuple[datetime, str]]) -> None:
        """Forget what is done; put the rest off until a time, with the error."""
        ...

    async def claim(self, owner: str, now: datetime, *, until: datetime, limit: int) -> list[OutboxItem]:
        """Take the first due item of each free lane for ``owner``."""
        ...

    async def next_due(self, now: datetime) -> datetime | None:
        """When the earliest item that was put off becomes due."""
        ...

    async def release(self, owner: str | None = None) -> None:
        """Give back what ``owner`` claimed; without one, what anybody did (at the start of the only process)."""
        ...

    async def pending(self) -> int: ...


class TimerTable(Protocol):
    async def replace(
        self, conversation_id: str, before: Mapping[TimerName, datetime], after: Mapping[TimerName, datetime]
    ) -> None: ...
    async def due(self, now: datetime, *, limit: int) -> list[DueTimer]: ...
    async def next_deadline(self) -> datetime | None: ...
    async def remove(self, timer: DueTimer) -> None:
        """Remove this very timer (not a later one of the same name)."""
        ...


class FeedTable(Protocol):
    async def append(self, entries: Sequence[NewFeedEntry], *, at: datetime) -> None:
        """Add entries, numbered without gaps per stream, in the order of commits."""
        ...

    async def after(self, stream: str, seq: int, *, limit: int) -> list[FeedEntry]: ...
    async def head(self, stream: str) -> int: ...


class PeopleTable(Protocol):
    async def add_user(self, user: User) -> None: ...
    async def user(self, user_id: str) -> User | None: ...
    async def user_by_email(self, email: str) -> User | None: ...
    async def users(self) -> list[User]: ...
    async def save_user(self, user: User) -> None: ...

    async def agent(self, agent_id: str, *, lock: bool = False) -> Agent | None:
        """The agent; ``lock`` keeps others from deciding about this agent until the transaction ends."""
        ...

    async def lock_agents(self, ids: Sequence[str]) -> list[Agent]:
        """Those of the agents that there are, each locked until the transaction ends, in the order of their ids."""
        ...

    async def in_grace(self) -> list[tuple[str, datetime]]:
        """Agents whose pages are all gone, and until when that is taken for a reload; the earliest first.

        Those whose grace was settled (`set_seen_until` with None) are not among them.
        """
        ...

    async def agents(self, ids: Sequence[str] | None = None, *, present: bool = False) -> list[Agent]:
        """Users as agents; ``present``: only those with a presence switch on."""
        ...

    async def set_presence(
        self,
        agent_id: str,
        *,
        chat: ChannelState,
        video: ChannelState,
        chat_reason: str = "",
        video_reason: str = "",
    ) -> None: ...
    async def set_missed(self, agent_id: str, missed: int) -> None: ...
    async def set_wrap_up(self, agent_id: str, until: datetime | None) -> None: ...
    async def set_can_video(self, agent_id: str, can_video: bool) -> None: ...
    async def set_idle_since(self, agent_id: str, at: datetime) -> None: ...
    async def set_last_seen(self, agent_id: str, at: datetime) -> None: ...

    async def add_visitor(self, visitor: Visitor) -> None: ...
    async def visitor(self, visitor_id: str) -> Visitor | None: ...
    async def save_visitor(self, visitor: Visitor) -> None: ...

    async def add_socket(self, socket_id: str, subject: str, node: str, at: datetime) -> int:
        """Remember an open socket of ``visitor:<id>`` or ``agent:<id>``; returns how many there are now.

        From this, `remove_socket` and `sockets` on, no socket of the subject comes or goes until the transaction ends.
        """
        ...

    async def remove_socket(self, socket_id: str, subject: str, *, seen_until: datetime | None = None) -> int:
        """Forget a socket; returns how many are left."""
        ...

    async def sockets(self, subject: str, *, besides: str | None = None) -> int:
        """How many sockets of the subject are open, those at the process ``besides`` left out."""
        ...

    async def open_sockets(self, node: str | None = None) -> list[tuple[str, str]]:
        """The sockets that are open (at one process) with their subjects, in the order of these."""
        ...

    async def forget_sockets(self, subject: str, node: str | None = None) -> None:
        """Forget the sockets of a subject (at one process): they did not survive the process that held them."""
        ...

    async def set_seen_until(self, agent_ids: Sequence[str], seen_until: datetime | None) -> None: ...


class SpellTable(Protocol):
    """What reports of presence are made of. Whoever turns a spell has locked the agent."""

    async def turn(
        self, agent_id: str, channel: SpellChannel, state: str, at: datetime, *, reason: str = ""
    ) -> bool:
        """End the open spell of this channel and begin the next; False when it is the same state and reason."""
        ...

    async def wrap_up(self, agent_id: str, at: datetime, until: datetime) -> None:
        """Begin a wrap-up that lasts until then; one that goes on is prolonged, never cut short."""
        ...

    async def end_wrap_up(self, agent_id: str, at: datetime) -> None:
        """A wrap-up that goes on ends now."""
        ...

    async def open(self, agent_ids: Sequence[str] | None = None) -> list[Spell]:
        """The spells that go on without a known end, by agent and channel."""
        ...

    async def between(
        self, start: datetime, end: datetime, *, agent_ids: Sequence[str] | None = None
    ) -> list[Spell]:
        """The spells that lie at least partly in this stretch of time, whole, by agent, channel and time."""
        ...


class SiteTable(Protocol):
    async def add(self, site: Site) -> None: ...
    async def save(self, site: Site) -> None: ...
    async def get(self, site_id: str) -> Site | None: ...
    async def by_key(self, key: str) -> Site | None: ...
    async def list(self) -> list[Site]: ...


class ContextTable(Protocol):
    async def get(self, conversation_id: str) -> Context: ...
    async def put(self, conversation_id: str, context: Context) -> None: ...


class KeyTable(Protocol):
    async def add(self, key: str, at: datetime) -> bool:
        """Remember a key for ever; False when it was known."""
        ...

    async def note(self, key: str, at: datetime) -> None:
        """Remember a key for ever, whether it was known or not."""
        ...

    async def known(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of the keys that were remembered."""
        ...


class InboxTable(Protocol):
    """Left messages. ``groups``: only those of these groups; None: of all."""

    async def add(self, message: LeftMessage) -> None: ...

    async def get(self, message_id: str, *, lock: bool = False) -> LeftMessage | None:
        """``lock`` keeps others from changing it until the transaction ends."""
        ...

    async def save(self, message: LeftMessage) -> None:
        """Store where it stands and its answer; what the visitor said stays as it is."""
        ...

    async def unfinished(
        self,
        *,
        groups: Sequence[str] | None,
        held_by: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[LeftMessage]:
        """Those still to be answered, the oldest first, from the one that follows message ``after``; with ``held_by``
        the open ones and those that this agent has taken."""
        ...

    async def count_open(self, groups: Sequence[str] | None) -> int: ...

    async def count_unfinished(self, visitor_id: str) -> int:
        """How many of the visitor's are still to be answered."""
        ...


class PolicyTable(Protocol):
    async def add(self, revision: str, files: Mapping[str, str], at: datetime) -> None: ...
    async def files(self, revision: str) -> Mapping[str, str] | None: ...


class ActivationTable(Protocol):
    """What was live when. The activation with the highest number is live; nothing here is ever changed or removed."""

    async def head(self) -> Head | None: ...

    async def add(self, activation: Activation) -> None:
        """Make its revision, whose files are kept already, the live one.

        Raises:
            VersionConflict: there is an activation of this number: somebody was faster.
        """
        ...

    async def get(self, number: int) -> Activation | None: ...

    async def page(self, *, before: int | None = None, limit: int) -> list[Activation]:
        """The newest first; ``before``: only those with a lower number."""
        ...

    async def of_revision(self, revision: str) -> Activation | None:
        """The newest activation of a revision."""
        ...


class DraftTable(Protocol):
    """Policies that are being prepared."""

    async def add(self, draft: Draft) -> None: ...

    async def save(self, draft: Draft, *, expected_version: int) -> None:
        """Raises:
        VersionConflict: the stored version is not ``expected_version``, or the draft is gone.
        """
        ...

    async def get(self, draft_id: str) -> Draft | None: ...

    async def list(self, *, limit: int) -> list[Draft]:
        """Those that were changed last first."""
        ...

    async def count(self) -> int: ...
    async def remove(self, draft_id: str) -> None: ...


class NodeTable(Protocol):
    """The processes that serve one estate."""

    async def register(self, node: str, now: datetime, *, until: datetime) -> None:
        """A process begins. It counts as alive until ``until``, unless it says so again."""
        ...

    async def beat(self, node: str, *, until: datetime) -> bool:
        """The process goes on; False: it was taken for dead, and others did what its death asked for."""
        ...

    async def living(self, now: datetime) -> list[str]:
        """Those who are alive, the oldest first."""
        ...

    async def dead(self, now: datetime) -> list[str]:
        """Those who did not say in time that they are alive, and whom nobody has removed yet."""
        ...

    async def remove(self, node: str) -> None: ...


class LeaseTable(Protocol):
    """What one process at a time does for all. A lease that is not renewed ends by itself."""

    async def acquire(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take a lease that is free, that ended, or that is the owner's already; False: somebody else has it."""
        ...

    async def renew(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Keep a lease; False: it ended meanwhile, so that somebody else may have had it. Acquire it again."""
        ...

    async def release(self, name: str, owner: str) -> None:
        """Give it back; somebody else's is left alone."""
        ...

    async def release_all(self, owner: str) -> None:
        """Give back everything that the owner has: it is dead, or leaves."""
        ...


class RoomTable(Protocol):
    """Which process's media node has the room of a call."""

    async def claim(self, call_id: str, node: str, at: datetime) -> str:
        """Note that the room is at ``node`` unless it is somewhere already; returns where it is."""
        ...

    async def owner(self, call_id: str) -> str | None: ...
    async def of_node(self, node: str) -> list[str]: ...
    async def remove(self, call_id: str) -> None: ...


class LedgerTable(Protocol):
    """Waits and handlings. Written in the transaction of the event that they follow from."""

    async def append(self, entries: Sequence[LedgerEntry], *, forecast: Forecast | None = None) -> None:
        """Write what an event added; ``forecast`` is of the wait that begins, if one does."""
        ...

    async def waits_changed(self, since: datetime) -> list[Wait]:
        """Waits that began or ended at ``since`` or later, in no order."""
        ...

    async def waits_between(
        self, start: datetime, end: datetime, *, limit: int, after: Wait | None = None
    ) -> list[Wait]:
        """Waits that began in this stretch, by time; ``after`` is the last of the page before."""
        ...

    async def open_waits(self) -> list[Wait]: ...
    async def waits_of(self, conversation_ids: Sequence[str]) -> list[Wait]: ...

    async def line(self, group: str, *, limit: int) -> list[InLine]:
        """Who waits in a group, in the order of its line."""
        ...

    async def handlings_changed(self, since: datetime) -> list[Handling]:
        """Handlings that began or ended at ``since`` or later, in no order."""
        ...

    async def handlings_between(
        self, start: datetime, end: datetime, *, limit: int, after: Handling | None = None
    ) -> list[Handling]:
        """Handlings that began in this stretch, by time; ``after`` is the last of the page before."""
        ...

    async def handlings_during(
        self, start: datetime, end: datetime, *, agent_ids: Sequence[str] | None = None
    ) -> list[Handling]:
        """Handlings that lie at least partly in this stretch, whole, by agent and time."""
        ...

    async def open_handlings(self) -> list[Handling]: ...
    async def handlings_of(self, conversation_ids: Sequence[str]) -> list[Handling]: ...


class Transaction(Protocol):
    """Everything that can be read and written in one go."""

    @property
    def conversations(self) -> ConversationTable: ...
    @property
    def events(self) -> EventTable: ...
    @property
    def messages(self) -> MessageTable: ...
    @property
    def outbox(self) -> OutboxTable: ...
    @property
    def timers(self) -> TimerTable: ...
    @property
    def feed(self) -> FeedTable: ...
    @property
    def people(self) -> PeopleTable: ...
    @property
    def spells(self) -> SpellTable: ...
    @property
    def sites(self) -> SiteTable: ...
    @property
    def context(self) -> ContextTable: ...
    @property
    def keys(self) -> KeyTable: ...
    @property
    def policies(self) -> PolicyTable: ...
    @property
    def activations(self) -> ActivationTable: ...
    @property
    def drafts(self) -> DraftTable: ...
    @property
    def ledger(self) -> LedgerTable: ...
    @property
    def inbox(self) -> InboxTable: ...
    @property
    def nodes(self) -> NodeTable: ...
    @property
    def leases(self) -> LeaseTable: ...
    @property
    def rooms(self) -> RoomTable: ...
    @property
    def bots(self) -> ConnectedBotTable: ...


class Store(Protocol):
    def transaction(self, *, read_only: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """Commits on a clean exit, rolls back on an exception. A write transaction keeps other writers of the same
        rows out from its start."""
        ...

    async def ready(self) -> bool:
        """Whether the database answers."""
        ...

    async def close(self) -> None: ...


# --- hints between processes -----------------------------------------------------------------------------


class Subscription(Protocol):
    """Wakes up when its streams changed. A hint that is lost loses nothing: the store has the truth."""

    async def wait(self) -> list[Json]:
        """Wait for the next hint; returns the ephemeral frames that came, oldest first (perhaps none)."""
        ...

    def add(self, stream: str) -> None:
        """Listen to one more stream."""
        ...

    def remove(self, stream: str) -> None: ...

    def close(self) -> None: ...


class Bus(Protocol):
    async def publish(self, streams: Iterable[str]) -> None:
        """Say that these streams have something new. A hint about a waiting line (``queue:…``) reaches its listeners
        as the frame ``{"type": "refresh"}``, because it has no stored stream to be read from."""
        ...

    async def publish_ephemeral(self, stream: str, frame: Json) -> None:
        """Pass a frame to who listens now (typing, the bot's status); nobody keeps it."""
        ...

    def subscribe(self, *streams: str) -> Subscription: ...


# --- time and names ----------------------------------------------------------------------------------------


class Clock(Protocol):
    def now(self) -> datetime:
        """UTC, with its time zone."""
        ...

    async def sleep_until(self, deadline: datetime | None, wake: asyncio.Event) -> None:
        """Return at ``deadline`` (None: never) or as soon as ``wake`` is set, whichever is first; clears ``wake``."""
        ...


class Ids(Protocol):
    def new(self, kind: str) -> str:
        """A fresh identifier that sorts by time; ``kind`` is its prefix."""
        ...


# --- the bot ---------------------------------------------------------------------------------------------------

BotTrouble = Literal["starting", "unreachable", "timeout", "malformed", "error"]


class BotUnavailable(Exception):  # noqa: N818
    """The bot did not take a delivery."""

    def __init__(self, reason: BotTrouble, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: BotTrouble = reason


class BotGateway(Protocol):
    async def deliver(self, delivery: BotDelivery) -> None:
        """Hand over a delivery; the answer comes later, as a turn.

        Raises:
            BotUnavailable: it was not taken.
        """
        ...

    def status(self) -> BotStatus: ...


# --- mail ------------------------------------------------------------------------------------------------------

MailTrouble = Literal[
    "unreachable",
    "timeout",
    "disconnected",
    "not_secure",
    "sign_in_refused",
    "sender_refused",
    "recipient_refused",
    "content_refused",
    "address_invalid",
]


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter to one person. Sent again under the same ``id``, it is the same letter to who receives it."""

    id: str
    to_address: str
    to_name: str
    subject: str
    text: str
    language: str
    at: datetime


class MailRefused(Exception):  # noqa: N818
    """The mail server did not take a mail; ``for_good``: it would not take it later either."""

    def __init__(self, code: MailTrouble, *, for_good: bool = False) -> None:
        super().__init__(code)
        self.code: MailTrouble = code
        self.for_good = for_good


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Hand a mail to the mail server.

        Raises:
            MailRefused: it was not taken, or nobody knows whether it was.
        """
        ...


# --- media -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MediaEvent:
    """What the media server tells about a participant of a call, or (``lost``) about the room itself.

    ``camera_shut``: a tightened rule has shut the participant's camera, which they did not do themselves.
    """

    kind: Literal["connected", "dropped", "left", "lost", "camera_shut"]
    call_id: str
    role: Role | None = None
    connection_id: str | None = None


MediaListener = Callable[[MediaEvent], None]


class MediaRefused(Exception):  # noqa: N818
    """The media server cannot do this; ``code``: invalid_offer, unknown_call, unknown_connection, busy."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


class MediaGateway(Protocol):
    async def open_room(self, call_id: str, *, camera: str) -> None:
        """Open the room of a call; opening an open one changes nothing."""
        ...

    async def join(self, call_id: str, *, role: Role, connection_id: str, offer_sdp: str, camera: str) -> str:
        """Answer an offer; returns the answer's SDP."""
        ...

    async def check_network(self, check_id: str, offer_sdp: str) -> str:
        """Answer an offer; what is sent then comes back, for some seconds. An earlier check of this id ends."""
        ...

    async def add_candidates(self, call_id: str, connection_id: str, fragment: str) -> None: ...
    async def leave(self, call_id: str, connection_id: str) -> None: ...
    async def disconnect(self, call_id: str, role: Role) -> None: ...
    async def set_camera(self, call_id: str, on: bool) -> None: ...
    async def restrict(self, call_id: str, *, camera: str) -> None:
        """Tighten the visitor's camera rule in a running call, at once: when this returns, nothing that the new rule
        forbids is forwarded. A looser rule changes nothing, and without a room there is nothing to do.
        """
        ...

    async def close_room(self, call_id: str) -> None: ...
    def subscribe(self, listener: MediaListener) -> None:
        """Call ``listener`` on the event loop for everything that happens, in order per room."""
        ...


# --- tokens and policies -----------------------------------------------------------------------------------------


class Tokens(Protocol):
    """Signs and reads tokens. Reading raises `errors.Unauthenticated` for anything but a valid, current token."""

    def issue_visitor(self, visitor_id: str, site_id: str, now: datetime) -> str: ...
    def read_visitor(self, token: str, now: datetime) -> SessionClaims: ...
    def issue_session(self, user_id: str, token_version: int, now: datetime) -> str: ...
    def read_session(self, token: str, now: datetime) -> SessionClaims: ...
    def issue_call(self, claims: CallClaims, now: datetime) -> str: ...
    def read_call(self, token: str, now: datetime) -> CallClaims: ...
    def issue_reset(self, user_id: str, token_version: int, now: datetime) -> tuple[str, datetime]: ...
    def read_reset(self, token: str, now: datetime) -> SessionClaims: ...


class Policies(Protocol):
    """The policy that is live, and those that conversations are pinned to."""

    @property
    def live(self) -> Policy: ...

    async def pinned(self, revision: str, tx: Transaction) -> Policy:
        """The policy of a revision; the live one when that revision is gone."""
        ...


class Gatekeeper(Protocol):
    """Says whether a set of files may become live; see `revisions.gates`, which takes seconds of a processor."""

    async def examine(self, policy_set: PolicySet, *, had_scenarios: bool) -> tuple[Gate, ...]:
        """Ask every gate that needs nothing but the files. ``had_scenarios``: the live set has some."""
        ...


class WaitEstimates(Protocol):
    """How long a visitor waits for an agent (V7): learnt from the ledger and from who is on duty."""

    def estimate(self, line: Line, position: int | None, now: datetime) -> Estimate:
        """The band for who is at ``position`` in the group's line, or why there is none.

        1 is the head of the line, which both channels share; None: behind everybody.
        """
        ...

    def forecast(self, line: Line, position: int | None, now: datetime) -> Forecast:
        """The same with what it was made of, to be kept with the wait and graded by what becomes of it."""
        ...
