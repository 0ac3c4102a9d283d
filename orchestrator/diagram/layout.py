"""Where the stations and arrows of a chart go: laid out by Graphviz (`dot`), in points.

Graphviz is told the sizes of boxes and labels and gives back where they go; it draws nothing and reads no font.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pygraphviz

Point = tuple[float, float]
Size = tuple[float, float]

_POINTS = 72.0  # of an inch: nodes are measured in inches, everything else in points
_LABEL = (
    '<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" WIDTH="{:.0f}" '
    'HEIGHT="{:.0f}"><TR><TD></TD></TR></TABLE>>'
)
_PAIR = re.compile(r"(-?[\d.]+(?:e[+-]?\d+)?),(-?[\d.]+(?:e[+-]?\d+)?)")


@dataclass(frozen=True, slots=True)
class Curve:
    """``points``: a start, then three points for each cubic Bézier stretch; ``tip`` is where the head ends."""

    points: tuple[Point, ...]
    tip: Point | None
    label: Point | None

    def moved(self, by: Point) -> Curve:
        def move(point: Point) -> Point:
            return point[0] + by[0], point[1] + by[1]

        return Curve(
            tuple(map(move, self.points)),
            None if self.tip is None else move(self.tip),
            None if self.label is None else move(self.label),
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """``nodes`` are centres; y grows downwards."""

    size: Size
    nodes: Mapping[str, Point]
    curves: Mapping[tuple[str, str], Curve]


def lay_out(
    nodes: Mapping[str, Size],
    arrows: Mapping[tuple[str, str], Size],
    levels: tuple[tuple[str, ...], ...],
) -> Layout:
    """Station boxes of these sizes, and arrows whose labels have these sizes. ``levels`` are side by side."""
    graph = pygraphviz.AGraph(strict=False, directed=True)
    graph.graph_attr.update(rankdir="TB", nodesep="0.55", ranksep="0.6", splines="spline", ordering="out")
    for name, (width, height) in nodes.items():
        graph.add_node(
            name, shape="box", label="", fixedsize="true", width=width / _POINTS, height=height / _POINTS
        )
    for (source, target), (width, height) in arrows.items():
        graph.add_edge(source, target, key=f"{source}>{target}", label=_LABEL.format(width, height))
    for level in levels:
        graph.add_subgraph([name for name in level if name in nodes], rank="same")
    graph.layout(prog="dot")
    _, _, right, top = (float(part) for part in graph.graph_attr["bb"].split(","))

    def edge(way: tuple[str, str], name: str) -> str:
        return str(graph.get_edge(*way, key=f"{way[0]}>{way[1]}").attr[name] or "")  # pyright: ignore[reportAttributeAccessIssue]

    def station(name: str) -> str:
        return str(graph.get_node(name).attr["pos"])  # pyright: ignore[reportAttributeAccessIssue]

    return Layout(
        (right, top),
        {name: _points(station(name), top)[0] for name in nodes},
        {way: _curve(edge(way, "pos"), edge(way, "lp"), top) for way in arrows},
    )


def _points(text: str, top: float) -> tuple[Point, ...]:
    return tuple((float(x), top - float(y)) for x, y in _PAIR.findall(text))


def _curve(line: str, label: str, top: float) -> Curve:
    """From ``e,TIP START CONTROL CONTROL POINT ...`` (https://graphviz.org/docs/attr-types/splineType/)."""
    parts = line.split()
    tips = [_points(part[2:], top)[0] for part in parts if part.startswith("e,")]
    rest = " ".join(part for part in parts if not part.startswith(("e,", "s,")))
    labels = _points(label, top)
    return Curve(_points(rest, top), tips[0] if tips else None, labels[0] if labels else None)
