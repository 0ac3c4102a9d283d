"""The page's side of the network check, in Chromium, against a real media node; also over a network that lets nothing
through.
"""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from media import MediaConfig, MediaNode
from tests.e2e.browser import FLAGS, ensure
from web.pages import environment

pytestmark = pytest.mark.browser
WEB = Path(__file__).parents[3] / "web"
TRANSPILE = """
const ts = require("typescript"), fs = require("fs");
const read = name => fs.readFileSync(`src/${name}.ts`, "utf8").replace(/^import .*$/gm, "");
const options = {compilerOptions: {target: "es2022", module: "es2022"}};
process.stdout.write(ts.transpileModule(read("media/ice") + read("widget/network-check"), options).outputText);
"""
CHECK = """checkNetwork({
  about: async () => ({ice_servers: [], ice_transport_policy: "all", seconds: 4}),
  answer: sdp => answerCheck(sdp),
})"""


def script() -> str:
    env = environment()
    node = shutil.which("node", path=env["PATH"])
    assert node is not None, "the pages cannot be built here either"
    done = subprocess.run(
        [node, "-e", TRANSPILE], cwd=WEB, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.replace("export ", "")


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    code, chromium = await asyncio.to_thread(script), await asyncio.to_thread(ensure)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        tab = await browser.new_page()
        html = f"<!doctype html><script>{code}</script>"
        await tab.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))
        await tab.goto("http://localhost/")
        yield tab
        await browser.close()


async def look(page: Page, node: MediaNode, *, blocked: bool = False) -> dict[str, Any]:
    async def answer(sdp: str) -> str:
        found = await node.check_network("c", sdp)
        return found.replace("a=ice-pwd:", "a=ice-pwd:not") if blocked else found

    await page.expose_function("answerCheck", answer)
    return await page.evaluate(CHECK)


@pytest.fixture
async def node() -> AsyncIterator[MediaNode]:
    node = MediaNode(MediaConfig(include_loopback=True), lambda event: None)
    await node.start()
    yield node
    await node.close()


async def test_a_good_network(page: Page, node: MediaNode) -> None:
    found = await look(page, node)
    assert (found["path"], found["protocol"], found["verdict"]) == ("direct", "udp", "good"), found
    assert found["lossPercent"] < 1
    assert 0 <= found["roundTripMs"] < 100
    assert found["kilobitsPerSecond"] > 350
    for _ in range(100):
        if node.check_count == 0:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the page hangs up when it is done")


async def test_no_way_through(page: Page, node: MediaNode) -> None:
    found = await look(page, node, blocked=True)
    assert (found["path"], found["verdict"]) == ("none", "blocked")
