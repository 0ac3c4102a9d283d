"""Reading YAML: what it becomes, where it was, and what is refused."""

from __future__ import annotations

import time

import pytest

from rules.findings import Finding
from rules.yaml_source import LARGEST_FILE, Document, decode, parse


def read(content: str | bytes) -> Document | Finding:
    text = decode("f.yaml", content)
    return text if isinstance(text, Finding) else parse("f.yaml", text)


def document(content: str | bytes) -> Document:
    result = read(content)
    assert isinstance(result, Document), result
    return result


def refused(content: str | bytes) -> Finding:
    result = read(content)
    assert isinstance(result, Finding)
    return result


class TestValues:
    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ("true", True),
            ("false", False),
            ("yes", "yes"),
            ("on", "on"),
            ("no", "no"),
            ("09:30", "09:30"),
            ("1_000", "1_000"),
            ("0x10", "0x10"),
            ("2030-12-25", "2030-12-25"),
            ("3", 3),
            ("-3", -3),
            ("1.5", 1.5),
            ('"3"', "3"),
            ("'true'", "true"),
            ("15m", "15m"),
            ("9" * 40, "9" * 40),
        ],
    )
    def test_plain_values_follow_yaml_1_2(self, written: str, value: object) -> None:
        assert document(f"a: {written}").value == {"a": value}

    def test_an_empty_value_is_an_unfinished_line(self) -> None:
        found = document("a:\nb: ~\nc: 1")
        assert found.value == {"c": 1}
        assert [(each.line, each.path, each.problem) for each in found.findings] == [
            (1, "a", "has nothing after it"),
            (2, "b", "has nothing after it"),
        ]

    def test_keys_are_words_whatever_they_look_like(self) -> None:
        assert document("on: 1\ntrue: 2\n3: 4").value == {"on": 1, "true": 2, "3": 4}

    def test_byte_order_mark_and_windows_line_ends_are_taken(self) -> None:
        assert document(b"\xef\xbb\xbfa: 1\r\nb: >-\r\n  x\r\n  y\r\n").value == {"a": 1, "b": "x y"}

    def test_aliases_within_bounds(self) -> None:
        assert document("a: &x {b: 1}\nc: *x").value == {"a": {"b": 1}, "c": {"b": 1}}


class TestPlaces:
    def test_of_values_and_keys(self) -> None:
        found = document("a:\n  bé: [x, yy]\n")
        assert found.at(("a", "bé", 1)) == (2, 11)
        assert found.at_key(("a", "bé")) == (2, 3)
        assert found.at(("a", "missing")) == (2, 3)

    @pytest.mark.parametrize(
        "written", ["a: é x", "a: 'é x'", 'a: "é x"', "a: >-\n  é\n  x", "a: |\n  é\n\n  x\n", "a: é\n  x"]
    )
    def test_of_characters_inside_a_text(self, written: str) -> None:
        found = document(written)
        assert isinstance(found.value, dict)
        text = found.value["a"]
        assert isinstance(text, str)
        line, column = found.within(("a",), text.index("x"))
        assert written.split("\n")[line - 1][column - 1] == "x"

    def test_an_escape_falls_back_to_the_start(self) -> None:
        assert document('a: "\\u0065 x"').within(("a",), 2) == (1, 4)


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "place", "problem", "advice"),
        [
            ("a: 1\n\tb: 2", (2, 1), "tab", "spaces"),
            (b"a: 1\nb: caf\xe9", (2, 7), "UTF-8 (0xe9)", "save it as UTF-8"),
            ("a: 1".encode("utf-16"), (1, 1), "UTF-16", "save it as UTF-8"),
            ("a: b\x00", (1, 5), "U+0000", "remove it"),
            ("a: \ud800", (1, 4), "U+D800", "remove it"),
            ("a: !!python/object:os.system x", (1, 4), "tag", "quotes"),
            ("a: !x y", (1, 4), "tag", "quotes"),
            ("<<: {a: 1}", (1, 1), "merge key", "write the keys out"),
            ("a: 1\n---\nb: 2", (2, 1), "second document", "remove the `---`"),
            ("? [a]\n: 1", (1, 3), "not a word", "plain word"),
            ("a: b: c", (1, 5), "mapping values", "quotes"),
            ("a: *x", (1, 4), "no `&x`", "define it"),
            ("a: &a [*a]", (1, 8), "contains itself", "write the values out"),
            ("", (1, 1), "empty", "copy the shipped file"),
            ("# nothing", (1, 1), "empty", "copy the shipped file"),
        ],
    )
    def test_say_where_what_and_what_to_do(
        self, content: str | bytes, place: tuple[int, int], problem: str, advice: str
    ) -> None:
        found = refused(content)
        assert (found.line, found.column) == place
        assert problem in found.problem
        assert advice in found.advice

    def test_keys_written_twice_are_all_told(self) -> None:
        found = document("a: 1\na: 2\nb: {c: 1, c: 2}")
        assert [(each.line, each.column, each.path) for each in found.findings] == [(2, 1, ""), (3, 11, "b")]
        assert "first on line 1" in found.findings[0].problem

    @pytest.mark.parametrize(
        "bomb",
        [
            "[" * 100_000,
            "{a: " * 60_000,
            "- " * 100_000,
            "a: &a [" + "x," * 60_000 + "]",
            "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
            "a: &a [x]\nb: [" + "*a," * 60_000 + "]",
            "? " * 100_000,
            "x" * (LARGEST_FILE + 1),
            "&a " * 50_000,
            "a: '" + "'' " * 60_000,
            "\n" * 200_000 + "a: [",
        ],
    )
    def test_bombs_are_refused_quickly(self, bomb: str) -> None:
        started = time.monotonic()
        assert isinstance(read(bomb), Finding)
        assert time.monotonic() - started < 5
