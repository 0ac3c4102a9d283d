"""What the lifecycle of a revision is made of: sets of files, drafts, gates, activations."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from orchestrator.application.errors import Invalid
from rules.languages import text_in
from rules.schema import FILES

ActivationKind = Literal["seed", "publish", "rollback"]
GateName = Literal["check", "test", "replay"]
GateState = Literal["passed", "failed", "absent"]
GATES: tuple[GateName, ...] = get_args(GateName)

SCENARIO_NAME = re.compile(r"tests/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\.yaml", re.ASCII)
LARGEST_SET = 1024 * 1024
"""Bytes of all files of a set together."""
MOST_SCENARIO_FILES = 200
LONGEST_MESSAGE = 500
MOST_CHANGES = 200
"""So many differences are kept in words with an activation; how many more there are is said."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The texts of a policy by file name, and those of the scenarios beside it (``tests/….yaml``)."""

    files: Mapping[str, str]
    scenarios: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def digest(self) -> str:
        """A short name for exactly these texts. A revision, which conversations are pinned to, is without scenarios."""
        found = hashlib.sha256()
        for name, text in sorted({**self.files, **self.scenarios}.items()):
            for part in (name, text):
                data = part.encode()
                found.update(len(data).to_bytes(8, "big"))
                found.update(data)
        return found.hexdigest()[:12]

    @property
    def texts(self) -> dict[str, str]:
        """All of it by name."""
        return {**self.files, **self.scenarios}

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> PolicySet:
        """Sort texts into files and scenarios. A set may be unfinished: what is wrong *in* it is for the gates to say.

        Raises:
            Invalid: a name that has no place in a policy (``unknown_file``), or too much (``too_large``).
        """
        files = {name: text for name, text in texts.items() if name in FILES}
        scenarios = {name: text for name, text in texts.items() if SCENARIO_NAME.fullmatch(name)}
        unknown = sorted(texts.keys() - files.keys() - scenarios.keys())
        if unknown:
            raise Invalid(
                "unknown_file",
                f"{unknown[0][:80]!r} is no file of a policy. A policy is {', '.join(FILES)}, and tests/….yaml.",
            )
        if len(scenarios) > MOST_SCENARIO_FILES:
            raise Invalid("too_large", f"A policy has at most {MOST_SCENARIO_FILES} files of scenarios.")
        try:
            size = sum(len(text.encode()) for text in texts.values())
        except UnicodeEncodeError:
            raise Invalid("not_utf8", "A file is no text in UTF-8. Save it as UTF-8.") from None
        if size > LARGEST_SET:
            raise Invalid("too_large", f"The files have {size} bytes together; {LARGEST_SET} is the most.")
        return cls(files, scenarios)


@dataclass(frozen=True, slots=True)
class Author:
    """Who did something: an account, or (``user_id`` None) the operator at the command line or the service itself."""

    user_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What one gate said of a set. ``absent``: there is nothing to judge by; it neither passes nor stops."""

    name: GateName
    state: GateState
    summary: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Files that somebody saved, not yet live.

    ``base`` is the number of the activation that it was made from: it can only be published while that one is live.
    ``version`` counts its changes. ``gates`` belong to these very files; empty: not examined yet.
    """

    id: str
    version: int
    base: int
    policy_set: PolicySet
    note: str
    author: Author
    created_at: datetime
    changed_at: datetime
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """What is live: the newest activation."""

    number: int
    revision: str


@dataclass(frozen=True, slots=True)
class Activation:
    """A revision became live: who did it, when, why and what changed. Never altered, never removed.

    Numbers have no gaps and say the order; times are for people (clocks differ). ``base`` is the activation that was
    live before, 0 for the first one; ``restores`` the one that a rollback went back to. ``changes`` are sentences by
    language.
    """

    number: int
    revision: str
    kind: ActivationKind
    base: int
    at: datetime
    by: Author
    message: str
    scenarios: Mapping[str, str] = field(default_factory=dict[str, str])
    restores: int | None = None
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    gates: tuple[Gate, ...] = ()

    @property
    def head(self) -> Head:
        return Head(self.number, self.revision)

    def changes_in(self, language: str) -> tuple[str, ...]:
        """The differences in this language, or in the one that is there."""
        found = text_in(self.changes, language, "en")
        return tuple(found[1]) if found is not None else ()


def passed(gates: Iterable[Gate]) -> bool:
    """Whether a set with these answers may be published: it was checked, and nothing failed."""
    states = {gate.name: gate.state for gate in gates}
    return states.get("check") == "passed" and "failed" not in states.values()


def reason(message: str) -> str:
    """A message as it is kept.

    Raises:
        Invalid: it is empty or too long (``message_required``): the next person has to know why.
    """
    message = _CONTROL.sub(" ", message).strip()
    if not message:
        raise Invalid("message_required", "Say why: one sentence that the next person understands.")
    return _bounded(message)


def note_of(text: str) -> str:
    """The note of a draft, which may be empty.

    Raises:
        Invalid: it is too long (``message_too_long``).
    """
    return _bounded(_CONTROL.sub(" ", text).strip())


def _bounded(text: str) -> str:
    if len(text) > LONGEST_MESSAGE:
        raise Invalid("message_too_long", f"At most {LONGEST_MESSAGE} characters, please.")
    return text
