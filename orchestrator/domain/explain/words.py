"""The words in which decisions are told: one set a language, complete by test.

Texts may name what an event says: ``{agent}``, ``{group}``, ``{by}``, ``{language}``, ``{card}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["fr", "en"]

VARIANT_OF: Mapping[str, str] = {
    "LobbyLeft": "by",
    "HungUp": "by",
    "CameraSwitched": "on",
    "CameraRestricted": "camera",
    "CapabilityChanged": "can_video",
    "ConversationClosed": "by",
    "BotFailed": "reason",
    "AgentInvited": "purpose",
    "TransferFailed": "reason",
    "AgentAssigned": "by_role",
    "HandoverEnded": "reason",
    "MediaConnected": "role",
    "MediaDropped": "role",
}
"""Events that are told in one sentence for each value of a field, under ``Event.value``; under ``Event`` alone when the
value is not known any more."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language.

    ``events`` tell what happened. ``reasons`` say why an event was refused. ``bools`` say a fact that is true or
    false; of the other facts ``facts`` is the name and ``values`` the words of closed sets. ``left_out`` are told with
    a number of agents. ``verdicts`` say what the card of a transfer comes to, ``revoked`` and ``declined`` finish the
    sentence of these invitations. ``phrases`` are what joins all this.
    """

    language: Language
    events: Mapping[str, str]
    outcomes: Mapping[str, str]
    reasons: Mapping[str, str]
    laws: Mapping[str, str]
    bools: Mapping[str, tuple[str, str]]
    facts: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    states: Mapping[str, str]
    parties: Mapping[str, str]
    left_out: Mapping[str, str]
    relaxed: Mapping[str, str]
    verdicts: Mapping[str, str]
    revoked: Mapping[str, str]
    phrases: Mapping[str, str]


PHRASES = (
    "row",
    "row_to",
    "start",
    "at_once",
    "again",
    "denied",
    "not_known",
    "law",
    "because",
    "fact",
    "near",
    "near_error",
    "near_values",
    "unknown_event",
    "card",
    "no_card",
    "hidden",
    "empty",
    "seconds",
    "looked",
    "then_looked",
    "chosen",
    "any_language",
    "in_language",
    "skill",
    "with_skills",
    "for_chat",
    "for_video",
    "for_both",
    "relaxed",
    "overflow",
    "left_out",
    "nobody_left_out",
    "and_more",
    "somebody",
    "the_group",
    "the_agent",
)
