"""The wait estimate inside a simulation: rules read it, and its bands are graded as those of the live service are."""

from __future__ import annotations

from pathlib import Path

from orchestrator.domain.wait_time.terms import Forecast, Line, Unknown, WaitBand
from orchestrator.simulation.results import Bands
from orchestrator.simulation.run import simulate
from tests.unit.simulation.loads import chats, for_hours, one_at_a_time


def test_a_rule_that_reads_the_wait_holds_once_it_can_be_known(tmp_path: Path) -> None:
    """Visitors are sent away from a long line, though there is place for a thousand; not before there is experience."""
    policy = one_at_a_time(
        tmp_path,
        (
            "conversation.yaml",
            '    event: PersonRequested\n    from: chat\n    party: [bot, none]\n    when: "!group.has_free_agent '
            '&& group.waiting >= group.places"',
            "    event: PersonRequested\n    from: chat\n    party: [bot, none]\n    when: queue.wait_p90 > 300.0",
        ),
    )
    crowded = chats(1, for_hours(30.0, 3, 8))
    found = simulate(policy, crowded, seed=2)
    assert found.cells["advisors", 3].failed.total() == 0
    assert found.total().failed["full"] > 20
    without = simulate(one_at_a_time(tmp_path), crowded, seed=2)
    assert without.total().failed.total() == 0
    late, late_without = (one.cells["advisors", 9].figures()["wait_mean"] for one in (found, without))
    assert late < late_without / 3


def test_bands_of_a_textbook_queue_come_true(tmp_path: Path) -> None:
    bands = simulate(one_at_a_time(tmp_path), chats(3, for_hours(56.0, 0, 12)), seed=1).bands
    (line, one), figures = next(iter(bands.items())), next(iter(bands.values())).figures()
    assert line == Line("advisors", "chat")
    assert one.entered > 500
    assert figures["had_to_wait"] < one.entered
    assert figures["told"] > 0.7
    assert abs(figures["within_p50"] - 0.5) < 0.2
    assert figures["within_p90"] > 0.8


def test_who_gave_up_is_allowed_for_and_who_was_told_nothing_is_not_graded() -> None:
    bands, band = Bands(), WaitBand(60.0, 120.0)
    bands.count(Forecast(band, band, slot_free=True), 500.0, answered=True)
    bands.count(Forecast(Unknown("thin_data")), 500.0, answered=True)
    for waited, answered in ((30.0, True), (90.0, True), (300.0, True), (10.0, False)):
        bands.count(Forecast(band, band), waited, answered=answered)
    figures = bands.figures()
    assert (bands.entered, figures["had_to_wait"], figures["told"]) == (6, 5.0, 4 / 5)
    assert abs(figures["within_p50"] - 1 / 3) < 0.1
    assert abs(figures["within_p90"] - 2 / 3) < 0.1
