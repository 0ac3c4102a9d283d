"""``visavis db …``: the database."""

from __future__ import annotations

import asyncio

from orchestrator.adapters.unreachable import Unreachable
from orchestrator.commands.shared import DataDir, fail, out, read_settings
from orchestrator.observability import configure_logs
from orchestrator.settings import SettingError


def upgrade(data_dir: DataDir = None) -> None:
    """Bring the database to the current schema (`up` does this by itself)."""
    from orchestrator.main import upgrade_database  # noqa: PLC0415

    settings = read_settings(data_dir)
    configure_logs("WARNING")
    try:
        asyncio.run(upgrade_database(settings))
    except (SettingError, Unreachable) as error:
        fail(str(error))
    out.print("The database is up to date.")
