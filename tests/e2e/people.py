"""A visitor and an agent as people at their browsers: what they see, press and type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from playwright.sync_api import Error, Locator, Page, expect

from tests.e2e.faces import Who, face
from tests.e2e.running import PASSWORD, Running

PATIENCE_MS = 20_000
DECODED = """async () => { const s = await window.__visavis_stats?.(); return s ? s.framesDecoded : 0 }"""
PREVIEWING = """() => document.querySelector("visavis-widget").shadowRoot
  .querySelector("[data-testid=lobby] video")?.videoWidth > 0"""
CLOSE_AS_VISITOR = """async () => {
  const panel = document.querySelector("visavis-widget")?.shadowRoot?.querySelector("[data-testid=panel]");
  const id = panel?.dataset.conversationId;
  if (!id || panel.dataset.state === "closed") return;
  const headers = { authorization: `Bearer ${localStorage.getItem("visavis:demo:token")}` };
  await fetch(`/api/visitor/conversations/${id}/close`, { method: "POST", headers });
}"""
CLOSE_AS_AGENT = """async () => {
  const state = await (await fetch("/api/agent/state")).json();
  const headers = { "x-visavis": "desk" };
  for (const { id } of state.conversations ?? [])
    await fetch(`/api/agent/conversations/${id}/close`, { method: "POST", headers });
}"""


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
    other: ClassVar[Who]

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

    def lines(self, text: str) -> Locator:
        """Lines of the history that hold these words."""
        return self.at("message").filter(has_text=text)

    def told(self, notice: str) -> None:
        """A line of the system is in the history, in whichever words."""
        expect(self.page.locator(f'[data-notice="{notice}"]').last).to_be_attached(timeout=PATIENCE_MS)

    def history(self) -> list[str]:
        return [text.strip() for text in self.at("message").all_inner_texts()]

    def watches(self) -> None:
        """The other side's video is moving and shown, and it is the other side's."""
        expect(self.at("call")).to_have_attribute("data-picture", "true", timeout=PATIENCE_MS)
        expect_frames_to_grow(self.page)
        # A new connection shows nothing until its first picture is whole.
        for _ in range(100):
            if face(self.page) == self.other:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"the {self.other}'s picture is not the one that is shown")


@dataclass
class Visitor(Person):
    page: Page
    other: ClassVar[Who] = "agent"

    def visit(self, url: str, language: str = "fr") -> Visitor:
        self.page.goto(f"{url}/demo/?lang={language}")
        expect(self.at("open-chat")).to_be_visible(timeout=PATIENCE_MS)
        return self

    def open_chat(self) -> None:
        self.at("open-chat").click()
        expect(self.at("composer")).to_be_visible()

    def ask_for_a_person(self) -> None:
        self.open_chat()
        self.at("request-person").click()
        self.in_state("queued")

    def previews(self) -> None:
        """The lobby shows the visitor what the agent would see."""
        expect(self.at("lobby")).to_have_attribute("data-phase", "preview", timeout=PATIENCE_MS)
        self.page.wait_for_function(PREVIEWING, timeout=PATIENCE_MS)

    def join_now(self) -> None:
        """Do not sit out the preview of the lobby."""
        self.in_state("video_lobby")
        self.at("lobby-join").click()

    def messages(self, role: str) -> Locator:
        return self.page.locator(f'[data-testid="message"][data-role="{role}"]')

    def sees(self, role: str, text: str) -> None:
        expect(self.messages(role).filter(has_text=text).last).to_be_visible(timeout=PATIENCE_MS)

    def leaves_message(self, text: str, email: str = "zoe@visitor.example", name: str = "Zoé") -> None:
        """Fill the form in with the keyboard alone, from the button that offers it."""
        self.at("leave-message").focus()
        self.page.keyboard.press("Enter")
        expect(self.at("leave-email")).to_be_focused()
        self.page.keyboard.type(email)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(name)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Tab")
        expect(self.at("leave-send")).to_be_focused()
        self.page.keyboard.press("Enter")
        self.told("message_left")
        expect(self.at("leave-message-form")).to_have_count(0)

    def in_state(self, state: str) -> None:
        expect(self.at("panel")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)

    @property
    def conversation_id(self) -> str | None:
        return self.at("panel").get_attribute("data-conversation-id")


@dataclass
class Agent(Person):
    page: Page
    other: ClassVar[Who] = "visitor"

    def log_in(self, url: str, email: str, *, chat: bool = True, video: bool = True) -> Agent:
        self.page.goto(f"{url}/desk/")
        self.at("login-email").fill(email)
        self.at("login-password").fill(PASSWORD)
        self.at("login-submit").click()
        return self.be_present(chat=chat, video=video)

    def be_present(self, *, chat: bool = True, video: bool = True) -> Agent:
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

    def goes_to(self, part: str) -> None:
        """Another part of the desk: conversations, inbox or board."""
        self.at(f"go-{part}").click()
        expect(self.at(f"go-{part}")).to_have_attribute("aria-current", "page")

    def transfers(self, receiver: str, note: str = "") -> None:
        """To a colleague or to a group, by the name on the screen."""
        self.at("transfer").click()
        self.at("receiver").filter(has_text=receiver).get_by_role("radio").check()
        self.at("transfer-note").fill(note)
        self.at("transfer-send").click()
        expect(self.at("transfer-dialog")).to_have_count(0, timeout=PATIENCE_MS)

    def in_state(self, state: str) -> None:
        expect(self.at("conversation")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)

    def sees(self, text: str) -> None:
        expect(self.lines(text).last).to_be_visible(timeout=PATIENCE_MS)

    @property
    def conversation_id(self) -> str | None:
        return self.at("conversation").get_attribute("data-conversation-id")


@dataclass
class Cast:
    """The people of one journey, each with a browser context of their own."""

    product: Running
    open_page: Callable[..., Page]
    people: list[Person] = field(default_factory=list)

    def agent(
        self, email: str = "claire@demo.visavis", *, chat: bool = True, video: bool = True, **page: Any
    ) -> Agent:
        """An agent at the desk. Who has signed in once keeps the cookie."""
        kept = self.product.signed_in.get(email)
        agent = Agent(self.open_page(storage_state=kept, who="agent", **page))
        self.people.append(agent)
        if kept is None:
            agent.log_in(self.product.url, email, chat=chat, video=video)
            self.product.signed_in[email] = agent.page.context.storage_state()
        else:
            agent.page.goto(f"{self.product.url}/desk/")
            agent.be_present(chat=chat, video=video)
        return agent

    def visitor(self, language: str = "fr", **page: Any) -> Visitor:
        """A visitor in the shop, who has not opened the chat yet."""
        visitor = Visitor(self.open_page(**page))
        self.people.append(visitor)
        return visitor.visit(self.product.url, language)

    def in_chat(self, **page: Any) -> tuple[Visitor, Agent]:
        """A visitor who asked for a person, and the agent who took it."""
        agent = self.agent()
        visitor = self.visitor(**page)
        visitor.ask_for_a_person()
        agent.accept()
        visitor.in_state("chat")
        agent.in_state("chat")
        return visitor, agent

    def in_video(self, **page: Any) -> tuple[Visitor, Agent]:
        """A visitor who asked for video, and the agent who took it: both see the other."""
        agent = self.agent()
        visitor = self.visitor(**page)
        visitor.at("open-video").click()
        agent.accept()
        visitor.join_now()
        visitor.in_state("in_video")
        agent.in_state("in_video")
        visitor.watches()
        agent.watches()
        return visitor, agent

    def leave(self) -> None:
        for person in reversed(self.people):
            try:
                person.page.evaluate(CLOSE_AS_AGENT if isinstance(person, Agent) else CLOSE_AS_VISITOR)
            except Error:
                # The page is gone, or its server is: so is what would have to be closed.
                continue
