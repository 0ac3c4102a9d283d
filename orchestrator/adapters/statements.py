"""SQLAlchemy's statements as a driver without SQLAlchemy runs them: text with places, what goes there, what comes.

Making the text costs a quarter of a millisecond, more than running it, and SQLAlchemy's own way to run a statement
costs several times what SQLite takes for it. A statement that lives as long as its module is therefore translated
once; one that is built for the occasion, each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import ClauseElement, Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Values = dict[str, Any]
Conversion = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """One place: the name of its value, the value that the statement itself brings along, and how it is sent."""

    name: str
    own: Any
    convert: Conversion | None

    def of(self, given: Values) -> Any:
        value = given.get(self.name, self.own)
        return value if self.convert is None else self.convert(value)


@dataclass(frozen=True, slots=True, eq=False)
class Translated:
    """``text``: with ``$1`` and so on, or with question marks. ``columns``: those of the rows, where they are known,
    and how their values are read."""

    text: str
    places: tuple[_Place, ...]
    columns: tuple[tuple[str, Conversion | None], ...] = ()

    def arguments(self, given: Values) -> list[Any]:
        return [place.of(given) for place in self.places]


def without_nul(value: Any) -> Any:
    """PostgreSQL has no such character; SQLite keeps it, and browsers show a sign like this one."""
    if type(value) is str and "\0" in value:
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return value


class Translator:
    """From statements to the text and the arguments that asyncpg or sqlite3 takes."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: WeakKeyDictionary[Executable, dict[tuple[str, ...], Translated]] = WeakKeyDictionary()

    def translate(self, statement: Executable, keys: Sequence[str]) -> Translated:
        """``keys``: the names of the values that are given with it."""
        known = self._known.get(statement)
        if known is None:
            known = self._known[statement] = {}
        found = known.get(tuple(keys))
        if found is None:
            found = known[tuple(keys)] = self._translate(statement, keys)
        return found

    def _translate(self, statement: Executable, keys: Sequence[str]) -> Translated:
        compiled = cast(ClauseElement, statement).compile(
            dialect=self._dialect,
            column_keys=list(keys) if getattr(statement, "is_dml", False) else None,
            compile_kwargs={"render_postcompile": True},
        )
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - for the type checker; nothing else is an Executable
        own = dict(compiled.params)
        for column in (*compiled.insert_prefetch, *compiled.update_prefetch):
            if not isinstance(column.default, ScalarElementColumnDefault):
                raise NotImplementedError(f"{column} has a default that is computed: give its value")
            own[column.key] = column.default.arg
        return Translated(
            str(compiled),
            tuple(
                _Place(name, own.get(name), self._conversion(compiled, name))
                for name in compiled.positiontup or ()
            ),
            # asyncpg reads rows by itself.
            () if self._dialect.name == "postgresql" else self._columns(compiled),
        )

    def _columns(self, compiled: SQLCompiler) -> tuple[tuple[str, Conversion | None], ...]:
        return tuple(
            (column.keyname, column.type.dialect_impl(self._dialect).result_processor(self._dialect, None))
            for column in compiled._result_columns  # what SQLAlchemy itself reads rows by
        )

    def _conversion(self, compiled: SQLCompiler, name: str) -> Conversion | None:
        bound = compiled.binds.get(name)
        found = (
            None if bound is None else bound.type.dialect_impl(self._dialect).bind_processor(self._dialect)
        )
        return found or (without_nul if self._dialect.name == "postgresql" else None)


def for_postgres() -> Translator:
    return Translator(asyncpg_dialect())


def for_sqlite() -> Translator:
    return Translator(sqlite_dialect(paramstyle="qmark"))
