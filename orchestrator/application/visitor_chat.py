"""What a visitor can do."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from orchestrator.application.connected.records import ConnectedBot
from orchestrator.application.errors import Forbidden, Invalid, NotFound, Refused
from orchestrator.application.handle_event import EventMaker, Moment
from orchestrator.application.notify import agent_stream
from orchestrator.application.ports import BotStatus, Ids, Transaction
from orchestrator.application.records import Context, Json, NewMessage, Site, StoredMessage, Visitor
from orchestrator.application.use_cases import Parts, UseCases, refusal_of
from orchestrator.application.views import RASA, bot_view, message_view, message_views, site_view
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, Role, State
from orchestrator.domain.events import Event
from orchestrator.domain.outcome import Ignored

VisitorAction = Literal["person", "video", "leave_queue", "leave_lobby", "hang_up", "resume", "close"]

_EVENT_OF_ACTION: dict[VisitorAction, Callable[[Ids], Event]] = {
    "person": lambda _: ev.PersonRequested(),
    "video": lambda _: ev.VideoRequested(),
    "leave_queue": lambda _: ev.QueueLeft(),
    "leave_lobby": lambda _: ev.LobbyLeft(Role.VISITOR),
    "hang_up": lambda _: ev.HungUp(Role.VISITOR),
    "resume": lambda ids: ev.VideoResumed(ids.new("call")),
    "close": lambda _: ev.ConversationClosed("visitor"),
}


@dataclass(frozen=True, slots=True)
class Session:
    """What the widget needs when it loads: `VisitorSession`. ``token`` is the visitor's, ready to use."""

    token: str
    visitor_id: str
    site: Json
    conversation: Json | None
    messages: list[Json]
    seq: int
    bot_status: BotStatus | None


class VisitorChat(UseCases):
    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._origins = _KnownOrigins()

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
        now = self._clock.now()
        kind: Literal["desktop", "mobile"] = "desktop" if device == "desktop" else "mobile"
        async with self._store.transaction() as tx:
            site = await tx.sites.by_key(site_key)
            if site is None:
                raise NotFound("site_not_found", "No site has this key. Check the snippet on the page.")
            _require_origin(site, origin)
            known = await tx.people.visitor(visitor_id) if visitor_id is not None else None
            if known is not None and known.site_id == site.id:
                visitor = replace(
                    known, language=language, device=kind, can_video=can_video, page_url=page_url
                )
                if visitor != known:
                    await tx.people.save_visitor(visitor)
            else:
                visitor = Visitor(self._ids.new("v"), site.id, now, language, kind, can_video, page_url)
                await tx.people.add_visitor(visitor)
        async with self._store.transaction(read_only=True) as tx:
            # The number first: what happens while the rest is read comes again through the socket.
            seq = await tx.feed.head(f"visitor:{visitor.id}")
            conversation = await tx.conversations.latest_of_visitor(visitor.id)
            view = await self._render_visitor(tx, conversation) if conversation is not None else None
            messages = await tx.messages.list(conversation.id) if conversation is not None else []
            bot = await bot_view(tx, site.bot_id or RASA) if site.bot else None
        return Session(
            token=self._tokens.issue_visitor(visitor.id, site.id, now),
            visitor_id=visitor.id,
            site=site_view(site, self._policies.live, language, bot=bot),
            conversation=view,
            messages=message_views(messages, for_visitor=True),
            seq=seq,
            bot_status=self._bot_status(site),
        )

    async def check_origin(self, visitor_id: str, origin: str | None) -> None:
        """For every further visitor call: the page's origin must be one of the visitor's site.

        Raises:
            NotFound: there is no such visitor.
            Forbidden: the origin is another one.
        """
        now = self._clock.now().timestamp()
        site = self._origins.get(visitor_id, now)
        if site is None:
            async with self._store.transaction(read_only=True) as tx:
                visitor = await tx.people.visitor(visitor_id)
                site = await tx.sites.get(visitor.site_id) if visitor is not None else None
            if site is None:
                raise NotFound("visitor_not_found", "There is no such visitor.")
            self._origins.put(visitor_id, site, now)
        _require_origin(site, origin)

    async def start(
        self,
        visitor_id: str,
        *,
        client_id: str,
        want: Literal["chat", "video"] = "chat",
        language: str | None = None,
    ) -> Json:
        """Start a conversation, or return the open one. → `VisitorConversationWithHistory`.

        ``want`` video asks for a video conversation; refused by a rule, the chat is there all the same and what
        it can do says so.
        """
        conversation_id = await self._open_or_begin(visitor_id, language)
        if want == "video":
            # Refused by a rule, the chat is there all the same, and says what it can do.
            with contextlib.suppress(Refused):
                await self._do(
                    conversation_id, ev.VideoRequested(), key=f"want:{conversation_id}:{client_id}"
                )
        return await self.visitor_conversation(visitor_id, conversation_id)

    async def _open_or_begin(self, visitor_id: str, language: str | None = None) -> str:
        """The id of the visitor's open conversation, started if there is none."""
        async with self._store.transaction(read_only=True) as tx:
            visitor = await tx.people.visitor(visitor_id)
            if visitor is None:
                raise NotFound("visitor_not_found", "There is no such visitor.")
            latest = await tx.conversations.latest_of_visitor(visitor_id)
            if latest is not None and latest.state is not State.CLOSED:
                return latest.id
            site = await tx.sites.get(visitor.site_id)
            connected = await tx.bots.get(site.bot_id) if site is not None and site.bot_id else None
        previous_id = latest.id if latest is not None else None
        conversation_id = id_after(visitor_id, previous_id)
        event = ev.ConversationStarted(
            conversation_id=conversation_id,
            site_id=visitor.site_id,
            visitor_id=visitor.id,
            language=language or visitor.language,
            device=Device(visitor.device),
            can_video=visitor.can_video,
            bot_id=await self._bot_for(site, connected),
            previous_id=previous_id,
        )
        await self._do(conversation_id, event, context=Context(page_url=visitor.page_url))
        return conversation_id

    def _bot_status(self, site: Site) -> BotStatus | None:
        if not site.bot:
            return None
        if site.bot_id is not None:
            return self._offers.status(site.bot_id) if self._offers is not None else None
        return self._bot.status() if self._bot is not None else None

    async def _bot_for(self, site: Site | None, connected: ConnectedBot | None) -> str | None:
        """The bot that a conversation on this site starts with; None: people answer."""
        if site is None or not site.bot:
            return None
        if site.bot_id is None:
            return RASA
        if connected is None or self._offers is None:
            return None
        return connected.id if await self._offers.is_offered(connected, site.id) else None

    async def visitor_conversation(
        self, visitor_id: str, conversation_id: str, *, after_position: int = 0
    ) -> Json:
        """→ `VisitorConversationWithHistory`."""
        async with self._store.transaction(read_only=True) as tx:
            conversation = await self._own(tx, visitor_id, conversation_id)
            messages = await tx.messages.list(conversation_id, after=after_position)
            return {
                "conversation": await self._render_visitor(tx, conversation),
                "messages": message_views(messages, for_visitor=True),
            }

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
        message = NewMessage(
            id=self._ids.new("m"),
            author="visitor",
            content={"type": "text", "text": text},
            author_id=visitor_id,
            client_id=client_id,
            payload=quick_reply,
        )

        async def wrote(moment: Moment) -> Event | None:
            if moment.conversation.visitor_id != visitor_id:
                raise NotFound("conversation_not_found", "There is no such conversation.")
            if moment.conversation.state is State.CLOSED:
                return None
            if quick_reply is not None and not await moment.tx.messages.offered(conversation_id, quick_reply):
                raise Invalid("quick_reply_not_offered", "This quick reply was not offered.")
            return ev.VisitorWrote(message.id)

        handled = await self._do_or_nothing(conversation_id, wrote, message)
        if handled is None:
            # Closed: what follows it takes the message. A quick reply of the closed conversation means nothing to
            # the new one's bot; its words remain.
            following = await self._open_or_begin(visitor_id)
            again = await self._do(
                following, ev.VisitorWrote(message.id), messages=(replace(message, payload=None),)
            )
            handled = again.messages[0]
        return {"message": message_view(handled), "conversation_id": handled.conversation_id}

    async def _do_or_nothing(
        self, conversation_id: str, wrote: EventMaker, message: NewMessage
    ) -> StoredMessage | None:
        """The stored message; None when the conversation is closed."""
        handled = await self._handler.handle(conversation_id, wrote, messages=(message,))
        if handled.conversation is None:
            raise NotFound("conversation_not_found", "There is no such conversation.")
        if handled.duplicate and handled.conversation.visitor_id != message.author_id:
            raise NotFound("conversation_not_found", "There is no such conversation.")
        if handled.messages:
            return handled.messages[0]
        if isinstance(handled.outcome, Ignored) and handled.outcome.reason in ("nothing_to_do", "closed"):
            return None
        raise refusal_of(handled.outcome)

    async def visitor_act(self, visitor_id: str, conversation_id: str, action: VisitorAction) -> Json:
        """→ `VisitorConversation`."""
        return await self._visitor_act(visitor_id, conversation_id, _EVENT_OF_ACTION[action](self._ids))

    async def answer_proposal(
        self, visitor_id: str, conversation_id: str, proposal_id: str, *, accept: bool
    ) -> Json:
        """→ `VisitorConversation`."""
        event: Event = ev.VideoDeclined(proposal_id)
        if accept:
            event = ev.VideoAccepted(proposal_id, self._ids.new("call"))
        return await self._visitor_act(visitor_id, conversation_id, event)

    async def set_capability(self, visitor_id: str, conversation_id: str, *, can_video: bool) -> Json:
        """→ `VisitorConversation`."""
        return await self._visitor_act(visitor_id, conversation_id, ev.CapabilityChanged(can_video))

    async def set_language(self, visitor_id: str, conversation_id: str, *, language: str) -> Json:
        """→ `VisitorConversation`."""
        return await self._visitor_act(visitor_id, conversation_id, ev.LanguageChosen(language))

    async def switch_camera(self, visitor_id: str, conversation_id: str, *, on: bool) -> Json:
        """→ `VisitorConversation`."""
        return await self._visitor_act(visitor_id, conversation_id, ev.CameraSwitched(on))

    async def visitor_typing(self, visitor_id: str, conversation_id: str) -> None:
        """Tell the other side; nothing is stored, a foreign conversation is silently left alone."""
        async with self._store.transaction(read_only=True) as tx:
            loaded = await tx.conversations.load(conversation_id)
        if loaded is None or loaded.conversation.visitor_id != visitor_id:
            return
        if loaded.conversation.agent_id is not None:
            frame: Json = {"type": "typing", "conversation_id": conversation_id, "by": "visitor"}
            await self._bus.publish_ephemeral(agent_stream(loaded.conversation.agent_id), frame)

    async def _visitor_act(self, visitor_id: str, conversation_id: str, event: Event) -> Json:
        async def mine(moment: Moment) -> Event:
            if moment.conversation.visitor_id != visitor_id:
                raise NotFound("conversation_not_found", "There is no such conversation.")
            return event

        handled = await self._do(conversation_id, mine)
        if handled.conversation is None:
            raise NotFound("conversation_not_found", "There is no such conversation.")
        return await self._visitor_view(conversation_id)

    async def _own(self, tx: Transaction, visitor_id: str, conversation_id: str) -> Conversation:
        conversation = await self._load(tx, conversation_id)
        if conversation.visitor_id != visitor_id:
            raise NotFound("conversation_not_found", "There is no such conversation.")
        return conversation


class _KnownOrigins:
    """The sites of visitors seen lately: asked with every call, changed hardly ever."""

    _SECONDS = 5.0
    _MOST = 50_000

    def __init__(self) -> None:
        self._sites: dict[str, tuple[float, Site]] = {}

    def get(self, visitor_id: str, now: float) -> Site | None:
        found = self._sites.get(visitor_id)
        return found[1] if found is not None and now - found[0] < self._SECONDS else None

    def put(self, visitor_id: str, site: Site, now: float) -> None:
        if len(self._sites) >= self._MOST:
            self._sites.clear()
        self._sites[visitor_id] = (now, site)


def _require_origin(site: Site, origin: str | None) -> None:
    if origin is None or origin.lower().rstrip("/") not in site.allowed_origins:
        raise Forbidden("origin_not_allowed", "This page is not one of the site's.")


def id_after(visitor_id: str, previous_id: str | None) -> str:
    """The id of the conversation that follows this one of the visitor."""
    # The same predecessor gives the same id: two tabs that start at once start one conversation.
    return "c_" + hashlib.blake2b(f"{visitor_id}\0{previous_id}".encode(), digest_size=12).hexdigest()
