"""The HTTP contract between the orchestrator and a Rasa bot, without Rasa and without any IO.

Standard library only, so that both environments can import it (Rasa's Python 3.10 and the platform's 3.11+) and so
that the whole contract can be tested without TensorFlow. ``visavis_channel.py`` is the thin part that touches Rasa.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BODY_BYTES = 64 * 1024
MAX_SKEW_SECONDS = 300
TIMESTAMP_HEADER = "X-Visavis-Timestamp"
SIGNATURE_HEADER = "X-Visavis-Signature"
SIGNATURE_PREFIX = "sha256="

# The sleeps (seconds) before the second, third, … attempt to deliver a turn.
RETRY_DELAYS = (0.2, 1.0, 3.0, 10.0)

SESSION_OPEN_INTENT = "session_open"
EVENT_INTENT_PREFIX = "EXTERNAL_"

KINDS = ("session_open", "message", "event")
DEVICES = ("desktop", "mobile", "tablet")

# Below this many seconds the bot may say that somebody will be there at once.
SHORT_WAIT_SECONDS = 120

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PAYLOAD = re.compile(r"\s*/(?P<intent>[^{@\s]+)\s*(?P<entities>\{.*\})?\s*", re.DOTALL)
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class ContractError(ValueError):
    """A body that does not follow the contract. The message names the field and never quotes the visitor."""


class InvalidReplyError(ValueError):
    """The bot answered something that cannot be delivered, such as a transfer without a card."""


# --- signatures ------------------------------------------------------------------------------------------------------


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of the signature header for ``body`` sent at ``timestamp`` (unix seconds)."""
    signed = str(timestamp).encode() + b"." + body
    return SIGNATURE_PREFIX + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signed_headers(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of a signed JSON request."""
    return {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: sign(secret, timestamp, body),
    }


def verify(secret: str, timestamp: str | None, signature: str | None, body: bytes, *, now: float) -> bool:
    """Say whether ``body`` was signed with ``secret`` at most ``MAX_SKEW_SECONDS`` before or after ``now``."""
    if not timestamp or not signature or not _TIMESTAMP.fullmatch(timestamp):
        return False
    # The text is signed, not the number: "007" and "7" must not be the same request.
    if abs(now - int(timestamp)) > MAX_SKEW_SECONDS or str(int(timestamp)) != timestamp:
        return False
    expected = sign(secret, int(timestamp), body)
    # Bytes: compare_digest refuses text that is not ASCII, and a header may hold anything.
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


# --- orchestrator -> bot ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """One thing that happened in a conversation, as the orchestrator tells it to the bot."""

    id: str
    conversation_id: str
    kind: str
    text: str | None = None
    payload: str | None = None
    event_name: str | None = None
    event_reason: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    """Language, device, page, availability and wait: becomes the metadata of the Rasa message."""


def parse_delivery(body: bytes) -> Delivery:
    """Read the body of a webhook call.

    Raises:
        ContractError: the body is not JSON or a field is missing, unknown in kind or of the wrong type.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise ContractError("the body is not JSON") from None
    if not isinstance(data, dict):
        raise ContractError("the body must be a JSON object")
    kind = data.get("kind")
    if kind not in KINDS:
        raise ContractError(f"'kind' must be one of {', '.join(KINDS)}")
    payload = _optional_text(data, "payload")
    event_name, event_reason = _event(data) if kind == "event" else (None, None)
    return Delivery(
        id=_identifier(data, "id"),
        conversation_id=_identifier(data, "conversation_id"),
        kind=kind,
        text=_text(data, "text") if kind == "message" and payload is None else _optional_text(data, "text"),
        payload=payload,
        event_name=event_name,
        event_reason=event_reason,
        context=_context(data),
    )


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        raise ContractError(f"'{key}' must be text")
    # JSON can spell half a surrogate pair, which nothing after this point could encode.
    return value.encode("utf-8", "replace").decode()


def _optional_text(data: Mapping[str, Any], key: str) -> str | None:
    return None if data.get(key) is None else _text(data, key)


def _identifier(data: Mapping[str, Any], key: str) -> str:
    value = _text(data, key)
    if not value or len(value) > 200 or not value.isprintable():
        raise ContractError(f"'{key}' must be 1 to 200 printable characters")
    return value


def _event(data: Mapping[str, Any]) -> tuple[str, str | None]:
    event = data.get("event")
    if not isinstance(event, dict):
        raise ContractError("'event' must be an object when 'kind' is event")
    name = _text(event, "name")
    if not _NAME.fullmatch(name):
        raise ContractError("'event.name' must be lower case letters, digits and underscores")
    return name, _optional_text(event, "reason")


def _context(data: Mapping[str, Any]) -> dict[str, Any]:
    availability = data.get("availability") or {}
    if not isinstance(availability, dict):
        raise ContractError("'availability' must be an object")
    wait = data.get("estimated_wait_seconds")
    if wait is not None and (isinstance(wait, bool) or not isinstance(wait, (int, float)) or wait < 0):
        raise ContractError("'estimated_wait_seconds' must be a number of seconds or null")
    device = _optional_text(data, "device")
    if device is not None and device not in DEVICES:
        raise ContractError(f"'device' must be one of {', '.join(DEVICES)}")
    return {
        "language": _optional_text(data, "language"),
        "device": device,
        "page_url": _optional_text(data, "page_url"),
        "availability": {channel: _flag(availability, channel) for channel in ("chat", "video")},
        "estimated_wait_seconds": wait,
    }


def _flag(availability: Mapping[str, Any], channel: str) -> bool:
    value = availability.get(channel, False)
    if not isinstance(value, bool):
        raise ContractError(f"'availability.{channel}' must be true or false")
    return value


def context_entities(context: Mapping[str, Any]) -> dict[str, str]:
    """Turn a message's context into entities, so that ``from_entity`` slots follow it at every turn.

    Every entity has a value even when the fact is unknown: a slot keeps its value until an entity replaces it, and
    an estimate that is no longer known must not linger.
    """
    availability = context.get("availability") or {}
    return {
        "language": primary_language(context.get("language")) or "unknown",
        "device": context.get("device") or "unknown",
        "chat_available": "yes" if availability.get("chat") else "no",
        "video_available": "yes" if availability.get("video") else "no",
        "wait": _wait_band(context.get("estimated_wait_seconds")),
    }


def primary_language(tag: str | None) -> str | None:
    """Return the primary subtag in lower case: ``fr-CA`` and ``fr_FR`` speak ``fr``."""
    return re.split(r"[-_]", tag.strip().lower())[0] or None if tag else None


def _wait_band(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    return "short" if seconds <= SHORT_WAIT_SECONDS else "long"


# --- what Rasa is told -----------------------------------------------------------------------------------------------


def neutralise(text: str) -> str:
    """Return a visitor's words such that Rasa cannot read them as ``/intent{"entity": …}``.

    Rasa trims the text before it looks for the slash, so spaces between slashes go too.
    """
    while text and (text[0] == "/" or text[0].isspace()):
        text = text[1:]
    # Nothing but slashes: Rasa needs some text, and this one is as unclear as what the visitor wrote.
    return text or "?"


def intent_of(payload: str) -> str | None:
    """Return the intent a payload such as ``/order_status{"order_number": "123"}`` names, None for plain words."""
    match = _PAYLOAD.fullmatch(payload)
    return match.group("intent") if match else None


def with_entities(payload: str, entities: Mapping[str, str]) -> str:
    """Return ``payload`` with ``entities`` added; its own win. Plain words are returned as they are.

    Rasa skips the NLU pipeline for such a text, so what a component adds to a message must be added here instead.
    """
    match = _PAYLOAD.fullmatch(payload)
    if match is None or not entities:
        return payload
    try:
        own = json.loads(match.group("entities") or "{}")
    except ValueError:
        return payload
    return f"/{match.group('intent')}{json.dumps({**entities, **own}, ensure_ascii=False)}"


def rasa_text(delivery: Delivery, *, intents: Collection[str], entities: Collection[str]) -> str | None:
    """Return the text to hand to Rasa, or None when this bot has no intent for what happened.

    Args:
        delivery: what happened.
        intents: the intents of the bot's domain; one that it lacks would only be misread as words.
        entities: the entities of the bot's domain; Rasa warns about others.
    """
    if delivery.kind == "message" and delivery.payload is None:
        return neutralise(delivery.text or "")
    if delivery.kind == "message":
        payload = delivery.payload or ""
    elif delivery.kind == "session_open":
        payload = "/" + SESSION_OPEN_INTENT
    else:
        payload = f"/{EVENT_INTENT_PREFIX}{delivery.event_name}"
    intent = intent_of(payload)
    if intent is None:
        return neutralise(payload)
    if intent not in intents:
        return None
    known = dict(context_entities(delivery.context))
    if delivery.kind == "event":
        known["event_reason"] = delivery.event_reason or "unknown"
    return with_entities(payload, {name: value for name, value in known.items() if name in entities})


# --- bot -> orchestrator ---------------------------------------------------------------------------------------------


def text_reply(text: str, buttons: list[Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Build a text reply; a button without a payload sends its own title back, as words."""
    return {"type": "text", "text": text, "quick_replies": [_quick_reply(button) for button in buttons or []]}


def _quick_reply(button: Mapping[str, Any]) -> dict[str, str]:
    title = button.get("title")
    if not isinstance(title, str) or not title.strip():
        raise InvalidReplyError("a button needs a title")
    return {"title": title, "payload": str(button.get("payload") or title)}


def image_reply(url: str, alt: str = "") -> dict[str, Any]:
    """Build an image reply. An empty ``alt`` marks it as decorative."""
    return {"type": "image", "url": url, "alt": alt}


def custom_reply(custom: Any) -> dict[str, Any]:
    """Turn the ``custom:`` block of a Rasa response into a transfer, an image with a description, or opaque data.

    Raises:
        InvalidReplyError: a transfer names no usable card.
    """
    if isinstance(custom, Mapping) and "transfer_card" in custom:
        return _transfer(custom, card_id=_card_id(custom["transfer_card"]), card=None)
    if isinstance(custom, Mapping) and "transfer" in custom:
        inline = custom["transfer"]
        if not isinstance(inline, Mapping):
            raise InvalidReplyError("'transfer' must hold a title and a text")
        return _transfer({**custom, **inline}, card_id=None, card=_inline_card(inline))
    if isinstance(custom, Mapping) and isinstance(custom.get("image"), Mapping):
        return image_reply(str(custom["image"].get("url", "")), str(custom["image"].get("alt", "")))
    return {"type": "custom", "data": custom}


def _card_id(value: Any) -> str:
    if not isinstance(value, str) or _unset(value):
        raise InvalidReplyError("'transfer_card' must name a card")
    return value


def _inline_card(inline: Mapping[str, Any]) -> dict[str, str]:
    card = {key: str(inline[key]) for key in ("title", "text") if not _unset(inline.get(key))}
    if "text" not in card:
        raise InvalidReplyError("an inline transfer card needs a text")
    return {"title": card.get("title", ""), "text": card["text"]}


def _transfer(
    source: Mapping[str, Any], *, card_id: str | None, card: dict[str, str] | None
) -> dict[str, Any]:
    reply: dict[str, Any] = {"type": "transfer", "card_id": card_id, "card": card, "slots": _slots(source)}
    for key in ("reason", "summary"):
        if not _unset(source.get(key)):
            reply[key] = str(source[key])
    return reply


def _slots(source: Mapping[str, Any]) -> dict[str, str]:
    slots = source.get("slots") or {}
    if not isinstance(slots, Mapping):
        raise InvalidReplyError("'slots' must be an object")
    return {str(name): str(value) for name, value in slots.items() if not _unset(value)}


def _unset(value: Any) -> bool:
    """Say whether a filled-in value is no value: Rasa prints an unset slot as ``None``."""
    return value is None or str(value).strip() in ("", "None")


def turn_body(
    conversation_id: str, in_reply_to: str | None, replies: list[dict[str, Any]], error: str | None
) -> bytes:
    """Encode the one callback of a turn. ``error`` names a kind of failure and never holds words of the visitor."""
    turn = {
        "conversation_id": conversation_id,
        "in_reply_to": in_reply_to,
        "replies": replies,
        "error": error,
    }
    return json.dumps(turn, ensure_ascii=False).encode()


# --- deliveries already seen -----------------------------------------------------------------------------------------


class RecentIds:
    """Remembers delivery ids for as long as their signature stays valid, so that a replay is recognised.

    Held in memory: after a restart of the bot a delivery of the last few minutes could be answered twice, which the
    orchestrator recognises by the ids of the replies.
    """

    def __init__(self, *, keep_seconds: float = 2 * MAX_SKEW_SECONDS, at_most: int = 50_000) -> None:
        self._keep_seconds = keep_seconds
        self._at_most = at_most
        self._seen: OrderedDict[str, float] = OrderedDict()

    def add(self, delivery_id: str, now: float) -> bool:
        """Remember an id at ``now`` (seconds) and say whether it was new."""
        while self._seen and (
            len(self._seen) > self._at_most or next(iter(self._seen.values())) < now - self._keep_seconds
        ):
            self._seen.popitem(last=False)
        if delivery_id in self._seen:
            return False
        self._seen[delivery_id] = now
        return True
