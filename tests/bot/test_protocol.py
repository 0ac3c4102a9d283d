"""The contract between orchestrator and bot, without Rasa."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot import visavis_protocol as protocol
from bot.visavis_protocol import ContractError, InvalidReplyError, RecentIds

SECRET = "a-secret-of-some-length"
NOW = 1_700_000_000


def _body(**fields: Any) -> bytes:
    return json.dumps(
        {"id": "d1", "conversation_id": "c1", "kind": "message", "text": "hi", **fields}
    ).encode()


def _text(*, intents: tuple[str, ...] = (), entities: tuple[str, ...] = (), **fields: Any) -> str | None:
    return protocol.rasa_text(protocol.parse_delivery(_body(**fields)), intents=intents, entities=entities)


class TestSignature:
    def test_what_is_signed_verifies(self) -> None:
        assert protocol.verify(SECRET, str(NOW), protocol.sign(SECRET, NOW, b"{}"), b"{}", now=NOW + 299)

    def test_known_value(self) -> None:
        """Fixed, so that the orchestrator's side can be tested against the same numbers."""
        known = "940c074e1710d2683e9acd909d307f633c7f71f0264eb9cdb5dff5ea92d12a35"
        assert protocol.sign("k", 1, b"a") == "sha256=" + known

    @pytest.mark.parametrize("skew", [301, -301])
    def test_too_old_or_too_new(self, skew: int) -> None:
        assert not protocol.verify(SECRET, str(NOW), protocol.sign(SECRET, NOW, b"{}"), b"{}", now=NOW + skew)

    @pytest.mark.parametrize("timestamp", [None, "", "abc", "-1", f"0{NOW}", f"{NOW} ", "9" * 40, "١"])
    def test_strange_timestamps(self, timestamp: str | None) -> None:
        assert not protocol.verify(SECRET, timestamp, protocol.sign(SECRET, NOW, b"{}"), b"{}", now=NOW)

    @pytest.mark.parametrize("signature", [None, "", "sha256=", "sha256=é", "md5=00"])
    def test_strange_signatures(self, signature: str | None) -> None:
        assert not protocol.verify(SECRET, str(NOW), signature, b"{}", now=NOW)

    def test_another_body_or_secret(self) -> None:
        signature = protocol.sign(SECRET, NOW, b"{}")
        assert not protocol.verify(SECRET, str(NOW), signature, b"{ }", now=NOW)
        assert not protocol.verify("another-secret", str(NOW), signature, b"{}", now=NOW)


class TestDelivery:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b"\xff",
            b"[" * 100_000,
            _body(kind="other"),
            _body(id=""),
            _body(id="a\nb"),
            _body(id=7),
            _body(conversation_id="x" * 201),
            _body(text=None),
            _body(text=["hi"]),
            _body(kind="event"),
            _body(kind="event", event={"name": "Bad Name"}),
            _body(kind="event", event={"name": 'x{"a":1}'}),
            _body(device="fridge"),
            _body(availability={"chat": "yes"}),
            _body(availability=[1]),
            _body(estimated_wait_seconds=-1),
            _body(estimated_wait_seconds="soon"),
        ],
    )
    def test_malformed(self, body: bytes) -> None:
        with pytest.raises(ContractError):
            protocol.parse_delivery(body)

    def test_the_error_does_not_quote_the_visitor(self) -> None:
        with pytest.raises(ContractError) as error:
            protocol.parse_delivery(_body(text="my secret", device="fridge"))
        assert "my secret" not in str(error.value)

    def test_half_a_surrogate_pair_can_still_be_encoded(self) -> None:
        body = b'{"id": "d", "conversation_id": "c", "kind": "message", "text": "\\ud83d"}'
        assert (protocol.parse_delivery(body).text or "").encode() == b"?"


class TestWhatRasaIsTold:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("/talk_to_person", "talk_to_person"),
            ("  //  /ask_video{}", "ask_video{}"),
            ("\u00a0\u2028/restart", "restart"),
            ("///", "?"),
            ("", "?"),
            ("1/2", "1/2"),
            ("hello", "hello"),
        ],
    )
    def test_a_visitor_cannot_name_an_intent(self, text: str, told: str) -> None:
        assert _text(text=text, intents=("talk_to_person", "ask_video", "restart")) == told

    def test_a_chosen_quick_reply_names_its_intent(self) -> None:
        assert _text(payload="/ask_video", intents=("ask_video",)) == "/ask_video"

    def test_the_context_goes_with_it(self) -> None:
        told = _text(payload="/greet", language="en-GB", intents=("greet",), entities=("language",))
        assert told == '/greet{"language": "en"}'

    def test_its_own_entities_win(self) -> None:
        told = _text(
            payload='/greet{"language":"fr"}', language="en", intents=("greet",), entities=("language",)
        )
        assert told == '/greet{"language": "fr"}'

    def test_a_quick_reply_may_be_plain_words(self) -> None:
        assert _text(payload="Oui, volontiers") == "Oui, volontiers"

    def test_what_this_bot_has_no_intent_for_is_not_said(self) -> None:
        assert _text(kind="session_open") is None
        assert _text(kind="event", event={"name": "agent_sneezed"}) is None

    def test_an_event_carries_its_reason(self) -> None:
        told = _text(
            kind="event",
            event={"name": "transfer_failed", "reason": 'full "house"'},
            intents=("EXTERNAL_transfer_failed",),
            entities=("event_reason",),
        )
        assert told == '/EXTERNAL_transfer_failed{"event_reason": "full \\"house\\""}'

    @pytest.mark.parametrize(
        ("seconds", "band"), [(None, "unknown"), (0, "short"), (120, "short"), (121, "long"), (9e9, "long")]
    )
    def test_wait_bands(self, seconds: float | None, band: str) -> None:
        assert protocol.context_entities({"estimated_wait_seconds": seconds})["wait"] == band

    @pytest.mark.parametrize(
        ("tag", "language"), [("fr-CA", "fr"), ("fr_FR", "fr"), (" EN ", "en"), ("", None), (None, None)]
    )
    def test_primary_language(self, tag: str | None, language: str | None) -> None:
        assert protocol.primary_language(tag) == language


class TestReplies:
    def test_a_card_by_id_drops_unset_slots(self) -> None:
        reply = protocol.custom_reply(
            {"transfer_card": "advisor", "slots": {"order_number": "None", "city": "Nantes", "x": None}}
        )
        assert reply == {"type": "transfer", "card_id": "advisor", "card": None, "slots": {"city": "Nantes"}}

    def test_an_inline_card(self) -> None:
        inline = {"title": "T", "text": "Some words", "reason": "r", "summary": "None"}
        assert protocol.custom_reply({"transfer": inline, "slots": {"a": "1"}}) == {
            "type": "transfer",
            "card_id": None,
            "card": {"title": "T", "text": "Some words"},
            "slots": {"a": "1"},
            "reason": "r",
        }

    @pytest.mark.parametrize(
        "custom",
        [
            {"transfer_card": "None"},
            {"transfer_card": 7},
            {"transfer_card": ""},
            {"transfer": "advisor"},
            {"transfer": {"title": "no text"}},
            {"transfer_card": "a", "slots": ["x"]},
        ],
    )
    def test_a_transfer_without_a_usable_card(self, custom: Any) -> None:
        with pytest.raises(InvalidReplyError):
            protocol.custom_reply(custom)

    def test_an_image_with_a_description(self) -> None:
        reply = protocol.custom_reply({"image": {"url": "https://x/y.png", "alt": "A chair"}})
        assert reply == {"type": "image", "url": "https://x/y.png", "alt": "A chair"}

    def test_anything_else_is_data(self) -> None:
        assert protocol.custom_reply([1, 2]) == {"type": "custom", "data": [1, 2]}

    def test_a_button_without_payload_sends_its_title(self) -> None:
        assert protocol.text_reply("?", [{"title": "Yes"}])["quick_replies"] == [
            {"title": "Yes", "payload": "Yes"}
        ]

    def test_a_button_without_title(self) -> None:
        with pytest.raises(InvalidReplyError):
            protocol.text_reply("?", [{"payload": "/x"}])


class TestRecentIds:
    def test_a_second_time_is_no_news(self) -> None:
        seen = RecentIds()
        assert seen.add("a", 0)
        assert not seen.add("a", 599)

    def test_forgets_once_the_signature_cannot_be_replayed(self) -> None:
        seen = RecentIds(keep_seconds=600)
        seen.add("a", 0)
        assert seen.add("a", 601)

    def test_stays_small(self) -> None:
        seen = RecentIds(at_most=10)
        for number in range(100):
            seen.add(str(number), number)
        assert len(seen._seen) <= 11
