"""What connected bots need of the world."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from orchestrator.application.connected.records import (
    BotSession,
    ConnectedBot,
    Scenario,
    Script,
    Step,
    Strategy,
)
from orchestrator.application.records import StoredMessage

BotTrouble = Literal["unreachable", "timeout", "malformed", "error"]


class BotTroubled(Exception):  # noqa: N818
    """A connected bot gave no usable answer. ``detail`` says what was wrong, without anything that was said.

    ``by_breaker``: it was not asked at all, because it failed too often just before.
    """

    def __init__(self, reason: BotTrouble, detail: str, *, by_breaker: bool = False) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: BotTrouble = reason
        self.detail = detail
        self.by_breaker = by_breaker


class BotBusy(Exception):  # noqa: N818
    """As many calls to this bot as may be are under way: try again in a moment."""


@dataclass(frozen=True, slots=True)
class BotAnswer:
    """``external_id``: how the bot calls the conversation, if it says so. ``left_out``: replies that cannot be shown,
    each with the reason."""

    steps: Sequence[Step] = ()
    external_id: str | None = None
    left_out: Sequence[str] = ()


class ConnectedBotClient(Protocol):
    """The calls of the external-bot contract. Each raises `BotTroubled` or `BotBusy`."""

    def check_url(self, url: str) -> str:
        """The address in its normal form.

        Raises:
            Invalid: it is no address of a bot, or one that is not allowed.
        """
        ...

    async def scenarios(self, url: str, version: str, secret: str, website: str) -> list[Scenario]: ...

    async def put(self, bot: ConnectedBot, website: str, rules: Iterable[tuple[str, str]]) -> bool:
        """Tell the bot who speaks for it; False: it has no such route, which deployed ones may lack."""
        ...

    async def get(self, bot: ConnectedBot, website: str) -> Scenario | None:
        """What the bot says it is; None: it does not know this operator, or has no such route."""
        ...

    async def strategies(self, bot: ConnectedBot, website: str) -> list[Strategy]: ...

    async def first_messages(self, bot: ConnectedBot) -> BotAnswer: ...

    async def open(
        self, bot: ConnectedBot, website: str, conversation_id: str, history: Sequence[StoredMessage]
    ) -> BotAnswer: ...

    async def say(
        self, bot: ConnectedBot, website: str, conversation_id: str, external_id: str, message: StoredMessage
    ) -> BotAnswer: ...

    def status(self, bot_id: str) -> Literal["ready", "down"]:
        """``down`` while its breaker is open."""
        ...


class ConnectedBotTable(Protocol):
    """Part of the store: connected bots, what each of them is saying, and under which name it knows a conversation."""

    async def all(self) -> list[ConnectedBot]:
        """By id."""
        ...

    async def get(self, bot_id: str) -> ConnectedBot | None: ...
    async def put(self, bot: ConnectedBot) -> None: ...
    async def remove(self, bot_id: str) -> None: ...

    async def script(self, conversation_id: str) -> Script | None:
        """The script of a conversation; locked until the end of a write transaction."""
        ...

    async def put_script(self, script: Script) -> None:
        """Takes the place of the conversation's earlier one."""
        ...

    async def session(self, conversation_id: str) -> BotSession | None: ...
    async def put_session(self, session: BotSession) -> None: ...
