"""A folder of policy files that follows what is live. What it was taken from is noted in it, so that git keeps that.

The note (`NOTE`) names the activation that the files follow. A push hands the number over: it is refused when another
activation is live by then.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from orchestrator.adapters.policies import SCENARIOS, read_set
from orchestrator.application.errors import Conflict, Invalid
from orchestrator.application.revisions.records import PolicySet
from rules.findings import PolicyError

NOTE = ".visavis-policy.json"


@dataclass(frozen=True, slots=True)
class Followed:
    """What a folder follows: the activation's number and revision, and the digest of the set as it was written."""

    number: int
    revision: str
    digest: str


def followed(folder: Path) -> Followed | None:
    """The note of a folder; None when there is none.

    Raises:
        Invalid: it cannot be read (``note_unreadable``).
    """
    path = folder / NOTE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Followed(int(found["number"]), str(found["revision"]), str(found["digest"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        detail = f"{path} cannot be read: {type(error).__name__}. Take it out of git's history, or pull anew."
        raise Invalid("note_unreadable", detail) from None


def follow(folder: Path, followed: Followed) -> None:
    """Note what the folder follows."""
    found = {"number": followed.number, "revision": followed.revision, "digest": followed.digest}
    _write(folder / NOTE, json.dumps(found, indent=2) + "\n")


def take(folder: Path, policy_set: PolicySet, *, number: int, revision: str, force: bool) -> bool:
    """Write a set into a folder, and note where it is from; returns whether a file changed.

    Raises:
        Conflict: the folder has changes of its own (``folder_changed``), and ``force`` is not given.
        PolicyError: what is in the folder cannot be read.
    """
    found = Followed(number, revision, policy_set.digest)
    present = _present(folder, force=force)
    changed = present is None or present.digest != policy_set.digest
    if changed and present is not None and present.texts and not force:
        known = followed(folder)
        if known is None or known.digest != present.digest:
            raise Conflict(
                "folder_changed",
                f"{folder} has changes that are not what it was taken from. Keep them first (git commit), or publish "
                "them; --force overwrites them.",
            )
    folder.mkdir(parents=True, exist_ok=True)
    if changed:
        for name in sorted(
            (present.texts.keys() if present is not None else set()) - policy_set.texts.keys()
        ):
            (folder / name).unlink(missing_ok=True)
        for name, text in policy_set.texts.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            _write(path, text)
    follow(folder, found)
    return changed


def _present(folder: Path, *, force: bool) -> PolicySet | None:
    """What is in the folder now. Under ``force`` mistakes do not matter: it is written over."""
    if not folder.exists():
        return None
    try:
        return read_set(folder)
    except PolicyError:
        if not force:
            raise
        names = [path.name for path in (folder / SCENARIOS).glob("*.yaml")]
        return PolicySet({}, {f"{SCENARIOS}/{name}": "" for name in names})


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a pull that is interrupted leaves no half file."""
    beside = path.with_name(f".{path.name}.new~")
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
