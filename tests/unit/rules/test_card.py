"""Cards and their template."""

from __future__ import annotations

import pytest

from rules.card import Card, CardText, render_card
from rules.schema.cards import CardTextSpec
from rules.schema.routing import Alternative
from rules.template import fill, misplaced_brace, slots_of


def card(*languages: str) -> Card:
    texts = {tag: CardTextSpec(title=f"title {tag}", text=f"text {tag}") for tag in languages}
    return Card("c", "g", texts, "fr", Alternative(message={"fr": "alternative"}))


@pytest.mark.parametrize(
    ("languages", "wanted", "used"),
    [
        (("fr", "en", "fr-CA"), "fr-CA", "fr-CA"),
        (("fr", "en"), "fr-CA", "fr"),
        (("fr", "en"), "EN_us", "en"),
        (("fr", "en"), "de", "fr"),
        (("fr", "en"), "", "fr"),
        (("fr", "pt-BR"), "pt", "pt-BR"),
        (("fr", "zh-Hant"), "zh-Hant-TW", "zh-Hant"),
        (("en",), "de", "en"),
    ],
)
def test_language_falls_back(languages: tuple[str, ...], wanted: str, used: str) -> None:
    assert card(*languages).text_for(wanted).language_used == used


def test_slots_are_filled_in_every_field() -> None:
    shown = render_card(CardText("fr", "{name} !", "{name}, {topic}.", "/i.png"), {"name": "Zoé"})
    assert shown == CardText("fr", "Zoé !", "Zoé, .", "/i.png")
    assert shown.fields == {"title": "Zoé !", "text": "Zoé, ."}


@pytest.mark.parametrize(
    ("template", "slots", "filled"),
    [
        ("{a}{b}", {"a": "{b}", "b": "x"}, "{b}x"),
        ("{a.__class__} {a[0]} {a!r} {a:>9}", {"a": "x"}, "{a.__class__} {a[0]} {a!r} {a:>9}"),
        ("{{a}}", {"a": "x"}, "{x}"),
        ("{a}", {"a": None}, ""),
        ("{a}", {"a": 3}, "3"),
        ("{a}", {"a": "\\1 \\g<0>"}, "\\1 \\g<0>"),
        ("{é}", {"é": "x"}, "{é}"),
        ("{a}", {"a": "x" * 5_000}, "x" * 1_000),
    ],
)
def test_the_template_knows_names_and_nothing_else(
    template: str, slots: dict[str, object], filled: str
) -> None:
    assert fill(template, slots) == filled


def test_slots_and_misplaced_braces() -> None:
    assert slots_of("{b} {a} {b}") == ("b", "a")
    assert misplaced_brace("{a} and {b}") is None
    assert misplaced_brace("{a} and { b }") == "{ b }"
    assert misplaced_brace("a }") == "}"
