"""The schema's history. `upgrade` brings a database to the newest; the service does so when it starts."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

FOLDER = Path(__file__).parent


def config_for(database_url: str) -> Config:
    """Alembic's configuration, without a file: there is nothing an operator should change."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    # A percent sign (in a password) would be read as the start of an interpolation.
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def upgrade(database_url: str) -> None:
    """Bring the database to the newest schema. Blocks: call it from a thread when a loop is running."""
    command.upgrade(config_for(database_url), "head")
