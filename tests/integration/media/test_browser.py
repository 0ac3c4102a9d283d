"""Chromium to Chromium through a room: what real browsers negotiate, measure and show."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright

from media import MediaConfig, MediaNode, ParticipantDropped, Role, RoomPolicy
from tests.e2e.browser import FLAGS, ensure
from tests.integration.media.peers import Events

pytestmark = pytest.mark.browser
PAGE = """<!doctype html><title>call</title><video id=v autoplay playsinline></video><script>
async function call(role, id) {
  const media = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 480}});
  window.pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
  pc.ontrack = event => { v.srcObject = event.streams[0]; };
  for (const track of media.getTracks()) pc.addTrack(track, media);
  pc.onicecandidate = event => {
    if (event.candidate) trickle(id, "a=mid:0\\r\\na=" + event.candidate.candidate);
  };
  await pc.setLocalDescription();
  await pc.setRemoteDescription({type: "answer", sdp: await join(role, id, pc.localDescription.sdp)});
}
async function look() {
  const found = {frames: 0, audio: 0, bitrate: 0, freezes: 0, nacks: 0, rtt: -1};
  for (const s of (await pc.getStats()).values()) {
    if (s.type === "inbound-rtp" && s.kind === "video") {
      found.frames = s.framesDecoded; found.freezes = s.freezeCount;
    }
    if (s.type === "inbound-rtp" && s.kind === "audio") found.audio = s.totalSamplesReceived;
    if (s.type === "candidate-pair" && s.availableOutgoingBitrate) found.bitrate = s.availableOutgoingBitrate;
    if (s.type === "remote-inbound-rtp" && s.kind === "video") found.rtt = s.roundTripTime ?? -1;
  }
  return found;
}
</script>"""


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # In a thread: looking for a browser may use Playwright's other interface, which wants no event loop.
        chromium = await asyncio.to_thread(ensure)
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()


async def look_until(page: Page, enough: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while True:
        found = await page.evaluate("look()")
        if enough(found):
            return found
        assert time.monotonic() < deadline, f"{what}: {found}"
        await asyncio.sleep(0.1)


async def open_page(browser: Browser, node: MediaNode, role: Role, connection_id: str) -> Page:
    page = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()

    async def serve(route: Route) -> None:
        await route.fulfill(body=PAGE, content_type="text/html")

    async def join(role: str, connection_id: str, offer: str) -> str:
        return await node.join("r", role=Role(role), connection_id=connection_id, offer_sdp=offer)

    async def trickle(connection_id: str, fragment: str) -> None:
        await joined.wait()
        await node.add_candidates("r", connection_id, fragment)

    joined = asyncio.Event()
    await page.route("**/*", serve)
    await page.expose_function("join", join)
    await page.expose_function("trickle", trickle)
    await page.goto("http://localhost/")
    await page.evaluate("([role, id]) => call(role, id)", [str(role), connection_id])
    joined.set()
    return page


async def test_two_browsers_see_each_other_and_measure_each_other(chromium: Browser) -> None:
    events = Events()
    node = MediaNode(MediaConfig(include_loopback=True), events.append)
    await node.start()
    node.open_room("r", RoomPolicy())
    visitor = await open_page(chromium, node, Role.VISITOR, "v")
    agent = await open_page(chromium, node, Role.AGENT, "a")

    for page in (visitor, agent):
        await look_until(page, lambda s: s["frames"] > 30 and s["audio"] > 24000, "picture and sound")
    for page in (visitor, agent):
        # Without relayed transport-wide feedback the estimate stays at its start value of 0.3 Mbps.
        await look_until(page, lambda s: s["bitrate"] > 600_000, "the bandwidth estimate rises")
        await look_until(page, lambda s: 0 <= s["rtt"] < 0.5, "round-trip time is measured end to end")
    before = await visitor.evaluate("look()")
    await look_until(visitor, lambda s: s["frames"] > before["frames"] + 30, "pictures keep coming")

    # The agent's page is reloaded: a new connection under the stream numbers the visitor was promised.
    await agent.close()
    agent = await open_page(chromium, node, Role.AGENT, "a2")
    before = await visitor.evaluate("look()")
    await look_until(
        visitor, lambda s: s["frames"] > before["frames"] + 30, "decoding goes on after a rejoin"
    )
    await look_until(agent, lambda s: s["frames"] > 30, "the new page sees the visitor")
    assert [e.connection_id for e in events.of(ParticipantDropped)] in ([], ["a"])
    stats = node.room_stats("r")
    assert stats.visitor.malformed == stats.agent.malformed == 0
    await node.close()
