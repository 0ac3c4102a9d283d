"""The scenarios that are shipped with the policy hold, and those of a broken policy do not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli import app
from orchestrator.scenarios.reading import read_scenarios
from orchestrator.scenarios.run import Result, run_scenarios
from rules.findings import PolicyError
from rules.load import load_policy

POLICIES = Path(__file__).parents[3] / "rules" / "policies"


def results(folder: Path) -> list[Result]:
    return list(run_scenarios(load_policy(folder), read_scenarios(folder)))


def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policy"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_every_shipped_scenario_holds() -> None:
    assert [(one.scenario.name, one.failure) for one in results(POLICIES) if one.failure] == []


def test_every_row_that_the_policy_decides_has_a_scenario() -> None:
    about = {row for one in read_scenarios(POLICIES) for row in one.about}
    assert about >= {f"V{number}" for number in (2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13)}


BROKEN = [
    # file, what is broken, by what, and the rows whose scenarios must notice
    ("escalation.yaml", "devices: [desktop, mobile]", "devices: [mobile]", {"V10", "V11", "V13"}),
    (
        "escalation.yaml",
        "    agent:\n      enabled: true",
        "    agent:\n      enabled: false",
        {"V9", "V8"},
    ),
    ("conversation.yaml", "do: [close_call, end_video, want_chat]", "do: [close_call, want_chat]", {"V8"}),
    ("conversation.yaml", "  proposals: 3", "  proposals: 9", {"V9"}),
    ("conversation.yaml", "do: [restart_idle, ask_bot]", "do: [restart_idle]", {"V10", "V13"}),
    ("routing.yaml", "places: { chat: 10, video: 5 }", "places: { chat: 10, video: 9 }", {"V6"}),
    ("camera.yaml", "    camera: allowed", "    camera: forbidden", {"V2"}),
]


@pytest.mark.parametrize(("file", "old", "new", "about"), BROKEN, ids=[one[1].strip()[:30] for one in BROKEN])
def test_a_broken_policy_fails_the_scenarios_that_are_about_it(
    tmp_path: Path, file: str, old: str, new: str, about: set[str]
) -> None:
    folder = copied(tmp_path)
    edit(folder / file, old, new)
    failed = [one for one in results(folder) if one.failure is not None]
    assert failed
    assert {row for one in failed for row in one.scenario.about} <= about


def test_a_failure_tells_where_what_and_how_it_was_decided(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    edit(folder / "escalation.yaml", "devices: [desktop, mobile]", "devices: [desktop]")
    told = CliRunner().invoke(app, ["policy", "test", str(folder)], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert told.exit_code == 1
    assert "FAILS On a phone the French card escalates too" in told.output
    line = next(
        number
        for number, text in enumerate(
            (folder / "tests" / "bot_and_cards.yaml").read_text().split("\n"), start=1
        )
        if "card: matched, state: queued" in text
    )
    assert f"bot_and_cards.yaml:{line} step 1, card:" in told.output
    assert "expected matched" in told.output
    assert "found    device" in told.output
    assert "TransferRequested in chat/bot: row card-hands-over -> queued" in told.output
    assert "not card-group-closed: !group.open  (group.open = true)" in told.output


MISTAKES = [
    ("  - name: x\n    steps: [{ when: visitor_wrote }]", "3", "did you mean `visitor_writes`?"),
    ("  - name: x\n    steps: [{ when: visitor_writes, than: {} }]", "3", "than"),
    ("  - name: x\n    steps: [{ when: { time_passes: soon } }]", "3", "duration"),
    ("  - name: x\n    steps: [{ when: { visitor_writes: a, bot_closes: b } }]", "3", "more than one thing"),
    ("  - name: x\n    steps:\n      - when: visitor_writes\n        then: { state: dancing }", "5", "state"),
    ("  - name: x\n    steps: [{ when: agent_accepts }]", "3", "does not say what of"),
]


@pytest.mark.parametrize(("text", "line", "said"), MISTAKES)
def test_a_mistake_in_a_scenario_is_told_with_its_line(
    tmp_path: Path, text: str, line: str, said: str
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "first.yaml").write_text(f"scenarios:\n{text}\n")
    with pytest.raises(PolicyError) as caught:
        read_scenarios(tmp_path)
    assert f"tests/first.yaml:{line}:" in str(caught.value)
    assert said in str(caught.value)


def test_a_folder_without_scenarios_is_no_success(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    shutil.rmtree(folder / "tests")
    told = CliRunner().invoke(app, ["policy", "test", str(folder)])
    assert told.exit_code == 1
