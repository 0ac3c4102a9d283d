"""A message that a visitor leaves when nobody is there: found in the inbox, answered in a conversation."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, Picture
from tests.e2e.people import PATIENCE_MS, Agent, Cast
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

WORDS = {"fr": "Ma lampe est arrivée sans ampoule.", "en": "My lamp came without a bulb."}


def opens_message(agent: Agent, text: str) -> None:
    agent.at("left-message").filter(has_text=text).click()
    expect(agent.at("left-words")).to_have_text(text)


def count(agent: Agent) -> int:
    shown = agent.at("count-inbox")
    return int(shown.inner_text()) if shown.count() else 0


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_a_left_message_is_answered_in_a_conversation(
    team: Cast, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    agent = team.agent(chat=False, video=False, **page)
    agent.goes_to("inbox")
    expect(agent.at("inbox")).to_have_attribute("data-progress", "shown")
    screens.look(agent.page, "inbox: empty")

    visitor = team.visitor(language, **page)
    visitor.ask_for_a_person()
    visitor.at("leave-message").click()
    screens.look(visitor.page, "leave a message")
    picture(visitor.page, f"leave-message-{'phone' if mobile else 'desktop'}")
    visitor.at("leave-cancel").click()
    expect(visitor.at("composer")).to_be_focused()
    visitor.leaves_message(WORDS[language])
    visitor.in_state("chat")
    conversation = visitor.conversation_id

    # The desk hears of it by itself; the list shows who, when and in which language.
    expect(agent.at("count-inbox")).to_have_text("1", timeout=PATIENCE_MS)
    screens.look(agent.page, "inbox: list")
    opens_message(agent, WORDS[language])
    expect(agent.at("left")).to_contain_text("zoe@visitor.example")
    expect(agent.at("left")).to_contain_text({"fr": "français", "en": "English"}[language])
    # This product sends no mail, and says so instead of offering it.
    expect(agent.at("no-mail")).to_be_visible()
    expect(agent.at("mail-form")).to_have_count(0)
    screens.look(agent.page, "inbox: message")
    agent.at("take").click()
    expect(agent.at("left")).to_have_attribute("data-state", "taken")
    expect(agent.at("count-inbox")).to_have_count(0)
    picture(agent.page, f"desk-inbox-{'phone' if mobile else 'desktop'}")
    agent.at("release").click()
    expect(agent.at("left")).to_have_attribute("data-state", "open")

    agent.at("answer-in-conversation").click()
    agent.in_state("chat")
    assert agent.conversation_id == conversation
    agent.sees(WORDS[language])
    agent.write("42")
    visitor.sees("agent", "42")
    assert count(agent) == 0
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)


def test_one_takes_it_and_nobody_else_has_it(team: Cast) -> None:
    claire = team.agent(chat=False, video=False)
    marc = team.agent("marc@demo.visavis", chat=False, video=False)
    sofia = team.agent("sofia@demo.visavis", chat=False, video=False)
    visitor = team.visitor()
    visitor.ask_for_a_person()
    visitor.leaves_message("Rappelez-moi demain.")
    for agent in (claire, marc, sofia):
        agent.goes_to("inbox")
        opens_message(agent, "Rappelez-moi demain.")

    claire.at("take").click()
    expect(claire.at("left")).to_have_attribute("data-state", "taken")
    # A colleague is told where it went; a supervisor sees who has it, and gives it back.
    expect(marc.at("left-gone")).to_be_visible(timeout=PATIENCE_MS)
    expect(marc.at("left-message")).to_have_count(0)
    expect(sofia.at("left-state")).to_have_text("Pris par Claire", timeout=PATIENCE_MS)
    sofia.at("release").click()
    expect(claire.at("left")).to_have_attribute("data-state", "open", timeout=PATIENCE_MS)
    opens_message(marc, "Rappelez-moi demain.")
    marc.at("dismiss").click()
    marc.at("confirm").click()
    for agent in (claire, marc, sofia):
        expect(agent.at("left-message")).to_have_count(0, timeout=PATIENCE_MS)
        assert count(agent) == 0
