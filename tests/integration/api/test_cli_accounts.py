"""Memberships from the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.api.test_cli import run
from tests.integration.api.world import PASSWORD


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")


def add(*options: str) -> None:
    added = run("user", "add", "claire@x.test", *options, "--password-stdin", stdin=PASSWORD)
    assert added.exit_code == 0, added.output


def test_groups_languages_and_skills() -> None:
    add(
        "--group",
        "advisors:2",
        "--language",
        "fr",
        "--language",
        "en",
        "--skill",
        "billing:3",
        "--skill",
        "abroad",
    )
    listed = run("user", "list").output
    assert re.search(r"claire@x\.test\s+Claire\s+agent\s+advisors:2\s+fr, en\s+abroad:1, billing:3", listed)
    changed = run(
        "user", "set", "Claire@x.test", "--no-groups", "--skill", "billing:5", "--role", "supervisor"
    )
    assert changed.exit_code == 0, changed.output
    row = r"claire@x\.test\s+Claire\s+supervisor\s+every group\s+fr, en\s+billing:5"
    assert re.search(row, changed.output)
    assert re.search(row, run("user", "list").output)


def test_without_any_an_agent_serves_everybody() -> None:
    add()
    assert re.search(r"agent\s+every group\s+any\s", run("user", "list").output)


MISTAKES = (
    (("--group", "adviser"), "advisors"),
    (("--group", "advisors", "--group", "advisors:2"), "once"),
    (("--group", "advisors:first"), "name:2"),
    (("--group", "advisors:101"), "1 to 100"),
    (("--skill", "billing:11"), "1 to 10"),
    (("--skill", "Billing"), "name:2"),
    (("--language", "french!"), "`fr`"),
    (("--role", "boss"), "agent, supervisor"),
    (("--group", "advisors", "--no-groups"), "contradict"),
    (("--chats", "2", "--no-capacity"), "contradict"),
)


def test_mistakes_say_what_to_do_and_change_nothing() -> None:
    add()
    before = run("user", "list").output
    for arguments, says in MISTAKES:
        result = run("user", "set", "claire@x.test", *arguments)
        assert result.exit_code == 1, arguments
        assert says in result.output
        assert "Traceback" not in result.output
    assert run("user", "list").output == before


def test_nobody_of_that_name() -> None:
    result = run("user", "set", "nobody@x.test", "--no-groups")
    assert result.exit_code == 1
    assert "visavis user list" in result.output


def test_rules_with_mistakes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    (tmp_path / "policies").mkdir()
    monkeypatch.setenv("VISAVIS_POLICY_DIR", str(tmp_path / "policies"))
    result = run("user", "set", "claire@x.test", "--group", "advisors")
    assert result.exit_code == 1
    assert "conversation.yaml" in result.output
    assert "Traceback" not in result.output
    assert run("user", "set", "claire@x.test", "--name", "C").exit_code == 0, "only groups need the rules"


def test_how_many_an_agent_takes_at_a_time() -> None:
    add("--chats", "2")
    assert re.search(r"any\s+2 chats\s+open", run("user", "list").output)
    assert "2 chats, 0 videos" in run("user", "set", "claire@x.test", "--videos", "0").output
    assert "5 chats, 0 videos" in run("user", "set", "claire@x.test", "--chats", "5").output
    assert "chats" not in run("user", "set", "claire@x.test", "--no-capacity").output
    assert run("user", "set", "claire@x.test", "--chats", "101").exit_code == 2


def test_closing_an_account_and_opening_it_again() -> None:
    add()
    closed = run("user", "deactivate", "Claire@x.test")
    assert closed.exit_code == 0, closed.output
    assert "reactivate" in closed.output
    assert re.search(r"closed \d{4}-\d\d-\d\d", run("user", "list").output)
    opened = run("user", "reactivate", "claire@x.test")
    assert "may sign in again as agent" in opened.output
    assert "closed" not in run("user", "list").output
    assert run("user", "deactivate", "nobody@x.test").exit_code == 1
