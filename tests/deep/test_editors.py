"""The exported JSON Schemas in the real yaml-language-server: what editors underline, complete and explain."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli import app
from rules.meanings import EVENTS, KEYS
from rules.schema import FILES
from tests.deep.language_server import Editor, editor, installed
from tests.unit.rules.shipped import FILES as SHIPPED

pytestmark = [pytest.mark.deep, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the schemas, made as the guide says."""
    folder = tmp_path_factory.mktemp("policy")
    for name in FILES:
        made = CliRunner().invoke(app, ["policy", "schema", name])
        assert made.exit_code == 0
        (folder / name.replace(".yaml", ".schema.json")).write_text(made.stdout, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def opened(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    try:
        program = installed(tmp_path_factory.mktemp("server"))
    except (subprocess.SubprocessError, OSError) as error:
        pytest.fail(f"yaml-language-server cannot be installed: {error}")
    with editor(program, root) as found:
        yield found


def modeline(name: str) -> str:
    return f"# yaml-language-server: $schema=./{name.replace('.yaml', '.schema.json')}\n"


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_underlined_in_a_right_file(opened: Editor, root: Path, name: str) -> None:
    assert opened.open(root / name, modeline(name) + SHIPPED[name]) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("conversation.yaml", "limits:", "limit:", "limit is not allowed"),
        ("conversation.yaml", "idle_timeout: 15m", "idle_timeout: 15 minutes", "String does not match the pattern"),
        ("conversation.yaml", "event: QueueLeft", "event: QueueLefted", "Value is not accepted"),
        ("conversation.yaml", "do: [rest]", "do: [sleep]", "Value is not accepted"),
        ("conversation.yaml", "proposals: 3", "proposals: many", 'Incorrect type. Expected "integer"'),
        ("routing.yaml", "strategy: longest_idle", "strategy: fastest", "Value is not accepted"),
        ("routing.yaml", "share: 80", "share: 101", "Value is above the maximum of 100"),
        ("escalation.yaml", "devices: [desktop, mobile]", "devices: [tablet]", "Value is not accepted"),
        ("cards.yaml", "default_language: fr", "default_language: french", "String does not match the pattern"),
        ("camera.yaml", "default: allowed", "default: yes please", "Value is not accepted"),
        ("engagement.yaml", 'colour: "#1f4fd8"', "colour: blue", "String does not match the pattern"),
    ],
)  # fmt: skip
def test_mistakes_are_underlined_in_their_line(
    opened: Editor, root: Path, name: str, old: str, new: str, said: str
) -> None:
    text = modeline(name) + SHIPPED[name]
    assert old in text
    wrong = text.replace(old, new, 1)
    file = root / f"wrong-{abs(hash(new))}-{name}"
    found = opened.open(file, wrong)
    line = wrong[: wrong.index(new)].count("\n") + 1
    assert any(each.startswith(f"{line}: ") and said.lower() in each.lower() for each in found), found


def complete(opened: Editor, root: Path, name: str, text: str) -> dict[str, str]:
    """What can be written where ``text`` has a ``|``."""
    whole = modeline(name) + text
    before = whole[: whole.index("|")]
    file = root / f"half-{abs(hash(text))}-{name}"
    opened.open(file, whole.replace("|", ""))
    return opened.completions(file, before.count("\n"), len(before.rsplit("\n", maxsplit=1)[-1]))


def test_events_are_completed(opened: Editor, root: Path) -> None:
    found = complete(
        opened, root, "conversation.yaml", "transitions:\n  - id: one\n    event: |\n    from: chat\n"
    )
    assert set(EVENTS) <= set(found)


def test_actions_are_completed(opened: Editor, root: Path) -> None:
    text = "transitions:\n  - id: one\n    event: QueueLeft\n    from: chat\n    do:\n      - |\n"
    assert {"close", "enter_queue", "open_call"} <= set(complete(opened, root, "conversation.yaml", text))


def test_keys_are_completed_with_what_they_mean(opened: Editor, root: Path) -> None:
    found = complete(opened, root, "routing.yaml", "groups:\n  advisors:\n    |\n")
    assert {"label", "places", "strategy", "hours", "overflow"} <= set(found)
    assert KEYS["GroupSpec.overflow"] in found["overflow"]


def test_a_key_is_explained_under_the_pointer(opened: Editor, root: Path) -> None:
    name = "camera.yaml"
    text = modeline(name) + SHIPPED[name]
    file = root / "pointed-at.yaml"
    opened.open(file, text)
    line = text[: text.index("screen_share_when_forbidden:")].count("\n")
    assert KEYS["CameraFile.screen_share_when_forbidden"] in opened.hover(file, line, 4)
