"""The journey: bot, transfer card, agent, video and back, in one conversation, in real Chromium with the real Rasa."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESKTOP, PHONE, OpenPage
from tests.e2e.people import Agent, Visitor, expect_frames_to_grow
from tests.e2e.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.timeout(300)]

Picture = Callable[[Page, str], None]
PHRASE = "Vous allez être mis en relation par vidéo"


@pytest.mark.parametrize(
    ("size", "mobile", "hangs_up"), [(DESKTOP, False, "visitor"), (PHONE, True, "agent")]
)
def test_from_the_bot_to_video_and_back_in_one_conversation(
    product: Running, open_page: OpenPage, picture: Picture, size: dict[str, int], mobile: bool, hangs_up: str
) -> None:
    kind = "phone" if mobile else "desktop"
    agent = Agent(open_page()).log_in(product.url, "claire@demo.visavis")
    visitor = Visitor(open_page(size, mobile=mobile)).visit(product.url)
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
    picture(visitor.page, f"card-{kind}")
    picture(agent.page, f"desk-invitation-{kind}")

    agent.accept()
    visitor.in_state("video_lobby")
    picture(visitor.page, f"lobby-{kind}")
    visitor.in_state("in_video")
    agent.in_state("in_video")
    expect_frames_to_grow(visitor.page)
    expect_frames_to_grow(agent.page)
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


def test_a_card_without_the_phrase_ends_in_chat(product: Running, open_page: OpenPage) -> None:
    agent = Agent(open_page()).log_in(product.url, "claire@demo.visavis")
    visitor = Visitor(open_page()).visit(product.url)
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


def test_an_english_visitor_ends_in_chat_by_default(
    product: Running, open_page: OpenPage, picture: Picture
) -> None:
    agent = Agent(open_page(locale="en-GB")).log_in(product.url, "claire@demo.visavis")
    visitor = Visitor(open_page(locale="en-GB")).visit(product.url, language="en")
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
