"""The waiting room: the place in the line as it changes, an honest word about the wait, and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.people import PATIENCE_MS, Cast
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

BEHIND_ONE = {"fr": "1 personne avant vous", "en": "1 person before you"}
FIRST = {"fr": "Vous êtes en tête de la file", "en": "You are first in line"}


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_the_second_in_the_line_becomes_the_first_and_leaves(
    team: Cast, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    first = team.visitor(language, **page)
    first.ask_for_a_person()
    expect(first.at("position")).to_have_text(FIRST[language])
    second = team.visitor(language, **page)
    second.ask_for_a_person()
    expect(second.at("position")).to_have_text(BEHIND_ONE[language], timeout=PATIENCE_MS)
    # A band, or that none is known: which of them depends on what the product has seen by now, and on whose page was
    # closed a moment ago.
    expect(second.at("wait").or_(second.at("wait-unknown"))).to_be_visible()
    screens.look(second.page, "waiting room")

    first.at("leave-queue").click()
    first.in_state("chat")
    first.told("queue_left")
    expect(second.at("position")).to_have_text(FIRST[language], timeout=PATIENCE_MS)
    second.at("leave-queue").click()
    second.in_state("chat")
    expect(second.at("waiting")).to_have_count(0)
    expect(second.at("request-person")).to_be_visible()
    screens.look(second.page, "after the waiting room")
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)
