"""The document holds every route, every frame, and examples that are true."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from orchestrator.api import schemas, schemas_inbox, schemas_supervisor
from orchestrator.api.openapi import EXAMPLES, create_api_schema


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_api_schema()


def test_is_the_same_every_time(document: dict[str, Any]) -> None:
    assert create_api_schema() == document


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = document["components"]["schemas"]

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            ref = node.get("$ref")
            if ref is not None:
                assert ref.removeprefix("#/components/schemas/") in known
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)


def test_one_name_for_one_shape(document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])
    assert not [name for name in names if name.endswith(("-Input", "-Output", "__1"))]
    models = {
        name
        for name, value in vars(schemas).items()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == schemas.__name__
    }
    assert models - names == {"Model"}


def test_frames(document: dict[str, Any]) -> None:
    frames = document["components"]["schemas"]
    assert set(frames["VisitorFrame"]["discriminator"]["mapping"]) == {
        "welcome", "ping", "message", "conversation", "typing", "bot", "error",
    }  # fmt: skip
    assert set(frames["AgentFrame"]["discriminator"]["mapping"]) == {
        "welcome", "ping", "message", "conversation", "invitation", "invitation_ended", "agent", "inbox", "typing",
        "error",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_examples_are_valid(name: str) -> None:
    model = getattr(schemas, name)
    for example in EXAMPLES[name]:
        model.model_validate(example)


def test_examples_beside_their_models_are_valid() -> None:
    models = [
        model
        for module in (schemas, schemas_inbox, schemas_supervisor)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, schemas.Model)
    ]
    examples = [
        model.model_validate(example)
        for model in models
        for example in (model.model_json_schema().get("examples") or [])
    ]
    assert len(examples) >= 6


def test_errors_are_problems_everywhere(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            assert "422" not in operation["responses"]
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            assert operation["description"], operation["operationId"]


def test_who_may_is_part_of_the_document(document: dict[str, Any]) -> None:
    assert set(document["components"]["securitySchemes"]) == {"visitor", "session", "call", "bot", "metrics"}
    unguarded = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "security" not in operation
    }
    assert unguarded == {
        "POST /api/visitor/session",
        "POST /api/auth/login",
        "POST /api/auth/reset",
        "GET /healthz",
        "GET /readyz",
    }
