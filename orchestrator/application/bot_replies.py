"""What a bot may say in one turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BotText:
    """Words, with quick replies as (title, value)."""

    id: str
    text: str
    quick_replies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BotImage:
    id: str
    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class BotTransfer:
    """A transfer card: by id of the policy's cards, or inline by ``text`` (and ``title``)."""

    id: str
    card_id: str | None = None
    title: str | None = None
    text: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict[str, str])
    summary: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BotCustom:
    """Data for a page that understands it; ours shows none of it."""

    id: str


BotReply = BotText | BotImage | BotTransfer | BotCustom


@dataclass(frozen=True, slots=True)
class BotTurn:
    """One turn. ``in_reply_to`` is None for what the bot says by itself (a reminder)."""

    conversation_id: str
    in_reply_to: str | None
    replies: tuple[BotReply, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class BotTurnResult:
    """``refused`` pairs the id of a reply with the reason."""

    accepted: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
