"""The supervisor's live board: who waits and who works, and what a supervisor does about it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import DESKTOP, PHONE, Picture
from tests.e2e.people import PATIENCE_MS, Agent, Cast
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SOFIA = "sofia@demo.visavis"
GROUP = {"fr": "Spécialistes", "en": "Specialists"}


def entry(supervisor: Agent, conversation: str | None, kind: str = "board-entry") -> Locator:
    """The row of a conversation: of who waits, or of one that somebody has."""
    return supervisor.page.locator(f'[data-testid="{kind}"][data-conversation-id="{conversation}"]')


def test_agents_have_no_board(team: Cast) -> None:
    claire = team.agent(chat=False, video=False)
    expect(claire.at("go-inbox")).to_be_visible()
    expect(claire.at("go-board")).to_have_count(0)


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_the_board_shows_who_waits_and_a_supervisor_steers(
    team: Cast, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    kind = "phone" if mobile else "desktop"
    sofia = team.agent(SOFIA, chat=False, video=False, **page)
    sofia.goes_to("board")
    expect(sofia.at("board-group")).to_have_count(2, timeout=PATIENCE_MS)
    screens.look(sofia.page, "board: nobody waits")

    # Connected, but not available: nobody is invited, a supervisor decides.
    marc = team.agent("marc@demo.visavis", chat=False, video=False, **page)
    first, second = team.visitor(language, **page), team.visitor(language, **page)
    for visitor in (first, second):
        visitor.ask_for_a_person()
    one, two = first.conversation_id, second.conversation_id
    expect(entry(sofia, one)).to_have_attribute("data-position", "1", timeout=PATIENCE_MS)
    expect(entry(sofia, two)).to_have_attribute("data-position", "2", timeout=PATIENCE_MS)
    expect(sofia.at("board-group").first.get_by_test_id("board-chat")).to_contain_text("2 ")
    screens.look(sofia.page, "board: two wait")
    picture(sofia.page, f"desk-board-{kind}")

    # To another line, where the second is the first.
    entry(sofia, two).get_by_test_id("requeue").click()
    screens.look(sofia.page, "board: another line")
    sofia.at("requeue-group").select_option("experts")
    sofia.at("confirm").click()
    expect(entry(sofia, two)).to_contain_text(GROUP[language], timeout=PATIENCE_MS)
    expect(entry(sofia, two)).to_have_attribute("data-position", "1")

    # To an agent, without an invitation.
    entry(sofia, one).get_by_test_id("assign").click()
    screens.look(sofia.page, "board: assign")
    choice = sofia.at("assign-agent")
    choice.select_option(choice.locator("option", has_text="Marc").get_attribute("value"))
    sofia.at("confirm").click()
    expect(entry(sofia, one)).to_have_count(0, timeout=PATIENCE_MS)
    expect(entry(sofia, one, "board-held")).to_contain_text("Marc", timeout=PATIENCE_MS)
    first.in_state("chat")
    marc.at("conversation-item").click()
    marc.in_state("chat")
    assert marc.conversation_id == one

    # Reads along, and takes over.
    marc.write("42")
    entry(sofia, one, "board-held").get_by_test_id("read").click()
    expect(sofia.at("reading").get_by_test_id("message").filter(has_text="42")).to_be_visible(
        timeout=PATIENCE_MS
    )
    marc.write("43")
    expect(sofia.at("reading").get_by_test_id("message").filter(has_text="43")).to_be_visible(
        timeout=PATIENCE_MS
    )
    screens.look(sofia.page, "board: reading")
    sofia.at("reading-take-over").click()
    sofia.in_state("chat")
    assert sofia.conversation_id == one
    expect(marc.at("conversation")).to_have_count(0, timeout=PATIENCE_MS)
    sofia.write("44")
    first.sees("agent", "44")
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)


def test_a_board_that_hears_nothing_says_so_and_comes_back(team: Cast) -> None:
    sofia = team.agent(SOFIA, chat=False, video=False)
    sofia.goes_to("board")
    expect(sofia.at("board")).to_have_attribute("data-shown", "true", timeout=PATIENCE_MS)
    sofia.page.route("**/api/supervisor/board", lambda route: route.abort())
    expect(sofia.at("board-live")).to_have_attribute("data-live", "false", timeout=PATIENCE_MS)
    sofia.page.unroute("**/api/supervisor/board")
    expect(sofia.at("board-live")).to_have_attribute("data-live", "true", timeout=PATIENCE_MS)
