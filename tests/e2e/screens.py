"""What every screen must hold to: accessible, within its width, large enough to tap, in one language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

# What is too wide, and what is too small to tap: with everything inside shadow roots. A target that is smaller than
# 24 px passes if nothing else to tap is nearer than that, as WCAG 2.2 (2.5.8) has it; links in a sentence are exempt.
MEASURE = """() => {
  const all = [];
  const walk = (root) => {
    for (const e of root.querySelectorAll("*")) { all.push(e); if (e.shadowRoot) walk(e.shadowRoot); }
  };
  walk(document);
  const up = (e) => e.parentElement ?? e.getRootNode().host;
  const some = (e, test) => { for (let p = e; p; p = up(p)) if (test(p)) return true; return false; };
  const name = (e) => e.localName + (e.dataset?.testid ? `[${e.dataset.testid}]` : "")
    + (e.classList.length ? "." + [...e.classList].join(".") : "");
  const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !e.closest("[inert]") && !some(e, (p) => p.classList?.contains("visually-hidden"));
  const page = document.documentElement;
  const within = (e) => some(up(e), (p) =>
    p !== page && p !== document.body && getComputedStyle(p).overflowX !== "visible");
  const wide = [];
  if (page.scrollWidth > page.clientWidth) wide.push(`the page is ${page.scrollWidth} wide`);
  for (const e of all) {
    if (!seen(e) || e instanceof SVGElement) continue;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    const [start, end] = [box.left + parseFloat(style.paddingLeft), box.right - parseFloat(style.paddingRight)];
    if (box.width > 0 && (end > page.clientWidth + 1 || start < -1) && !within(e))
      wide.push(`${name(e)} reaches from ${Math.round(start)} to ${Math.round(end)}`);
    if (e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(style.overflowX) && e.clientWidth > 0
      && !e.matches("[tabindex='0'][data-sideways]"))
      wide.push(`${name(e)} scrolls sideways: ${e.scrollWidth} in ${e.clientWidth}`);
  }
  const targets = all
    .filter((e) => e.matches("button, a[href], input, textarea, summary, select") && seen(e) && !e.disabled)
    .filter((e) => getComputedStyle(e).display !== "inline")
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && box.height > 0);
  const small = [];
  for (const [e, box] of targets) {
    if (box.width >= 24 && box.height >= 24) continue;
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const near = targets.some(([other, o]) => other !== e
      && Math.hypot(Math.max(o.left - x, 0, x - o.right), Math.max(o.top - y, 0, y - o.bottom)) < 12);
    if (near || box.height < 16) small.push(`${name(e)} is ${Math.round(box.width)} x ${Math.round(box.height)}`);
  }
  return { wide, small };
}"""

# What moves in is looked at when it has arrived: a colour that is half faded in has no contrast to speak of.
ARRIVED = """async () => {
  const roots = [document];
  for (const root of roots)
    for (const e of root.querySelectorAll("*")) if (e.shadowRoot) roots.push(e.shadowRoot);
  const moving = roots.flatMap((root) => root.getAnimations())
    .filter((a) => a.effect.getComputedTiming().iterations !== Infinity)
    .map((a) => a.finished.catch(() => null));
  await Promise.race([Promise.all(moving), new Promise((done) => setTimeout(done, 2000))]);
}"""

TEXTS = """() => {
  const out = [];
  const walk = (root) => {
    for (const e of root.querySelectorAll("*")) {
      if (e.shadowRoot) walk(e.shadowRoot);
      if (["SCRIPT", "STYLE", "SVG"].includes(e.nodeName.toUpperCase()) || e.closest("[lang=fr]:not(html)")) continue;
      for (const n of e.childNodes) if (n.nodeType === 3 && n.data.trim()) out.push(n.data.trim());
      for (const a of ["aria-label", "title", "placeholder", "alt"]) if (e.getAttribute(a)) out.push(e.getAttribute(a));
    }
  };
  walk(document);
  return out;
}"""

# Words that no English page has a use for. Names (of the shop, of its lamps) are not in it.
FRENCH = re.compile(
    r"\b(le|les|un|une|vous|votre|vos|et|est|avec|pour|dans|du|au|aux|nous|notre|pas|votre|conversations? en|"
    r"discussion écrite|vidéo|connexion|écri\w+|appel|attente|conseillers?|caméra|mot de passe|visiteur|refuser)\b",
    re.IGNORECASE,
)


@dataclass
class Screens:
    """Looks at one screen after another and keeps what is wrong with each, so that a run tells all of it."""

    language: str
    wrong: list[str] = field(default_factory=list)
    _axe: Axe = field(default_factory=Axe)

    def look(self, page: Page, screen: str) -> None:
        page.evaluate(ARRIVED)
        found: list[dict[str, Any]] = self._axe.run(page, options=RULES).response["violations"]
        for violation in found:
            for node in violation["nodes"]:
                self._note(screen, f"{violation['id']}: {node['target']} {node['failureSummary']}")
        measured = page.evaluate(MEASURE)
        for problem in measured["wide"] + measured["small"]:
            self._note(screen, problem)
        if self.language == "en":
            self._one_language(page, screen)

    def _one_language(self, page: Page, screen: str) -> None:
        if page.evaluate("() => document.documentElement.lang") != "en":
            self._note(screen, "the page does not say that it is in English")
        for text in page.evaluate(TEXTS):
            if FRENCH.search(text):
                self._note(screen, f"French on an English screen: {text[:80]}")

    def _note(self, screen: str, problem: str) -> None:
        self.wrong.append(f"{screen}: {' '.join(problem.split())}")
