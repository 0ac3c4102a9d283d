"""Nobody can come: because the team is away, or because everybody is busy. What was left is answered by e-mail."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, OpenPage, Picture
from tests.e2e.people import PATIENCE_MS, Agent, Cast, Visitor
from tests.e2e.running import ROOT, Running
from tests.e2e.screens import Screens
from tests.servers.mailbox import Mailbox

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TWICE = pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
LOCALE = {"fr": "fr-FR", "en": "en-GB"}
CLOSED = {"fr": "Nos conseillers ne sont pas là", "en": "Our advisers are away"}
FULL = {"fr": "Nous parlons tous avec quelqu’un", "en": "We are all talking with somebody"}
WORDS = {"fr": "Ma lampe est arrivée sans ampoule.", "en": "My lamp came without a bulb."}
ANSWER = {"fr": "Une ampoule part ce soir.", "en": "A bulb leaves tonight."}
REFUSED = {"fr": "adresse n’existe pas", "en": "address does not exist"}

WHEN_FULL = """    when_full:
      message:
        fr: "Nous parlons tous avec quelqu’un. Laissez-nous un message."
        en: "We are all talking with somebody. Leave us a message."
      then: stay
      leave_message: true
    when_closed:
"""


def changed(routing: str, kind: str) -> str:
    """The shipped groups, closed for days or with one chat each and no place to wait."""
    if kind == "closed":
        far = (datetime.now(UTC) + timedelta(days=3)).strftime("%A").lower()
        hours = f'hours: {{ time_zone: Europe/Paris, week: {{ {far}: ["10:00-11:00"] }} }}'
        changes = [("hours: always", hours)]
    else:
        changes = [
            ("places: { chat: 10, video: 5 }", "places: { chat: 0, video: 0 }"),
            ("capacity: { chat: 3,", "capacity: { chat: 1,"),
            ("    when_closed:\n", WHEN_FULL),
        ]
    for old, new in changes:
        assert routing.count(old) == 1, old
        routing = routing.replace(old, new)
    return routing


@dataclass
class Counter:
    """A product with a mail server."""

    product: Running
    mailbox: Mailbox


def serving(folder: Path, kind: str) -> Iterator[Counter]:
    policies = shutil.copytree(ROOT / "rules" / "policies", folder / "policies")
    routing = policies / "routing.yaml"
    routing.write_text(changed(routing.read_text(encoding="utf-8"), kind), encoding="utf-8")
    with (
        Mailbox() as mailbox,
        Running(
            folder / "data",
            arguments=("--demo", "--no-bot"),
            environ={
                "VISAVIS_POLICY_DIR": str(policies),
                "VISAVIS_SMTP_URL": f"{mailbox.url}?starttls=never",
                "VISAVIS_MAIL_FROM": "La Maison des Lampes <help@shop.example>",
            },
        ) as product,
    ):
        yield Counter(product, mailbox)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    yield from serving(tmp_path_factory.mktemp("closed"), "closed")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    yield from serving(tmp_path_factory.mktemp("full"), "full")


@TWICE
def test_closed_a_left_message_is_answered_by_mail(
    closed: Counter, open_page: OpenPage, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    people, screens = Cast(closed.product, open_page), Screens(language)
    page: dict[str, Any] = {"size": size, "mobile": mobile, "locale": LOCALE[language]}
    shot = "phone" if mobile else "desktop"
    address = f"zoe-{language}@visitor.example"
    agent = people.agent(chat=False, video=False, **page)
    agent.goes_to("inbox")

    visitor = people.visitor(language, **page)
    asks_in_vain(visitor, CLOSED[language])
    screens.look(visitor.page, "visitor: closed")
    picture(visitor.page, f"closed-hours-{shot}")
    visitor.leaves_message(WORDS[language], email=address)
    screens.look(visitor.page, "visitor: message left")
    people.leave()

    opened(agent, address)
    expect(agent.at("mail-form")).to_be_visible()
    screens.look(agent.page, "inbox: answer by e-mail")
    agent.at("mail-words").fill(ANSWER[language])
    picture(agent.page, f"desk-answer-mail-{shot}")
    agent.at("mail-send").click()
    expect(agent.at("left-message")).to_have_count(0, timeout=PATIENCE_MS)

    letter = closed.mailbox.letter_to(address)
    said = letter.get_content().replace("\r\n", "\n")
    assert said.startswith(f"{ANSWER[language]}\n\n-- \nClaire\n")
    assert f"> {WORDS[language]}" in said
    assert letter["Content-Language"] == language
    assert "La Maison des Lampes" in letter["Subject"]
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)


@TWICE
def test_full_a_letter_that_is_refused_comes_back_to_the_agent(
    full: Counter, open_page: OpenPage, picture: Picture, language: str, size: dict[str, int], mobile: bool
) -> None:
    people, screens = Cast(full.product, open_page), Screens(language)
    page: dict[str, Any] = {"size": size, "mobile": mobile, "locale": LOCALE[language]}
    shot = "phone" if mobile else "desktop"
    address = f"gone-{language}@visitor.example"
    full.mailbox.refusals[address] = "550 5.1.1 no such user"
    agent = people.agent(video=False, **page)
    first = people.visitor(language, **page)
    first.ask_for_a_person()
    agent.accept()
    first.in_state("chat")

    second = people.visitor(language, **page)
    asks_in_vain(second, FULL[language])
    screens.look(second.page, "visitor: everybody busy")
    picture(second.page, f"all-busy-{shot}")
    second.leaves_message(WORDS[language], email=address)

    if mobile:
        agent.at("back").click()
    agent.goes_to("inbox")
    opened(agent, address)
    agent.at("mail-words").fill(ANSWER[language])
    agent.at("mail-send").click()
    failed = agent.at("mail-failed")
    expect(failed).to_contain_text(REFUSED[language], timeout=PATIENCE_MS)
    # What was written is not lost.
    expect(agent.at("mail-words")).to_have_value(ANSWER[language])
    screens.look(agent.page, "inbox: the letter was refused")
    picture(agent.page, f"desk-mail-refused-{shot}")
    # Another way is open: the visitor is on the site. But one chat is all that fits.
    agent.at("answer-in-conversation").click()
    toast = agent.page.locator(".toast")
    expect(toast).to_contain_text(re.compile("Cette personne|This person"))
    first.close()
    first.in_state("closed")
    agent.at("answer-in-conversation").click()
    agent.in_state("chat")
    agent.sees(WORDS[language])
    agent.write("42")
    second.sees("agent", "42")
    people.leave()
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)


def asks_in_vain(visitor: Visitor, told: str) -> None:
    visitor.open_chat()
    visitor.at("request-person").click()
    expect(visitor.at("history")).to_contain_text(told, timeout=PATIENCE_MS)
    visitor.in_state("chat")
    expect(visitor.at("leave-message")).to_be_visible()


def opened(agent: Agent, address: str) -> None:
    """The only message that waits: this address's."""
    row = agent.at("left-message").first
    expect(row).to_be_visible(timeout=PATIENCE_MS)
    row.click()
    expect(agent.at("left")).to_contain_text(address)
