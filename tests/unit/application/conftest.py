"""An application for each test, on a real SQLite file, with virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.application import Application, migrated, running


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema and nothing else, to be copied."""
    file = tmp_path_factory.mktemp("schema") / "empty.db"
    migrated(file)
    return file


@pytest.fixture
def database(schema: Path, tmp_path: Path) -> Path:
    file = tmp_path / "visavis.db"
    file.write_bytes(schema.read_bytes())
    return file


@pytest.fixture
async def app(database: Path) -> AsyncIterator[Application]:
    async with running(database) as application:
        yield application
