"""What agents switch at the desk: pauses with reasons, the wrap-up, and the way back after missed requests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, OpenPage
from tests.e2e.people import PATIENCE_MS, Agent, Cast
from tests.e2e.running import ROOT, Running
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

# Nobody waits half a minute for a request to be missed, and the first one that is pauses.
CHANGES = (
    ("conversation.yaml", "invitation: 30s", "invitation: 5s"),
    ("routing.yaml", "pause_after_missed: 3", "pause_after_missed: 1\n    wrap_up: 5m"),
)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("quick")
    policies = shutil.copytree(ROOT / "rules" / "policies", folder / "policies")
    for name, old, new in CHANGES:
        change(policies / name, old, new)
    with Running(
        folder / "data",
        arguments=("--demo", "--no-bot"),
        environ={"VISAVIS_POLICY_DIR": str(policies)},
    ) as running:
        yield running


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} no longer holds {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def desk(quick: Running, open_page: OpenPage) -> Iterator[Cast]:
    people = Cast(quick, open_page)
    yield people
    people.leave()


def state(agent: Agent, channel: str) -> str | None:
    return agent.at(f"presence-{channel}").get_attribute("data-state")


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_pause_miss_and_wrap_up(desk: Cast, language: str, size: dict[str, int], mobile: bool) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    agent = desk.agent(video=False, **page)

    # A pause with a reason, by the keyboard alone.
    menu = agent.at("presence-chat-menu")
    menu.focus()
    agent.page.keyboard.press("Enter")
    expect(agent.at("chat-available")).to_have_attribute("aria-pressed", "true")
    screens.look(agent.page, "desk: choosing a state")
    for _ in range(3):
        agent.page.keyboard.press("Tab")
    expect(agent.at("chat-paused-lunch")).to_be_focused()
    agent.page.keyboard.press("Enter")
    expect(agent.at("presence-chat")).to_have_attribute("data-state", "paused")
    expect(agent.at("presence-chat")).to_have_attribute("aria-checked", "false")
    expect(agent.at("presence-chat")).to_have_accessible_name(
        {"fr": "Discussion, En pause : Déjeuner", "en": "Chat, Paused: Lunch"}[language]
    )
    expect(menu).to_be_focused()
    screens.look(agent.page, "desk: paused")

    # Another page of the same agent shows the same; a pause survives a reload.
    agent.page.reload()
    expect(agent.at("presence-chat")).to_have_attribute("data-state", "paused")
    agent.be_present(video=False)

    visitor = desk.visitor(language, **page)
    visitor.ask_for_a_person()
    expect(agent.at("invitation")).to_be_visible(timeout=PATIENCE_MS)
    expect(agent.at("come-back")).to_be_visible(timeout=PATIENCE_MS)
    assert (state(agent, "chat"), state(agent, "video")) == ("paused", "offline")
    screens.look(agent.page, "desk: paused for missed requests")
    agent.at("come-back").click()
    expect(agent.at("come-back")).to_have_count(0)
    expect(agent.at("presence-chat")).to_have_attribute("data-state", "available")
    assert state(agent, "video") == "offline"

    agent.accept()
    agent.in_state("chat")
    agent.close()
    expect(agent.at("wrap-up")).to_be_visible(timeout=PATIENCE_MS)
    expect(agent.at("wrap-up").get_by_role("timer")).to_have_text("4:58", timeout=PATIENCE_MS)
    screens.look(agent.page, "desk: wrap-up")
    agent.at("end-wrap-up").click()
    expect(agent.at("wrap-up")).to_have_count(0)
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)
