"""The JSON of the external-bot contract: what is sent, and what comes back.

What comes back is taken as deployed connectors send it: unknown keys are left alone, absent ones have their meaning,
a reply that cannot be shown is left out with the others kept. What is not of the contract's shape at all is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from orchestrator.application.connected.records import (
    SCRIPT_STEPS_MAX,
    Close,
    ConnectedBot,
    HandOver,
    Pause,
    Say,
    Scenario,
    Step,
    Strategy,
)
from orchestrator.application.records import Json, StoredMessage

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

TRANSFER_DEFAULT = timedelta(seconds=60)
TRANSFER_LEAST, TRANSFER_MOST = timedelta(seconds=5), timedelta(seconds=60)
PAUSE_MOST = timedelta(minutes=30)
CARDS_MOST = 10
LINKS_MOST = 5
TEXT_MOST = 4000


class Malformed(ValueError):  # noqa: N818
    """An answer that is not of the contract; says where, and holds nothing of what it said."""


# --- what is sent ----------------------------------------------------------------------------------------


def moment(at: datetime) -> str:
    """A moment as the contract writes it: ``2017-11-22T12:04:00.762Z[Etc/UTC]``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z[Etc/UTC]"


def bot_body(bot: ConnectedBot, rules: Iterable[tuple[str, str]]) -> Json:
    """``PUT /bots/:idOperator``."""
    return {
        "name": bot.name,
        "pseudo": bot.pseudo,
        "language": bot.language,
        "distributionRules": [{"id": rule, "label": label} for rule, label in rules],
        "external": {"idBot": bot.scenario},
    }


def conversation_body(bot: ConnectedBot, conversation_id: str, history: Sequence[StoredMessage]) -> Json:
    """``POST /conversations``."""
    return {
        "idOperator": bot.operator_id,
        "idConversation": conversation_id,
        "history": [message_body(message) for message in history],
    }


def message_body(message: StoredMessage) -> Json:
    """One message. Of a quick reply its value returns, which is what the visitor reads, too."""
    role = "visitor" if message.author == "visitor" else "operator"
    return {
        "idMessage": message.id,
        "author": {"role": role},
        "payload": {"contentType": "text", "value": message.payload or words_of(message.content)},
        "createdAt": moment(message.at),
    }


def words_of(content: Json) -> str:
    """A message's words; of one without words, what stands for them."""
    for key in ("text", "alt", "name"):
        if content.get(key):
            return str(content[key])
    cards = content.get("cards")
    if isinstance(cards, list):
        titles: list[str] = [str(card.get("title") or card.get("text") or "") for card in cards]  # pyright: ignore
        return " · ".join(filter(None, titles))
    return ""


# --- what comes back ---------------------------------------------------------------------------------------


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _web_address(value: object) -> object:
    if isinstance(value, str) and not value.startswith(("https://", "http://")):
        raise ValueError("an address begins with https:// or http://")
    return value


def _as_text(value: object) -> object:
    # Connectors write prices as numbers as well as text.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Optional = BeforeValidator(_blank_is_none)
Words = Annotated[str, Field(min_length=1, max_length=TEXT_MOST)]
Title = Annotated[Annotated[str, Field(max_length=300)] | None, Optional]
Prose = Annotated[Annotated[str, Field(max_length=TEXT_MOST)] | None, Optional]
Price = Annotated[Annotated[str, Field(max_length=60)] | None, Optional, BeforeValidator(_as_text)]
Url = Annotated[str, BeforeValidator(_web_address), Field(max_length=2048)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Scenario(_Wire):
    idBot: Annotated[str, Field(min_length=1, max_length=200)]  # noqa: N815 - the contract's names
    name: Annotated[str | None, Field(max_length=300)] = None
    description: Annotated[str | None, Field(max_length=2000)] = None
    editorUrl: Annotated[str | None, Field(max_length=2048)] = None  # noqa: N815


class _Bot(_Wire):
    external: _Scenario


class _Strategy(_Wire):
    strategy: Literal["atLeastOne", "all", "customAvailability", "notAvailable"]
    distributionRulesToCheck: Annotated[list[str], Field(max_length=1000)] = []  # noqa: N815
    availability: bool = False


class _Image(_Wire):
    url: Url
    description: Title = None


class _Link(_Wire):
    name: Title = None
    url: Url


class _Availability(_Wire):
    status: Annotated[str | None, Field(max_length=100)] = None


class _Card(_Wire):
    """A card of content, and a product's offer, which has a name and prices."""

    title: Title = None
    name: Title = None
    text: Prose = None
    description: Prose = None
    price: Price = None
    offerPrice: Price = None  # noqa: N815
    image: _Image | None = None
    availability: _Availability | None = None
    actions: Annotated[list[_Link], Field(max_length=LINKS_MOST)] = []


class _Text(_Wire):
    value: Words


class _File(_Wire):
    fileName: Annotated[str, Field(min_length=1, max_length=300)]  # noqa: N815
    mimeType: Literal["image/gif", "image/png", "image/jpeg", "application/pdf"]  # noqa: N815
    url: Url


class _QuickReply(_Wire):
    value: Annotated[str, Field(min_length=1, max_length=256)]


class _Duration(_Wire):
    unit: Literal["millis", "seconds", "minutes"]
    value: Annotated[float, Field(ge=0, allow_inf_nan=False, le=1e9)]

    @property
    def length(self) -> timedelta:
        seconds = {"millis": 0.001, "seconds": 1.0, "minutes": 60.0}[self.unit]
        return timedelta(seconds=min(self.value * seconds, 86400.0))


class _TransferOptions(_Wire):
    timeout: _Duration | None = None


class _Transfer(_Wire):
    distributionRule: Annotated[str, Field(min_length=1, max_length=64)]  # noqa: N815
    transferOptions: _TransferOptions | None = None  # noqa: N815


class _Pause(_Wire):
    duration: _Duration


_SCENARIOS = TypeAdapter(list[_Scenario])
_STRATEGIES = TypeAdapter(list[_Strategy])
_QUICK_REPLIES = TypeAdapter(Annotated[list[_QuickReply], Field(max_length=20)])
_CARDS = TypeAdapter(Annotated[list[_Card], Field(min_length=1, max_length=CARDS_MOST)])


def parse_json(body: bytes) -> Any:
    """Raises:
    Malformed: it is no JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("the answer is not JSON") from error


def parse_scenarios(body: bytes) -> list[Scenario]:
    """``GET /external-bots``.

    Raises:
        Malformed: it is no list of scenarios.
    """
    found = _checked(_SCENARIOS, parse_json(body), "scenarios")
    return [Scenario(one.idBot, one.name or one.idBot, one.description or "", one.editorUrl) for one in found]


def parse_bot(body: bytes) -> Scenario:
    """``GET /bots/:idOperator``: the scenario it speaks for.

    Raises:
        Malformed: it is no bot.
    """
    found = _model(_Bot, parse_json(body)).external
    return Scenario(found.idBot, found.name or found.idBot, found.description or "", found.editorUrl)


def parse_strategies(body: bytes) -> list[Strategy]:
    """``GET /availability-strategies``.

    Raises:
        Malformed: it is no list of strategies.
    """
    found = _checked(_STRATEGIES, parse_json(body), "strategies")
    return [Strategy(one.strategy, tuple(one.distributionRulesToCheck), one.availability) for one in found]


def parse_replies(body: bytes, *, expected: Sequence[str] = ()) -> tuple[str | None, list[Step], list[str]]:
    """A Conversation, or the first messages: the bot's id of it, the steps, and why replies were left out.

    An empty body is no replies: so do deployed connectors answer an echo. ``expected``: the ids under which the
    conversation is known; none: any will do.

    Raises:
        Malformed: it is none, or of another conversation.
    """
    if not body.strip():
        return None, [], []
    answer = parse_json(body)
    if not isinstance(answer, dict):
        raise Malformed("the answer is not an object")
    told: Any = answer.get("idConversation")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    external = str(told)[:200] if isinstance(told, str | int) and str(told) else None
    if expected and external is not None and external not in expected:
        raise Malformed("idConversation is that of another conversation")
    replies: Any = answer.get("replies", [])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if replies is None:
        replies = []
    if not isinstance(replies, list):
        raise Malformed("replies is not a list")
    steps: list[Step] = []
    left_out: list[str] = []
    items: list[Any] = list(replies)  # pyright: ignore[reportUnknownArgumentType]
    if len(items) > SCRIPT_STEPS_MAX:
        left_out.append(f"replies.{SCRIPT_STEPS_MAX}: at most {SCRIPT_STEPS_MAX} replies are taken")
    for index, reply in enumerate(items[:SCRIPT_STEPS_MAX]):
        try:
            steps.append(_step(reply))
        except Malformed as error:
            left_out.append(f"replies.{index}: {error}")
    if items and not steps:
        raise Malformed(left_out[0])
    return external, steps, left_out


def _step(reply: Any) -> Step:
    kind = reply.get("type") if isinstance(reply, dict) else None
    match kind:
        case "message":
            return Say(_content(reply.get("payload")), _quick_replies(reply.get("quickReplies")))
        case "await":
            return Pause(min(_model(_Pause, reply).duration.length, PAUSE_MOST))
        case "transfer":
            transfer = _model(_Transfer, reply)
            options = transfer.transferOptions
            timeout = options.timeout.length if options and options.timeout else TRANSFER_DEFAULT
            return HandOver(transfer.distributionRule, min(max(timeout, TRANSFER_LEAST), TRANSFER_MOST))
        case "close":
            return Close()
        case _:
            raise Malformed("type is none of message, await, transfer, close")


def _quick_replies(offered: Any) -> tuple[tuple[str, str], ...]:
    replies = _checked(_QUICK_REPLIES, offered or [], "quickReplies")
    return tuple((_clean(one.value), _clean(one.value)) for one in replies)


def _content(payload: Any) -> Json:
    kind = payload.get("contentType") if isinstance(payload, dict) else None
    match kind:
        case "text":
            return {"type": "text", "text": _clean(_model(_Text, payload).value)}
        case "card/content" | "product-offer":
            return _cards([_model(_Card, payload)])
        case "bundle/card":
            return _cards(_checked(_CARDS, payload.get("cards"), "cards"))
        case "bundle/product-offer":
            return _cards(_checked(_CARDS, payload.get("offers"), "offers"))
        case "file":
            file = _model(_File, payload)
            name = _clean(file.fileName)
            if file.mimeType.startswith("image/"):
                return {"type": "image", "url": file.url, "alt": name}
            return {"type": "file", "name": name, "mime_type": file.mimeType, "url": file.url}
        case _:
            raise Malformed("payload.contentType is not one that can be shown")


def _cards(cards: Sequence[_Card]) -> Json:
    shown = [_card(card) for card in cards]
    if not any(card["title"] or card["text"] or card["image_url"] for card in shown):
        raise Malformed("a card has neither words nor an image")
    return {"type": "cards", "cards": shown}


def _card(card: _Card) -> Json:
    title, text = card.title or card.name, card.text or card.description
    return {
        "title": _clean(title) if title else None,
        "text": _clean(text) if text else None,
        "image_url": card.image.url if card.image else None,
        "image_alt": _clean(card.image.description) if card.image and card.image.description else "",
        "price": card.price,
        "offer_price": card.offerPrice,
        "availability": card.availability.status if card.availability else None,
        "links": [{"title": _clean(link.name or link.url), "url": link.url} for link in card.actions],
    }


def _clean(text: str) -> str:
    return text.replace("\x00", "")


def _model(kind: type[M], value: object) -> M:
    return _checked(TypeAdapter(kind), value, "")


def _checked(adapter: TypeAdapter[T], value: object, what: str) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(filter(None, [what, *(str(part) for part in first["loc"])]))
        raise Malformed(f"{path}: {first['msg']}"[:300]) from error
