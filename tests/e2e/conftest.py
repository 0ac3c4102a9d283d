"""One running product and one Chromium for all journeys; every person gets a context of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.browser import FLAGS, ensure
from tests.e2e.running import Running

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
IMAGES = Path(__file__).parents[2] / "docs" / "images"

OpenPage = Callable[..., Page]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write the journeys' pictures to docs/images")


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("product")).start()
    try:
        running.wait_for_bot()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Open a page in a new context: ``open_page(size, locale="fr-FR", mobile=False)``."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(size: dict[str, int] = DESKTOP, locale: str = "fr-FR", mobile: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale=locale,
            is_mobile=mobile,
            has_touch=mobile,
            permissions=["camera", "microphone"],
            device_scale_factor=2 if mobile else 1,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors, f"a page threw: {errors}"


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a screenshot under docs/images, when the run was asked to."""
    wanted = bool(request.config.getoption("--screenshots"))

    def keep(page: Page, name: str) -> None:
        if wanted:
            IMAGES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=IMAGES / f"{name}.png")

    return keep
