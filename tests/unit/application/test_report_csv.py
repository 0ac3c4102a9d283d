"""CSV that any reader takes, and that no spreadsheet calculates with."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.application.report_csv import BOM, columns_of, csv_of


def test_lines_and_cells() -> None:
    rows = [
        {"group": 'a "quoted", name', "n": 3, "share": 0.25, "none": None, "on": True},
        {"group": "two\nlines", "day": date(2026, 3, 2), "at": datetime(2026, 3, 2, 9, tzinfo=UTC)},
    ]
    columns = ["group", "n", "share", "none", "on", "day", "at"]
    assert csv_of(columns, rows) == (
        "group,n,share,none,on,day,at\r\n"
        '"a ""quoted"", name",3,0.25,,true,,\r\n'
        '"two\nlines",,,,,2026-03-02,2026-03-02T09:00:00+00:00\r\n'
    )


def test_a_byte_order_mark_only_when_asked_for() -> None:
    assert csv_of(["a"], [], bom=True) == BOM + "a\r\n"
    assert csv_of(["a"], [{"a": 1}]) == "a\r\n1\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"])
def test_formulas_are_defused(text: str) -> None:
    (_, (cell,)) = csv.reader(io.StringIO(csv_of(["a"], [{"a": text}]), newline=""))
    assert cell == "'" + text


def test_negative_numbers_stay_numbers() -> None:
    assert csv_of(["a"], [{"a": -1.5}]) == "a\r\n-1.5\r\n"


def test_mappings_become_columns() -> None:
    rows: list[dict[str, object]] = [
        {"agent": "Claire", "chat": {"paused": 1.0}, "n": 1},
        {"agent": "Marc", "chat": {"available": 2.0, "offline": 3.0}, "n": 2},
    ]
    columns = columns_of(rows)
    assert columns == ["agent", "chat.available", "chat.offline", "chat.paused", "n"]
    assert csv_of(columns, rows).splitlines()[1:] == ["Claire,,,1.0,1", "Marc,2.0,3.0,,2"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1, max_size=4))
def test_any_text_comes_back(cells: list[str]) -> None:
    columns = [f"c{index}" for index in range(len(cells))]
    text = csv_of(columns, [dict(zip(columns, cells, strict=True))])
    _, found = csv.reader(io.StringIO(text, newline=""))
    assert [cell.removeprefix("'") for cell in found] == [cell.removeprefix("'") for cell in cells]
    assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") for cell in found)
