"""Firefox to Chromium through a room: two stacks that number everything differently."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import async_playwright

from media import MediaConfig, MediaNode, Role, RoomPolicy, Rule, Rules, Source
from tests.e2e.browser import FLAGS
from tests.e2e.browser import ensure as ensure_chromium
from tests.integration.media.firefox import firefox, page_at
from tests.integration.media.peers import Events

pytestmark = pytest.mark.browser
PAGE = """<!doctype html><title>call</title>
<video id=camera autoplay playsinline></video><video id=screen autoplay playsinline></video><script>
async function offer() {
  const media = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 480}});
  window.pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
  let pictures = 0;
  pc.ontrack = event => {
    if (event.track.kind === "audio") return;
    (pictures++ ? screen_ : camera_).srcObject = new MediaStream([event.track]);
  };
  for (const track of media.getTracks()) pc.addTrack(track, media);
  pc.addTransceiver(media.getVideoTracks()[0].clone(), {direction: "sendrecv", streams: [new MediaStream()]});
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== "complete") await new Promise(done => setTimeout(done, 20));
  return pc.localDescription.sdp;
}
const camera_ = document.getElementById("camera"), screen_ = document.getElementById("screen");
async function accept(sdp) { await pc.setRemoteDescription({type: "answer", sdp}); return true; }
async function look() {
  const found = {frames: [], audio: 0, rtt: -1};
  const stats = [...(await pc.getStats()).values()];
  for (const s of stats) {
    if (s.type === "inbound-rtp" && s.kind === "video") found.frames.push(s.framesDecoded ?? 0);
    if (s.type === "inbound-rtp" && s.kind === "audio") found.audio = s.packetsReceived ?? 0;
    if (s.type === "remote-inbound-rtp" && s.kind === "video") found.rtt = s.roundTripTime ?? -1;
  }
  return found;
}
</script>"""

Evaluate = Callable[[str], Awaitable[Any]]


async def join(node: MediaNode, role: Role, evaluate: Evaluate) -> None:
    offer = await evaluate("offer()")
    answer = await node.join("r", role=role, connection_id=str(role), offer_sdp=offer)
    await evaluate(f"accept({json.dumps(answer)})")


async def look_until(evaluate: Evaluate, enough: Callable[[dict[str, Any]], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not enough(found := await evaluate("look()")):
        assert time.monotonic() < deadline, f"{what}: {found}"
        await asyncio.sleep(0.2)


async def test_firefox_and_chromium_see_each_other() -> None:
    events = Events()
    node = MediaNode(MediaConfig(include_loopback=True), events.append)
    await node.start()
    node.open_room("r", RoomPolicy(Rules(screen=Rule.ALLOWED), Rules(screen=Rule.ALLOWED)))
    chromium = await asyncio.to_thread(ensure_chromium)
    async with page_at(PAGE) as address, firefox() as fox, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        tab = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
        await fox.goto(address)
        await tab.goto(address)
        await join(node, Role.VISITOR, fox.evaluate)
        await join(node, Role.AGENT, tab.evaluate)
        for evaluate in (fox.evaluate, tab.evaluate):
            await look_until(
                evaluate,
                lambda s: s["audio"] > 50 and len(s["frames"]) == 2 and min(s["frames"]) > 15,
                "camera, screen and sound",
            )
            await look_until(evaluate, lambda s: 0 <= s["rtt"] < 0.5, "the two measure each other")

        node.restrict("r", RoomPolicy(visitor=Rules(camera=Rule.FORBIDDEN, screen=Rule.ALLOWED)))
        before = node.room_stats("r").visitor.sources
        await asyncio.sleep(1)
        after = node.room_stats("r").visitor.sources
        assert after[Source.CAMERA].packets_forwarded == before[Source.CAMERA].packets_forwarded
        assert after[Source.CAMERA].dropped_by_policy > before[Source.CAMERA].dropped_by_policy
        assert after[Source.SCREEN].packets_forwarded > before[Source.SCREEN].packets_forwarded
        await browser.close()
    stats = node.room_stats("r")
    assert stats.visitor.malformed == stats.agent.malformed == 0
    assert stats.visitor.unnegotiated == stats.agent.unnegotiated == 0
    await node.close()
