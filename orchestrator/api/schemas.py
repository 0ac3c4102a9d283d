"""What crosses the wire: the shapes of requests, responses and socket frames.

These models are the contract with the pages: the TypeScript types are generated from the OpenAPI document
they produce. They are apart from the domain's types and from the tables on purpose.
Times are ISO 8601 in UTC; durations are seconds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Annotated[
    str, Field(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$", max_length=35, examples=["fr", "en-GB"])
]
SLUG = r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$"
"""How the policy writes names: groups, skills, reasons."""
Identifier = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
RoleName = Literal["agent", "supervisor", "designer", "admin"]
StateName = Literal["chat", "queued", "video_lobby", "in_video", "closed"]
PartyName = Literal["none", "bot", "agent"]
WaitReason = Literal["closed", "no_agents", "thin_data", "not_reliable"]
CameraPolicyName = Literal["allowed", "off_by_default", "forbidden"]
ChannelStateName = Literal["available", "paused", "offline"]
GroupName = Annotated[str, Field(min_length=1, max_length=64, pattern=SLUG)]
ReasonId = Annotated[str, Field(min_length=1, max_length=64, pattern=SLUG)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


# --- messages ----------------------------------------------------------------------------------------


class Author(Model):
    role: Literal["visitor", "bot", "agent", "system"]
    name: str | None = None


class TextContent(Model):
    type: Literal["text"] = "text"
    text: str


class ImageContent(Model):
    type: Literal["image"] = "image"
    url: str
    alt: str = ""


class CardContent(Model):
    """A transfer card as it was shown."""

    type: Literal["card"] = "card"
    title: str | None = None
    text: str
    image_url: str | None = None


class Link(Model):
    title: str
    url: str


class ShownCard(Model):
    """A card of a connected bot: something to read, or a product's offer. ``availability`` is the bot's word."""

    title: str | None = None
    text: str | None = None
    image_url: str | None = None
    image_alt: str = ""
    price: str | None = None
    offer_price: str | None = None
    availability: str | None = None
    links: list[Link] = []


class CardsContent(Model):
    """One card, or several side by side."""

    type: Literal["cards"] = "cards"
    cards: list[ShownCard]


class FileContent(Model):
    """A file to download."""

    type: Literal["file"] = "file"
    name: str
    mime_type: str
    url: str


class NoticeContent(Model):
    """A line of the system; the page renders ``key`` from its message catalogue."""

    type: Literal["notice"] = "notice"
    key: str
    params: dict[str, str] = {}


class ErasedContent(Model):
    """The text was erased; its place in the history stays."""

    type: Literal["erased"] = "erased"


Content = Annotated[
    TextContent | ImageContent | CardContent | CardsContent | FileContent | NoticeContent | ErasedContent,
    Field(discriminator="type"),
]


class QuickReply(Model):
    title: str
    value: str


class Message(Model):
    """A line of the history. ``position`` orders the lines of one conversation, without gaps that matter.

    ``private``: between agents (the note of a transfer); no visitor is ever sent such a line.
    """

    id: str
    conversation_id: str
    position: int
    author: Author
    content: Content
    quick_replies: list[QuickReply] = []
    client_id: str | None = None
    private: bool = False
    at: datetime


class PostMessage(Model):
    """``client_id`` makes posting idempotent: sent again, the first message is returned. ``quick_reply`` is the value
    of an offered quick reply that the visitor chose; it must have been offered in this conversation."""

    client_id: Identifier
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    quick_reply: Annotated[str, Field(max_length=256)] | None = None


# --- the conversation as a person sees it ----------------------------------------------------------


class PersonView(Model):
    name: str
    picture_url: str | None = None


class WaitBand(Model):
    """An honest band in seconds."""

    p50: float
    p90: float


class QueueView(Model):
    """``wait`` is null when the estimate is off or unknown; ``wait_unknown`` tells which, ``wait_reason`` why."""

    position: int
    since: datetime
    wait: WaitBand | None = None
    wait_unknown: bool = False
    wait_reason: WaitReason | None = None


class ProposalView(Model):
    id: str
    agent_name: str
    expires_at: datetime


class CallView(Model):
    """``camera_policy`` is the visitor's; ``lobby_until`` is set in the lobby, ``grace_until`` after a drop."""

    id: str
    camera_policy: CameraPolicyName
    reassurance: str | None = None
    visitor_connected: bool
    agent_connected: bool
    camera_on: bool = False
    lobby_until: datetime | None = None
    grace_until: datetime | None = None


class VisitorActions(Model):
    """What the visitor may do now, as `decide` says. Pages show or hide by these alone."""

    write: bool = False
    request_person: bool = False
    request_video: bool = False
    leave_queue: bool = False
    accept_video: bool = False
    decline_video: bool = False
    leave_lobby: bool = False
    hang_up: bool = False
    resume_video: bool = False
    leave_message: bool = False
    close: bool = False


class VisitorConversation(Model):
    id: str
    state: StateName
    party: PartyName
    need: Literal["chat", "video"]
    language: str
    version: int
    bot: PersonView | None = None
    agent: PersonView | None = None
    queue: QueueView | None = None
    proposal: ProposalView | None = None
    call: CallView | None = None
    resume_until: datetime | None = None
    previous_id: str | None = None
    started_at: datetime
    closed_at: datetime | None = None
    can: VisitorActions


class AgentActions(Model):
    write: bool = False
    propose_video: bool = False
    withdraw_video: bool = False
    transfer: bool = False
    transfer_to_group: bool = False
    withdraw_transfer: bool = False
    leave_lobby: bool = False
    hang_up: bool = False
    close: bool = False


class VisitorInfo(Model):
    id: str
    language: str
    device: Literal["desktop", "mobile"]
    can_video: bool
    present: bool
    page_url: str | None = None


class EscalationView(Model):
    """Whether the bot's card escalates, and why or why not (V11)."""

    escalates: bool
    reason: str
    card_id: str | None = None
    phrase: str | None = None


class TransferView(Model):
    """A transfer that nobody has accepted yet: ``to_group`` and, while somebody is asked, ``to_agent`` (a name)."""

    to_agent: str | None = None
    to_group: str | None = None
    to_group_labels: dict[str, str] = {}
    since: datetime | None = None
    until: datetime | None = None


class AgentConversation(Model):
    """``group_labels``: language tag to words, from the live policy; empty for a group that it does not know."""

    id: str
    site_id: str
    site_name: str
    state: StateName
    party: PartyName
    need: Literal["chat", "video"]
    version: int
    agent: PersonView | None = None
    mine: bool
    visitor: VisitorInfo
    group: str | None = None
    group_labels: dict[str, str] = {}
    slots: dict[str, str] = {}
    summary: str | None = None
    escalation: EscalationView | None = None
    queue: QueueView | None = None
    proposal: ProposalView | None = None
    transfer: TransferView | None = None
    call: CallView | None = None
    video_unavailable: str | None = None
    started_at: datetime
    closed_at: datetime | None = None
    can: AgentActions


class InvitationReason(Model):
    """One reason why an invitation came to this agent.

    ``colleague``: a colleague asks; ``handover``: a colleague asks the group; ``knows_visitor``: had them last;
    ``overflow``: helps another group out; ``relaxed_*``: what nobody is insisted on any more; ``at_head``: put before
    the line; ``priority`` and ``low_priority``, by ``count``; ``declined``: by so many before; ``asked_again``: in
    round ``count``; ``skills``, ``language``, ``group``: what was asked for; the rest: the group's strategy.
    """

    code: Literal[
        "colleague",
        "handover",
        "knows_visitor",
        "overflow",
        "relaxed_skill_levels",
        "relaxed_skills",
        "relaxed_language",
        "at_head",
        "priority",
        "low_priority",
        "declined",
        "asked_again",
        "skills",
        "language",
        "group",
        "longest_idle",
        "least_loaded",
        "priority_agents",
    ]
    group: str | None = None
    group_labels: dict[str, str] = {}
    language: str | None = None
    skills: list[SkillLevel] = []
    count: int | None = None


class InvitationWhy(Model):
    """Why this agent is asked, what matters most first; and how many others could not be, by reason."""

    reasons: list[InvitationReason]
    left_out: dict[str, int] = {}


class InvitationView(Model):
    """An invitation on the desk; ``last_messages`` give the context before accepting."""

    id: str
    conversation: AgentConversation
    purpose: Literal["offer", "transfer"]
    with_video: bool
    expires_at: datetime
    last_messages: list[Message] = []
    note: str | None = None
    why: InvitationWhy


class ChannelSwitch(Model):
    """``reason`` is one of the policy's pause reasons; only a pause has one, and it need not."""

    state: ChannelStateName
    reason: ReasonId | None = None


class SetPresence(Model):
    """A channel that is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"chat": {"state": "available"}, "video": {"state": "paused", "reason": "lunch"}}]
        }
    )

    chat: ChannelSwitch | None = None
    video: ChannelSwitch | None = None


class ChannelPresence(Model):
    """What the agent chose, since when, and whether there is room for more: ``busy`` is counted, not chosen.

    ``reason`` is one of ``pause_reasons``, or ``missed``: paused because invitations were not answered.
    """

    state: ChannelStateName
    reason: str | None = None
    since: datetime | None = None
    busy: bool = False


class Presence(Model):
    chat: ChannelPresence
    video: ChannelPresence


class PauseReason(Model):
    """``labels``: language tag to words."""

    id: str
    labels: dict[str, str]


class Capacity(Model):
    """``*_total`` is the most that any of the agent's groups allows; which group a visitor comes by decides."""

    chat_used: int
    chat_total: int
    video_used: int
    video_total: int


class AgentState(Model):
    """Everything the desk shows on opening. ``seq`` is where the socket goes on from.

    ``inbox_open``: left messages that wait for somebody; ``mail``: whether they can be answered by e-mail.

    Until ``wrap_up_until`` nothing new is offered; null when that is not so.
    """

    agent: User
    presence: Presence
    capacity: Capacity
    wrap_up_until: datetime | None = None
    pause_reasons: list[PauseReason] = []
    invitations: list[InvitationView] = []
    conversations: list[AgentConversation] = []
    inbox_open: int = 0
    mail: bool = False
    seq: int


# --- visitor session ----------------------------------------------------------------------------------


class StartSession(Model):
    """Sent by the widget when it loads. ``token`` is the one kept from an earlier page, if any."""

    site_key: Identifier
    language: Language
    device: Literal["desktop", "mobile", "tablet"] = "desktop"
    can_video: bool = True
    page_url: Annotated[str, Field(max_length=2048)] | None = None
    token: Annotated[str, Field(max_length=2048)] | None = None


class WidgetTexts(Model):
    """Texts of the notification in the visitor's language, from the policy (V1, V3)."""

    title: str
    subtitle: str
    chat_button: str
    video_button: str
    reassurance: str | None = None


class SiteView(Model):
    id: str
    name: str
    language: str
    languages: list[str]
    chat_entry: bool
    video_entry: bool
    camera_policy: CameraPolicyName
    texts: WidgetTexts
    bot: PersonView | None = None


class VisitorSession(Model):
    """``token`` authenticates every further visitor call (``Authorization: Bearer``) and the socket's hello."""

    token: str
    visitor_id: str
    site: SiteView
    conversation: VisitorConversation | None = None
    messages: list[Message] = []
    seq: int
    bot_status: Literal["ready", "starting", "down"] | None = None


class StartConversation(Model):
    """``want`` video asks for a video conversation at once (V4)."""

    client_id: Identifier
    want: Literal["chat", "video"] = "chat"
    language: Language | None = None


class VisitorConversationWithHistory(Model):
    conversation: VisitorConversation
    messages: list[Message]


class AgentConversationWithHistory(Model):
    conversation: AgentConversation
    messages: list[Message]


class EarlierConversation(Model):
    """``excerpt`` is how the visitor began; null when nothing was written, or when the texts were erased."""

    id: str
    started_at: datetime
    closed_at: datetime | None = None
    agent_name: str | None = None
    group: str | None = None
    group_labels: dict[str, str] = {}
    language: str
    video: bool
    excerpt: str | None = None


class EarlierConversations(Model):
    """The newest first; ``more``: there are older ones, which are not told."""

    conversations: list[EarlierConversation]
    more: bool


class AddNote(Model):
    """An internal note. ``client_id`` makes it idempotent: sent again, it is the same note."""

    client_id: Identifier
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class PostedMessage(Model):
    message: Message
    conversation_id: str


class ProposalAnswer(Model):
    proposal_id: Identifier


class CapabilityUpdate(Model):
    can_video: bool


class LanguageUpdate(Model):
    language: Language


class DeclineInvitation(Model):
    reason: Annotated[str, Field(max_length=200)] = ""


# --- calls (WHIP-shaped, RFC 9725) ---------------------------------------------------------------------


class IceServer(Model):
    urls: list[str]
    username: str | None = None
    credential: str | None = None


class CallToken(Model):
    """A token for one connection. POST the offer to ``url`` as application/sdp with it as bearer."""

    token: str
    url: str
    role: Literal["visitor", "agent"]
    camera_policy: CameraPolicyName
    ice_servers: list[IceServer] = []
    ice_transport_policy: Literal["all", "relay"] = "all"
    expires_at: datetime


class CameraSwitch(Model):
    on: bool


# --- accounts ------------------------------------------------------------------------------------------


class Login(Model):
    email: Annotated[str, Field(min_length=3, max_length=254)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class GroupMembership(Model):
    """``name`` is a group of the live policy. Under the strategy `priority`, rank 1 is asked first."""

    name: GroupName
    rank: Annotated[int, Field(ge=1, le=100)] = 1


class SkillLevel(Model):
    name: GroupName
    level: Annotated[int, Field(ge=1, le=10)] = 1


class OwnCapacity(Model):
    """How many conversations an agent takes at a time; null: as many as the group says."""

    chat: Annotated[int, Field(ge=0, le=100)] | None = None
    video: Annotated[int, Field(ge=0, le=10)] | None = None


class User(Model):
    """Without ``groups`` an agent serves every group, without ``languages`` everybody.

    ``deactivated_at``: nobody can sign in since then; null: the account is open.
    """

    id: str
    email: str
    name: str
    role: RoleName
    picture_url: str | None = None
    may_propose_video: bool = True
    languages: list[str] = []
    groups: list[GroupMembership] = []
    skills: list[SkillLevel] = []
    capacity: OwnCapacity
    deactivated_at: datetime | None = None


class CreateUser(Model):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "claire@shop.example",
                    "name": "Claire",
                    "role": "agent",
                    "password": "a long enough password",
                    "languages": ["fr", "en"],
                    "groups": [{"name": "advisors", "rank": 1}],
                    "skills": [{"name": "billing", "level": 3}],
                }
            ]
        }
    )

    email: Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    role: RoleName
    password: Annotated[str, Field(min_length=10, max_length=256)]
    may_propose_video: bool = True
    languages: Annotated[list[Language], Field(max_length=50)] = []
    groups: Annotated[list[GroupMembership], Field(max_length=500)] = []
    skills: Annotated[list[SkillLevel], Field(max_length=100)] = []
    capacity: OwnCapacity | None = None


class ChangeUser(Model):
    """What is left out stays; a list or a capacity replaces the one that was there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"groups": [{"name": "advisors", "rank": 2}], "skills": [{"name": "billing", "level": 5}]}
            ]
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    role: RoleName | None = None
    may_propose_video: bool | None = None
    languages: Annotated[list[Language], Field(max_length=50)] | None = None
    groups: Annotated[list[GroupMembership], Field(max_length=500)] | None = None
    skills: Annotated[list[SkillLevel], Field(max_length=100)] | None = None
    capacity: OwnCapacity | None = None


class ChangePassword(Model):
    current_password: Annotated[str, Field(max_length=256)]
    new_password: Annotated[str, Field(min_length=10, max_length=256)]


class ResetPassword(Model):
    """``token`` comes from a reset link that an admin made; it works once and for an hour."""

    token: Annotated[str, Field(max_length=512)]
    new_password: Annotated[str, Field(min_length=10, max_length=256)]


class ResetLink(Model):
    token: str
    expires_at: datetime


class CreateSite(Model):
    id: Identifier
    name: Annotated[str, Field(min_length=1, max_length=80)]
    allowed_origins: Annotated[list[str], Field(min_length=1, max_length=20)]
    language: Language = "fr"
    bot: bool = True


class Site(Model):
    id: str
    name: str
    key: str
    allowed_origins: list[str]
    language: str
    bot: bool
    bot_id: str | None = None


# --- the bot ------------------------------------------------------------------------------------------


class BotQuickReply(Model):
    title: Annotated[str, Field(max_length=80)]
    payload: Annotated[str, Field(max_length=256)]


class BotInlineCard(Model):
    title: Annotated[str, Field(max_length=200)] | None = None
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class BotTextReply(Model):
    id: Identifier
    type: Literal["text"]
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    quick_replies: Annotated[list[BotQuickReply], Field(max_length=20)] = []


class BotImageReply(Model):
    id: Identifier
    type: Literal["image"]
    url: Annotated[str, Field(max_length=2048, pattern=r"^https?://")]
    alt: Annotated[str, Field(max_length=300)] = ""


class BotTransferReply(Model):
    """A transfer card: by id of the policy's cards, or inline."""

    id: Identifier
    type: Literal["transfer"]
    card_id: Identifier | None = None
    card: BotInlineCard | None = None
    slots: Annotated[dict[str, str], Field(max_length=50)] = {}
    summary: Annotated[str, Field(max_length=2000)] | None = None
    reason: Annotated[str, Field(max_length=200)] | None = None


class BotCustomReply(Model):
    id: Identifier
    type: Literal["custom"]
    data: object = None


BotReply = Annotated[
    BotTextReply | BotImageReply | BotTransferReply | BotCustomReply, Field(discriminator="type")
]


class BotTurn(Model):
    """One turn of the bot, posted when it has ended; signed with the shared secret.

    ``in_reply_to`` is null for what the bot says by itself (a reminder)."""

    conversation_id: Identifier
    in_reply_to: Identifier | None = None
    replies: Annotated[list[BotReply], Field(max_length=50)] = []
    error: Annotated[str, Field(max_length=500)] | None = None


class RefusedReply(Model):
    id: str
    reason: str


class BotTurnResult(Model):
    """Which replies were taken, and which were refused and why (the bot can log it)."""

    accepted: list[str] = []
    refused: list[RefusedReply] = []


# --- decisions ----------------------------------------------------------------------------------------


class NearMissView(Model):
    row: str
    guard: str
    values: dict[str, bool | int | float | str]
    error: str | None = None


class SoughtView(Model):
    """What was asked of an agent. ``skills``: the least level of each; ``language`` null: any."""

    group: str
    language: str | None
    skills: list[tuple[str, int]]
    chat: bool
    video: bool


class SearchView(Model):
    """How an agent was looked for. ``left_out`` counts who could not be asked, by reason; ``examples`` names some."""

    wants: list[SoughtView]
    chosen: SoughtView | None = None
    relaxed: list[str]
    left_out: dict[str, int]
    examples: dict[str, list[str]]


class ToldView(Model):
    """A decision in sentences. ``nearly``: of each row that nearly decided; ``search``: how an agent was looked for."""

    happened: str
    decided: str
    because: str | None
    nearly: list[str]
    search: list[str]


class DecisionView(Model):
    version: int
    at: datetime
    event: str
    outcome: Literal["moved", "denied"]
    state: str
    to: str | None
    row: str | None
    reason: str | None = None
    revision: str
    facts: dict[str, bool | int | float | str]
    near_misses: list[NearMissView]
    search: SearchView | None = None
    told: ToldView


# --- errors (RFC 9457) -----------------------------------------------------------------------------------


class Problem(Model):
    """``application/problem+json``. ``code`` is stable and meant for programs; ``detail`` for people."""

    model_config = ConfigDict(extra="allow")
    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    code: str


# --- socket frames ------------------------------------------------------------------------------------
# The first frame of a client is its hello, within 5 s. A visitor's carries the token; an agent's socket is
# authenticated by the cookie. ``after`` is the last sequence number seen; everything later follows in order.


class VisitorHello(Model):
    type: Literal["hello"]
    token: Annotated[str, Field(max_length=2048)]
    after: Annotated[int, Field(ge=0)] = 0


class AgentHello(Model):
    type: Literal["hello"]
    after: Annotated[int, Field(ge=0)] = 0
    can_video: bool = True


class TypingFrame(Model):
    """From a client: I am typing in this conversation. To the other side: so is your partner."""

    type: Literal["typing"]
    conversation_id: Identifier
    by: Literal["visitor", "agent", "bot"] | None = None


class PongFrame(Model):
    type: Literal["pong"]


class WelcomeFrame(Model):
    """The socket is ready; ``seq`` is the newest number of the stream."""

    type: Literal["welcome"] = "welcome"
    seq: int
    server_time: datetime


class PingFrame(Model):
    type: Literal["ping"] = "ping"


class MessageFrame(Model):
    type: Literal["message"] = "message"
    seq: int
    message: Message


class VisitorConversationFrame(Model):
    """The conversation changed: this is what it is now (a full view; the newest wins)."""

    type: Literal["conversation"] = "conversation"
    seq: int
    conversation: VisitorConversation


class AgentConversationFrame(Model):
    type: Literal["conversation"] = "conversation"
    seq: int
    conversation: AgentConversation


class InvitationFrame(Model):
    type: Literal["invitation"] = "invitation"
    seq: int
    invitation: InvitationView


class InvitationEndedFrame(Model):
    """``reason``: accepted, declined, expired, revoked, closed."""

    type: Literal["invitation_ended"] = "invitation_ended"
    seq: int
    invitation_id: str
    conversation_id: str
    reason: str


class AgentStateFrame(Model):
    """Presence, capacity or wrap-up changed (perhaps in another tab)."""

    type: Literal["agent"] = "agent"
    seq: int
    presence: Presence
    capacity: Capacity
    wrap_up_until: datetime | None = None


class InboxFrame(Model):
    """The inbox changed: so many messages are open now."""

    type: Literal["inbox"] = "inbox"
    open: int


class BotStatusFrame(Model):
    type: Literal["bot"] = "bot"
    status: Literal["ready", "starting", "down"]


class ErrorFrame(Model):
    """The socket closes after this frame (``code`` as in `Problem`)."""

    type: Literal["error"] = "error"
    code: str
    detail: str


VisitorFrame = (
    WelcomeFrame
    | PingFrame
    | MessageFrame
    | VisitorConversationFrame
    | TypingFrame
    | BotStatusFrame
    | ErrorFrame
)
AgentFrame = (
    WelcomeFrame
    | PingFrame
    | MessageFrame
    | AgentConversationFrame
    | InvitationFrame
    | InvitationEndedFrame
    | AgentStateFrame
    | InboxFrame
    | TypingFrame
    | ErrorFrame
)

AgentState.model_rebuild()
