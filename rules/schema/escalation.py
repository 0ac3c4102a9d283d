"""``escalation.yaml``: who may take a conversation from chat to video: an agent's proposal, a bot's card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from rules.phrases import normalise
from rules.schema.base import Distinct, Frozen, PrimaryLanguage, SiteId, Spec, Thawed, problem
from rules.vocabulary import DeviceName, NoVideoAgent


def _phrase(value: str) -> str:
    if not any(char.isalnum() for char in normalise(value)):
        raise problem("holds no word", "write the sentence that the card shows")
    return value


Phrase = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_phrase)]
Phrases = Annotated[
    Mapping[PrimaryLanguage, Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=50)]],
    Field(max_length=50),
    Frozen,
    Thawed,
]
Languages = Annotated[tuple[PrimaryLanguage, ...], Distinct]
Devices = Annotated[tuple[DeviceName, ...], Distinct]


class AgentEscalation(Spec):
    enabled: bool


class BotEscalation(Spec):
    """A bot's card that contains a phrase of the visitor's language escalates to video."""

    enabled: bool
    languages: Languages
    devices: Devices
    phrases: Phrases
    no_video_agent: NoVideoAgent


class AgentEscalationOverride(Spec):
    enabled: bool | None = None


class BotEscalationOverride(Spec):
    """What is absent stays as it is for all sites; phrases replace those of the same language."""

    enabled: bool | None = None
    languages: Languages | None = None
    devices: Devices | None = None
    phrases: Phrases | None = None
    no_video_agent: NoVideoAgent | None = None


class SiteEscalationOverride(Spec):
    agent: AgentEscalationOverride | None = None
    bot: BotEscalationOverride | None = None


class EscalationFile(Spec):
    agent: AgentEscalation
    bot: BotEscalation
    sites: Annotated[Mapping[SiteId, SiteEscalationOverride], Frozen, Thawed] = Field(
        default_factory=dict[str, SiteEscalationOverride]
    )
