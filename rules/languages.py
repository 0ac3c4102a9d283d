"""Language tags (BCP 47, RFC 5646): what is well formed, and which tag stands in for another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

_TAG = re.compile(
    r"""(?P<language>[A-Za-z]{2,3})
        (?:-(?P<script>[A-Za-z]{4}))?
        (?:-(?P<region>[A-Za-z]{2}|[0-9]{3}))?
        (?P<variants>(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*)""",
    re.VERBOSE,
)
_LONGEST_TAG = 35

Text = TypeVar("Text")


def canonical_tag(tag: str) -> str | None:
    """``FR-ca`` as ``fr-CA``; None when it is no language tag (extensions and private use are not taken)."""
    if len(tag) > _LONGEST_TAG:
        return None
    found = _TAG.fullmatch(tag)
    if found is None:
        return None
    parts = [found["language"].lower()]
    if found["script"]:
        parts.append(found["script"].title())
    if found["region"]:
        parts.append(found["region"].upper())
    return "-".join(parts) + found["variants"].lower()


def primary_subtag(tag: str) -> str:
    """``fr`` of ``fr-CA``. Underscores are forgiven: browsers and bots send both."""
    return re.split(r"[-_]", tag.strip(), maxsplit=1)[0].lower()


def best_language(wanted: str, available: Iterable[str], default: str) -> str | None:
    """The tag to answer ``wanted`` with: itself, then ever shorter (fr-CA, fr), then a sibling, then the default.

    None when not even the default is available.
    """
    tags = {tag.lower(): tag for tag in available}
    parts = wanted.strip().replace("_", "-").lower().split("-")
    while parts:
        tag = tags.get("-".join(parts))
        if tag is not None:
            return tag
        parts.pop()
    primary = primary_subtag(wanted)
    siblings = sorted(tag for tag in tags.values() if primary_subtag(tag) == primary)
    if siblings:
        return siblings[0]
    return tags.get(default.lower())


def text_in(texts: Mapping[str, Text], wanted: str, default: str) -> tuple[str, Text] | None:
    """The entry of ``texts`` for a visitor's language, with the language it is really in."""
    tag = best_language(wanted, texts, default)
    return None if tag is None else (tag, texts[tag])
