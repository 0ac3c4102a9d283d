"""The words of a scenario's ``when``: each is an event of the domain, or something that happens in the estate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal, cast

from pydantic import TypeAdapter

from orchestrator.application.bot_replies import BotTransfer
from orchestrator.application.bot_turns import judged_card, shown_card
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Purpose, Role
from orchestrator.domain.events import Event
from orchestrator.domain.model.steps import MOMENT
from orchestrator.scenarios.schema import CardGiven, OthersGiven, SwitchGiven
from orchestrator.scenarios.stage import CONVERSATION, Stage
from rules.schema.base import Duration, Language, Slug

OnOff = Literal["on", "off"]
Reason = Literal["starting", "unreachable", "timeout", "malformed", "error"]


class CannotHappenError(Exception):
    """The step speaks of something that the conversation does not have: the message says what."""


@dataclass(frozen=True, slots=True)
class Word:
    """``takes``: the type of what stands after the colon; None when nothing does."""

    takes: TypeAdapter[Any] | None
    act: Callable[[Stage, Any], None]


def _event(make: Callable[[Stage, Any], Event]) -> Callable[[Stage, Any], None]:
    def act(stage: Stage, value: Any) -> None:
        stage.estate.submit(CONVERSATION, make(stage, value))

    return act


def _plain(make: Callable[[Stage], Event]) -> Word:
    return Word(None, _event(lambda stage, _: make(stage)))


def _with(kind: Any, make: Callable[[Stage, Any], Event]) -> Word:
    return Word(TypeAdapter(kind), _event(make))


def _holder(stage: Stage) -> str:
    found = stage.conversation.agent_id
    if found is None:
        raise CannotHappenError("no agent has the conversation")
    return found


def _invitation(stage: Stage) -> str:
    found = stage.conversation.invitation
    if found is None:
        raise CannotHappenError("nobody is invited")
    return found.id


def _proposal(stage: Stage) -> str:
    found = stage.conversation.proposal
    if found is None:
        raise CannotHappenError("no video is proposed")
    return found.id


def _call(c: Conversation) -> str:
    if c.call is None:
        raise CannotHappenError("there is no call")
    return c.call.id


def _message(stage: Stage) -> str:
    return stage.estate.new_id("message-")


def _card(stage: Stage, value: Any) -> Event:
    given = value if isinstance(value, CardGiven) else CardGiven(card=value)
    c = stage.conversation
    card = BotTransfer("card", given.card, given.title, given.text, dict(given.slots))
    shown = shown_card(card, c.language, stage.policy)
    if shown is None:
        raise CannotHappenError(f"the policy has no card `{given.card}`")
    text, group = shown
    return ev.TransferRequested(_message(stage), judged_card(card, text, c, stage.policy), group)


def _time_passes(stage: Stage, value: timedelta) -> None:
    stage.estate.advance_to(stage.estate.now + value)


def _connect_both(stage: Stage, _: Any) -> None:
    call = _call(stage.conversation)
    for role in Role:
        stage.estate.submit(CONVERSATION, ev.MediaConnected(call, role))


def _switch(stage: Stage, value: SwitchGiven) -> None:
    agent = stage.estate.agents.get(value.agent)
    if agent is None:
        raise CannotHappenError(f"there is no agent `{value.agent}` (give one in `given: agents:`)")
    sockets = agent.sockets if value.connected is None else int(value.connected)
    agent = replace(
        agent,
        chat_state=value.chat or agent.chat_state,
        video_state=value.video or agent.video_state,
        sockets=sockets,
    )
    stage.estate.put_agent(agent)


def _others(stage: Stage, value: OthersGiven) -> None:
    for event, number in ((ev.PersonRequested(), value.chat), (ev.VideoRequested(), value.video)):
        for _ in range(number):
            stage.others += 1
            name = f"other-{stage.others}"
            stage.start(name, bot=stage.given.bot, language=stage.given.visitor.language, can_video=True)
            stage.estate.submit(name, event)
    # They came before whoever asks next.
    stage.estate.advance_to(stage.estate.now + MOMENT)


def _known(stage: Stage, agent: str) -> str:
    if agent not in stage.estate.agents:
        raise CannotHappenError(f"there is no agent `{agent}` (give one in `given: agents:`)")
    return agent


def _connected(role: Role) -> Word:
    return _plain(lambda stage: ev.MediaConnected(_call(stage.conversation), role))


def _dropped(role: Role) -> Word:
    return _plain(lambda stage: ev.MediaDropped(_call(stage.conversation), role))


WORDS: Mapping[str, Word] = {
    # the visitor
    "visitor_writes": _plain(lambda s: ev.VisitorWrote(_message(s))),
    "visitor_asks_for_a_person": _plain(lambda _: ev.PersonRequested()),
    "visitor_asks_for_video": _plain(lambda _: ev.VideoRequested()),
    "visitor_leaves_the_queue": _plain(lambda _: ev.QueueLeft()),
    "visitor_leaves_a_message": _plain(lambda s: ev.MessageLeft(s.estate.new_id("left-"))),
    "visitor_stays_in_chat": _plain(lambda _: ev.LobbyLeft(Role.VISITOR)),
    "visitor_accepts_video": _plain(lambda s: ev.VideoAccepted(_proposal(s), s.estate.new_id("call-"))),
    "visitor_declines_video": _plain(lambda s: ev.VideoDeclined(_proposal(s))),
    "visitor_hangs_up": _plain(lambda _: ev.HungUp(Role.VISITOR)),
    "visitor_resumes_video": _plain(lambda s: ev.VideoResumed(s.estate.new_id("call-"))),
    "visitor_switches_camera": _with(OnOff, lambda _, to: ev.CameraSwitched(to == "on")),
    "visitor_can_do_video": _with(bool, lambda _, able: ev.CapabilityChanged(able)),
    "visitor_chooses_language": _with(Language, lambda _, language: ev.LanguageChosen(language)),
    "visitor_goes_away": _plain(lambda _: ev.VisitorDisconnected()),
    "visitor_comes_back": _plain(lambda _: ev.VisitorReconnected()),
    "visitor_closes": _plain(lambda _: ev.ConversationClosed("visitor")),
    # the bot
    "bot_replies": _plain(lambda s: ev.BotReplied((_message(s),), s.conversation.bot_asked)),
    "bot_card": _with(Slug | CardGiven, _card),
    "bot_fails": _with(Reason, lambda _, reason: ev.BotFailed(reason)),
    "bot_closes": _plain(lambda _: ev.ConversationClosed("bot")),
    # the agent
    "agent_accepts": _with(
        Slug, lambda s, name: ev.AgentAccepted(_invitation(s), _known(s, name), s.estate.new_id("call-"))
    ),
    "agent_declines": _with(Slug, lambda s, name: ev.InvitationDeclined(_invitation(s), _known(s, name))),
    "agent_writes": _plain(lambda s: ev.AgentWrote(_holder(s), _message(s))),
    "agent_proposes_video": _plain(lambda s: ev.VideoProposed(_holder(s), s.estate.new_id("proposal-"))),
    "agent_withdraws_video": _plain(lambda s: ev.ProposalWithdrawn(_holder(s), _proposal(s))),
    "agent_stays_in_chat": _plain(lambda _: ev.LobbyLeft(Role.AGENT)),
    "agent_hangs_up": _plain(lambda _: ev.HungUp(Role.AGENT)),
    "agent_goes_away": _plain(lambda s: ev.AgentDisconnected(_holder(s))),
    "agent_comes_back": _plain(lambda s: ev.AgentReconnected(_holder(s))),
    "agent_transfers_to": _with(
        Slug,
        lambda s, name: ev.AgentInvited(s.estate.new_id("invitation-"), _known(s, name), Purpose.TRANSFER),
    ),
    "agent_hands_over_to": _with(Slug, lambda s, group: ev.HandoverRequested(_holder(s), group)),
    "agent_withdraws_handover": _plain(lambda _: ev.HandoverEnded("withdrawn")),
    "agent_closes": _plain(lambda _: ev.ConversationClosed("agent")),
    "supervisor_assigns": _with(
        Slug, lambda s, name: ev.AgentAssigned(_known(s, name), s.estate.new_id("call-"), "supervisor")
    ),
    "supervisor_requeues": _plain(lambda _: ev.Requeued("supervisor")),
    # the call
    "both_connect": Word(None, _connect_both),
    "visitor_connects": _connected(Role.VISITOR),
    "agent_connects": _connected(Role.AGENT),
    "visitor_drops": _dropped(Role.VISITOR),
    "agent_drops": _dropped(Role.AGENT),
    "call_is_lost": _plain(lambda s: ev.MediaLost(_call(s.conversation))),
    # around the conversation
    "time_passes": Word(TypeAdapter(Duration), _time_passes),
    "switches": Word(TypeAdapter(SwitchGiven), cast("Callable[[Stage, Any], None]", _switch)),
    "others_ask": Word(TypeAdapter(OthersGiven), cast("Callable[[Stage, Any], None]", _others)),
}
