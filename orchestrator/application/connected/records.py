"""What is known of a connected bot, and what it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from orchestrator.application.records import Json

SCRIPT_STEPS_MAX = 50
"""How many replies one answer may hold."""


@dataclass(frozen=True, slots=True)
class ConnectedBot:
    """A bot as it was connected: one operator of ours speaks for one scenario of theirs, in one language.

    ``pseudo`` is the name that visitors see. ``secret`` signs what is sent to ``url``; ``version`` is what the contract
    calls the connector's version, the same for everything sent to one installation. ``scenario`` is the contract's
    ``idBot``.
    """

    id: str
    name: str
    pseudo: str
    language: str
    url: str
    scenario: str
    version: str
    secret: str = field(repr=False)
    connected_at: datetime | None = None

    @property
    def operator_id(self) -> str:
        """How the bot knows us: its ``idOperator``."""
        return f"va-{self.id}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that can be connected, as the bot lists it."""

    id: str
    name: str
    description: str = ""
    editor_url: str | None = None


# --- what it answers ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Words, a picture, cards or a file; quick replies as (title, value)."""

    content: Json
    quick_replies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before what follows. What follows is dropped if the visitor writes first."""

    duration: timedelta


@dataclass(frozen=True, slots=True)
class HandOver:
    """Transfer to a group, named by the contract's distribution rule. What follows is for when that fails."""

    rule: str
    give_up_after: timedelta


@dataclass(frozen=True, slots=True)
class Close:
    """End the conversation."""


Step = Say | Pause | HandOver | Close


@dataclass(frozen=True, slots=True)
class Script:
    """One answer of a bot while it is being played. ``position`` is the step to come.

    ``in_reply_to`` is the delivery it answers, until it has. ``until`` ends the pause it is in. While ``waiting``, its
    transfer is under way. ``last_said`` is its newest line, whose words decide whether a transfer escalates to video.
    ``echoes`` counts the answers to itself that led here.
    """

    id: str
    conversation_id: str
    bot_id: str
    bot_name: str
    in_reply_to: str | None
    steps: Sequence[Step]
    position: int = 0
    until: datetime | None = None
    waiting: bool = False
    last_said: str | None = None
    echoes: int = 0


@dataclass(frozen=True, slots=True)
class BotSession:
    """A conversation as a connected bot knows it. ``external_id`` is the bot's own id of it, where it has one."""

    conversation_id: str
    external_id: str


# --- whether it is there -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Strategy:
    """When a bot is to be offered. ``rules`` are the contract's distribution rules."""

    kind: Literal["atLeastOne", "all", "customAvailability", "notAvailable"]
    rules: tuple[str, ...] = ()
    available: bool = False
