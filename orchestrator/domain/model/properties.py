"""What must not be, whatever a policy says: judged on every move of a search, beside what `decide` itself refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Consent, Conversation, Need, Party, State
from orchestrator.domain.events import Event
from orchestrator.domain.invariants import LIVE_VIDEO
from rules.policy import Policy

YES = (ev.VideoRequested, ev.VideoAccepted, ev.VideoResumed)
"""What a visitor does to say yes to video."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a search remembers beside the conversation, because a policy could make the conversation forget it.

    ``agreed``: the need for video that the conversation has is one that the visitor spoke out, since it was last in
    chat. ``hung_up``: the last call was hung up, and the conversation has been with its agent in chat since.
    """

    agreed: bool = False
    hung_up: bool = False


NOTHING_YET = Account()
_ACCOUNTS = {(agreed, hung): Account(agreed, hung) for agreed in (True, False) for hung in (True, False)}


def account_after(account: Account, before: Conversation, event: Event, after: Conversation) -> Account:
    """The account after a move."""
    wanted = after.need is Need.VIDEO and after.state not in (State.CHAT, State.CLOSED)
    agreed = wanted and (account.agreed or isinstance(event, YES))
    hangs_up = isinstance(event, ev.HungUp) and before.state is State.IN_VIDEO
    with_agent = after.state is State.CHAT and after.party is Party.AGENT
    return _ACCOUNTS[agreed, with_agent and (account.hung_up or hangs_up)]


def violations(
    before: Conversation,
    event: Event,
    after: Conversation,
    account: Account,
    policy: Policy,
) -> Iterator[str]:
    """The codes of `rules.check.codes` that this move violates. ``account`` is the one before it."""
    if after.state in LIVE_VIDEO:
        if before.state not in LIVE_VIDEO:
            if after.consent is Consent.VISITOR and not (account.agreed or isinstance(event, YES)):
                yield "model.video_without_consent"
            if account.hung_up and isinstance(event, ev.VideoResumed):
                yield "model.video_after_hang_up"
        if (
            after.call is not None
            and after.call.camera_on
            and policy.camera_for(after.site_id, after.group) == "forbidden"
        ):
            yield "model.camera_forbidden"
    elif isinstance(event, ev.HungUp) and before.state is State.IN_VIDEO and not after.video_ended:
        yield "model.hang_up_not_final"


BOT_SPEAKS = frozenset({"BotReplied", "TransferRequested"})
"""The events that are the bot's voice."""

ALWAYS_POSSIBLE = {"VisitorWrote": "model.cannot_write", "ConversationClosed": "model.cannot_close_now"}
"""What a visitor may do in every state, and the code of a policy that has no row for it."""


def happens_anyway(kind: type[Any], c: Conversation) -> bool:
    """Whether an event of this kind happens to ``c`` without anybody asking whether it may.

    Somebody's request can be refused. The end of a search, a connection that drops, an agent who goes away are facts:
    a policy that has no row for them leaves the conversation believing something else.
    """
    if kind in _ALWAYS:
        return c.state is not State.CLOSED
    if kind in _OF_A_CALL:
        return c.call is not None
    if kind in _OF_AN_AGENT:
        return c.party is Party.AGENT
    if kind in _OF_A_SEARCH:
        return c.queue is not None and c.invitation is None
    if kind in _OF_AN_INVITATION:
        return c.invitation is not None
    if kind in _OF_A_BOT:
        return c.state is State.CHAT and c.party is Party.BOT
    return kind is ev.HandoverEnded and c.handover is not None


_ALWAYS = frozenset({ev.VisitorDisconnected, ev.VisitorReconnected, ev.CapabilityChanged, ev.LanguageChosen})
_OF_A_CALL = frozenset({ev.MediaConnected, ev.MediaDropped, ev.MediaLost})
_OF_AN_AGENT = frozenset({ev.AgentDisconnected, ev.AgentReconnected})
_OF_A_SEARCH = frozenset({ev.AgentInvited, ev.TransferFailed, ev.RoundExhausted})
_OF_AN_INVITATION = frozenset({ev.InvitationDeclined, ev.InvitationRevoked})
_OF_A_BOT = frozenset({ev.BotReplied, ev.BotFailed})
