"""The vocabulary of guards: every variable a policy may read, by dotted name, with its type and meaning.

The domain fills these in before each decision; a name that is not here is an error when the policy is
compiled, not when a visitor is waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FactValue = bool | int | float | str
FactType = Literal["bool", "int", "double", "string"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A variable of the guard language. ``default`` is its value when nothing is known."""

    name: str
    type: FactType
    meaning: str
    default: FactValue
    values: tuple[str, ...] = ()


FACTS: tuple[Fact, ...] = (
    Fact("conversation.state", "string", "the lifecycle state", "chat",
         ("chat", "queued", "video_lobby", "in_video", "closed")),
    Fact("conversation.party", "string", "who the visitor talks with", "none", ("none", "bot", "agent")),
    Fact("conversation.need", "string", "the channel the visitor asked for", "chat", ("chat", "video")),
    Fact("conversation.language", "string", "primary language subtag of the visitor", "fr"),
    Fact("conversation.device", "string", "class of device; a tablet is mobile", "desktop", ("desktop", "mobile")),
    Fact("conversation.video_started", "bool", "a call has been live in this conversation", False),
    Fact("conversation.video_ended", "bool", "a call was hung up in this conversation", False),
    Fact("conversation.came_from", "string", "who held the conversation before it queued", "none",
         ("none", "bot", "agent")),
    Fact("site.id", "string", "the site the visitor is on", ""),
    Fact("visitor.can_video", "bool", "browser and device can do video", True),
    Fact("visitor.present", "bool", "a page of the visitor is connected", True),
    Fact("bot.enabled", "bool", "the site has a bot", True),
    Fact("card.present", "bool", "a bot's transfer card led here and was not used up", False),
    Fact("card.escalates", "bool", "that card escalates to video for this visitor", False),
    Fact("agent.can_video", "bool", "the agent's browser can do video", False),
    Fact("agent.chat_present", "bool", "the agent's chat switch is on", False),
    Fact("agent.video_present", "bool", "the agent's video switch is on", False),
    Fact("agent.free_chat", "bool", "the agent has a free chat slot (or already holds this conversation)", False),
    Fact("agent.free_video", "bool", "the agent has free video capacity (or holds it for this conversation)", False),
    Fact("agent.in_group", "bool", "the agent serves the group of the conversation", True),
    Fact("agent.may_propose_video", "bool", "the agent has the permission to propose video", False),
    Fact("group.name", "string", "the group the routing rules chose", ""),
    Fact("group.open", "bool", "the group is within its hours", True),
    Fact("group.places", "int", "places in the group's queue for the needed channel", 0),
    Fact("group.waiting", "int", "conversations of that queue without an open invitation", 0),
    Fact("group.has_free_agent", "bool", "an agent could be invited at once", False),
    Fact("group.takes_messages", "bool", "a message may be left when the group cannot take the visitor", False),
    Fact("queue.wait_known", "bool", "how long the wait is going to be can be estimated", False),
    Fact("queue.wait_p50", "double", "half of the waits are shorter, in seconds; 0 when unknown", 0.0),
    Fact("queue.wait_p90", "double", "nine in ten waits are shorter, in seconds; 0 when unknown", 0.0),
    Fact("queue.priority", "int", "the priority the visitor waits with", 0),
    Fact("queue.waited", "double", "how long the visitor has waited, in seconds", 0.0),
    Fact("escalation.agent_enabled", "bool", "agents of the site may propose video", False),
    Fact("escalation.bot_enabled", "bool", "bot cards of the site may escalate", True),
    Fact("escalation.no_video_agent", "string", "what a card does when no agent can take video", "chat",
         ("chat", "wait", "alternative")),
    Fact("proposal.open", "bool", "a proposal is waiting for an answer", False),
    Fact("proposal.may_repeat", "bool", "fewer proposals than the limit and the pause after a decline is over", True),
    Fact("call.both_connected", "bool", "after this event both sides are connected to the call", False),
    Fact("call.agent_connected", "bool", "after this event the agent is connected to the call", False),
    Fact("call.resumable", "bool", "a dropped call may still be resumed", False),
    Fact("camera.policy", "string", "the visitor's camera policy", "allowed",
         ("allowed", "off_by_default", "forbidden")),
    Fact("invitation.purpose", "string", "why the agent was invited", "offer", ("offer", "transfer")),
    Fact("handover.open", "bool", "an agent's transfer to a group looks for a taker", False),
    Fact("event.by", "string", "who acted", "", ("", "visitor", "agent", "supervisor", "bot", "system")),
    Fact("event.on", "bool", "what the switch was set to", False),
    Fact("event.reason", "string", "the reason the event carries", ""),
)  # fmt: skip

FACT_BY_NAME: dict[str, Fact] = {fact.name: fact for fact in FACTS}
