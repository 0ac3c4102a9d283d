"""Durations, languages, advice, the CEL tree, the exported schemas."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from rules.cel_tree import UnreadableTreeError, read_tree
from rules.durations import format_duration, parse_duration
from rules.findings import Finding, PolicyError, choose_from, did_you_mean
from rules.languages import canonical_tag, primary_subtag
from rules.schema import FILES
from rules.schema.export import json_schemas
from rules.vocabulary import EVENTS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("15m", 900), ("2h", 7200), ("1m30s", 90), ("1d", 86_400), ("90s", 90), (" 1h1s ", 3601)],
)
def test_durations(text: str, seconds: int) -> None:
    duration = parse_duration(text)
    assert duration == timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    "text", ["", "30", "s", "1.5h", "-3s", "30s1m", "3w", "0s", "٣s", "999999d", "1h 3m"]
)
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="write for instance"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [
        ("fr", "fr"), ("FR-ca", "fr-CA"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"),
        ("de-1996", "de-1996"), ("f", None), ("english", None), ("fr_CA", None), ("fr-", None), ("", None),
        ("fr\n", None), ("a" * 50, None),
    ],
)  # fmt: skip
def test_language_tags(tag: str, canonical: str | None) -> None:
    assert canonical_tag(tag) == canonical


def test_primary_subtags() -> None:
    assert [primary_subtag(tag) for tag in ("fr-CA", "FR", "fr_FR", " en ", "")] == [
        "fr",
        "fr",
        "fr",
        "en",
        "",
    ]


def test_advice() -> None:
    assert did_you_mean("evnet", ["event", "from"]) == "event"
    assert did_you_mean("x" * 10_000, ["event"]) is None
    assert choose_from("zzz", ["a", "b"]) == "use one of: a, b"


def test_findings_are_told_once_and_in_order() -> None:
    later, earlier = Finding("b", 2, 1, "", "p", "a"), Finding("b", 1, 9, "x", "p", "a")
    error = PolicyError([later, earlier, later])
    assert error.findings == (earlier, later)
    assert str(error) == "b:1:9 x: p - a\nb:2:1: p - a"


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"\x12\xff\xff\xff", b"\x0b", b"\x12\x02\x22\x00x", b"\x80" * 99]
)
def test_bytes_that_are_no_tree(data: bytes) -> None:
    with pytest.raises(UnreadableTreeError):
        read_tree(data)


def test_schemas_for_editors_name_the_closed_sets() -> None:
    schemas = json_schemas()
    assert list(schemas) == list(FILES)
    assert json.loads(json.dumps(schemas)) == schemas
    row = schemas["conversation.yaml"]["$defs"]["Row"]
    assert row["properties"]["event"]["enum"] == list(EVENTS)
    assert row["additionalProperties"] is False
    assert "from" in row["required"]


def test_schemas_for_editors_take_what_may_be_written_in_two_ways() -> None:
    definitions = json_schemas()["routing.yaml"]["$defs"]
    skills = definitions["RoutingRow"]["properties"]["skills"]["oneOf"]
    assert [each["type"] for each in skills] == ["array", "object"]
    assert definitions["Capacity"]["properties"]["video_takes"]["oneOf"][0] == {"const": "all"}
    missed = definitions["GroupSpec"]["properties"]["pause_after_missed"]
    assert missed["oneOf"][0] == {"const": "never"}
