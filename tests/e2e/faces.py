"""What the fake cameras film: a drawn agent and a drawn visitor, so that a test can tell whom a page shows."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

Who = Literal["visitor", "agent"]

WALLS: dict[Who, tuple[int, int, int]] = {"agent": (150, 183, 190), "visitor": (226, 190, 142)}
"""The colour at the left edge of each one's picture: bluish and reddish, which survives any codec."""
LOOKS: dict[Who, dict[str, str]] = {
    "agent": {"skin": "#e8b48f", "hair": "#3a2a22", "clothes": "#1b544a", "cut": "long", "thing": "#d9582a"},
    "visitor": {
        "skin": "#a9714b",
        "hair": "#211915",
        "clothes": "#b8501f",
        "cut": "short",
        "thing": "#15463e",
    },
}

# A moving-JPEG file is nothing but JPEGs one after the other. Each drawing stands for three frames of a thirtieth
# of a second, and the last leads back to the first.
DRAW = """({ wall, look }) => {
  const [w, h, count] = [640, 480, 20];
  const canvas = new OffscreenCanvas(w, h);
  const c = canvas.getContext("2d");
  const round = (x, y, rx, ry, colour) => {
    c.fillStyle = colour; c.beginPath(); c.ellipse(x, y, rx, ry, 0, 0, 7); c.fill();
  };
  const draw = (part) => {
    const sway = Math.sin(part * 2 * Math.PI), nod = Math.cos(part * 2 * Math.PI);
    c.fillStyle = `rgb(${wall})`; c.fillRect(0, 0, w, h);
    c.fillStyle = "rgb(0 0 0 / 0.07)"; c.fillRect(70, 60, 120, 150); c.fillRect(440, 300, 200, 14);
    c.fillStyle = look.thing; c.beginPath(); c.moveTo(505, 190); c.lineTo(585, 190); c.lineTo(610, 250);
    c.lineTo(480, 250); c.fill(); round(545, 275, 26, 26, look.thing);
    const x = 320 + sway * 7, y = 205 + nod * 4;
    if (look.cut === "long") { round(x, y + 30, 108, 132, look.hair); }
    round(320, 500, 190, 150, look.clothes);
    c.fillStyle = look.skin; c.fillRect(x - 27, y + 70, 54, 84); round(x, y + 150, 42, 24, look.skin);
    round(x, y, 82, 104, look.skin);
    c.fillStyle = look.hair; c.beginPath(); c.ellipse(x, y - 38, 90, 76, 0, Math.PI, 2 * Math.PI); c.fill();
    const open = part > 0.45 && part < 0.52 ? 1.5 : 8;
    round(x - 30, y + 2, 8, open, "#211915"); round(x + 30, y + 2, 8, open, "#211915");
    c.strokeStyle = "#7a2f1d"; c.lineWidth = 6; c.lineCap = "round"; c.beginPath();
    c.arc(x, y + 30, 30, 0.2 * Math.PI, 0.8 * Math.PI); c.stroke();
  };
  const encoded = async (part) => {
    draw(part);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  };
  return (async () => {
    const frames = [];
    for (let i = 0; i < count; i++) frames.push(await encoded(i / count));
    return frames;
  })();
}"""

EDGE = """() => {
  const video = [...document.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean)
    .map((root) => root.querySelector("[data-testid=remote-video]")).find(Boolean);
  if (!video?.videoWidth) return null;
  const canvas = new OffscreenCanvas(64, 48);
  const c = canvas.getContext("2d");
  c.drawImage(video, 0, 0, 64, 48);
  return [...c.getImageData(2, 24, 1, 1).data.slice(0, 3)];
}"""


def film(page: Page, who: Who, path: Path) -> None:
    """Write the file that ``who``'s browser takes its camera's picture from."""
    frames = page.evaluate(DRAW, {"wall": list(WALLS[who]), "look": LOOKS[who]})
    path.write_bytes(b"".join(base64.b64decode(frame) * 3 for frame in frames))


def face(page: Page) -> Who | None:
    """Whose picture this page shows large; None if it is nobody's."""
    edge = page.evaluate(EDGE)
    if edge is None:
        return None
    red, _, blue = edge
    return "visitor" if red - blue > 30 else "agent" if blue - red > 10 else None
