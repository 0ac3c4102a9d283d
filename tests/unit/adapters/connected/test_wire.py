"""The JSON of the external-bot contract, as deployed connectors write it and as nobody should."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.adapters.connected import wire
from orchestrator.adapters.connected.wire import Malformed, parse_replies
from orchestrator.application.connected.records import Close, HandOver, Pause, Say, Strategy
from orchestrator.application.records import StoredMessage

RULE = "ef4670c3-d715-4a21-8226-ed17f354fc44"


def replies(*items: Any, **more: Any) -> bytes:
    return json.dumps({"replies": list(items)} | more).encode()


def message(payload: Any, *offered: Any) -> dict[str, Any]:
    return {"type": "message", "payload": payload, "quickReplies": list(offered)}


def test_every_kind_of_reply() -> None:
    body = replies(
        message({"contentType": "text", "value": "Oui ?"}, {"contentType": "text/quick-reply", "value": "Oui"}),
        {"type": "await", "duration": {"unit": "seconds", "value": 2}},
        {"type": "transfer", "distributionRule": RULE,
         "transferOptions": {"timeout": {"value": 20, "unit": "seconds"}}},
        {"type": "close"},
    )  # fmt: skip
    external, steps, left_out = parse_replies(body)
    assert (external, left_out) == (None, [])
    assert steps == [
        Say({"type": "text", "text": "Oui ?"}, (("Oui", "Oui"),)),
        Pause(timedelta(seconds=2)),
        HandOver(RULE, timedelta(seconds=20)),
        Close(),
    ]


@pytest.mark.parametrize(
    ("duration", "length"),
    [
        ({"unit": "millis", "value": 1500}, 1.5),
        ({"unit": "minutes", "value": 2}, 120),
        ({"unit": "minutes", "value": 500}, 1800),
        ({"unit": "seconds", "value": 0}, 0),
    ],
)
def test_pauses(duration: dict[str, Any], length: float) -> None:
    _, steps, _ = parse_replies(replies({"type": "await", "duration": duration}))
    assert steps == [Pause(timedelta(seconds=length))]


@pytest.mark.parametrize(
    ("options", "patience"),
    [
        (None, 60),
        ({}, 60),
        ({"timeout": {"value": 1, "unit": "seconds"}}, 5),
        ({"timeout": {"value": 10, "unit": "minutes"}}, 60),
    ],
)
def test_a_transfer_waits_five_to_sixty_seconds(options: Any, patience: int) -> None:
    transfer = {"type": "transfer", "distributionRule": RULE} | (
        {} if options is None else {"transferOptions": options}
    )
    _, steps, _ = parse_replies(replies(transfer))
    assert steps == [HandOver(RULE, timedelta(seconds=patience))]


def test_payloads_that_hold_more_than_words() -> None:
    link = {"type": "LINK", "name": "Voir", "url": "https://shop.test/1"}
    image = {"url": "https://shop.test/1.png", "description": "Une chaise"}
    card = {
        "contentType": "card/content",
        "title": "Chaise",
        "text": "En bois",
        "image": image,
        "actions": [link],
    }
    offer = {
        "contentType": "product-offer", "name": "Chaise", "price": 99.9, "offerPrice": "79,90 €",
        "description": "En bois", "availability": {"status": "AVAILABLE"}, "actions": [],
    }  # fmt: skip
    _, steps, left_out = parse_replies(
        replies(
            message(card),
            message(offer),
            message({"contentType": "bundle/card", "cards": [card, card]}),
            message({"contentType": "bundle/product-offer", "offers": [offer]}),
            message({"contentType": "file", "fileName": "a.png", "mimeType": "image/png", "url": "https://s.test/a"}),
            message({"contentType": "file", "fileName": "a.pdf", "mimeType": "application/pdf", "url": "https://s.test/b"}),
        )
    )  # fmt: skip
    assert left_out == []
    contents = [step.content for step in steps if isinstance(step, Say)]
    shown: Any = contents[0]["cards"]
    assert shown == [
        {
            "title": "Chaise", "text": "En bois", "image_url": "https://shop.test/1.png", "image_alt": "Une chaise",
            "price": None, "offer_price": None, "availability": None,
            "links": [{"title": "Voir", "url": "https://shop.test/1"}],
        }
    ]  # fmt: skip
    product: Any = contents[1]["cards"]
    assert (product[0]["title"], product[0]["price"], product[0]["offer_price"]) == (
        "Chaise",
        "99.9",
        "79,90 €",
    )
    several: Any = contents[2]["cards"]
    assert len(several) == 2
    assert contents[4] == {"type": "image", "url": "https://s.test/a", "alt": "a.png"}
    assert contents[5]["type"] == "file"


@pytest.mark.parametrize(
    "payload",
    [
        {"contentType": "text", "value": ""},
        {"contentType": "text", "value": "x" * 4001},
        {"contentType": "text"},
        {"contentType": "hologram"},
        {"contentType": "card/content", "title": " "},
        {
            "contentType": "card/content",
            "title": "x",
            "actions": [{"name": "x", "url": "javascript:alert(1)"}],
        },
        {"contentType": "card/content", "title": "x", "image": {"url": "data:image/svg+xml,x"}},
        {"contentType": "bundle/card", "cards": []},
        {"contentType": "bundle/card", "cards": [{"title": "x"}] * 11},
        {"contentType": "file", "fileName": "x", "mimeType": "text/html", "url": "https://x.test"},
        "text",
        None,
    ],
    ids=lambda payload: str(payload)[:50],
)
def test_a_payload_that_cannot_be_shown_is_left_out(payload: Any) -> None:
    good = message({"contentType": "text", "value": "Ici"})
    _, steps, left_out = parse_replies(replies(message(payload), good))
    assert steps == [Say({"type": "text", "text": "Ici"})]
    (why,) = left_out
    assert why.startswith("replies.0: ")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"{}",
        b'{"replies": null}',
        b'{"replies": [], "variables": [], "updateAt": "x", "createdAt": 3}',
    ],
)
def test_no_replies(body: bytes) -> None:
    assert parse_replies(body)[1] == []


@pytest.mark.parametrize(
    "body", [b"[]", b"1", b"nope", b'{"replies": {}}', b'{"replies": ["x"]}', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_not_of_the_contract(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_replies(body)


def test_an_answer_of_another_conversation() -> None:
    assert (
        parse_replies(b'{"idConversation": "mine", "replies": []}', expected=["mine", "theirs"])[0] == "mine"
    )
    with pytest.raises(Malformed, match="another conversation"):
        parse_replies(b'{"idConversation": "other", "replies": []}', expected=["mine", "theirs"])


def test_too_many_replies() -> None:
    _, steps, left_out = parse_replies(replies(*[{"type": "close"}] * 60))
    assert len(steps) == 50
    assert left_out == ["replies.50: at most 50 replies are taken"]


def test_what_it_says_is_never_repeated_in_an_error() -> None:
    secret = "4111 1111 1111 1111"
    for body in (replies(message({"contentType": "text", "value": [secret]})), replies({"type": secret})):
        with pytest.raises(Malformed) as caught:
            parse_replies(body)
        assert secret not in str(caught.value)


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["replies", "type", "payload", "contentType", "value", "duration", "unit", "cards", "actions",
                         "url", "message", "await", "transfer", "text", "idConversation"]), inner, max_size=5),
    max_leaves=20,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_bytes_are_steps_or_malformed(body: bytes) -> None:
    try:
        _, steps, _ = parse_replies(body)
    except Malformed:
        return
    assert all(isinstance(step, Say | Pause | HandOver | Close) for step in steps)


def test_strategies_and_scenarios() -> None:
    body = json.dumps(
        [{"strategy": "atLeastOne", "distributionRulesToCheck": [RULE]}, {"strategy": "notAvailable"}]
    )
    assert wire.parse_strategies(body.encode()) == [Strategy("atLeastOne", (RULE,)), Strategy("notAvailable")]
    (one,) = wire.parse_scenarios(b'[{"idBot": "1", "name": "Un", "editorUrl": "https://x.test", "more": 1}]')
    assert (one.id, one.name, one.description) == ("1", "Un", "")
    for bad in (b"{}", b'[{"name": "x"}]', b'[{"strategy": "sometimes"}]'):
        with pytest.raises(Malformed):
            wire.parse_scenarios(bad)
        with pytest.raises(Malformed):
            wire.parse_strategies(bad)


def test_a_message_as_it_is_told() -> None:
    at = datetime(2017, 11, 22, 12, 4, 0, 762_000, tzinfo=UTC)
    said = StoredMessage("m1", "c1", 1, "visitor", {"type": "text", "text": "Yes"}, at, payload="yes")
    assert wire.message_body(said) == {
        "idMessage": "m1",
        "author": {"role": "visitor"},
        "payload": {"contentType": "text", "value": "yes"},
        "createdAt": "2017-11-22T12:04:00.762Z[Etc/UTC]",
    }
    cards = {"type": "cards", "cards": [{"title": "Chaise"}, {"title": None, "text": "Table"}]}
    assert wire.words_of(cards) == "Chaise · Table"
