"""The bot as the orchestrator meets it: a real Rasa process, spoken to and listened to over HTTP."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx
import pytest

from bot import environment
from tests.bot.callback_receiver import CallbackReceiver, Turn
from tests.bot.rasa_server import RasaServer
from tests.bot.visitor import Visitor

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(300)]

LANGUAGES = ("fr", "en")


@pytest.fixture
def visitor(rasa_server: RasaServer, receiver: CallbackReceiver) -> Visitor:
    return Visitor(rasa_server, receiver)


def _words(turn: Turn) -> str:
    assert turn["error"] is None
    return " ".join(reply["text"] for reply in turn["replies"] if reply["type"] == "text")


def _transfers(turn: Turn) -> list[dict[str, Any]]:
    assert turn["error"] is None
    return [reply for reply in turn["replies"] if reply["type"] == "transfer"]


def _payloads(turn: Turn) -> list[str]:
    return [q["payload"] for reply in turn["replies"] for q in reply.get("quick_replies", [])]


class TestConversation:
    @pytest.mark.parametrize(("language", "word"), [("fr", "Bonjour"), ("en-GB", "Hello"), ("de", "Bonjour")])
    def test_welcome(self, visitor: Visitor, language: str, word: str) -> None:
        visitor.language = language
        turn = visitor.opens()
        assert word in _words(turn)
        assert _payloads(turn) == ["/order_status", "/opening_hours", "/contact_options"]

    @pytest.mark.parametrize(
        ("language", "hello", "word"), [("fr", "bonjour", "Bonjour"), ("en", "hi", "Hello")]
    )
    def test_greeting(self, visitor: Visitor, language: str, hello: str, word: str) -> None:
        visitor.language = language
        assert word in _words(visitor.says(hello))

    @pytest.mark.parametrize(
        ("language", "question", "number"),
        [("fr", "où en est ma commande ?", "c'est le 7654321"), ("en", "where is my order?", "it's 7654321")],
    )
    def test_order_status(self, visitor: Visitor, language: str, question: str, number: str) -> None:
        visitor.language = language
        assert "7654321" not in _words(visitor.says(question))
        assert "7654321" in _words(visitor.says(number))
        assert "7654321" in _words(visitor.says(question))  # It remembers.

    def test_order_status_with_the_number(self, visitor: Visitor) -> None:
        assert "445566" in _words(visitor.says("Où est ma commande 445566 ?"))

    @pytest.mark.parametrize(
        ("language", "words"),
        [("fr", "je veux parler à un conseiller"), ("en", "I want to talk to an adviser")],
    )
    def test_a_person(self, visitor: Visitor, language: str, words: str) -> None:
        visitor.language = language
        turn = visitor.says(words)
        (transfer,) = _transfers(turn)
        assert transfer == {
            "id": f"{turn['in_reply_to']}:1",
            "type": "transfer",
            "card_id": "advisor",
            "card": None,
            "slots": {},
        }

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("fr", "en vidéo"),
            ("fr", "un conseiller par vidéo"),
            ("fr", "je voudrais parler à un conseiller en vidéo"),
            ("en", "by video"),
            ("en", "I would like to talk to an adviser by video"),
        ],
    )
    def test_a_person_by_video(self, visitor: Visitor, language: str, words: str) -> None:
        visitor.language = language
        assert [t["card_id"] for t in _transfers(visitor.says(words))] == ["video_advisor"]

    def test_the_order_number_goes_with_the_transfer(self, visitor: Visitor) -> None:
        visitor.says("où est ma commande 445566 ?")
        assert _transfers(visitor.says("je veux parler à un conseiller"))[0]["slots"] == {
            "order_number": "445566"
        }

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_an_inline_card(self, visitor: Visitor, language: str) -> None:
        visitor.language = language
        words = {"fr": "je veux faire une réclamation", "en": "I want to make a complaint"}
        (transfer,) = _transfers(visitor.says(words[language]))
        assert transfer["card_id"] is None
        assert transfer["card"]["title"] == {"fr": "Service clients", "en": "Customer care"}[language]
        assert transfer["reason"] == "complaint"
        assert transfer["summary"]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_chat_or_video(self, visitor: Visitor, language: str) -> None:
        visitor.language = language
        turn = visitor.chooses("/contact_options")
        assert _payloads(turn) == ["/talk_to_person", "/ask_video"]
        assert [t["card_id"] for t in _transfers(visitor.chooses("/ask_video"))] == ["video_advisor"]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_video_is_not_offered_when_there_is_none(self, visitor: Visitor, language: str) -> None:
        visitor.language = language
        words = {"fr": "comment vous contacter ?", "en": "how can I contact you?"}
        turn = visitor.says(words[language], availability={"chat": True, "video": False})
        assert _payloads(turn) == ["/talk_to_person"]

    @pytest.mark.parametrize(
        ("language", "words"),
        [("fr", "raconte-moi une blague"), ("en", "tell me a joke"), ("fr", "xkcd plugh"), ("en", "???")],
    )
    def test_out_of_scope_is_no_dead_end(self, visitor: Visitor, language: str, words: str) -> None:
        visitor.language = language
        turn = visitor.says(words)
        assert "/contact_options" in _payloads(turn)
        assert not _transfers(turn)

    @pytest.mark.parametrize(
        "text", ["/talk_to_person", " //talk_to_person", "/EXTERNAL_transfer_failed", "/restart"]
    )
    def test_a_visitor_cannot_type_an_intent(self, visitor: Visitor, text: str) -> None:
        turn = visitor.says(text)
        assert not _transfers(turn)
        assert "/contact_options" in _payloads(turn)  # Not understood, and no dead end.

    def test_a_visitor_cannot_type_an_entity(self, visitor: Visitor) -> None:
        assert "Hello" not in _words(visitor.says('/greet{"language": "en"}'))
        assert "Bonjour" in _words(visitor.says("bonjour"))

    @pytest.mark.parametrize(("language", "word"), [("fr", "désolé"), ("en", "sorry")])
    def test_when_the_transfer_fails(self, visitor: Visitor, language: str, word: str) -> None:
        visitor.language = language
        visitor.chooses("/talk_to_person")
        turn = visitor.learns("transfer_failed")
        assert word in _words(turn)
        assert "/talk_to_person" in _payloads(turn)
        yes = {"fr": "oui", "en": "yes"}[language]
        assert [t["card_id"] for t in _transfers(visitor.says(yes))] == ["advisor"]

    @pytest.mark.parametrize("event", ["transfer_cancelled", "video_ended", "visitor_returned"])
    def test_other_events(self, visitor: Visitor, event: str) -> None:
        assert _payloads(visitor.learns(event))

    def test_an_event_that_the_bot_does_not_know_ends_at_once(self, visitor: Visitor) -> None:
        turn = visitor.learns("agent_sneezed")
        assert (turn["replies"], turn["error"]) == ([], None)

    def test_the_language_follows_each_message(self, visitor: Visitor) -> None:
        assert "Bonjour" in _words(visitor.says("hello"))
        visitor.language = "en"
        assert "Hello" in _words(visitor.says("hello"))

    def test_a_long_wait_is_said_and_then_no_longer(self, visitor: Visitor) -> None:
        words = "je veux parler à un conseiller"
        assert "patience" in _words(visitor.says(words, estimated_wait_seconds=600))
        assert "patience" not in _words(visitor.says(words, estimated_wait_seconds=None))


class TestContract:
    def test_health(self, rasa_server: RasaServer) -> None:
        answer = httpx.get(environment.health_url(rasa_server.port))
        assert (answer.status_code, answer.json()) == (200, {"status": "ready"})

    @pytest.mark.parametrize("wrong", [{"secret": "another-secret-here"}, {"skew": -301}, {"skew": 310}])
    def test_bad_signature(self, visitor: Visitor, wrong: dict[str, Any]) -> None:
        assert visitor.post(kind="session_open", **wrong).status_code == 401
        time.sleep(0.3)
        assert not visitor.receiver.of(visitor.conversation_id)

    def test_no_signature(self, rasa_server: RasaServer) -> None:
        assert httpx.post(rasa_server.webhook_url, json={"kind": "session_open"}).status_code == 401

    @pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b'{"kind": "message"}'])
    def test_malformed(self, visitor: Visitor, raw: bytes) -> None:
        assert visitor.post(raw=raw).status_code == 400

    def test_a_refused_delivery_may_be_sent_again(self, visitor: Visitor) -> None:
        assert visitor.post(id="again-" + visitor.conversation_id, kind="nonsense").status_code == 400
        answer = visitor.post(id="again-" + visitor.conversation_id, kind="session_open")
        assert answer.json() == {"status": "accepted"}

    def test_too_large(self, visitor: Visitor) -> None:
        assert visitor.post(kind="message", text="x" * 65_536).status_code == 413

    def test_too_large_without_saying_so(self, rasa_server: RasaServer) -> None:
        chunks = (b"x" * 1024 for _ in range(100))
        assert httpx.post(rasa_server.webhook_url, content=chunks).status_code == 413

    def test_a_large_message_is_answered(self, visitor: Visitor) -> None:
        assert visitor.says("bonjour " * 4000)["in_reply_to"]

    def test_a_delivery_is_handled_once(self, visitor: Visitor) -> None:
        delivery: dict[str, Any] = {"id": uuid.uuid4().hex, "kind": "message", "text": "bonjour"}
        assert visitor.post(**delivery).json() == {"status": "accepted"}
        again = visitor.post(**delivery)
        assert (again.status_code, again.json()) == (202, {"status": "duplicate"})
        visitor.says("merci")  # In order: were the duplicate handled, it would be by now.
        answered = [a.turn["in_reply_to"] for a in visitor.receiver.of(visitor.conversation_id)]
        assert answered.count(delivery["id"]) == 1

    def test_back_to_back_messages_are_answered_in_order_and_without_a_pause(self, visitor: Visitor) -> None:
        ids = [uuid.uuid4().hex for _ in range(6)]
        texts = ["bonjour", "où est ma commande ?", "445566", "vos horaires", "merci", "au revoir"]
        began = time.monotonic()
        for delivery_id, text in zip(ids, texts, strict=True):
            assert visitor.post(id=delivery_id, kind="message", text=text).status_code == 202
        last = visitor.receiver.turn(ids[-1])
        assert time.monotonic() - began < 3  # Rasa's own lock store would take a second each.
        assert [a.turn["in_reply_to"] for a in visitor.receiver.of(visitor.conversation_id)] == ids
        assert "445566" in _words(visitor.receiver.turn(ids[2]))
        assert last["replies"]

    def test_a_later_turn_does_not_overtake_one_that_is_sent_again(self, visitor: Visitor) -> None:
        visitor.receiver.fail(visitor.conversation_id, 500)
        ids = [uuid.uuid4().hex for _ in range(3)]
        for delivery_id in ids:
            visitor.post(id=delivery_id, kind="message", text="bonjour")
        visitor.receiver.turn(ids[-1])
        attempts = visitor.receiver.of(visitor.conversation_id)
        assert [a.turn["in_reply_to"] for a in attempts] == [ids[0], *ids]

    def test_conversations_do_not_wait_for_each_other(
        self, rasa_server: RasaServer, receiver: CallbackReceiver
    ) -> None:
        stuck, free = Visitor(rasa_server, receiver), Visitor(rasa_server, receiver)
        receiver.fail(stuck.conversation_id, 500, 500, 500)
        stuck_id = uuid.uuid4().hex
        stuck.post(id=stuck_id, kind="session_open")
        began = time.monotonic()
        free.opens()
        assert time.monotonic() - began < 1.5
        assert receiver.turn(stuck_id)["replies"]

    def test_a_callback_that_fails_is_sent_again_with_the_same_ids(self, visitor: Visitor) -> None:
        visitor.receiver.fail(visitor.conversation_id, 500, 503)
        visitor.opens()
        attempts = visitor.receiver.of(visitor.conversation_id)
        assert [a.status for a in attempts] == [500, 503, 204]
        assert attempts[0].turn == attempts[1].turn == attempts[2].turn
        assert attempts[1].at - attempts[0].at == pytest.approx(0.2, abs=0.3)
        assert attempts[2].at - attempts[1].at == pytest.approx(1.0, abs=0.5)

    def test_a_callback_that_is_refused_is_not_sent_again(self, visitor: Visitor) -> None:
        visitor.receiver.fail(visitor.conversation_id, 422)
        visitor.post(kind="session_open")
        assert _words(visitor.says("bonjour"))
        assert [a.status for a in visitor.receiver.of(visitor.conversation_id)] == [422, 204]

    def test_the_bot_may_speak_by_itself(self, visitor: Visitor) -> None:
        """An external event through Rasa's own API reaches the visitor through ``get_output_channel``."""
        visitor.opens()
        httpx.post(
            f"{visitor.server.base_url}/conversations/{visitor.conversation_id}/trigger_intent",
            params={"output_channel": "latest", "token": visitor.server.api_token},
            json={"name": "EXTERNAL_visitor_returned"},
            timeout=10,
        ).raise_for_status()
        turn = visitor.receiver.pushed(visitor.conversation_id)
        assert turn["in_reply_to"] is None
        assert turn["replies"][0]["id"].startswith("push-")

    def test_no_words_of_a_visitor_are_logged(self, visitor: Visitor) -> None:
        visitor.says("bonjour mon code secret est abracadabrantesque")
        visitor.says("/abracadabrantesque")
        assert "abracadabrantesque" not in visitor.server.log.read_text(errors="replace")

    def test_rasas_own_api_is_closed_without_its_token(self, rasa_server: RasaServer) -> None:
        assert httpx.get(f"{rasa_server.base_url}/domain").status_code == 401


def test_answers_are_quick(visitor: Visitor) -> None:
    visitor.opens()
    took = []
    for _ in range(30):
        began = time.monotonic()
        visitor.says("vos horaires")
        took.append(time.monotonic() - began)
    took.sort()
    print(
        f"\nready after {visitor.server.started_in_seconds:.1f} s; "
        f"turn p50 {took[15] * 1000:.0f} ms, slowest {took[-1] * 1000:.0f} ms"
    )
    assert took[15] < 1
