"""``visavis openapi``, ``visavis version``: what this is."""

from __future__ import annotations

import json

import typer


def openapi() -> None:
    """Print the OpenAPI document."""
    from orchestrator.api.openapi import create_api_schema  # noqa: PLC0415

    typer.echo(json.dumps(create_api_schema(), indent=2, ensure_ascii=False, sort_keys=True))


def version() -> None:
    """Print the version."""
    from orchestrator.api.version import VERSION  # noqa: PLC0415

    typer.echo(VERSION)
