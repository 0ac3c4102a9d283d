"""A bot that runs elsewhere, on the page: what it shows, its pauses, and its transfer to video."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, OpenPage, Picture
from tests.e2e.people import PATIENCE_MS, Cast
from tests.e2e.running import ROOT, Running
from tests.e2e.screens import Screens
from tests.servers.example_bot import SECRET, running_example

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PRIVATE = {"VISAVIS_PRIVATE_BOTS": "true"}


def connect(running: Running, url: str, language: str) -> None:
    """As an administrator does it, while the service runs."""
    told = [
        "--site",
        "demo",
        "--scenario",
        f"lamps-{language}",
        "--pseudo",
        "Lumi",
        "--language",
        language,
        "--use",
    ]
    env = os.environ | PRIVATE | {"VISAVIS_CONNECTED_BOT_SECRET": SECRET}
    command = [sys.executable, "-m", "orchestrator", "bot", "connect", f"lamps-{language}", url, *told]
    done = subprocess.run(
        [*command, "--data-dir", str(running.data_dir)], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    data: Path = tmp_path_factory.mktemp("connected")
    with (
        running_example() as url,
        Running(data, arguments=("--demo", "--no-bot"), environ=PRIVATE) as running,
    ):
        yield running, url


@pytest.fixture
def people(shop: tuple[Running, str], open_page: OpenPage) -> Iterator[Cast]:
    cast = Cast(shop[0], open_page)
    yield cast
    cast.leave()


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_what_a_connected_bot_shows(
    shop: tuple[Running, str],
    people: Cast,
    picture: Picture,
    language: str,
    size: dict[str, int],
    mobile: bool,
) -> None:
    connect(*shop, language)
    screens = Screens(language)
    locale = {"fr": "fr-FR", "en": "en-GB"}[language]
    visitor = people.visitor(language, size=size, mobile=mobile, locale=locale)
    visitor.open_chat()
    expect(visitor.messages("bot").first).to_contain_text("Lumi", timeout=PATIENCE_MS)
    # A quick reply of its own; the product's words of the page stay the visitor's language.
    visitor.page.get_by_role("button", name={"fr": "Produits", "en": "Products"}[language]).click()
    offers = visitor.page.get_by_role(
        "list", name={"fr": "Cartes proposées", "en": "Suggested cards"}[language]
    )
    expect(offers.get_by_role("listitem")).to_have_count(3, timeout=PATIENCE_MS)
    expect(offers).to_contain_text("69,00")
    link = offers.get_by_role("link").first
    expect(link).to_have_attribute("href", "https://lamps.example/nova")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    screens.look(visitor.page, "offers of a connected bot")
    picture(visitor.page, f"connected-bot-offers-{'phone' if mobile else 'desktop'}")
    visitor.write({"fr": "Le catalogue", "en": "The catalogue"}[language])
    expect(visitor.page.get_by_role("link", name="lamps.pdf")).to_be_visible(timeout=PATIENCE_MS)
    visitor.write({"fr": "Ma commande", "en": "My order"}[language])
    visitor.sees("bot", "4711")
    screens.look(visitor.page, "cards of a connected bot")
    picture(visitor.page, f"connected-bot-{'phone' if mobile else 'desktop'}")
    visitor.write("Nova ?")
    visitor.sees("bot", {"fr": "Je regarde", "en": "Let me look"}[language])
    visitor.sees("bot", {"fr": "de retour", "en": "back on the shelf"}[language])
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)


def test_its_transfer_goes_to_video_by_its_words(shop: tuple[Running, str], people: Cast) -> None:
    connect(*shop, "fr")
    agent = people.agent()
    visitor = people.visitor()
    visitor.open_chat()
    visitor.write("Un conseiller en vidéo")
    visitor.in_state("queued")
    agent.accept()
    visitor.join_now()
    visitor.in_state("in_video")
    visitor.watches()
    agent.watches()
