"""Notes between colleagues in the middle of a conversation: marked as such, kept from the visitor, read on transfer."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, Picture
from tests.e2e.people import PATIENCE_MS, Cast
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

NOTE = {"fr": "Cliente fidèle.", "en": "A loyal customer."}
AFTER = {"fr": "Remise accordée.", "en": "Discount granted."}
PLACEHOLDER = {"fr": "Note pour vos collègues", "en": "A note for colleagues"}


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_an_internal_note(
    team: Cast, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    agent = team.agent(video=False, **page)
    visitor = team.visitor(language, **page)
    visitor.ask_for_a_person()
    agent.accept()
    agent.in_state("chat")
    visitor.write("42 ?")
    agent.sees("42 ?")

    agent.at("note-switch").click()
    expect(agent.at("note-switch")).to_have_attribute("aria-pressed", "true")
    expect(agent.at("composer")).to_be_focused()
    placeholder = agent.at("composer").get_attribute("placeholder") or ""
    assert placeholder.startswith(PLACEHOLDER[language])
    agent.page.keyboard.type(NOTE[language])
    screens.look(agent.page, "desk: writing a note")
    agent.page.keyboard.press("Enter")
    line = agent.lines(NOTE[language])
    expect(line).to_have_class("line private mine first last")
    expect(agent.page.locator("[data-pending]")).to_have_count(0, timeout=PATIENCE_MS)
    # The next line is for the visitor again.
    expect(agent.at("note-switch")).to_have_attribute("aria-pressed", "false")
    agent.write("42.")
    visitor.sees("agent", "42.")
    expect(visitor.lines(NOTE[language])).to_have_count(0)
    screens.look(agent.page, "desk: a note in the history")
    picture(agent.page, f"desk-note-{'phone' if mobile else 'desktop'}")
    agent.page.reload()
    agent.in_state("chat")
    expect(agent.lines(NOTE[language])).to_have_count(1)

    # After the end a note can still be written, and nothing else.
    agent.close()
    visitor.in_state("closed")
    expect(agent.at("note-switch")).to_be_disabled()
    agent.write(AFTER[language])
    expect(agent.lines(AFTER[language])).to_have_count(1)
    expect(agent.page.locator("[data-pending]")).to_have_count(0, timeout=PATIENCE_MS)
    screens.look(agent.page, "desk: a note after the end")
    visitor.page.reload()
    visitor.in_state("closed")
    expect(visitor.lines(NOTE[language])).to_have_count(0)
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)
