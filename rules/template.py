"""The smallest template that is safe to give to designers: ``{name}`` is a slot, everything else is itself.

No attributes, no indexes, no format specifications (`str.format` has them all), and one pass: a slot whose
value contains ``{other}`` shows just that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SLOT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,63})\}", re.ASCII)
_LONGEST_VALUE = 1_000


def fill(template: str, slots: Mapping[str, object]) -> str:
    """The template with its slots filled. A slot that is missing or None gives empty text."""

    def value_of(found: re.Match[str]) -> str:
        value = slots.get(found[1])
        return "" if value is None else str(value)[:_LONGEST_VALUE]

    return _SLOT.sub(value_of, template)


def slots_of(template: str) -> tuple[str, ...]:
    """The names of the slots a template reads, in the order they appear."""
    return tuple(dict.fromkeys(_SLOT.findall(template)))


def misplaced_brace(template: str) -> str | None:
    """A piece of the template around a brace that belongs to no slot, for the designer; None when all is well."""
    rest = _SLOT.sub(lambda found: "\0" * len(found[0]), template)
    found = re.search(r"[{}]", rest)
    return None if found is None else template[found.start() : found.start() + 20]
