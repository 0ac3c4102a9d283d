"""An agent hands a conversation on: to a colleague who declines, then to a group in which somebody accepts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, Picture
from tests.e2e.people import PATIENCE_MS, Cast
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

NOTE = {"fr": "Elle demande un échange.", "en": "She asks for an exchange."}
GROUP = {"fr": "Spécialistes", "en": "Specialists"}


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_declined_by_a_colleague_then_accepted_in_a_group(
    team: Cast, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    kind = "phone" if mobile else "desktop"
    claire = team.agent(video=False, **page)
    visitor = team.visitor(language, **page)
    visitor.ask_for_a_person()
    expect(claire.at("waited")).to_be_visible(timeout=PATIENCE_MS)
    claire.accept()
    claire.in_state("chat")
    conversation = claire.conversation_id
    marc = team.agent("marc@demo.visavis", video=False, **page)

    claire.at("transfer").click()
    expect(claire.at("receiver").first).to_be_visible(timeout=PATIENCE_MS)
    screens.look(claire.page, "transfer: who")
    claire.at("receiver").filter(has_text="Marc").get_by_role("radio").check()
    claire.at("transfer-note").fill(NOTE[language])
    picture(claire.page, f"desk-transfer-{kind}")
    claire.at("transfer-send").click()
    expect(claire.at("transfer-pending")).to_contain_text("Marc", timeout=PATIENCE_MS)
    screens.look(claire.page, "transfer: pending")
    expect(marc.at("invitation-from")).to_contain_text("Claire", timeout=PATIENCE_MS)
    expect(marc.at("invitation")).to_contain_text(NOTE[language])
    screens.look(marc.page, "transfer: invitation")
    picture(marc.page, f"desk-transfer-invitation-{kind}")
    marc.at("decline").click()
    expect(claire.at("transfer-pending")).to_have_count(0, timeout=PATIENCE_MS)
    claire.told("transfer_declined")

    # Taken back before anybody has answered, then sent to whoever of a group accepts.
    claire.transfers("Marc")
    expect(marc.at("invitation")).to_be_visible(timeout=PATIENCE_MS)
    claire.at("withdraw-transfer").click()
    expect(marc.at("invitation")).to_have_count(0, timeout=PATIENCE_MS)
    expect(claire.at("transfer-pending")).to_have_count(0)
    claire.transfers(GROUP[language], NOTE[language])
    expect(claire.at("transfer-pending")).to_contain_text(GROUP[language], timeout=PATIENCE_MS)
    visitor.told("transfer_started")
    marc.accept()
    marc.in_state("chat")
    expect(claire.at("conversation")).to_have_count(0, timeout=PATIENCE_MS)
    visitor.told("agent_changed")
    marc.write("42")
    visitor.sees("agent", "42")
    assert marc.conversation_id == visitor.conversation_id == conversation
    # The colleague goes on seeing the note, marked as what it is.
    expect(marc.page.locator(".private").filter(has_text=NOTE[language]).first).to_be_visible()
    # The note was for the colleague: no visitor ever sees it.
    expect(visitor.lines(NOTE[language])).to_have_count(0)
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)
