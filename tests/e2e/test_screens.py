"""Every screen, once on a desktop in French and once on a phone in English: accessible, within its width, tappable."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, OpenPage
from tests.e2e.people import Agent, Cast
from tests.e2e.running import Running
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.timeout(150)]

GREETING = {"fr": "Bonjour", "en": "Hello"}


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_every_screen_can_be_read_reached_and_tapped(
    product: Running, cast: Cast, open_page: OpenPage, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }

    stranger = open_page(**page)
    stranger.goto(f"{product.url}/desk/")
    expect(stranger.get_by_test_id("login-email")).to_be_visible()
    screens.look(stranger, "desk: login")
    stranger.get_by_test_id("login-email").fill("nobody@demo.visavis")
    stranger.get_by_test_id("login-password").fill("wrong")
    stranger.get_by_test_id("login-submit").click()
    expect(stranger.get_by_test_id("problem")).not_to_be_empty()
    screens.look(stranger, "desk: refused login")

    agent = cast.agent(chat=False, video=False, **page)
    screens.look(agent.page, "desk: away")
    agent.at("account").click()
    screens.look(agent.page, "desk: account")
    agent.at("change-password").click()
    screens.look(agent.page, "desk: password")
    agent.page.keyboard.press("Escape")
    agent.be_present()
    screens.look(agent.page, "desk: empty")

    visitor = cast.visitor(language, **page)
    screens.look(visitor.page, "shop")
    visitor.open_chat()
    visitor.sees("bot", GREETING[language])
    visitor.write("1 + 1 = 2 ?")
    expect(visitor.messages("bot").nth(1)).to_be_visible(timeout=20_000)
    screens.look(visitor.page, "chat with the bot")

    agent.switch("presence-video", False)
    visitor.at("request-video").click()
    visitor.in_state("queued")
    screens.look(visitor.page, "queue")
    visitor.at("test-devices").click()
    expect(visitor.page.locator("meter")).to_be_visible()
    screens.look(visitor.page, "queue: devices tested")

    agent.switch("presence-video", True)
    expect(agent.at("invitation")).to_be_visible(timeout=20_000)
    screens.look(agent.page, "desk: invitation")
    agent.accept()
    visitor.in_state("video_lobby")
    screens.look(visitor.page, "lobby")
    screens.look(agent.page, "desk: lobby")
    visitor.in_state("in_video")
    visitor.watches()
    agent.watches()
    screens.look(visitor.page, "call")
    screens.look(agent.page, "desk: call")
    if mobile:
        visitor.at("toggle-chat").click()
        screens.look(visitor.page, "call: chat")
        visitor.at("toggle-chat").click()
    visitor.at("hang-up").click()
    screens.look(visitor.page, "call: hang up?")
    visitor.at("confirm").click()
    visitor.in_state("chat")
    agent.in_state("chat")
    agent.write("2")
    visitor.sees("agent", "2")
    screens.look(visitor.page, "chat with the agent")
    screens.look(agent.page, "desk: conversation")
    information(agent, screens, mobile)
    agent.at("propose-video").click()
    expect(visitor.at("proposal")).to_be_visible()
    screens.look(visitor.page, "proposal")
    screens.look(agent.page, "desk: proposal")
    agent.at("close-conversation").click()
    screens.look(agent.page, "desk: close?")
    agent.at("confirm").click()
    visitor.in_state("closed")
    screens.look(visitor.page, "closed")
    screens.look(agent.page, "desk: closed")
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)


def information(agent: Agent, screens: Screens, mobile: bool) -> None:
    if not mobile:
        return
    agent.at("toggle-info").click()
    expect(agent.at("info")).to_be_visible()
    screens.look(agent.page, "desk: information")
    agent.at("info").get_by_role("button").first.click()
