"""A change in a sentence, in English or in French.

The form is the same in both languages, and asks for no agreement: *Group `advisors`, places in the queue, video: 8
instead of 5.* Texts are quoted; of long ones, what is around the difference.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

from pydantic import BaseModel

from rules.check.formats import plain
from rules.diff.labels import (
    ABSENT,
    AS_EVERYWHERE,
    KEYS,
    NAMED_ENTRIES,
    NOTHING,
    ORDERED,
    TEXTS,
    WEEKDAYS,
    Language,
    chosen,
)
from rules.diff.tree import Change, Entry, Key, Steps, is_tuple
from rules.durations import format_duration
from rules.schema.conversation import Row
from rules.schema.routing import Span

LONG = 160
"""Characters from which on only what is around the difference of two texts is quoted."""
_AROUND = 24

# The names of what they are in.
_SAID_BY_NAME = frozenset({"RoutingRow.id", "PauseReason.id", "Overflow.group", "Relaxation.after"})

_UNITS = {"en": {"d": "d", "h": "h", "m": "min", "s": "s"}, "fr": {"d": "j", "h": "h", "m": "min", "s": "s"}}


def sentence(change: Change, language: Language = "en") -> str:
    """What changed, on one line."""
    return plain(_Teller(language).sentence(change))


class _Teller:
    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._colon = " : " if language == "fr" else ": "

    def _say(self, english: str, french: str) -> str:
        return english if self._language == "en" else french

    def sentence(self, change: Change) -> str:
        subject = _capital(self._subject(change.steps)) or change.file
        if change.kind == "moved":
            return f"{subject}{self._colon}{self._moved(change)}."
        if isinstance(change.after, Row) or isinstance(change.before, Row):
            row = change.after if change.after is not None else change.before
            said = self._say("added", "ajout") if change.kind == "added" else self._say("removed", "retrait")
            return f"{subject}{self._colon}{said}. {_capital(self._row(row))}."
        if change.parts and change.kind != "changed":
            if change.kind == "added":
                return f"{subject}{self._colon}{self._say('added', 'ajout')} ({self._parts(change)})."
            said = self._say("removed", "retrait")
            # What a site said is what changes when it no longer says it; of the rest, the name is enough.
            what = (
                f" ({self._parts(change)})"
                if change.key in ("EscalationFile.sites", "CameraFile.sites", "EngagementFile.sites")
                else ""
            )
            return f"{subject}{self._colon}{said}{what}."
        if change.kind in ("added", "removed") and _is_empty(change):
            said = self._say("added", "ajout") if change.kind == "added" else self._say("removed", "retrait")
            without = self._say("with nothing set", "sans aucun réglage")
            return f"{subject}{self._colon}{said}, {without}."
        return f"{subject}{self._colon}{self._instead(change)}."

    # --- whose it is ------------------------------------------------------------------------------------

    def _subject(self, steps: Steps, container: str = "") -> str:
        """``container`` is the key that ``steps`` go on from."""
        parts: list[str] = []
        for index, step in enumerate(steps):
            if isinstance(step, Key):
                container = step.base
                following = steps[index + 1] if index + 1 < len(steps) else None
                label = chosen(KEYS[container], self._language)
                if isinstance(following, Entry) and container in NAMED_ENTRIES:
                    continue
                if label:
                    parts.append(label)
            elif container in NAMED_ENTRIES:
                name = step.name if container == "GroupSpec.relax" else f"`{step.name}`"
                parts.append(f"{chosen(KEYS[container], self._language)} {name}")
            elif container == "Hours.week":
                parts.append(chosen(WEEKDAYS[step.name], self._language))
            elif parts:
                parts[-1] += f" ({step.name})"
            else:
                parts.append(f"({step.name})")
        return ", ".join(parts)

    # --- what of it ----------------------------------------------------------------------------------------

    def _instead(self, change: Change) -> str:
        key = change.key
        before: object = change.before
        after: object = change.after
        if is_tuple(before) and is_tuple(after):
            return self._lists(key, before, after)
        if isinstance(before, str) and isinstance(after, str) and key in TEXTS:
            return self._texts(before, after)
        old, new = self._value_or_absent(change, before), self._value_or_absent(change, after)
        return self._say(f"{new} instead of {old}", f"{new} au lieu de {old}")

    def _value_or_absent(self, change: Change, value: object) -> str:
        if value is not None:
            return self._value(change.key, value)
        last = next((step for step in reversed(change.steps) if isinstance(step, Key)), None)
        if last is not None and (last.model.endswith("Override") or last.model == "SiteCamera"):
            return chosen(AS_EVERYWHERE, self._language)
        return chosen(ABSENT.get(change.key, NOTHING), self._language)

    def _lists(self, key: str, before: Sequence[Any], after: Sequence[Any]) -> str:
        old, new = ([self._value(key, each) for each in values] for values in (before, after))
        gone, come = (
            list((Counter(old) - Counter(new)).elements()),
            list((Counter(new) - Counter(old)).elements()),
        )
        said: list[str] = []
        if come:
            said.append(self._say(f"{_list(come)} added", f"ajout de {_list(come)}"))
        if gone:
            said.append(self._say(f"{_list(gone)} removed", f"retrait de {_list(gone)}"))
        stayed = [each for each in old if each not in gone] != [each for each in new if each not in come]
        if not said or stayed or (key in ORDERED and new):
            said.append(
                self._say(f"now in this order: {_list(new)}", f"désormais dans cet ordre : {_list(new)}")
            )
        return "; ".join(said) if self._language == "en" else " ; ".join(said)

    def _texts(self, before: str, after: str) -> str:
        old, new = (self._quoted(text) for text in excerpts(before, after))
        said = self._say(f"{new} instead of {old}", f"{new} au lieu de {old}")
        if _visible(old) == _visible(new):
            # What differs cannot be seen, so it is named.
            points = [f"U+{ord(char):04X}" for char in _first_difference(before, after)]
            about = ", ".join(points)
            said += self._say(f" (invisible: {about})", f" (invisible : {about})")
        return said

    def _moved(self, change: Change) -> str:
        def where(name: str | None) -> str:
            if name is None:
                return self._say("first", "en tête")
            return self._say(f"after `{name}`", f"après `{name}`")

        said = self._say(
            f"moved, now {where(change.after)} (was {where(change.before)})",
            f"déplacement, désormais {where(change.after)} (auparavant {where(change.before)})",
        )
        return said

    # --- values -----------------------------------------------------------------------------------------------

    def _value(self, key: str, value: object) -> str:
        match value:
            case bool():
                return self._say("yes", "oui") if value else self._say("no", "non")
            case int():
                return str(value)
            case timedelta():
                return self._duration(value)
            case date():
                return value.isoformat()
            case Span():
                return span_words(value)
            case str():
                return self._quoted(value) if key in TEXTS else f"`{value}`"
            case (str() as name, int() as level):
                return f"`{name}` ≥ {level}"
            case tuple():
                values = [self._value(key, each) for each in cast("tuple[Any, ...]", value)]
                return _list(values) if values else chosen(ABSENT.get(key, NOTHING), self._language)
            case Mapping():
                inner = cast("Mapping[str, Any]", value)
                return ", ".join(f"({name}) {self._value(key, each)}" for name, each in inner.items()) or "-"
            case BaseModel():
                return self._model(value)
            case _:
                return str(value)

    def _model(self, value: BaseModel) -> str:
        said: list[str] = []
        for name, about in type(value).model_fields.items():
            held = getattr(value, name)
            if held is None or held in ((), {}):
                continue
            key = Key(type(value).__name__, about.alias or name).base
            label = chosen(KEYS[key], self._language)
            if key == "Hours.week":
                days = ((WEEKDAYS[day], spans) for day, spans in held.items())
                said += [f"{chosen(day, self._language)} {self._value(key, spans)}" for day, spans in days]
            else:
                said.append(f"{label} {self._value(key, held)}".strip())
        return ", ".join(said)

    def _duration(self, value: timedelta) -> str:
        written, units = format_duration(value), _UNITS[self._language]
        return "".join(f" {units[char]} " if char in units else char for char in written).strip()

    def _quoted(self, text: str) -> str:
        return self._say(f"“{text}”", f"« {text} »")

    # --- what was added or removed, as a whole --------------------------------------------------------------------

    def _parts(self, whole: Change) -> str:
        said: list[str] = []
        for part in whole.parts:
            if part.key in _SAID_BY_NAME:
                continue
            steps = part.steps[len(whole.steps) :]
            first = steps[0]
            by_language = not (
                isinstance(first, Key) or whole.key in NAMED_ENTRIES or whole.key == "Hours.week"
            )
            label = (
                first.name if isinstance(first, Entry) and by_language else self._subject(steps, whole.key)
            )
            if not part.parts:
                value = part.after if part.after is not None else part.before
                said.append(f"{label}{' ' if by_language else self._colon}{self._value(part.key, value)}")
            elif isinstance(first, Key) and (not label or part.key in NAMED_ENTRIES):
                said.append(self._parts(part))  # its entries say whose they are
            else:
                said.append(f"{label} ({self._parts(part)})")
        return ", ".join(said)

    def _row(self, row: Row) -> str:
        parties = _list([f"`{party}`" for party in row.party or ()])
        states = _list([f"`{state}`" for state in row.from_])
        said = self._say(f"on `{row.event}` in {states}", f"sur `{row.event}` depuis {states}")
        if row.party:
            said += self._say(f", with party {parties}", f", interlocuteur {parties}")
        if row.when:
            said += self._say(f", when `{row.when}`", f", si `{row.when}`")
        goes = f"→ `{row.to}`" if row.to else self._say("the state stays", "l’état ne change pas")
        said += f"{self._colon}{goes}"
        if row.do:
            said += self._say("; does ", " ; actions ") + _list([f"`{action}`" for action in row.do])
        if row.say:
            said += self._say("; shows ", " ; affiche ") + _list([f"`{notice}`" for notice in row.say])
        return said


def _is_empty(change: Change) -> bool:
    value = change.after if change.kind == "added" else change.before
    return isinstance(value, BaseModel | Mapping)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _list(words: Sequence[str]) -> str:
    return ", ".join(words)


def span_words(span: Span) -> str:
    """``09:00-12:30``, as it is written."""
    end = "24:00" if span.end is None else f"{span.end:%H:%M}"
    return f"{span.start:%H:%M}-{end}"


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Both texts; of long ones, what is around the first and the last character that differ."""
    if len(before) + len(after) <= 2 * LONG:
        return before, after
    shorter = min(len(before), len(after))
    same = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    tail = next((at for at in range(shorter - same) if before[-1 - at] != after[-1 - at]), shorter - same)
    return _around(before, same, tail), _around(after, same, tail)


def _around(text: str, same: int, tail: int) -> str:
    start, end = max(same - _AROUND, 0), min(len(text) - tail + _AROUND, len(text))
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _visible(text: str) -> str:
    seen = (char for char in unicodedata.normalize("NFC", text) if char.isspace() or char.isprintable())
    return " ".join("".join(seen).split())


def _first_difference(before: str, after: str) -> list[str]:
    """The characters at the first place in which two texts differ, of each text that is long enough."""
    at = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    at = min(len(before), len(after)) if at is None else at
    return [text[at] for text in (before, after) if at < len(text)]
