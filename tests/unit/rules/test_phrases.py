"""The matcher of trigger phrases, and the verdict on a card (V11)."""

from __future__ import annotations

import time

import pytest

from rules.phrases import LONGEST_TEXT, SiteEscalation, judge_card, match_phrase, normalise

PHRASE = "Vous allez être mis en relation par vidéo"
SETTINGS = SiteEscalation(
    agent_enabled=False,
    bot_enabled=True,
    no_video_agent="chat",
    languages=("fr",),
    devices=("desktop", "mobile"),
    phrases={"fr": (PHRASE,), "en": ("You will be connected by video",)},
)


@pytest.mark.parametrize(
    "text",
    [
        PHRASE,
        PHRASE.upper(),
        "VOUS ALLEZ ETRE MIS EN RELATION PAR VIDEO",
        "vous allez e\u0302tre mis en relation par vide\u0301o",
        f"Bonjour ! {PHRASE}.",
        f"«\u00a0{PHRASE}\u00a0»",
        PHRASE.replace(" ", "\u00a0"),
        PHRASE.replace(" ", "\u202f"),
        PHRASE.replace(" ", "\u2007"),
        PHRASE.replace(" ", "\u2009"),
        PHRASE.replace(" ", "\u3000"),
        PHRASE.replace(" ", "  \r\n\t "),
        PHRASE.replace("relation", "**relation**"),
        f"***{PHRASE}***",
        f"__{PHRASE}__",
        "Vous ~~n’~~ `x`\n" + PHRASE.replace("vidéo", "~~vi~~`dé`_o_"),
        PHRASE.replace("relation", "rela\u00adtion"),
        "\u200b".join(PHRASE),
        "\ufeff" + "\u2060".join(PHRASE),
        "Ｖｏｕｓ allez être mis en relation par vidéo",
        f"<b>{PHRASE}</b>",
        f"({PHRASE})",
        f"{PHRASE}-",
    ],
)
def test_the_same_words_match_however_they_are_typed(text: str) -> None:
    found = match_phrase(text, [PHRASE])
    assert found is not None
    assert normalise(text[found.start : found.end]) == normalise(PHRASE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Vous allez être mis en relation par vidéos",
        "Vous allez être mis en relation par vidéoconférence",
        "Vous allez être mis en relation par vidéo-conférence",
        "Vous allez être mis en relation par vidéo2",
        "Rendez-vous allez être mis en relation par vidéo",
        "Vous allez être mise en relation par vidéo",
        "Vous allez être mis en relation en vidéo",
        "Vous allez être mis en relation, par vidéo",
        "Vous allezêtre mis en relation par vidéo",
        "Vous allez être mis en relation par vid&eacute;o",
        "Vous allez être mis&nbsp;en relation par vidéo",
        "Vous allez être mis en relation par vidео",  # Cyrillic е and о
    ],
)
def test_other_words_do_not(text: str) -> None:
    assert match_phrase(text, [PHRASE]) is None


@pytest.mark.parametrize("apostrophe", ["'", "’", "ʼ", "‘", "＇", "´"])
def test_apostrophes_are_one(apostrophe: str) -> None:
    assert match_phrase(f"Aujourd{apostrophe}hui", ["aujourd'hui"]) is not None
    assert match_phrase("aujourd'hui", [f"aujourd{apostrophe}hui"]) is not None


def test_ligatures_and_folding() -> None:
    assert match_phrase("À CŒUR", ["a coeur"]) is not None
    assert match_phrase("Straße", ["STRASSE"]) is not None


def test_the_first_phrase_of_the_list_wins_at_its_first_place() -> None:
    found = match_phrase("deux, un, un", ["un", "deux"])
    assert found is not None
    assert (found.phrase, found.start, found.end) == ("un", 6, 8)


def test_a_later_place_counts_when_an_earlier_one_is_inside_a_word() -> None:
    found = match_phrase("vidéos et vidéo", ["vidéo"])
    assert found is not None
    assert found.start == 10


def test_a_highlight_takes_the_accent_along() -> None:
    text = "un cafe\u0301 !"
    found = match_phrase(text, ["café"])
    assert found is not None
    assert text[found.start : found.end] == "cafe\u0301"


def test_empty_phrases_never_match() -> None:
    assert match_phrase("anything", ["", "  ", "**"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "a " * 500_000,
        "\ufdfa" * 200_000,
        "\u0301" * 500_000,
        "*" * 500_000,
        "vous allez etre mis en " * 50_000,
    ],
)
def test_hostile_texts_cost_little(text: str) -> None:
    started = time.monotonic()
    assert match_phrase(text, [PHRASE, "a " * 100 + "b"] * 25) is None
    assert time.monotonic() - started < 2


def test_only_the_beginning_of_an_endless_text_is_read() -> None:
    assert match_phrase("x " * LONGEST_TEXT + PHRASE, [PHRASE]) is None


class TestVerdict:
    def judge(self, text: str = PHRASE, *, language="fr", device="desktop", settings=SETTINGS, **fields: str):
        return judge_card(
            fields={"text": text, **fields}, language=language, device=device, escalation=settings
        )

    @pytest.mark.parametrize("language", ["fr", "fr-CA", "FR", "fr_FR", "fr-Latn-FR"])
    @pytest.mark.parametrize("device", ["desktop", "mobile", "tablet"])
    def test_matches_by_primary_subtag_and_device(self, language: str, device: str) -> None:
        found = self.judge(language=language, device=device)
        assert (found.escalates, found.reason, found.phrase, found.field) == (True, "matched", PHRASE, "text")

    def test_says_where_in_the_field(self) -> None:
        found = self.judge("Bonjour. " + PHRASE)
        assert (found.start, found.end) == (9, 9 + len(PHRASE))

    def test_fields_are_looked_at_one_by_one(self) -> None:
        split = judge_card(
            fields={"title": "Vous allez être mis", "text": "en relation par vidéo"},
            language="fr",
            device="desktop",
            escalation=SETTINGS,
        )
        assert split.reason == "no_phrase"
        assert self.judge("rien", title=PHRASE).field == "title"

    def test_reasons_have_a_precedence(self) -> None:
        off = SiteEscalation(False, False, "chat", ("fr",), (), {"fr": (PHRASE,)})
        no_device = SiteEscalation(False, True, "chat", ("fr",), (), {"fr": (PHRASE,)})
        assert self.judge("rien", language="en", settings=off).reason == "disabled"
        assert self.judge("rien", language="en", settings=no_device).reason == "language"
        assert self.judge("rien", settings=no_device).reason == "device"
        assert self.judge("rien").reason == "no_phrase"

    def test_only_the_phrases_of_the_visitors_language_count(self) -> None:
        assert self.judge("You will be connected by video").reason == "no_phrase"
        assert self.judge("You will be connected by video", language="en-GB").reason == "language"

    @pytest.mark.parametrize("language", ["", "-", "f", "frr", "fr1"])
    def test_odd_languages_are_other_languages(self, language: str) -> None:
        assert self.judge(language=language).reason == "language"
