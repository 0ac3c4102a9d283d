"""Which part of a condition failed, from the values that it saw."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rules.facts import FactValue
from rules.guards import Guard, compile_guard, world_of


def failed_parts(source: str, values: Mapping[str, FactValue]) -> tuple[tuple[str, FactValue], ...]:
    """The facts, with their values, of those parts of ``a && b && c`` that do not hold.

    All of them where no part can be told apart: one part that errs, or a condition that this version cannot read.
    """
    told: dict[str, FactValue] = {}
    for part in _parts(source):
        if part is None or not all(name in values for name in part.reads):
            return tuple(values.items())
        known = {name: values[name] for name in part.reads}
        holds = part.holds(world_of(known))
        if isinstance(holds, str):
            return tuple(values.items())
        if not holds:
            told |= known
    return tuple(told.items()) or tuple(values.items())


@lru_cache(maxsize=2_048)
def _parts(source: str) -> tuple[Guard | None, ...]:
    found = [compile_guard(text) for text in conjuncts(source)]
    return tuple(one if isinstance(one, Guard) else None for one in found)


def conjuncts(source: str) -> tuple[str, ...]:
    """The parts that ``&&`` joins on the outermost level; the whole where ``||`` or ``?:`` binds more loosely."""
    parts: list[str] = []
    depth = start = at = 0
    quote = ""
    while at < len(source):
        char = source[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif depth == 0 and (source.startswith("||", at) or char == "?"):
            return (source.strip(),)
        elif depth == 0 and source.startswith("&&", at):
            parts.append(source[start:at].strip())
            at += 1
            start = at + 1
        at += 1
    return (*parts, source[start:].strip())
