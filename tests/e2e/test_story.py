"""The desk says why a conversation went the way it did, in the agent's language."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, Picture
from tests.e2e.people import PATIENCE_MS, Cast
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

ASKED = {"fr": "Le visiteur a demandé une personne.", "en": "The visitor asked for a person."}
WROTE = {"fr": "Le visiteur a écrit un message.", "en": "The visitor wrote a message."}
LOOKED = {"fr": "Recherche\u00a0: Conseillers", "en": "Looked for Advisers"}
NEARLY = {"fr": "person-group-closed", "en": "person-group-closed"}


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_the_story_of_a_conversation(
    team: Cast, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    claire = team.agent(video=False, **page)
    visitor = team.visitor(language, **page)
    visitor.ask_for_a_person()
    claire.accept()
    claire.in_state("chat")

    if mobile:
        claire.at("toggle-info").click()
    expect(claire.at("info")).to_be_visible()
    story = claire.page.get_by_test_id("why-story")
    expect(claire.page.get_by_test_id("why-step")).to_have_count(0)
    story.locator("summary").first.click()
    step = claire.page.get_by_test_id("why-step")
    asked = step.filter(has_text=ASKED[language])
    expect(asked).to_have_count(1, timeout=PATIENCE_MS)
    expect(step.filter(has_text=LOOKED[language])).to_have_count(1)
    expect(step.filter(has_text="Claire").first).to_be_visible()
    expect(asked.get_by_text(NEARLY[language])).to_be_hidden()
    asked.locator("summary").click()
    expect(asked.get_by_text(NEARLY[language])).to_be_visible()
    screens.look(claire.page, "why")
    picture(claire.page, f"desk-story-{'phone' if mobile else 'desktop'}")

    # What happens from now on joins the story; what is said is not among the turning points.
    visitor.write("Une lampe bleue")
    before = step.count()
    claire.page.get_by_test_id("why-every").click()
    expect(step.filter(has_text=WROTE[language]).first).to_be_visible(timeout=PATIENCE_MS)
    assert step.count() > before
    expect(step.filter(has_text="lampe bleue")).to_have_count(0)
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)
