"""Charts as pictures."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

from orchestrator.diagram.layout import lay_out
from orchestrator.diagram.mermaid import as_mermaid
from orchestrator.diagram.svg import as_svg
from orchestrator.diagram.words import description
from orchestrator.domain.chart import Arrow, Chart, Line, Station, chart_of
from orchestrator.domain.conversation import Party, State
from rules.compile import compile_policy
from tests.unit.rules.shipped import FILES, FOLDER

SVG = "{http://www.w3.org/2000/svg}"


@cache
def chart() -> Chart:
    counts = {(State.CHAT, Party.BOT): 1_234, (State.QUEUED, Party.NONE): 7}
    return chart_of(compile_policy(FILES), None, counts)


def marked() -> Chart:
    """With one row of each mark on one arrow, and an arrow that is new as a whole."""
    lines = (
        Line("a", "VisitorWrote", None, "added"),
        Line("b", "QueueLeft", None, "removed"),
        Line("c", "QueueTimedOut", "1m → 2m", "changed"),
        Line("d", "HungUp"),
    )
    stations = (Station(State.CHAT, Party.BOT), Station(State.QUEUED, None), Station(State.CLOSED))
    arrows = (Arrow("chat/bot", "queued", lines), Arrow("queued", "closed", lines[:1]))
    return Chart("after", "before", stations, arrows, ("never",))


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own


def words_of(root: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]


def test_everything_is_in_the_picture() -> None:
    root = parsed(as_svg(chart()))
    said = words_of(root)
    assert [said.count(name) for name in ("chat", "queued", "video_lobby", "in_video", "closed")] == [
        3,
        1,
        1,
        1,
        1,
    ]
    assert "1,234 now" in said
    assert "10m QueueTimedOut" in said
    lines = [each for each in root.iter(f"{SVG}path") if each.get("class", "").startswith("line")]
    assert len(lines) == len(chart().arrows)
    assert all(re.fullmatch(r"M[-\d.,]+ C([-\d.,]+ ?)+", each.get("d", "")) for each in lines)


def test_it_is_read_aloud_as_a_whole() -> None:
    root = parsed(as_svg(chart(), "fr"))
    assert root.get("role") == "img"
    assert root.get("lang") == "fr"
    ids = {each.get("id"): each.text or "" for each in root.iter() if each.get("id")}
    title, description = (ids[name] for name in root.get("aria-labelledby", "").split())
    assert title.startswith("Cycle de vie de la politique")
    assert "queued (en attente d’un conseiller): 7 en ce moment" in description
    assert "waited-too-long: QueueTimedOut, après 10m" in description


def test_nothing_comes_from_elsewhere() -> None:
    text = as_svg(chart())
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text


def test_differences_have_signs_and_strokes_besides_colours() -> None:
    root = parsed(as_svg(marked()))
    said = words_of(root)
    assert "+ VisitorWrote (a)" in said
    assert "− QueueLeft (b)" in said
    assert "~ 1m → 2m QueueTimedOut (c)" in said
    assert "HungUp" in said
    assert {"+ added", "− removed", "~ changed"} <= set(said)
    assert "Rows that never take effect: never" in said
    classes = [each.get("class") for each in root.iter(f"{SVG}path")]
    assert "line added" in classes  # as a whole
    assert "line" in classes  # in part
    style = next(root.iter(f"{SVG}style")).text or ""
    assert "stroke-dasharray" in style


def test_boxes_and_words_do_not_lie_on_each_other() -> None:
    root = parsed(as_svg(chart()))
    boxes = [
        tuple(float(each.get(name, "0")) for name in ("x", "y", "width", "height"))
        for each in root.iter(f"{SVG}rect")
        if each.get("class", "").split()[0] in ("box", "halo")
    ]
    assert len(boxes) == len(chart().stations) + len(chart().arrows)
    for (x, y, width, height), (left, top, across, down) in itertools.combinations(boxes, 2):
        apart = (
            x + width <= left + 1 or left + across <= x + 1 or y + height <= top + 1 or top + down <= y + 1
        )
        assert apart, f"{(x, y, width, height)} and {(left, top, across, down)}"


def test_the_same_chart_is_the_same_picture() -> None:
    assert as_svg(chart()) == as_svg(chart())
    assert as_mermaid(chart()) == as_mermaid(chart())


def test_names_cannot_break_the_picture() -> None:
    hostile = Line("row", 'Event<script>"&', None, "added")
    chart = replace(marked(), arrows=(Arrow("chat/bot", "queued", (hostile,)),))
    assert '+ Event<script>"& (row)' in words_of(parsed(as_svg(chart)))


def test_curves_reach_their_boxes() -> None:
    found = lay_out({"a": (100, 40), "b": (100, 40)}, {("a", "b"): (60, 20), ("b", "a"): (60, 20)}, ())
    down = found.curves["a", "b"]
    assert (len(down.points) - 1) % 3 == 0
    assert down.tip is not None
    assert abs(down.points[0][1] - found.nodes["a"][1]) <= 21
    assert abs(down.tip[1] - found.nodes["b"][1]) <= 21
    assert down.label is not None
    assert found.curves["b", "a"].label != down.label


def test_mermaid() -> None:
    text = as_mermaid(marked())
    assert "stateDiagram-v2" in text
    assert '    state "chat, with the bot" as chat_bot' in text
    assert (
        "    chat_bot --> queued: + VisitorWrote [a], − QueueLeft [b], ~ QueueTimedOut (1m → 2m) [c], HungUp"
        in text
    )
    assert "    closed --> [*]" in text
    assert '"chat, with the bot: 1,234 now"' in as_mermaid(chart())


def test_the_picture_in_the_documentation_is_not_stale() -> None:
    """What it says, not where it says it: another Graphviz may place things differently."""
    file = FOLDER.parents[1] / "docs" / "images" / "lifecycle.svg"
    found = {each.get("id"): each.text for each in parsed(file.read_text(encoding="utf-8")).iter()}
    again = "make it anew: visavis policy diagram rules/policies -o docs/images/lifecycle.svg"
    assert found["chart-description"] == description(chart_of(compile_policy(FILES)), "en"), again
