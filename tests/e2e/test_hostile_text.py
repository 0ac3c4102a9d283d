"""Text that wants to be more than text stays text, on both sides."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, expect

from tests.e2e.people import Agent, Cast, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.timeout(120)]

MARKUP = "<script>window.harmed=1</script><img src=x onerror='window.harmed=1'><b>gras</b>"
LINK = 'javascript:window.harmed=1 et https://exemple.fr/?a="><script>window.harmed=1</script>'
REVERSED = "facture\u202egpj.exe fin"
LONG = "A" * 400
AFTER = "Une ligne ordinaire."
LINES = (MARKUP, LINK, REVERSED, LONG, AFTER)


def test_hostile_lines_are_shown_as_text(cast: Cast) -> None:
    visitor, agent = cast.in_chat(size={"width": 360, "height": 740}, mobile=True)
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    for person in (visitor, agent):
        person.page.on("dialog", refuse)
    for line in LINES:
        visitor.write(line)
        agent.write(line)
    for person in (visitor, agent):
        expect(person.lines(AFTER)).to_have_count(2, timeout=20_000)
        harmless(person)
    assert not asked


def harmless(person: Visitor | Agent) -> None:
    page = person.page
    assert page.evaluate("() => window.harmed === undefined")
    history = person.at("history")
    expect(person.lines("<script>window.harmed=1</script><img")).to_have_count(2)
    expect(history.locator(".words script, .words img, .words b")).to_have_count(0)
    addresses = history.locator(".words a").evaluate_all("all => all.map(a => [a.protocol, a.rel, a.target])")
    assert len(addresses) == 2
    for protocol, rel, target in addresses:
        assert protocol == "https:"
        assert "noopener" in rel
        assert target == "_blank"
    # An override reaches no further than the line it stands in.
    bidi = (
        person.lines("facture")
        .locator(".words")
        .evaluate_all("all => all.map(e => [e.getAttribute('dir'), getComputedStyle(e).unicodeBidi])")
    )
    assert bidi
    assert all(mode in {"isolate", "plaintext", "isolate-override"} for _, mode in bidi), bidi
    wide = history.evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 1, f"a long word makes the history {wide} px too wide"
