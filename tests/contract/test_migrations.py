"""The migrations make exactly the tables that the code knows."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from orchestrator.adapters.migrations import upgrade
from orchestrator.adapters.node_tables import metadata


def test_migrations_and_tables_agree(tmp_path: Path) -> None:
    file = tmp_path / "a % b.db"
    upgrade(f"sqlite+aiosqlite:///{file}")
    # Again: nothing left to do.
    upgrade(f"sqlite+aiosqlite:///{file}")
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
