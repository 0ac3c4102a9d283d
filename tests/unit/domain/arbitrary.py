"""Strategies over the vocabulary of the core: small pools of identifiers, so that events meet."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Device, Purpose, Role, Verdict
from orchestrator.domain.facts import AgentFacts, Facts, GroupFacts

agents = st.sampled_from(["claire", "marc"])
ids = st.sampled_from(["a1", "a2"])
calls = st.sampled_from(["call-1", "call-2"])
group_names = st.sampled_from([None, "advisors", "nowhere"])
roles = st.sampled_from(list(Role))
verdicts = st.builds(
    Verdict,
    escalates=st.booleans(),
    reason=st.sampled_from(["matched", "no_phrase", "language", "device", "disabled"]),
    card_id=st.sampled_from([None, "advisor", "video_advisor"]),
)

starts = st.builds(
    ev.ConversationStarted,
    conversation_id=st.just("c1"),
    site_id=st.sampled_from(["demo", "other"]),
    visitor_id=st.just("v1"),
    language=st.sampled_from(["fr", "en", "fr-CA"]),
    device=st.sampled_from(list(Device)),
    can_video=st.booleans(),
    bot_id=st.sampled_from([None, "rasa"]),
)

later_events: dict[str, st.SearchStrategy[ev.Event]] = {
    strategy_class.__name__: strategy
    for strategy_class, strategy in {
        ev.VisitorWrote: st.builds(ev.VisitorWrote, ids),
        ev.PersonRequested: st.just(ev.PersonRequested()),
        ev.VideoRequested: st.just(ev.VideoRequested()),
        ev.QueueLeft: st.just(ev.QueueLeft()),
        ev.LobbyLeft: st.builds(ev.LobbyLeft, roles),
        ev.VideoAccepted: st.builds(ev.VideoAccepted, ids, calls),
        ev.VideoDeclined: st.builds(ev.VideoDeclined, ids),
        ev.HungUp: st.builds(ev.HungUp, roles),
        ev.VideoResumed: st.builds(ev.VideoResumed, calls),
        ev.CameraSwitched: st.builds(ev.CameraSwitched, st.booleans()),
        ev.CameraRestricted: st.builds(ev.CameraRestricted, st.sampled_from(["off_by_default", "forbidden"])),
        ev.CapabilityChanged: st.builds(ev.CapabilityChanged, st.booleans()),
        ev.LanguageChosen: st.builds(ev.LanguageChosen, st.sampled_from(["fr", "en"])),
        ev.VisitorDisconnected: st.just(ev.VisitorDisconnected()),
        ev.VisitorReconnected: st.just(ev.VisitorReconnected()),
        ev.MessageLeft: st.builds(ev.MessageLeft, ids),
        ev.ConversationClosed: st.builds(
            ev.ConversationClosed, st.sampled_from(["visitor", "agent", "bot", "system"])
        ),
        ev.BotReplied: st.builds(ev.BotReplied, st.just(("m1",)), st.sampled_from([None, "a1", "greet-c1"])),
        ev.TransferRequested: st.builds(ev.TransferRequested, ids, verdicts),
        ev.BotFailed: st.builds(
            ev.BotFailed, st.sampled_from(["starting", "unreachable", "timeout", "error"])
        ),
        ev.AgentInvited: st.builds(ev.AgentInvited, ids, agents, st.sampled_from(list(Purpose))),
        ev.AgentAccepted: st.builds(ev.AgentAccepted, ids, agents, calls),
        ev.InvitationDeclined: st.builds(ev.InvitationDeclined, ids, agents),
        ev.InvitationExpired: st.just(ev.InvitationExpired()),
        ev.InvitationRevoked: st.builds(ev.InvitationRevoked, ids, st.just("offline")),
        ev.RoundExhausted: st.just(ev.RoundExhausted()),
        ev.RoundReopened: st.just(ev.RoundReopened("presence")),
        ev.RoundStarted: st.just(ev.RoundStarted()),
        ev.TransferFailed: st.builds(ev.TransferFailed, st.sampled_from(["closed", "full", "nobody"])),
        ev.AgentAssigned: st.builds(
            ev.AgentAssigned,
            agents,
            calls,
            st.sampled_from(["sue", "marc"]),
            st.sampled_from(["supervisor", "agent"]),
        ),
        ev.Requeued: st.builds(
            ev.Requeued, st.just("sue"), group_names, st.one_of(st.none(), st.integers(-100, 100))
        ),
        ev.HandoverEnded: st.builds(ev.HandoverEnded, st.sampled_from(["nobody", "withdrawn", "closed"])),
        ev.AgentWrote: st.builds(ev.AgentWrote, agents, ids),
        ev.HandoverRequested: st.builds(ev.HandoverRequested, agents, st.just("advisors")),
        ev.VideoProposed: st.builds(ev.VideoProposed, agents, ids),
        ev.ProposalWithdrawn: st.builds(ev.ProposalWithdrawn, agents, ids),
        ev.AgentDisconnected: st.builds(ev.AgentDisconnected, agents),
        ev.AgentReconnected: st.builds(ev.AgentReconnected, agents),
        ev.MediaConnected: st.builds(ev.MediaConnected, calls, roles),
        ev.MediaDropped: st.builds(ev.MediaDropped, calls, roles),
        ev.MediaLost: st.builds(ev.MediaLost, calls),
        ev.IdleTimedOut: st.just(ev.IdleTimedOut()),
        ev.QueueTimedOut: st.just(ev.QueueTimedOut()),
        ev.LobbyTimedOut: st.just(ev.LobbyTimedOut()),
        ev.ReconnectTimedOut: st.just(ev.ReconnectTimedOut()),
        ev.ResumeOfferEnded: st.just(ev.ResumeOfferEnded()),
        ev.ProposalExpired: st.just(ev.ProposalExpired()),
        ev.HandoverTimedOut: st.just(ev.HandoverTimedOut()),
        ev.VisitorAwayTimedOut: st.just(ev.VisitorAwayTimedOut()),
        ev.AgentAwayTimedOut: st.just(ev.AgentAwayTimedOut()),
    }.items()
}
events = st.one_of(*later_events.values())

mostly = st.sampled_from([True, True, True, False])
groups = st.builds(
    GroupFacts,
    name=st.just("advisors"),
    open=mostly,
    places=st.integers(0, 3),
    waiting=st.integers(0, 3),
    has_free_agent=st.booleans(),
    takes_messages=st.booleans(),
    wait_p50=st.sampled_from([None, 12.5]),
    priority=st.integers(-100, 100),
    skills=st.sampled_from([(), (("billing", 3),)]),
    ageing=st.sampled_from([None, timedelta(minutes=1)]),
    sticky_agent=st.sampled_from([None, "claire"]),
)


def facts_for(event: ev.Event, agent_id: str | None) -> st.SearchStrategy[Facts]:
    """Facts as the shell would gather them: of the agent that the event names, else of the conversation's."""
    named = getattr(event, "agent_id", None) or agent_id
    agent = (
        st.none()
        if named is None
        else st.builds(
            AgentFacts,
            id=st.just(named),
            name=st.just(named.title()),
            chat_present=mostly,
            video_present=mostly,
            can_video=mostly,
            free_chat=mostly,
            free_video=mostly,
            may_propose_video=mostly,
            connected=mostly,
            in_group=mostly,
        )
    )
    return st.builds(Facts, agent=agent, group=st.one_of(groups, st.none()), bot_enabled=st.booleans())
