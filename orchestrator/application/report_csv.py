"""Reports as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

BOM = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""

# What makes a spreadsheet take a cell for a formula, see https://owasp.org/www-community/attacks/CSV_Injection.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_of(columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, bom: bool = False) -> str:
    """Lines that end with CRLF, the names of the columns first.

    A mapping in a cell becomes columns of its own (``chat.available``), which the caller names; words that a
    spreadsheet would calculate get an apostrophe in front. Numbers stay numbers, nothing is an empty cell.
    """
    text = io.StringIO(newline="")
    if bom:
        text.write(BOM)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_cell(column) for column in columns])
    for row in rows:
        writer.writerow([_cell(_value(row, column)) for column in columns])
    return text.getvalue()


def columns_of(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Every column that occurs, in the order of the rows' keys; of mappings, those of their names."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            inner = found.setdefault(name, set())
            if isinstance(value, Mapping):
                inner.update(f"{name}.{key}" for key in value)
    mappings = {name for row in rows for name, value in row.items() if isinstance(value, Mapping)}
    return [
        column for name, inner in found.items() for column in (sorted(inner) if name in mappings else [name])
    ]


def _value(row: Mapping[str, object], column: str) -> object:
    if column in row:
        return row[column]
    name, _, inner = column.partition(".")
    value = row.get(name)
    return value.get(inner) if isinstance(value, Mapping) else None


def _cell(value: object) -> str | int | float | None:
    match value:
        case None | bool():
            return "" if value is None else str(value).lower()
        case int() | float():
            return value
        case date() | datetime():
            return value.isoformat()
        case _:
            text = str(value)
            return f"'{text}" if text.startswith(_DANGEROUS) else text
