"""What a visitor can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestrator.application.ports import BotStatus
from orchestrator.application.records import Json

VisitorAction = Literal["person", "video", "leave_queue", "leave_lobby", "hang_up", "resume", "close"]


@dataclass(frozen=True, slots=True)
class Session:
    """What the widget needs when it loads. ``token`` is the visitor's, ready to use; the rest is `VisitorSession`."""

    token: str
    visitor_id: str
    site: Json
    conversation: Json | None
    messages: list[Json]
    seq: int
    bot_status: BotStatus | None


class VisitorChat:
    async def open_session(
        self,
        *,
        site_key: str,
        origin: str | None,
        language: str,
        device: Literal["desktop", "mobile", "tablet"],
        can_video: bool,
        page_url: str | None = None,
        visitor_id: str | None = None,
    ) -> Session:
        """Open (or reopen) a visitor's session on a site. A page that carries an earlier token passes the
        ``visitor_id`` it read from it: a visitor of another site gets a new identity.

        Raises:
            NotFound: no site has this key.
            Forbidden: ``origin`` is not one of the site's (code ``origin_not_allowed``).
        """
        raise NotImplementedError

    async def check_origin(self, visitor_id: str, origin: str | None) -> None:
        """For every further visitor call: the page's origin must be one of the visitor's site.

        Raises:
            NotFound: there is no such visitor.
            Forbidden: the origin is another one.
        """
        raise NotImplementedError

    async def start(
        self,
        visitor_id: str,
        *,
        client_id: str,
        want: Literal["chat", "video"] = "chat",
        language: str | None = None,
    ) -> Json:
        """Start a conversation, or return the open one. → `VisitorConversationWithHistory`."""
        raise NotImplementedError

    async def visitor_conversation(
        self, visitor_id: str, conversation_id: str, *, after_position: int = 0
    ) -> Json:
        """→ `VisitorConversationWithHistory`."""
        raise NotImplementedError

    async def post_visitor_message(
        self,
        visitor_id: str,
        conversation_id: str,
        *,
        client_id: str,
        text: str,
        quick_reply: str | None = None,
    ) -> Json:
        """→ `PostedMessage`. Written to a closed conversation, it starts a new one (``conversation_id`` differs).

        Raises:
            Invalid: the quick reply was never offered (``quick_reply_not_offered``).
        """
        raise NotImplementedError

    async def visitor_act(self, visitor_id: str, conversation_id: str, action: VisitorAction) -> Json:
        """→ `VisitorConversation`."""
        raise NotImplementedError

    async def answer_proposal(
        self, visitor_id: str, conversation_id: str, proposal_id: str, *, accept: bool
    ) -> Json:
        """→ `VisitorConversation`."""
        raise NotImplementedError

    async def set_capability(self, visitor_id: str, conversation_id: str, *, can_video: bool) -> Json:
        """→ `VisitorConversation`."""
        raise NotImplementedError

    async def set_language(self, visitor_id: str, conversation_id: str, *, language: str) -> Json:
        """→ `VisitorConversation`."""
        raise NotImplementedError

    async def switch_camera(self, visitor_id: str, conversation_id: str, *, on: bool) -> Json:
        """→ `VisitorConversation`."""
        raise NotImplementedError

    async def visitor_typing(self, visitor_id: str, conversation_id: str) -> None:
        """Tell the other side; nothing is stored, a foreign conversation is silently left alone."""
        raise NotImplementedError
