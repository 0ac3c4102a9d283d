"""One running product and one Chromium for all journeys; every person gets a context of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.browser import FLAGS, ensure
from tests.e2e.faces import WALLS, Who, film
from tests.e2e.people import Cast
from tests.e2e.running import ROOT, Running
from tests.e2e.screens import ARRIVED

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
# How an Android phone introduces itself: the widget tells the policy's devices apart by it.
ANDROID = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
IMAGES = Path(__file__).parents[2] / "docs" / "images"

OpenPage = Callable[..., Page]
Picture = Callable[[Page, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write the journeys' pictures to docs/images")


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("product")) as running:
        running.wait_for_bot()
        yield running


# A second group to hand conversations on to.
EXPERTS = """
  experts:
    label: { fr: Spécialistes, en: Specialists }
    languages: [fr, en]
    places: { chat: 10, video: 5 }
    capacity: { chat: 3, video: 1, video_takes: all }
    strategy: longest_idle
    hours: always
    pause_after_missed: 3
    service_level: { within: 60s, share: 90 }
    alternative:
      message: { fr: "Personne n'est disponible.", en: "Nobody is available." }
      then: stay
      leave_message: true
"""


@pytest.fixture(scope="session")
def team_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A product without the bot, for what agents do together: it starts in a moment, and has two groups."""
    folder = tmp_path_factory.mktemp("team")
    policies = shutil.copytree(ROOT / "rules" / "policies", folder / "policies")
    routing = policies / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    assert "\nrules: []\n" in text
    routing.write_text(text.replace("\nrules: []\n", f"{EXPERTS}\nrules: []\n"), encoding="utf-8")
    with Running(
        folder / "data",
        arguments=("--demo", "--no-bot"),
        environ={"VISAVIS_POLICY_DIR": str(policies)},
    ) as running:
        yield running


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Who, Browser]]:
    """A Chromium for the agents and one for the visitors: a browser has one fake camera, and they look different."""
    films = tmp_path_factory.mktemp("films")
    executable = ensure()
    with sync_playwright() as playwright:
        browsers: dict[Who, Browser] = {}
        for who in WALLS:
            path = films / f"{who}.mjpeg"
            camera = f"--use-file-for-fake-video-capture={path}"
            browsers[who] = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, camera])
            page = browsers[who].new_page()
            film(page, who, path)
            page.close()
        yield browsers
        for browser in browsers.values():
            browser.close()


@pytest.fixture
def open_page(chromium: dict[Who, Browser]) -> Iterator[OpenPage]:
    """Open a page in a new context of its own, which may use ``devices`` and runs ``script`` before any page does."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(
        size: dict[str, int] = DESKTOP,
        locale: str = "fr-FR",
        mobile: bool = False,
        devices: Sequence[str] = ("camera", "microphone"),
        script: str | None = None,
        storage_state: Any = None,
        who: Who = "visitor",
    ) -> Page:
        context = chromium[who].new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale=locale,
            is_mobile=mobile,
            user_agent=ANDROID if mobile else None,
            has_touch=mobile,
            permissions=list(devices),
            device_scale_factor=2 if mobile else 1,
            storage_state=storage_state,
        )
        contexts.append(context)
        if script is not None:
            context.add_init_script(script)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors, f"a page threw: {errors}"


@pytest.fixture
def cast(product: Running, open_page: OpenPage) -> Iterator[Cast]:
    """The people of a journey. What they leave open is closed after it, so that the next one finds a free desk."""
    people = Cast(product, open_page)
    yield people
    people.leave()


@pytest.fixture
def team(team_product: Running, open_page: OpenPage) -> Iterator[Cast]:
    """The people of a journey in which agents work together."""
    people = Cast(team_product, open_page)
    yield people
    people.leave()


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Picture:
    """Keep a screenshot under docs/images, when the run was asked to."""
    wanted = bool(request.config.getoption("--screenshots"))

    def keep(page: Page, name: str) -> None:
        if wanted:
            IMAGES.mkdir(parents=True, exist_ok=True)
            page.evaluate(ARRIVED)
            page.screenshot(path=IMAGES / f"{name}.png")

    return keep
