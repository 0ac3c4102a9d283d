"""What makes a day at the desk bearable: keys, drafts that stay, a dark desk, word of a request in the background."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, Picture
from tests.e2e.people import PATIENCE_MS, Agent, Cast
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

TWICE = pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
LOCALE = {"fr": "fr-FR", "en": "en-GB"}

# A page in the background, and a browser that lets it notify: what it would show is kept.
IN_THE_BACKGROUND = """
window.notices = [];
window.Notification = class {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, { body, tag }) {
    this.notice = { title, body, tag, open: true };
    window.notices.push(this.notice);
  }
  close() { this.notice.open = false; }
};
Object.defineProperty(Document.prototype, "visibilityState", { get: () => "hidden" });
"""


def press(agent: Agent, key: str) -> None:
    agent.page.keyboard.press(f"Alt+Shift+{key}")


def theme(agent: Agent, name: str) -> None:
    agent.at("account").click()
    agent.at(f"theme-{name}").click()
    expect(agent.at(f"theme-{name}")).to_have_attribute("aria-pressed", "true")
    agent.page.keyboard.press("Escape")


@TWICE
def test_a_dark_desk(team: Cast, picture: Picture, language: str, size: dict[str, int], mobile: bool) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {"size": size, "mobile": mobile, "locale": LOCALE[language]}
    agent = team.agent(**page)
    theme(agent, "dark")
    screens.look(agent.page, "dark: empty")
    visitor = team.visitor(language, **page)
    visitor.ask_for_a_person()
    expect(agent.at("invitation")).to_be_visible(timeout=PATIENCE_MS)
    screens.look(agent.page, "dark: invitation")
    agent.accept()
    agent.in_state("chat")
    visitor.write("42 ?")
    agent.sees("42 ?")
    agent.write("42.")
    screens.look(agent.page, "dark: conversation")
    picture(agent.page, f"desk-dark-{'phone' if mobile else 'desktop'}")
    # It stays over a reload, whatever the system says; and goes back.
    agent.page.reload()
    agent.in_state("chat")
    expect(agent.page.locator("visavis-desk")).to_have_attribute("theme", "dark")
    agent.at("account").click()
    screens.look(agent.page, "dark: account")
    agent.at("theme-auto").click()
    expect(agent.page.locator("visavis-desk")).to_have_attribute("theme", "auto")
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)


@TWICE
def test_a_day_by_the_keyboard(
    team: Cast, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {"size": size, "mobile": mobile, "locale": LOCALE[language]}
    agent = team.agent(video=False, **page)
    press(agent, "h")
    expect(agent.at("shortcuts")).to_be_visible()
    screens.look(agent.page, "keyboard shortcuts")
    picture(agent.page, f"desk-shortcuts-{'phone' if mobile else 'desktop'}")
    # The sheet has the keys for itself.
    press(agent, "2")
    expect(agent.at("go-inbox")).not_to_have_attribute("aria-current", "page")
    agent.page.keyboard.press("Escape")
    expect(agent.at("shortcuts")).to_have_count(0)
    press(agent, "2")
    expect(agent.at("go-inbox")).to_have_attribute("aria-current", "page")
    press(agent, "1")

    visitors = [team.visitor(language, **page) for _ in range(2)]
    for visitor in visitors:
        visitor.ask_for_a_person()
        expect(agent.at("invitation")).to_be_visible(timeout=PATIENCE_MS)
        press(agent, "a")
        agent.in_state("chat")
        visitor.in_state("chat")
        expect(agent.at("invitation")).to_have_count(0)
    first, second = (visitor.conversation_id for visitor in visitors)
    assert agent.conversation_id == second

    # What is begun stays with its conversation, over a change and over a reload.
    press(agent, "w")
    expect(agent.at("composer")).to_be_focused()
    agent.page.keyboard.type("Deuxième")
    press(agent, "ArrowUp")
    expect(agent.at("conversation")).to_have_attribute("data-conversation-id", first or "")
    expect(agent.at("composer")).to_have_value("")
    press(agent, "ArrowDown")
    expect(agent.at("composer")).to_have_value("Deuxième")
    agent.page.reload()
    agent.in_state("chat")
    expect(agent.at("composer")).to_have_value("Deuxième")
    press(agent, "w")
    agent.page.keyboard.press("End")
    agent.page.keyboard.type(" : 42")
    agent.page.keyboard.press("Enter")
    visitors[1].sees("agent", "Deuxième : 42")
    expect(agent.at("composer")).to_have_value("")

    press(agent, "i")
    press(agent, "e")
    expect(agent.at("confirm")).to_be_visible()
    agent.at("confirm").click()
    visitors[1].in_state("closed")
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)


def test_a_request_is_announced_while_the_desk_is_in_the_background(team: Cast) -> None:
    agent = team.agent(video=False, script=IN_THE_BACKGROUND)
    agent.at("account").click()
    agent.at("notify").click()
    expect(agent.at("notify")).to_have_attribute("aria-checked", "true")
    agent.page.keyboard.press("Escape")
    visitor = team.visitor()
    visitor.ask_for_a_person()
    expect(agent.at("invitation")).to_be_visible(timeout=PATIENCE_MS)
    agent.page.wait_for_function("window.notices.length === 1")
    (notice,) = agent.page.evaluate("window.notices")
    assert notice["title"] == "Nouvelle demande"
    assert notice["body"] == "La Maison des Lampes · Conseillers"
    assert notice["open"]
    agent.accept()
    agent.in_state("chat")
    agent.page.wait_for_function("!window.notices[0].open")


def test_no_notification_unless_it_was_asked_for(team: Cast) -> None:
    agent = team.agent(video=False, script=IN_THE_BACKGROUND)
    visitor = team.visitor()
    visitor.ask_for_a_person()
    expect(agent.at("invitation")).to_be_visible(timeout=PATIENCE_MS)
    assert agent.page.evaluate("window.notices.length") == 0
