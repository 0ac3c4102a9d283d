"""The closed sets of words a policy is written in. A word outside of them is a mistake, found when it is compiled.

`EVENTS` are the class names of `orchestrator.domain.events` without `ConversationStarted` (which makes the
conversation that rows speak of); a test holds the two lists together. `ACTIONS` are what the domain can do.
`NOTICES` are the lines the history can show; their wording belongs to the widget and the desk.
"""

from __future__ import annotations

from typing import Literal, get_args

StateName = Literal["chat", "queued", "video_lobby", "in_video", "closed"]
PartyName = Literal["none", "bot", "agent"]
NeedName = Literal["chat", "video"]
DeviceName = Literal["desktop", "mobile"]
CameraPolicy = Literal["allowed", "off_by_default", "forbidden"]
NoVideoAgent = Literal["chat", "wait", "alternative"]

STATES: tuple[StateName, ...] = get_args(StateName)
PARTIES: tuple[PartyName, ...] = get_args(PartyName)

EVENTS: tuple[str, ...] = (
    # the visitor
    "VisitorWrote",
    "PersonRequested",
    "VideoRequested",
    "QueueLeft",
    "LobbyLeft",
    "VideoAccepted",
    "VideoDeclined",
    "HungUp",
    "VideoResumed",
    "CameraSwitched",
    "CapabilityChanged",
    "LanguageChosen",
    "VisitorDisconnected",
    "VisitorReconnected",
    "MessageLeft",
    "ConversationClosed",
    # the bot
    "BotReplied",
    "TransferRequested",
    "BotFailed",
    # distribution
    "AgentInvited",
    "AgentAccepted",
    "InvitationDeclined",
    "InvitationExpired",
    "InvitationRevoked",
    "RoundExhausted",
    "RoundReopened",
    "RoundStarted",
    "TransferFailed",
    "AgentAssigned",
    "Requeued",
    "HandoverEnded",
    # the agent
    "AgentWrote",
    "HandoverRequested",
    "VideoProposed",
    "ProposalWithdrawn",
    "AgentDisconnected",
    "AgentReconnected",
    # the media server
    "MediaConnected",
    "MediaDropped",
    "MediaLost",
    # timers
    "IdleTimedOut",
    "QueueTimedOut",
    "LobbyTimedOut",
    "ReconnectTimedOut",
    "ResumeOfferEnded",
    "ProposalExpired",
    "HandoverTimedOut",
    "VisitorAwayTimedOut",
    "AgentAwayTimedOut",
)

ACTIONS: tuple[str, ...] = (
    "restart_idle",
    "ask_bot",
    "keep_verdict",
    "consume_verdict",
    "show_alternative",
    "tell_bot_failed",
    "enter_queue",
    "leave_queue",
    "requeue_at_head",
    "requeue",
    "restore_party",
    "find_agent",
    "invite_agent",
    "end_invitation",
    "remember_refusal",
    "rest",
    "forget_refusals",
    "assign_agent",
    "release_agent",
    "open_handover",
    "end_handover",
    "want_video",
    "want_chat",
    "open_call",
    "close_call",
    "start_call",
    "end_video",
    "reopen_room",
    "offer_resume",
    "end_resume_offer",
    "set_camera",
    "open_proposal",
    "close_proposal",
    "count_decline",
    "close",
)

NOTICES: tuple[str, ...] = (
    "bot_failed",
    "agent_joined",
    "agent_changed",
    "agent_lost",
    "requeued",
    "queue_left",
    "queue_left_away",
    "proposal_declined",
    "proposal_withdrawn",
    "proposal_expired",
    "message_left",
    "transfer_started",
    "transfer_nobody",
    "transfer_declined",
    "transfer_expired",
    "video_starts",
    "video_started",
    "video_unavailable",
    "video_resumes",
    "video_dropped",
    "video_ended",
    "lobby_left",
    "lobby_timed_out",
    "closed_idle",
    "closed",
)

TIMED_WAITS: tuple[tuple[str, str, tuple[StateName, ...]], ...] = (
    # (where the duration is written, the event it ends in, the states that must have a row for it)
    ("states.chat.idle_timeout", "IdleTimedOut", ("chat",)),
    ("states.queued.max_wait", "QueueTimedOut", ("queued",)),
    ("states.queued.next_round", "RoundStarted", ("queued",)),
    ("states.video_lobby.max_wait", "LobbyTimedOut", ("video_lobby",)),
    ("states.in_video.reconnect_grace", "ReconnectTimedOut", ("in_video",)),
    ("timers.bot_reply", "BotFailed", ("chat",)),
    ("timers.invitation", "InvitationExpired", ("chat", "queued", "video_lobby", "in_video")),
    ("timers.proposal", "ProposalExpired", ("chat",)),
    ("timers.handover", "HandoverTimedOut", ("chat", "video_lobby", "in_video")),
    ("timers.resume", "ResumeOfferEnded", ("chat",)),
    ("timers.visitor_away", "VisitorAwayTimedOut", ("queued", "video_lobby")),
    ("timers.agent_away", "AgentAwayTimedOut", ("chat", "video_lobby", "in_video")),
)
