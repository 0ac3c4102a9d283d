"""What crosses the wire about policies: activations, drafts and gates."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from orchestrator.api.schemas import Model
from orchestrator.application.revisions.records import LARGEST_SET, LONGEST_MESSAGE, MOST_SCENARIO_FILES

FileName = Annotated[str, Field(min_length=1, max_length=80, examples=["camera.yaml", "tests/camera.yaml"])]
FileText = Annotated[str, Field(max_length=LARGEST_SET)]
Texts = Annotated[dict[FileName, FileText], Field(max_length=MOST_SCENARIO_FILES + 10)]
"""The files of a policy by name, and those of its scenarios (``tests/….yaml``)."""
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
Message = Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE)]

_FILES: JsonDict = {"camera.yaml": "default: allowed\n"}


class GateView(Model):
    """What one gate said. ``absent``: there was nothing to judge by."""

    name: Literal["check", "test", "replay"]
    state: Literal["passed", "failed", "absent"]
    summary: str
    details: list[str]


class ActivationView(Model):
    """A revision became live. ``by`` is an account's id, None for the operator.

    ``restores`` is what a rollback went back to. ``changes`` are sentences in the language that was asked for, the most
    important first.
    """

    number: int
    revision: str
    kind: Literal["seed", "publish", "rollback"]
    base: int
    at: datetime
    by: str | None
    by_name: str
    message: str
    restores: int | None
    changes: list[str]
    gates: list[GateView]


class ActivationWithFiles(ActivationView):
    """``texts``: the files by name, scenarios included."""

    texts: dict[str, str]


class LivePolicy(Model):
    """What is live, and what this process uses: another number only when this version cannot use what was published."""

    live: ActivationView
    used_number: int
    used_revision: str


class ActivationPage(Model):
    """``before`` of the next page, None when this is the last one."""

    activations: list[ActivationView]
    before: int | None


class DraftSummary(Model):
    """``stale``: somebody published since; the files have to be put on top of that. ``gates``: empty until asked."""

    id: str
    version: int
    base: int
    stale: bool
    note: str
    by: str | None
    by_name: str
    created_at: datetime
    changed_at: datetime
    gates: list[GateView]


class DraftView(DraftSummary):
    """``texts``: the files by name, scenarios included."""

    texts: dict[str, str]


class SaveDraft(Model):
    """``base``: the number of the activation that the files were made from; refused when it is not live any more."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"base": 1, "note": "Camera on", "texts": _FILES}]}
    )

    base: Number
    note: Annotated[str, Field(max_length=LONGEST_MESSAGE)] = ""
    texts: Texts


class ChangeDraft(SaveDraft):
    """``version``: the one that was read; refused when somebody else changed the draft meanwhile."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"base": 1, "version": 1, "note": "Camera on", "texts": _FILES}]}
    )

    version: Number


class PublishDraft(Model):
    """``message``: why, for whoever reads the history."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "Fewer visitors wait at lunch time"}]}
    )

    message: Message


class Rollback(Model):
    """``base``: the number that is live, as the caller knows it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"base": 3, "message": "Too many were turned away"}]}
    )

    base: Number
    message: Message
