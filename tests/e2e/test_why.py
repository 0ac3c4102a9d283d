"""An agent is told why a request came to them, in words and in the desk's language."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, Picture
from tests.e2e.people import PATIENCE_MS, Cast
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

LABEL = {"fr": "Conseillers", "en": "Advisers"}
WANTED = {"fr": "Langue demandée", "en": "Language asked for"}


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_why_this_request(
    team: Cast, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    agent = team.agent(**page)
    visitor = team.visitor(language, **page)
    visitor.ask_for_a_person()

    expect(agent.at("invitation")).to_contain_text(LABEL[language], timeout=PATIENCE_MS)
    why = agent.at("why")
    expect(why.locator("[data-reason=language]")).to_contain_text(WANTED[language])
    expect(why.locator("[data-reason=group]")).to_be_hidden()
    why.locator("summary").focus()
    agent.page.keyboard.press("Enter")
    expect(why.locator("[data-reason=group]")).to_contain_text(LABEL[language])
    screens.look(agent.page, "desk: why this request")
    picture(agent.page, f"desk-why-{'phone' if mobile else 'desktop'}")

    agent.accept()
    agent.in_state("chat")
    if mobile:
        agent.at("toggle-info").click()
    expect(agent.at("info")).to_contain_text(LABEL[language])
    expect(agent.at("info")).not_to_contain_text("advisors")
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)
