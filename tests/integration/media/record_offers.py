"""Records the offers that browsers make: ``python -m tests.integration.media.record_offers``.

They are written to tests/unit/media/recorded, without candidates (which would name this machine). Safari's are not
recorded: they are written after published ones.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import async_playwright

from tests.e2e.browser import FLAGS
from tests.e2e.browser import ensure as ensure_chromium
from tests.integration.media.firefox import firefox, page_at

RECORDED = Path(__file__).parents[2] / "unit" / "media" / "recorded"
SHAPES = {
    "call": "for (const track of media.getTracks()) pc.addTrack(track, media);",
    "listening": "pc.addTransceiver('audio', {direction: 'recvonly'});"
    "pc.addTransceiver('video', {direction: 'recvonly'});",
    "camera_later": "pc.addTransceiver(media.getAudioTracks()[0], {direction: 'sendrecv', streams: [media]});"
    "pc.addTransceiver('video', {direction: 'sendrecv'});",
    "with_screen": "for (const track of media.getTracks()) pc.addTrack(track, media);"
    "pc.addTransceiver(media.getVideoTracks()[0].clone(), {direction: 'sendrecv'});",
    "sound_only": "pc.addTrack(media.getAudioTracks()[0], media);",
}
OFFER = """(async () => {{
  const media = await navigator.mediaDevices.getUserMedia({{audio: true, video: true}});
  const pc = new RTCPeerConnection({{bundlePolicy: "max-bundle"}});
  {shape}
  const offer = await pc.createOffer();
  pc.close();
  for (const track of media.getTracks()) track.stop();
  return offer.sdp;
}})()"""


async def record(browser: str, evaluate: Callable[[str], Awaitable[str]]) -> None:
    for name, shape in SHAPES.items():
        offer = await evaluate(OFFER.format(shape=shape))
        kept = re.sub(r"a=candidate:.*\r\n", "", offer)
        (RECORDED / f"{browser}_{name}.sdp").write_bytes(kept.encode())
        print(browser, name, len(kept))


async def main() -> None:
    RECORDED.mkdir(exist_ok=True)
    async with page_at("<!doctype html>") as address, firefox() as page:
        await page.goto(address)
        await record("firefox", page.evaluate)
    chromium = await asyncio.to_thread(ensure_chromium)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        tab = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
        await tab.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
        await tab.goto("http://localhost/")
        await record("chromium", tab.evaluate)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
