"""A visitor who comes again: the agent sees what was said before, and reads it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, Picture
from tests.e2e.people import PATIENCE_MS, Cast
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

BEFORE = {"fr": "Ma lampe ne s’allume plus.", "en": "My lamp does not light any more."}


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_what_was_said_before(
    team: Cast, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    marc = team.agent("marc@demo.visavis", video=False, **page)
    visitor = team.visitor(language, **page)
    visitor.open_chat()
    # Without a bot, who writes asks for a person.
    visitor.write(BEFORE[language])
    marc.accept()
    marc.in_state("chat")
    expect(marc.at("earlier")).to_have_count(0)
    first = marc.conversation_id
    marc.close()
    visitor.in_state("closed")
    marc.switch("presence-chat", False)

    agent = team.agent(video=False, **page)
    visitor.at("new-conversation").click()
    expect(visitor.at("composer")).to_be_visible()
    visitor.at("request-person").click()
    agent.accept()
    agent.in_state("chat")
    assert agent.conversation_id != first
    if mobile:
        agent.at("toggle-info").click()
    expect(agent.at("earlier-one")).to_have_count(1, timeout=PATIENCE_MS)
    expect(agent.at("earlier-one")).to_contain_text("Marc")
    expect(agent.at("earlier-one")).to_contain_text(BEFORE[language])
    screens.look(agent.page, "desk: earlier conversations")
    picture(agent.page, f"desk-earlier-{'phone' if mobile else 'desktop'}")
    agent.at("earlier-one").click()
    reading = agent.at("reading")
    expect(reading).to_contain_text(BEFORE[language], timeout=PATIENCE_MS)
    expect(reading.get_by_test_id("reading-take-over")).to_have_count(0)
    screens.look(agent.page, "desk: reading an earlier conversation")
    agent.page.keyboard.press("Escape")
    expect(reading).to_have_count(0)
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)
