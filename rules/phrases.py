"""Does this text contain one of these phrases? The same words count, however they were typed (V11).

Case, accents, typographic apostrophes and hyphens, every kind of space (non-breaking and narrow ones, line
breaks), Markdown emphasis and invisible characters make no difference. Letters do, and so do word borders:
a phrase is not found inside a longer word. HTML entities are left alone: they are not what a visitor reads.

How: both sides are rewritten character by character into a plain form (decomposed, without accents, folded),
and each plain character remembers where it came from, so that a match points into the original text.
One pass over a text of bounded length, then one plain search per phrase: no pattern that could blow up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rules.languages import primary_subtag

LONGEST_TEXT = 20_000

_EMPHASIS = frozenset("*_~`")
_APOSTROPHES = frozenset("'‘’‛ʼʹ′´＇")
_HYPHENS = frozenset("-\u2010\u2011")
# Ligatures that people type apart, and that Unicode does not decompose.
_LIGATURES = {"œ": "oe", "æ": "ae"}


@lru_cache(maxsize=4_096)
def _plain(char: str) -> str:
    """What one character comes to: nothing, a space, or folded letters without accents."""
    if char in _EMPHASIS:
        return ""
    if char in _APOSTROPHES:
        return "'"
    if char in _HYPHENS:
        return "-"
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    # Cf: zero width characters, soft hyphens, byte order marks, direction marks.
    if category == "Cf" or unicodedata.combining(char) or "\ufe00" <= char <= "\ufe0f":
        return ""
    folded = unicodedata.normalize("NFKD", char).casefold()
    folded = _LIGATURES.get(folded, folded)
    if folded == char:
        return char
    # What a decomposition yields may itself have a plain form (an accent to drop, a space, a ligature).
    return "".join(_plain(part) for part in folded)


def _fold(text: str) -> tuple[str, list[int]]:
    """The plain form, with for each of its characters the index in ``text`` it came from. Spaces are joined."""
    chars: list[str] = []
    origins: list[int] = []
    after_space = False
    for index, char in enumerate(text[:LONGEST_TEXT]):
        for plain in _plain(char):
            is_space = plain == " "
            if is_space and after_space:
                continue
            after_space = is_space
            chars.append(plain)
            origins.append(index)
    return "".join(chars), origins


def normalise(text: str) -> str:
    """The plain form of a text, in which two spellings of the same words are equal. Idempotent."""
    return _fold(text)[0].strip(" ")


def _is_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def _joins(text: str, inner: int, outer: int) -> bool:
    """Whether the character at ``outer`` continues the word that ``inner`` is part of (a hyphen joins two words)."""
    if not 0 <= outer < len(text) or not _is_word(text[inner]):
        return False
    if text[outer] == "-":
        beyond = outer + (outer - inner)
        return 0 <= beyond < len(text) and _is_word(text[beyond])
    return _is_word(text[outer])


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """``text[start:end]`` of the original is the phrase, as it was typed there."""

    phrase: str
    start: int
    end: int


def _find(plain: str, needle: str) -> int | None:
    at = plain.find(needle)
    while at >= 0:
        last = at + len(needle) - 1
        if not _joins(plain, at, at - 1) and not _joins(plain, last, last + 1):
            return at
        at = plain.find(needle, at + 1)
    return None


def match_phrase(text: str, phrases: Sequence[str]) -> PhraseMatch | None:
    """The first of ``phrases`` (in their order) that ``text`` contains, at its first place; None when none is.

    Only the first `LONGEST_TEXT` characters are looked at.
    """
    plain, origins = _fold(text)
    for phrase in phrases:
        needle = normalise(phrase)
        at = _find(plain, needle) if needle else None
        if at is None:
            continue
        end = origins[at + len(needle) - 1] + 1
        # An accent typed after its letter belongs to it: a highlight must not cut between them.
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        return PhraseMatch(phrase, origins[at], end)
    return None


# --- whether a card escalates -------------------------------------------------------------------------

Reason = Literal["matched", "no_phrase", "language", "device", "disabled"]


@dataclass(frozen=True, slots=True)
class SiteEscalation:
    """How escalation to video is set on one site: by an agent's proposal, by a bot's card."""

    agent_enabled: bool
    bot_enabled: bool
    no_video_agent: Literal["chat", "wait", "alternative"]
    languages: tuple[str, ...]
    devices: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CardVerdict:
    """Whether a card escalates, and the reason why or why not. ``phrase`` and ``field`` are set on a match."""

    escalates: bool
    reason: Reason
    phrase: str | None = None
    field: str | None = None
    start: int | None = None
    end: int | None = None


def judge_card(
    *, fields: Mapping[str, str], language: str, device: str, escalation: SiteEscalation
) -> CardVerdict:
    """Judge a card as it is shown, its slots filled in. A phrase is looked for in each field on its own.

    ``language`` is the visitor's; its primary subtag decides (fr-CA is fr). A tablet counts as mobile.
    """
    if not escalation.bot_enabled:
        return CardVerdict(False, "disabled")
    primary = primary_subtag(language)
    if primary not in escalation.languages:
        return CardVerdict(False, "language")
    if ("mobile" if device == "tablet" else device) not in escalation.devices:
        return CardVerdict(False, "device")
    phrases = escalation.phrases.get(primary, ())
    for name, text in fields.items():
        match = match_phrase(text, phrases)
        if match is not None:
            return CardVerdict(True, "matched", match.phrase, name, match.start, match.end)
    return CardVerdict(False, "no_phrase")
