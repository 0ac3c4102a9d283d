"""The languages in which a command can answer."""

from __future__ import annotations

from enum import Enum


class Tongue(Enum):
    """What sentences are told in."""

    FRENCH = "fr"
    ENGLISH = "en"
