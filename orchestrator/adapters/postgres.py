"""PostgreSQL by asyncpg: prepared statements on connections that are kept, and transactions that are told apart.

Statements are those of SQLAlchemy's Core, translated once (`statements`); SQLAlchemy's own way to the server costs
several times what the statement does. docs/decisions/0012 has the figures.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog
from sqlalchemy import Executable
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from orchestrator.adapters.folding import Folder, Writes
from orchestrator.adapters.session import Append, Parameters, Rows, Session, Write
from orchestrator.adapters.statements import Translated, Translator, for_postgres
from orchestrator.adapters.unreachable import Unreachable
from orchestrator.application.errors import StoreUnavailable, VersionConflict

log = structlog.get_logger(__name__)

CONNECTIONS = 16
"""More would make a server of a few cores slower, not faster."""
PATIENCE = 8.0
"""A server that restarts is back by then."""
CONNECT_TIMEOUT = 5
STATEMENT_TIMEOUT = 20
MOST_STATEMENTS = 500

_SESSION = {
    "application_name": "visavis",
    # A process that hangs, or whose machine is gone, must not keep its locks.
    "idle_in_transaction_session_timeout": "30s",
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}

_BEGIN_WRITE = "BEGIN"
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""A reader sees one moment, as with SQLite."""

_TROUBLE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What the driver says when the server's farewell came in the middle of something.
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_NOT_YET = (asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError, OSError, TimeoutError)
"""Why connecting fails while a server starts, stops or is busy."""
_FASTER = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    # The schema was changed by a newer process: the next connection sees it as it is.
    asyncpg.InvalidCachedStatementError,
)


def address(database_url: str) -> str:
    """The address as asyncpg reads it; SQLAlchemy's way to name a driver is left out."""
    scheme, separator, rest = database_url.partition("://")
    return f"postgresql{separator}{rest}" if scheme.startswith("postgres") else database_url


async def reach(database_url: str) -> None:
    """Connect once, to tell an operator at the start what is wrong.

    Raises:
        Unreachable: with what, where, and what to do.
    """
    try:
        connection = await _connect(address(database_url))
    except (*_TROUBLE, ValueError) as error:
        raise Unreachable(_why(database_url, error)) from error
    try:
        for setting in ("synchronous_commit", "fsync"):
            if await connection.fetchval("SELECT current_setting($1)", setting) == "off":
                log.warning("database.may_forget", setting=setting, hint="acknowledged messages can be lost")
    finally:
        await connection.close()


class PostgresDatabase:
    """See `database.Database`."""

    def __init__(
        self, database_url: str, *, connections: int = CONNECTIONS, patience: float = PATIENCE
    ) -> None:
        """``patience``: the seconds that a transaction waits for a connection."""
        self._patience = patience
        self._address = address(database_url)
        self._where = _where(database_url)
        self._translator = for_postgres()
        self._folder = Folder(self._translator)
        self._places = asyncio.Semaphore(connections)
        # The one used last is taken first: its statements are prepared and its memory is warm.
        self._idle: list[_Connection] = []
        self._closed = False

    @asynccontextmanager
    async def transaction(self, *, write: bool) -> AsyncIterator[Session]:
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise StoreUnavailable("Too much is asked of the database at once.") from None
        connection: _Connection | None = None
        try:
            connection = await self._begun(_BEGIN_WRITE if write else _BEGIN_READ)
            try:
                session = PostgresSession(connection, self._translator, self._folder)
                yield session
                await session.send()
            except BaseException as error:
                await asyncio.shield(connection.roll_back())
                raise _meaning(error, connection) from error
            await self._commit(connection)
        finally:
            self._places.release()
            if connection is not None:
                self._put_back(connection)

    async def _begun(self, begin: str) -> _Connection:
        """A connection in a transaction. One that broke while nobody looked shows it here, and harms nobody."""
        give_up = asyncio.get_running_loop().time() + self._patience
        while True:
            connection = self._idle.pop() if self._idle else None
            fresh = connection is None
            try:
                connection = connection or _Connection(await _connect(self._address))
                await connection.run(begin)
            except BaseException as error:
                if connection is not None:
                    connection.terminate()
                if not isinstance(error, _TROUBLE):
                    raise
                if not fresh:
                    continue
                if not isinstance(error, _NOT_YET) or asyncio.get_running_loop().time() > give_up:
                    log.error("database.unavailable", where=self._where, error=type(error).__name__)
                    raise StoreUnavailable("The database does not answer.") from error
                await asyncio.sleep(0.1)
            else:
                return connection

    async def _commit(self, connection: _Connection) -> None:
        try:
            status = await connection.run("COMMIT")
        except _FASTER as error:
            raise VersionConflict(type(error).__name__) from error
        except _TROUBLE as error:
            # It may be stored or not. Nothing was acknowledged: whoever asked asks again, and keys make that harmless.
            log.warning("database.commit_unknown", where=self._where, error=type(error).__name__)
            raise StoreUnavailable("The database went away while this was being stored.") from error
        if status != "COMMIT":
            raise RuntimeError("a statement of this transaction had failed, and its error was passed over")

    def _put_back(self, connection: _Connection) -> None:
        if self._closed or not connection.usable:
            connection.terminate()
        else:
            self._idle.append(connection)

    async def close(self) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().close()


class Row(asyncpg.Record):
    """A row whose columns are attributes, as SQLAlchemy's are."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def _mapping(self) -> dict[str, Any]:
        return dict(self.items())


class _Connection:
    """A connection and the statements it has prepared."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._prepared: dict[str, Any] = {}
        self._sound = True

    @property
    def closed(self) -> bool:
        return self._connection.is_closed()

    @property
    def usable(self) -> bool:
        return self._sound and not self.closed and len(self._prepared) < MOST_STATEMENTS

    async def run(self, command: str) -> str:
        """BEGIN, COMMIT and ROLLBACK."""
        self._sound = False
        status = await self._connection.execute(command)
        self._sound = True
        return status

    async def fetch(self, text: str, arguments: Sequence[Any]) -> tuple[Sequence[Any], str]:
        """What a statement gives, and its status (``UPDATE 1``)."""
        prepared = self._prepared.get(text) or await self._prepare(text)
        rows = await prepared.fetch(*arguments)
        return rows, prepared.get_statusmsg()

    async def each(self, statement: Translated, given: Sequence[dict[str, Any]]) -> None:
        """The same statement for several sets of values, in one go."""
        prepared = self._prepared.get(statement.text) or await self._prepare(statement.text)
        await prepared.executemany([statement.arguments(one) for one in given])

    async def _prepare(self, text: str) -> Any:
        prepared = self._prepared[text] = await self._connection.prepare(text)
        return prepared

    async def roll_back(self) -> None:
        try:
            async with asyncio.timeout(2):
                await self.run("ROLLBACK")
        except _TROUBLE:
            self._sound = False

    def terminate(self) -> None:
        self._prepared.clear()
        self._connection.terminate()

    async def close(self) -> None:
        self._prepared.clear()
        try:
            await self._connection.close(timeout=2)
        except _TROUBLE:
            self._connection.terminate()


class PostgresSession:
    """See `session.Session`."""

    dialect = "postgresql"

    def __init__(self, connection: _Connection, translator: Translator, folder: Folder) -> None:
        self._connection = connection
        self._translator = translator
        self._folder = folder
        self._writes = Writes()

    async def read(self, statement: Executable, parameters: Parameters = None) -> Rows:
        await self._send()
        given = parameters if isinstance(parameters, dict) else {}
        translated = self._translator.translate(statement, tuple(given))
        rows, status = await self._connection.fetch(translated.text, translated.arguments(given))
        return Rows(rows) if rows else Rows((), _count(status))

    async def write(
        self, statement: Executable, parameters: Parameters = None, *, only_if_found: bool = False
    ) -> None:
        if parameters is not None and not isinstance(parameters, dict):
            if len(parameters) > 1:
                await self._send()
                translated = self._translator.translate(statement, tuple(parameters[0]))
                await self._connection.each(translated, parameters)
                return
            parameters = parameters[0] if parameters else {}
        rows = await self.read(statement, parameters)
        if only_if_found and rows.count != 1:
            raise VersionConflict("the row was changed or is gone")

    async def put(self, write: Write | Append, rows: Sequence[dict[str, Any]]) -> None:
        if rows and not self._writes.add(write, rows):
            await self._send()
            if not self._writes.add(write, rows):
                # The same row twice: one after the other.
                for row in rows:
                    await self._send()
                    self._writes.add(write, (row,))

    async def send(self) -> None:
        await self._send(appended=True)

    async def _send(self, *, appended: bool = False) -> None:
        parts = self._writes.take(appended=appended)
        if not parts:
            return
        folded, arguments = self._folder.fold(parts)
        (found,), _ = await self._connection.fetch(folded.text, arguments)
        for number in folded.checked:
            if found[number] != len(parts[number][1]):
                raise VersionConflict("the row was changed or is gone")


def _count(status: str) -> int:
    """The rows that a statement touched, from its status: ``INSERT 0 1``, ``UPDATE 3``."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


def _meaning(error: BaseException, connection: _Connection) -> BaseException:
    """Another transaction was faster, or the connection broke before the commit: nothing is stored, decide anew."""
    broke = isinstance(error, _TROUBLE) and (
        connection.closed or isinstance(error, asyncpg.InternalClientError)
    )
    return VersionConflict(type(error).__name__) if broke or isinstance(error, _FASTER) else error


async def _connect(dsn: str) -> Any:
    return await asyncpg.connect(
        dsn,
        timeout=CONNECT_TIMEOUT,
        command_timeout=STATEMENT_TIMEOUT,
        server_settings=_SESSION,
        record_class=Row,
    )


def _where(database_url: str) -> str:
    """Host, port and database: never a password."""
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):
        return "an address that cannot be read"
    return f"{url.query.get('host') or url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def _why(database_url: str, error: BaseException) -> str:
    where = _where(database_url)
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            user = make_url(database_url).username
            return (
                f"PostgreSQL at {where} does not let the user {user!r} in. "
                "Check the user and the password in VISAVIS_DATABASE_URL."
            )
        case asyncpg.InvalidCatalogNameError():
            return (
                f"PostgreSQL at {where} has no such database. Create it first, for instance with `createdb`."
            )
        case asyncpg.TooManyConnectionsError():
            return (
                f"PostgreSQL at {where} has no connection left: raise its max_connections "
                f"({CONNECTIONS + 1} for each process)."
            )
        case ssl.SSLError():
            return (
                f"PostgreSQL at {where} cannot be trusted ({error}). Check sslmode in VISAVIS_DATABASE_URL."
            )
        case ValueError():
            return "VISAVIS_DATABASE_URL is not an address of PostgreSQL: postgresql://user:password@host:5432/database"
        case _:
            what = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            return (
                f"PostgreSQL at {where} cannot be reached ({what}). "
                "Is it running, and is VISAVIS_DATABASE_URL right?"
            )
