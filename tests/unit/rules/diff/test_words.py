"""Differences in sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rules.diff.difference import diff
from rules.diff.formats import as_github, as_json
from rules.diff.words import LONG, excerpts
from tests.unit.rules.diff.test_weigh import only, put, row
from tests.unit.rules.diff.variants import Plain, full, full_policy, policy

EVERYWHERE = "cards.advisor.texts.fr.text"


@pytest.mark.parametrize(
    ("file", "path", "value", "english", "french"),
    [
        (
            "conversation.yaml", "states.queued.max_wait", "1h30m",
            "State `queued`, longest wait for an agent: 1 h 30 min instead of 10 min.",
            "État `queued`, attente la plus longue d’un conseiller : 1 h 30 min au lieu de 10 min.",
        ),
        (
            "routing.yaml", "groups.advisors.places.video", 8,
            "Group `advisors`, places in the queue, video: 8 instead of 5.",
            "Groupe `advisors`, places en file d’attente, vidéo : 8 au lieu de 5.",
        ),
        (
            "routing.yaml", "groups.advisors.hours.week.monday", ["09:00-12:30"],
            "Group `advisors`, hours, Monday: 14:00-18:00 removed.",
            "Groupe `advisors`, horaires, lundi : retrait de 14:00-18:00.",
        ),
        (
            "routing.yaml", "groups.advisors.hours.week.sunday", ["10:00-24:00"],
            "Group `advisors`, hours, Sunday: 10:00-24:00 instead of closed.",
            "Groupe `advisors`, horaires, dimanche : 10:00-24:00 au lieu de fermé.",
        ),
        (
            "routing.yaml", "groups.advisors.pause_after_missed", "never",
            "Group `advisors`, missed invitations before a pause: never instead of 3.",
            "Groupe `advisors`, invitations manquées avant une pause : jamais au lieu de 3.",
        ),
        (
            "engagement.yaml", "default.languages", ["en", "fr"],
            "All sites, languages of the widget: now in this order: `en`, `fr`.",
            "Tous les sites, langues du widget : désormais dans cet ordre : `en`, `fr`.",
        ),
        (
            "cards.yaml", "cards.advisor.texts.fr.title", "Un conseiller\u00a0prend le relais",
            "Card `advisor` (fr), title: “Un conseiller\u00a0prend le relais” instead of"
            " “Un conseiller prend le relais” (invisible: U+0020, U+00A0).",
            "Carte `advisor` (fr), titre : « Un conseiller\u00a0prend le relais » au lieu de"
            " « Un conseiller prend le relais » (invisible : U+0020, U+00A0).",
        ),
        (
            "camera.yaml", "sites.other", {"camera": "forbidden"},
            "Site `other`: added (camera: `forbidden`).",
            "Site `other` : ajout (caméra : `forbidden`).",
        ),
        (
            "camera.yaml", "sites.other", {},
            "Site `other`: added, with nothing set.",
            "Site `other` : ajout, sans aucun réglage.",
        ),
    ],
)  # fmt: skip
def test_sentences(file: str, path: str, value: Any, english: str, french: str) -> None:
    found = only(lambda files: put(files, file, path, value))
    assert found.sentence("en") == english
    assert found.sentence("fr") == french


def test_a_new_row_is_told_as_a_whole() -> None:
    def edit(files: dict[str, Plain]) -> None:
        files["conversation.yaml"]["transitions"].append(
            {
                "id": "late",
                "event": "VisitorWrote",
                "from": ["chat", "queued"],
                "party": "bot",
                "when": "group.open",
                "to": "closed",
                "do": ["close"],
                "say": ["closed"],
            }
        )

    assert only(edit).sentence() == (
        "Row `late`: added. On `VisitorWrote` in `chat`, `queued`, with party `bot`, when `group.open`: → `closed`; "
        "does `close`; shows `closed`."
    )


def test_a_condition_is_told_before_and_after() -> None:
    found = only(lambda files: row(files, "visitor-leaves-queue").update(when="visitor.present"))
    assert found.sentence() == "Row `visitor-leaves-queue`, condition: `visitor.present` instead of always."
    assert found.sentence("fr") == (
        "Ligne `visitor-leaves-queue`, condition : `visitor.present` au lieu de toujours."
    )


def test_of_long_texts_what_is_around_the_difference_is_shown() -> None:
    before = "a" * LONG + " one " + "b" * LONG
    after = "a" * LONG + " other " + "b" * LONG
    old, new = excerpts(before, after)
    assert "one" in old
    assert "other" in new
    assert len(old) < 80
    assert old.startswith("…")
    assert old.endswith("…")


@pytest.mark.parametrize(
    ("before", "after"), [("a" * 400, "a" * 399), ("a" * 400 + "b", "a" * 400), ("", "a" * 999)]
)
def test_an_excerpt_is_never_the_same(before: str, after: str) -> None:
    old, new = excerpts(before, after)
    assert old != new


def test_words_of_a_policy_cannot_break_a_line() -> None:
    found = only(lambda files: put(files, "cards.yaml", EVERYWHERE, "one\ntwo\u2028three"))
    assert "\n" not in found.sentence()
    assert "\u2028" not in found.sentence()


def test_json_tells_values_as_they_are_written() -> None:
    after = full()
    put(after, "conversation.yaml", "states.queued.max_wait", "20m")
    put(after, "camera.yaml", "sites.demo.camera", "allowed")
    said = json.loads(as_json(diff(full_policy(), policy(after)), "en"))
    assert said["different"] is True
    assert said["loosens"] == 1
    assert [(each["path"], each["before"], each["after"], each["effect"]) for each in said["changes"]] == [
        ("sites[demo].camera", "off_by_default", "allowed", "loosens"),
        ("states.queued.max_wait", "10m", "20m", None),
    ]


def test_annotations_point_at_the_line() -> None:
    after = full()
    put(after, "camera.yaml", "sites.demo.camera", "allowed")
    new = policy(after)
    said = as_github(diff(full_policy(), new), new, "policies/", "en")
    line = next(
        number
        for number, text in enumerate(new.files["camera.yaml"].split("\n"), 1)
        if "camera: allowed" in text
    )
    assert said.startswith(
        f"::warning file=policies/camera.yaml,line={line},col=5,title=loosens camera::Site"
    )
