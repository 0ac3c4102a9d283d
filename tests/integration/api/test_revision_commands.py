"""`visavis policy pull | push | publish | rollback | revisions | drafts`, as two admins use them side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli import app

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VISAVIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ("policy", *arguments))


def works(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.output


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_two_admins(place: Path) -> None:
    for name in ("ada", "bruno"):
        assert "number 1" in works("pull", name)
    change(place / "ada" / "routing.yaml", "chat: 10,", "chat: 6,")
    change(place / "bruno" / "routing.yaml", "chat: 10,", "chat: 8,")
    assert "Saved as draft" in works("push", "bruno", "--note", "Mine", "--by", "Bruno")
    [draft] = json.loads(works("drafts", "--format", "json"))
    assert (draft["by"], draft["note"], draft["base"], draft["stale"]) == ("Bruno", "Mine", 1, False)
    assert "number 2" in works("publish", "ada", "-m", "Lunch", "--by", "Ada")
    for command in (
        ("push", "bruno"),
        ("publish", "bruno", "-m", "Mine"),
        ("publish", draft["id"], "-m", "x"),
    ):
        said = refused(*command)
        assert "Ada made number 2 live meanwhile" in said
        assert "'Lunch'" in said
        assert "visavis policy pull" in said
    # A pull does not write over what is his; when he insists, it does, and then he may push again.
    assert "--force" in refused("pull", "bruno")
    assert "number 2" in works("pull", "bruno", "--force")
    change(place / "bruno" / "routing.yaml", "chat: 6,", "chat: 8,")
    works("push", "bruno", "--by", "Bruno")
    mine = [one for one in json.loads(works("drafts", "--format", "json")) if not one["stale"]]
    assert "number 3" in works("publish", mine[0]["id"], "-m", "Eight", "--by", "Bruno")
    history = json.loads(works("revisions", "--format", "json"))
    assert [(one["number"], one["kind"], one["by"], one["message"]) for one in history][:2] == [
        (3, "publish", "Bruno", "Eight"),
        (2, "publish", "Ada", "Lunch"),
    ]
    assert "8 instead of 6" in " ".join(history[0]["changes"])
    works("drafts", "--remove", draft["id"])
    assert "There are no drafts" in works("drafts")
    assert "number 1" in works("pull", "old", "--number", "1")
    assert "chat: 10," in (place / "old" / "routing.yaml").read_text()
    # Pulled as number 1, it does not follow what is live.
    assert "number 3 live meanwhile" in refused("push", "old")


def test_a_draft_that_is_wrong_is_kept_and_not_published(place: Path) -> None:
    works("pull", "rules")
    change(place / "rules" / "camera.yaml", "\ndefault: allowed", "\ndefault: sometimes")
    said = refused("push", "rules")
    assert "Saved as draft" in said
    assert "camera.yaml:3:10" in said
    assert "cannot be published" in said
    assert "camera.yaml:3:10" in refused("publish", "rules", "-m", "All the same")
    [(_, state, _), *_] = json.loads(works("drafts", "--format", "json"))[0]["gates"]
    assert state == "failed"
    assert len(json.loads(works("revisions", "--format", "json"))) == 1


def test_what_makes_no_sense_is_told(place: Path) -> None:
    works("pull", "rules")
    assert "There is no folder ./nowhere" in refused("publish", "./nowhere", "-m", "x")
    assert "no such draft" in refused("publish", "d_none", "-m", "x")
    assert "Say why" in refused("publish", "rules", "-m", " ")
    assert "live already" in refused("publish", "rules", "-m", "Nothing")
    assert "under the number 7" in refused("rollback", "7", "-m", "x")
    assert "is live" in refused("rollback", "1", "-m", "x")
    (place / "rules" / "routnig.yaml").write_text("")
    assert "did you mean `routing.yaml`" in refused("push", "rules")
    (place / "rules" / "routnig.yaml").unlink()
    (place / "rules" / ".visavis-policy.json").unlink()
    assert "--base 1" in refused("push", "rules")
