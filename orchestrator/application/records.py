"""What the store keeps besides conversations: plain values that cross the ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from orchestrator.domain.conversation import Conversation, TimerName
from orchestrator.domain.effects import Effect
from orchestrator.domain.events import Event, Search
from orchestrator.domain.facts import Facts
from rules.decision import Decision

AuthorRole = Literal["visitor", "bot", "agent", "system"]
FeedKind = Literal["message", "conversation", "invitation", "invitation_ended", "agent"]
ChannelState = Literal["available", "paused", "offline"]
SpellChannel = Literal["chat", "video", "desk", "wrap_up"]
Json = dict[str, object]


# --- messages ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A line about to join a history. ``content`` is one of the wire's contents (text, image, card, notice).

    ``client_id`` is unique for its author role within the conversation: the sender's own id, which makes sending
    idempotent. ``payload`` is the value of the quick reply that the visitor chose; it goes to the bot only.
    ``private_to`` is ``agent`` for a line the visitor never sees (a transfer's note).
    """

    id: str
    author: AuthorRole
    content: Json
    author_id: str | None = None
    author_name: str | None = None
    client_id: str | None = None
    quick_replies: tuple[tuple[str, str], ...] = ()
    payload: str | None = None
    private_to: Literal["agent"] | None = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A line of a history. ``content`` is ``{"type": "erased"}`` once the text was erased."""

    id: str
    conversation_id: str
    position: int
    author: AuthorRole
    content: Json
    at: datetime
    author_id: str | None = None
    author_name: str | None = None
    client_id: str | None = None
    quick_replies: tuple[tuple[str, str], ...] = ()
    payload: str | None = None
    private_to: Literal["agent"] | None = None


# --- conversations -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoadedConversation:
    """A snapshot and the position of its newest message."""

    conversation: Conversation
    last_position: int = 0


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event that took effect: folding the ``changes`` of all of them gives the snapshot.

    ``facts`` are what was known of the world outside when it was decided; None when they were not kept.
    """

    conversation_id: str
    version: int
    at: datetime
    event: Event
    changes: Mapping[str, object]
    decision: Decision
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """A decision as it is shown: the rows that moved a conversation and those that refused to."""

    version: int
    at: datetime
    event: str
    outcome: Literal["moved", "denied"]
    decision: Decision
    reason: str | None = None
    body: Event | None = None
    """The event itself; None when it was not kept, or when it is of a kind that this version does not know."""

    @property
    def search(self) -> Search | None:
        """How an agent was looked for, where the event came of that."""
        return getattr(self.body, "search", None)


@dataclass(frozen=True, slots=True)
class Context:
    """What the agent is told about a conversation before the first word."""

    page_url: str | None = None
    summary: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class AgentLoad:
    """What one agent holds now, counted from the conversations themselves.

    ``chat``: open conversations and open invitations. ``video``: lobbies, calls, open proposals and invitations that
    hold video. ``own_*`` is the part held by the one conversation that is being decided.
    """

    chat: int = 0
    video: int = 0
    own_chat: int = 0
    own_video: int = 0


# --- people and places -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account. ``token_version`` revokes sessions: a token of an older version is refused."""

    id: str
    email: str
    name: str
    role: Literal["agent", "supervisor", "designer", "admin"]
    password_hash: str
    picture_url: str | None = None
    may_propose_video: bool = True
    languages: tuple[str, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    """Groups and the agent's rank in each (1 is asked first); none: every group, rank 1."""
    skills: tuple[tuple[str, int], ...] = ()
    """Skills and their level, 1 to 10."""
    token_version: int = 0
    chat_slots: int | None = None
    video_slots: int | None = None
    """How much this agent takes at a time; None: as much as the group says."""
    deactivated_at: datetime | None = None
    """Since when nobody can sign in with this account; None: it is open."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The switches of a user who takes conversations, and since when they have had nothing new.

    ``missed`` counts the invitations in a row that expired unanswered. Until ``wrap_up_until`` nothing new is offered.
    """

    id: str
    name: str
    picture_url: str | None = None
    may_propose_video: bool = True
    languages: tuple[str, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    skills: tuple[tuple[str, int], ...] = ()
    chat_slots: int | None = None
    video_slots: int | None = None
    active: bool = True
    """Whether somebody can sign in with the account."""
    chat_state: ChannelState = "offline"
    chat_reason: str = ""
    video_state: ChannelState = "offline"
    video_reason: str = ""
    can_video: bool = True
    missed: int = 0
    idle_since: datetime | None = None
    wrap_up_until: datetime | None = None
    last_seen_at: datetime | None = None
    sockets: int = 0
    seen_until: datetime | None = None
    """While in the future, a page that just went away still counts as connected: people reload pages."""

    @property
    def chat_present(self) -> bool:
        return self.chat_state == "available"

    @property
    def video_present(self) -> bool:
        return self.video_state == "available"


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time that an agent spent in one state on one channel; open while ``ended_at`` is None.

    On ``chat`` and ``video`` the states are those of the switches, with the reason of a pause. On ``desk`` they tell
    whether a page was there: ``connected``, ``away`` (gone without switching off) or ``offline``. On ``wrap_up`` there
    is one state, ``wrap_up``, whose end is known from the start: it may lie in the future.
    """

    agent_id: str
    channel: SpellChannel
    state: str
    reason: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser on a site, and what its page said last: a conversation that starts takes it over."""

    id: str
    site_id: str
    created_at: datetime
    language: str = "en"
    device: Literal["desktop", "mobile"] = "desktop"
    can_video: bool = True
    page_url: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A web site that carries the widget. ``key`` is public: it names the site in the snippet.

    ``bot_id`` is a connected bot's; None: the bot is the Rasa bot.
    """

    id: str
    key: str
    name: str
    allowed_origins: tuple[str, ...]
    language: str
    bot: bool = True
    bot_id: str | None = None


# --- left messages -----------------------------------------------------------------------------------

LeftMessageState = Literal["open", "taken", "sending", "answered", "dismissed"]


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """What a visitor left when nobody could answer. Name, address and words are empty once they were erased.

    ``open`` ones wait for an agent; one that is ``taken`` is that agent's alone; while ``sending`` the answer is on its
    way by e-mail. ``mail_error`` is why the last attempt failed. ``visitor_present`` is read, never stored.
    """

    id: str
    conversation_id: str
    visitor_id: str
    site_id: str
    group: str
    language: str
    at: datetime
    name: str = ""
    email: str = ""
    text: str = ""
    state: LeftMessageState = "open"
    taken_by: str | None = None
    taken_at: datetime | None = None
    answered_by: str | None = None
    answered_how: Literal["conversation", "email"] | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    mail_attempts: int = 0
    mail_error: str | None = None
    visitor_present: bool = False

    @property
    def erased(self) -> bool:
        return not self.email


# --- work --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """An effect to carry out. Items of one ``lane`` run one after the other; lanes do not wait for each other."""

    id: int
    key: str
    lane: str
    conversation_id: str
    effect: Effect
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class NewEffect:
    key: str
    lane: str
    conversation_id: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class DueTimer:
    conversation_id: str
    name: TimerName
    deadline: datetime


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A hint in somebody's stream; what it says is rendered when it is read. ``ref`` is a message or invitation id."""

    stream: str
    seq: int
    kind: FeedKind
    conversation_id: str = ""
    ref: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NewFeedEntry:
    stream: str
    kind: FeedKind
    conversation_id: str = ""
    ref: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BotDelivery:
    """One thing told to a bot. ``id`` comes back as ``in_reply_to``."""

    id: str
    conversation_id: str
    kind: Literal["session_open", "message", "event"]
    text: str | None = None
    payload: str | None = None
    event_name: str | None = None
    event_reason: str | None = None
    language: str = "en"
    device: str = "desktop"
    page_url: str | None = None
    chat_available: bool = False
    video_available: bool = False
    estimated_wait_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class CallClaims:
    """What a call token says. ``id`` is spent by the one connection it allows, which must be made by ``join_by``;
    the token goes on to authorise that connection's candidates and its end.
    """

    id: str
    call_id: str
    conversation_id: str
    role: Literal["visitor", "agent"]
    subject: str
    join_by: datetime


@dataclass(frozen=True, slots=True)
class SessionClaims:
    """What a visitor's or an agent's session token says."""

    subject: str
    site_id: str | None = None
    token_version: int = 0
