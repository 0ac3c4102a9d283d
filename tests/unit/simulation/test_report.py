"""The report: everything on one page, nothing to fetch, and no name of a file or a group that breaks out of it."""

from __future__ import annotations

import re
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

from orchestrator.simulation.assumed import assumed_in_load
from orchestrator.simulation.compare import deltas, replicate
from orchestrator.simulation.plan import plan_of
from orchestrator.simulation.plots import Series, interval, plot
from orchestrator.simulation.report import Asked, page
from rules.load import load_policy
from tests.unit.simulation.loads import POLICIES, chats, for_hours, part_of_the_example, variant

LOAD = part_of_the_example(0.1)


def asked(**changes: object) -> Asked:
    values = {
        "folder": Path("rules/policies"),
        "config": Path("load.yaml"),
        "arrivals": None,
        "seed": 3,
        "days": 1,
        "compare": None,
        "replications": 1,
    }
    return Asked(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def html() -> str:
    ((results,),) = replicate([load_policy(POLICIES)], partial(plan_of, LOAD, days=1), seed=3, times=1)
    return page(results, asked(), assumed_in_load(LOAD))


def test_every_group_has_plots_with_axes_and_the_figures_in_a_table(html: str) -> None:
    assert html.count('role="img"') == 3
    assert html.count("hour of the day (UTC)</text>") == 3
    for unit in ("conversations", "seconds", "percent"):
        assert re.search(rf">(?:{unit}|minutes)</text>", html)
    assert "Group advisors" in html
    assert "all day" in html


def test_it_says_what_was_assumed_and_how_to_repeat_it(html: str) -> None:
    assert "visavis policy simulate rules/policies --config load.yaml --days 1 --seed 3" in html
    assert "the card advisor 25%" in html
    assert "6m on average (lognormal, spread 0.7)" in html
    assert "What visitors were told of their wait" in html


def test_it_fetches_nothing_and_is_well_formed(html: str) -> None:
    assert not re.search(r"https?:|src=|@import|url\(|<script|<link", html)
    assert not re.search(r"\bnan\b", html)
    open_tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "path", "circle", "rect"):
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in ("path", "circle", "rect"):
                assert open_tags.pop() == tag

    Reader().feed(html)
    assert open_tags == []


def test_a_comparison_shows_each_difference_with_its_interval(tmp_path: Path) -> None:
    other = variant(tmp_path, ("routing.yaml", "capacity: { chat: 3,", "capacity: { chat: 1,"))
    load = chats(2, for_hours(40.0, 8, 2))
    runs = replicate(
        [load_policy(POLICIES), load_policy(other)], partial(plan_of, load, days=1), seed=1, times=3
    )
    what = asked(compare=other, replications=3)
    html = page(runs[0][0], what, assumed_in_load(load), deltas(runs))
    assert html.count('class="interval"') == 10
    assert "differs" in html
    assert "the same" in html
    assert f"--compare {other} --replications 3" in html


def test_names_are_shown_and_not_obeyed() -> None:
    ((results,),) = replicate([load_policy(POLICIES)], partial(plan_of, LOAD, days=1), seed=1, times=1)
    evil = Path("<script>alert(1)</script>")
    html = page(results, asked(folder=evil, compare=evil), [("<b>", "<i>")])
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html


def test_a_plot_breaks_its_line_where_nothing_is_known() -> None:
    drawn = plot("Wait", "seconds", range(4), [Series("mean", [1.0, float("nan"), 3.0, 4.0])])
    (path,) = re.findall(r'<g class="s0"><path d="([^"]*)"', drawn)
    assert path.count("M") == 2
    assert drawn.count("<title>") == 3
    nothing = plot("Wait", "seconds", [9], [Series("mean", [float("nan")])])
    assert "<title>" not in nothing


def test_an_interval_is_drawn_around_zero_within_its_box() -> None:
    for mean, half in ((0.0, 0.0), (5.0, float("nan")), (-2.0, 9.0), (1e-9, 1e-12), (1e9, 1.0)):
        numbers = [float(number) for number in re.findall(r'[MHx]="?([\d.]+)"?', interval(mean, half))]
        assert all(0 <= number <= 120 for number in numbers)
