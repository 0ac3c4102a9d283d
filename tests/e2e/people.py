"""A visitor and an agent as people at their browsers: what they see, press and type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.running import PASSWORD

PATIENCE_MS = 20_000
DECODED = """async () => { const s = await window.__visavis_stats?.(); return s ? s.framesDecoded : 0 }"""


def frames_decoded(page: Page) -> int:
    """How many frames of the other side's video this page has decoded so far."""
    return int(page.evaluate(DECODED) or 0)


def expect_frames_to_grow(page: Page) -> None:
    """The other side's video is moving: decoded frames keep growing."""
    page.wait_for_function(
        "async () => (await window.__visavis_stats?.())?.framesDecoded > 5", timeout=PATIENCE_MS
    )
    before = frames_decoded(page)
    page.wait_for_function(
        "async (n) => (await window.__visavis_stats?.())?.framesDecoded > n + 10",
        arg=before,
        timeout=PATIENCE_MS,
    )


class Person:
    """What both sides do alike."""

    page: Page

    def at(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def hang_up(self) -> None:
        """Press the red button, read what it means, and confirm."""
        self.at("hang-up").click()
        self.at("confirm").click()

    def close(self) -> None:
        self.at("close-conversation").click()
        self.at("confirm").click()

    def write(self, text: str) -> None:
        self.at("composer").fill(text)
        self.at("send").click()


@dataclass
class Visitor(Person):
    page: Page

    def visit(self, url: str, language: str = "fr") -> Visitor:
        self.page.goto(f"{url}/demo/?lang={language}")
        expect(self.at("open-chat")).to_be_visible(timeout=PATIENCE_MS)
        return self

    def open_chat(self) -> None:
        self.at("open-chat").click()
        expect(self.at("composer")).to_be_visible()

    def messages(self, role: str) -> Locator:
        return self.page.locator(f'[data-testid="message"][data-role="{role}"]')

    def sees(self, role: str, text: str) -> None:
        expect(self.messages(role).filter(has_text=text).last).to_be_visible(timeout=PATIENCE_MS)

    def in_state(self, state: str) -> None:
        expect(self.at("panel")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)

    @property
    def conversation_id(self) -> str | None:
        return self.at("panel").get_attribute("data-conversation-id")

    def history(self) -> list[str]:
        return [text.strip() for text in self.page.get_by_test_id("message").all_inner_texts()]


@dataclass
class Agent(Person):
    page: Page

    def log_in(self, url: str, email: str, *, chat: bool = True, video: bool = True) -> Agent:
        self.page.goto(f"{url}/desk/")
        self.at("login-email").fill(email)
        self.at("login-password").fill(PASSWORD)
        self.at("login-submit").click()
        expect(self.at("presence-chat")).to_be_visible(timeout=PATIENCE_MS)
        self.switch("presence-chat", chat)
        self.switch("presence-video", video)
        return self

    def switch(self, test_id: str, on: bool) -> None:
        wanted = "true" if on else "false"
        if self.at(test_id).get_attribute("aria-checked") != wanted:
            self.at(test_id).click()
        expect(self.at(test_id)).to_have_attribute("aria-checked", wanted)

    def accept(self) -> None:
        expect(self.at("invitation").first).to_be_visible(timeout=PATIENCE_MS)
        self.at("accept").first.click()

    def in_state(self, state: str) -> None:
        expect(self.at("conversation")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)

    def sees(self, text: str) -> None:
        expect(self.at("message").filter(has_text=text).last).to_be_visible(timeout=PATIENCE_MS)

    @property
    def conversation_id(self) -> str | None:
        return self.at("conversation").get_attribute("data-conversation-id")


def bounding(locator: Locator) -> dict[str, Any]:
    box = locator.bounding_box()
    assert box is not None
    return dict(box)
