"""The journey: bot, transfer card, agent, video and back, in one conversation, in real Chromium with the real Rasa."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, Picture
from tests.e2e.people import Cast

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.timeout(300)]

PHRASE = "Vous allez être mis en relation par vidéo"


@pytest.mark.parametrize(
    ("size", "mobile", "hangs_up"), [(DESKTOP, False, "visitor"), (PHONE, True, "agent")]
)
def test_from_the_bot_to_video_and_back_in_one_conversation(
    cast: Cast, picture: Picture, size: dict[str, int], mobile: bool, hangs_up: str
) -> None:
    kind = "phone" if mobile else "desktop"
    agent = cast.agent(size=size, mobile=mobile)
    visitor = cast.visitor(size=size, mobile=mobile)
    picture(visitor.page, f"shop-{kind}")

    visitor.open_chat()
    visitor.sees("bot", "Bonjour")
    visitor.write("Quels sont vos horaires ?")
    expect(visitor.messages("bot").nth(1)).to_be_visible(timeout=20_000)
    conversation = visitor.conversation_id
    assert conversation
    picture(visitor.page, f"chat-{kind}")

    visitor.write("Je voudrais parler à un conseiller par vidéo")
    visitor.sees("bot", PHRASE)
    visitor.in_state("queued")
    expect(agent.at("invitation").first).to_be_visible(timeout=20_000)
    expect(agent.at("invitation")).to_contain_text("Mobile" if mobile else "Ordinateur")
    picture(visitor.page, f"card-{kind}")
    picture(agent.page, f"desk-invitation-{kind}")

    agent.accept()
    visitor.in_state("video_lobby")
    visitor.previews()
    picture(visitor.page, f"lobby-{kind}")
    visitor.in_state("in_video")
    agent.in_state("in_video")
    visitor.watches()
    agent.watches()
    picture(visitor.page, f"video-visitor-{kind}")
    picture(agent.page, f"video-agent-{kind}")
    assert visitor.conversation_id == conversation
    assert agent.conversation_id == conversation

    (visitor if hangs_up == "visitor" else agent).hang_up()
    visitor.in_state("chat")
    agent.in_state("chat")
    agent.write("Je reste avec vous par écrit.")
    visitor.sees("agent", "Je reste avec vous par écrit.")
    visitor.write("Merci beaucoup !")
    agent.sees("Merci beaucoup !")
    picture(agent.page, f"desk-conversation-{kind}")

    agent.close()
    visitor.in_state("closed")
    picture(visitor.page, f"closed-{kind}")
    assert visitor.conversation_id == conversation
    told = "\n".join(visitor.history())
    order = ["Bonjour", "horaires", "conseiller par vidéo", PHRASE, "Je reste avec vous", "Merci beaucoup"]
    places = [told.index(words) for words in order]
    assert places == sorted(places), told


def test_a_card_without_the_phrase_ends_in_chat(cast: Cast) -> None:
    agent = cast.agent()
    visitor = cast.visitor()
    visitor.open_chat()
    visitor.sees("bot", "Bonjour")
    visitor.write("Je veux parler à un conseiller par écrit")
    visitor.in_state("queued")
    agent.accept()
    visitor.in_state("chat")
    agent.in_state("chat")
    agent.write("Bonjour, je vous écoute.")
    visitor.sees("agent", "Bonjour, je vous écoute.")
    expect(visitor.at("call")).to_have_count(0)
    agent.close()
    visitor.in_state("closed")


def test_an_english_visitor_ends_in_chat_by_default(cast: Cast, picture: Picture) -> None:
    agent = cast.agent(locale="en-GB")
    visitor = cast.visitor("en", locale="en-GB")
    visitor.open_chat()
    visitor.sees("bot", "Hello")
    visitor.write("I would like to talk to an adviser by video")
    visitor.sees("bot", "You will be connected by video")
    visitor.in_state("queued")
    agent.accept()
    visitor.in_state("chat")
    agent.in_state("chat")
    agent.write("Hello, how can I help?")
    visitor.sees("agent", "Hello, how can I help?")
    expect(visitor.at("call")).to_have_count(0)
    picture(visitor.page, "chat-english")
    agent.close()
    visitor.in_state("closed")


def test_video_asked_for_at_once(cast: Cast) -> None:
    """From the shop's notification straight into the queue for video, without the bot."""
    agent = cast.agent(video=False)
    visitor = cast.visitor()
    visitor.at("open-video").click()
    visitor.in_state("queued")
    conversation = visitor.conversation_id
    expect(visitor.at("waiting")).to_be_visible()
    expect(agent.at("invitation")).to_have_count(0)
    agent.switch("presence-video", True)
    agent.accept()
    visitor.join_now()
    visitor.in_state("in_video")
    visitor.watches()
    agent.watches()
    assert visitor.conversation_id == agent.conversation_id == conversation
