"""The schema's history. `upgrade` brings a database to the newest; the service does so when it starts."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL, make_url

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
    with _one_at_a_time(make_url(database_url)):
        command.upgrade(config_for(database_url), "head")


@contextmanager
def _one_at_a_time(url: URL) -> Iterator[None]:
    """A command waits for the service that starts on the same SQLite file. PostgreSQL has a lock of its own (`env`)."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        yield
        return
    # The folder is locked, not the file: SQLite has locks of its own on that. It ends with the process at the latest.
    folder = os.open(Path(url.database).absolute().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
