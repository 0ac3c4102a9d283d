"""``conversation.yaml``: the lifecycle of a conversation. States, their timers, and the rows that move it."""

from __future__ import annotations

from typing import Annotated, Literal, overload

from pydantic import Field

from rules.schema.base import Distinct, Duration, OneOrMany, Slug, Spec
from rules.vocabulary import PartyName, StateName

# Names of events, actions and states are checked against the vocabulary in `rules.references`, where a
# misspelt one gets the nearest word as advice.
Word = Annotated[str, Field(min_length=1, max_length=64)]
Parties = Annotated[tuple[PartyName, ...], Distinct, Field(min_length=1)]


class ChatState(Spec):
    idle_timeout: Duration


class QueuedState(Spec):
    """``next_round``: how long those who declined are left alone before they are asked again."""

    max_wait: Duration
    next_round: Duration


class VideoLobbyState(Spec):
    max_wait: Duration


class InVideoState(Spec):
    reconnect_grace: Duration


class ClosedState(Spec):
    final: Literal[True]


StateSpec = ChatState | QueuedState | VideoLobbyState | InVideoState | ClosedState


class States(Spec):
    """The closed set of states. Every state that waits has its timer; ``closed`` is where it ends."""

    chat: ChatState
    queued: QueuedState
    video_lobby: VideoLobbyState
    in_video: InVideoState
    closed: ClosedState

    @overload
    def __getitem__(self, name: Literal["chat"]) -> ChatState: ...
    @overload
    def __getitem__(self, name: Literal["queued"]) -> QueuedState: ...
    @overload
    def __getitem__(self, name: Literal["video_lobby"]) -> VideoLobbyState: ...
    @overload
    def __getitem__(self, name: Literal["in_video"]) -> InVideoState: ...
    @overload
    def __getitem__(self, name: Literal["closed"]) -> ClosedState: ...
    def __getitem__(self, name: StateName) -> StateSpec:
        if name not in type(self).model_fields:
            raise KeyError(name)
        state: StateSpec = getattr(self, name)
        return state


class Timers(Spec):
    """Waits that belong to no state. ``handover``: how long a transfer to a group looks for a taker."""

    bot_reply: Duration
    invitation: Duration
    proposal: Duration
    proposal_pause: Duration
    handover: Duration
    visitor_away: Duration
    agent_away: Duration
    resume: Duration


class Limits(Spec):
    """``proposals``: how often an agent may propose video in one conversation."""

    proposals: Annotated[int, Field(ge=0, le=100)]


class Row(Spec):
    """One row of the lifecycle. No ``party``: whoever the visitor talks with. No ``to``: the state stays."""

    id: Slug
    event: Word
    from_: Annotated[tuple[Word, ...], OneOrMany, Distinct, Field(alias="from", min_length=1)]
    party: Annotated[Parties | None, OneOrMany] = None
    when: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    to: Word | None = None
    do: Annotated[tuple[Word, ...], Distinct] = ()
    say: Annotated[tuple[Word, ...], Distinct] = ()


class ConversationFile(Spec):
    initial: Literal["chat"]
    states: States
    timers: Timers
    limits: Limits
    transitions: Annotated[tuple[Row, ...], Field(min_length=1, max_length=5_000)]
