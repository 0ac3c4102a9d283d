"""Guards over finitely many cases: which combinations of facts there are to tell apart, and what they decide.

A guard can only tell facts apart by what it compares them with. So for each fact a few values stand for all: both
truths, every word that is mentioned and one that is not, every number that is mentioned and its neighbours. Over
these values a guard is evaluated with three answers - yes, no, not known yet - and a fact is only split into its
values when a guard really needs it. What is contradictory (a text that equals two words at once) never comes up.

This is exact for comparisons and their combinations, which is what people write. A guard that calculates, or calls
a function, is evaluated by CEL itself on the same values; then "never" may be too much to say, and `exact` is False.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rules.cel_tree import Node
from rules.facts import FACT_BY_NAME, FactValue
from rules.guards import Guard, world_of

Values = Mapping[str, FactValue]
Test = Callable[[Values], "FactValue | None"]
Domains = Mapping[str, tuple[FactValue, ...]]

MOST_LEAVES = 20_000

# CEL has checked that both sides are of one type.
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "_==_": operator.eq,
    "_!=_": operator.ne,
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}

# Facts that may be below zero; the others count or measure something.
_SIGNED = frozenset({"queue.priority"})
# What stands for "anything else" where the words are not a closed set.
_OTHERS: Mapping[str, tuple[str, ...]] = {"conversation.language": ("en", "fr", "de", "xx")}

# What the facts say of each other, whatever the policy: (if this holds, so does that).
_IMPLIED: tuple[tuple[str, FactValue, str, FactValue], ...] = (
    ("card.escalates", True, "card.present", True),
    ("call.both_connected", True, "call.agent_connected", True),
    ("conversation.video_ended", True, "conversation.video_started", True),
    ("queue.wait_known", False, "queue.wait_p50", 0.0),
    ("queue.wait_known", False, "queue.wait_p90", 0.0),
)


class _BeyondError(Exception):
    """The expression calculates or calls a function: left to CEL."""


Mention = tuple[frozenset[str], frozenset[FactValue]]
"""Facts that are compared with each other and with these values."""


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A guard that can be asked while some facts are not known yet. ``exact``: its cases are all there are.

    ``mentions`` is what its comparisons are about.
    """

    reads: tuple[str, ...]
    exact: bool
    test: Callable[[Values], bool | None]
    tree: Node | None = field(repr=False, default=None)
    mentions: tuple[Mention, ...] = field(repr=False, default=())


@lru_cache(maxsize=8_192)
def _condition(source: str, guard: Guard) -> Condition:
    try:
        test = _compiled(guard.tree)
    except _BeyondError:
        return Condition(guard.reads, False, _asked_of_cel(guard), guard.tree, _mentions(guard, exact=False))

    def holds(values: Values) -> bool | None:
        found = test(values)
        return found if found is None else found is True

    return Condition(guard.reads, True, holds, guard.tree, _mentions(guard, exact=True))


def condition_of(guard: Guard | None) -> Condition | None:
    """The condition of a row; None when it has no guard."""
    return None if guard is None else _condition(guard.source, guard)


def _asked_of_cel(guard: Guard) -> Callable[[Values], bool | None]:
    def holds(values: Values) -> bool | None:
        if any(name not in values for name in guard.reads):
            return None
        return guard.holds(world_of({name: values[name] for name in guard.reads})) is True

    return holds


def _compiled(node: Node) -> Test:
    match node.kind, node.name:
        case "ident", name:
            return lambda values: values.get(name)
        case "const", _ if node.constant is not None:
            constant = node.constant
            return lambda values: constant
        case "call", "_&&_":
            return _and(*map(_compiled, node.children))
        case "call", "_||_":
            return _or(*map(_compiled, node.children))
        case "call", "!_":
            inner = _compiled(node.children[0])
            return lambda values: None if (found := inner(values)) is None else not found
        case "call", "_?_:_":
            return _choice(*map(_compiled, node.children))
        case "call", "@in" if node.children[1].kind == "list":
            return _one_of(
                _compiled(node.children[0]), [_compiled(each) for each in node.children[1].children]
            )
        case "call", name if name in _COMPARISONS:
            left, right = map(_compiled, node.children)
            return _compared(_COMPARISONS[name], left, right)
        case _:
            raise _BeyondError


def _and(left: Test, right: Test) -> Test:
    def test(values: Values) -> FactValue | None:
        one = left(values)
        if one is False:
            return False
        other = right(values)
        return False if other is False else None if one is None or other is None else True

    return test


def _or(left: Test, right: Test) -> Test:
    def test(values: Values) -> FactValue | None:
        one = left(values)
        if one is True:
            return True
        other = right(values)
        return True if other is True else None if one is None or other is None else False

    return test


def _choice(condition: Test, then: Test, otherwise: Test) -> Test:
    def test(values: Values) -> FactValue | None:
        found = condition(values)
        return None if found is None else then(values) if found is True else otherwise(values)

    return test


def _one_of(item: Test, entries: Sequence[Test]) -> Test:
    def test(values: Values) -> FactValue | None:
        wanted = item(values)
        if wanted is None:
            return None
        found = [entry(values) for entry in entries]
        return True if wanted in found else None if None in found else False

    return test


def _compared(compare: Callable[[FactValue, FactValue], bool], left: Test, right: Test) -> Test:
    def test(values: Values) -> FactValue | None:
        one = left(values)
        if one is None:
            return None
        other = right(values)
        return None if other is None else compare(one, other)

    return test


def demanded(node: Node, name: str) -> FactValue | None:
    """The only value of a fact with which an expression can be true, where it says so outright; else None."""
    if node.kind != "call":
        return None
    if node.name == "_&&_":
        return next((found for each in node.children if (found := demanded(each, name)) is not None), None)
    if node.name != "_==_":
        return None
    one, other = node.children
    if one.kind == "const":
        one, other = other, one
    return other.constant if one.kind == "ident" and one.name == name and other.kind == "const" else None


Shape = bool | int | float | str | None | tuple["Shape", ...]


def shape_of(node: Node, known: Values) -> Shape:
    """What is left of an expression when some facts are settled: two guards of one shape say the same then."""
    if node.kind == "ident":
        return known.get(node.name, ("fact", node.name))
    if node.kind == "const":
        return node.constant
    parts = tuple(shape_of(child, known) for child in node.children)
    if node.kind != "call":
        return (node.kind, node.name, *parts)
    match node.name:
        case "_&&_":
            return _joined(parts, "&&", absorbing=False)
        case "_||_":
            return _joined(parts, "||", absorbing=True)
        case "!_" if isinstance(parts[0], bool):
            return not parts[0]
        case "@in" if isinstance(parts[1], tuple) and not isinstance(parts[0], tuple):
            entries = parts[1][2:]
            if parts[0] in entries:
                return True
            return ("@in", *parts) if any(isinstance(entry, tuple) for entry in entries) else False
        case name if name in _COMPARISONS and not any(isinstance(part, tuple) for part in parts):
            return _COMPARISONS[name](*parts)
        case name:
            return (name, *parts)


def _joined(parts: tuple[Shape, ...], name: str, *, absorbing: bool) -> Shape:
    if any(part is absorbing for part in parts):
        return absorbing
    left = tuple(part for part in parts if part is not (not absorbing))
    return (not absorbing) if not left else left[0] if len(left) == 1 else (name, *left)


# --- values that stand for all ----------------------------------------------------------------------------


def domains_of(conditions: Iterable[Condition | None]) -> Domains:
    """For each fact that these conditions read, the values that they can tell apart."""
    mentioned: dict[str, set[FactValue]] = {}
    linked: list[set[str]] = []
    for condition in conditions:
        if condition is None:
            continue
        for name in condition.reads:
            mentioned.setdefault(name, set())
        for names, constants in condition.mentions:
            for name in names:
                kind = FACT_BY_NAME[name].type
                mentioned[name].update(value for value in constants if _is_a(value, kind))
            if len(names) > 1:
                linked.append(set(names))
    for group in linked:
        together = {value for name in group for value in mentioned[name]}
        for name in group:
            mentioned[name] |= together
    return {name: _values(name, found) for name, found in mentioned.items()}


def _mentions(guard: Guard, *, exact: bool) -> tuple[Mention, ...]:
    found: list[Mention] = []
    for node in guard.tree.walk():
        if node.kind == "call" and (node.name in _COMPARISONS or node.name == "@in"):
            below = [each for child in node.children for each in child.walk()]
            names = frozenset(
                each.name for each in below if each.kind == "ident" and each.name in FACT_BY_NAME
            )
            found.append((names, _constants(below)))
    if not exact:
        # A text may be looked at by its beginning or its length: the words of the guard themselves are the best guess.
        found += [(frozenset([name]), _constants(guard.tree.walk())) for name in guard.reads]
    return tuple(found)


def _constants(nodes: Iterable[Node]) -> frozenset[FactValue]:
    return frozenset(each.constant for each in nodes if each.kind == "const" and each.constant is not None)


def _is_a(value: FactValue, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    if isinstance(value, str):
        return kind == "string"
    return kind in ("int", "double")


def _values(name: str, mentioned: set[FactValue]) -> tuple[FactValue, ...]:
    fact = FACT_BY_NAME[name]
    match fact.type:
        case "bool":
            return (True, False)
        case "string":
            words = sorted(str(word) for word in mentioned)
            if fact.values:
                known = [word for word in words if word in fact.values]
                rest = [word for word in fact.values if word not in known]
                return (*known, *rest[:1])
            others = _OTHERS.get(name, ("other", "another", "something-else"))
            other = next((word for word in others if word not in mentioned), "".join(words) + "-other")
            return (*words, other)
        case "int":
            numbers = {0, 1} | {int(value) + step for value in mentioned for step in (-1, 0, 1)}
            return tuple(sorted(number for number in numbers if number >= 0 or name in _SIGNED))
        case "double":
            measures = {0.0} | {float(value) + step for value in mentioned for step in (-1.0, 0.0, 1.0)}
            return tuple(sorted(measure for measure in measures if measure >= 0))


def consistent(values: Values) -> bool:
    """Whether these facts can be true together."""
    for name, value, other, implied in _IMPLIED:
        if values.get(name) == value and values.get(other, implied) != implied:
            return False
    half, most = values.get("queue.wait_p50"), values.get("queue.wait_p90")
    return half is None or most is None or float(half) <= float(most)


# --- who wins -----------------------------------------------------------------------------------------------


class TooManyCasesError(Exception):
    """There are more combinations than can be looked at."""


def winners(
    conditions: Sequence[Condition | None], known: Values, domains: Domains
) -> Iterator[tuple[int | None, dict[str, FactValue]]]:
    """Every case that the conditions tell apart: the first that holds (None: none does), and the facts it took.

    ``known`` are facts that are settled already; they are not repeated with the cases.

    Raises:
        TooManyCasesError: after `MOST_LEAVES` cases.
    """
    for count, (index, values) in enumerate(_walk(conditions, 0, dict(known), domains)):
        if count >= MOST_LEAVES:
            raise TooManyCasesError
        if consistent(values):
            yield index, {name: value for name, value in values.items() if name not in known}


def _walk(
    conditions: Sequence[Condition | None], at: int, values: dict[str, FactValue], domains: Domains
) -> Iterator[tuple[int | None, dict[str, FactValue]]]:
    while at < len(conditions):
        condition = conditions[at]
        found = True if condition is None else condition.test(values)
        if found is True:
            yield at, values
            return
        if found is None and condition is not None:
            name = next(name for name in condition.reads if name not in values)
            for value in domains[name]:
                yield from _walk(conditions, at, {**values, name: value}, domains)
            return
        at += 1
    yield None, values


def can_hold(condition: Condition | None, known: Values, domains: Domains) -> dict[str, FactValue] | None:
    """Facts under which the condition holds, besides what is known; None when none were found.

    Raises:
        TooManyCasesError: none were found among the first `MOST_LEAVES`.
    """
    for index, values in winners((condition,), known, domains):
        if index == 0:
            return values
    return None


def never_holds(condition: Condition, known: Values) -> bool:
    """Whether the condition certainly holds in no case."""
    try:
        return condition.exact and can_hold(condition, known, domains_of((condition,))) is None
    except TooManyCasesError:
        return False


def implies(one: Condition | None, other: Condition | None) -> bool:
    """Whether ``other`` certainly holds whenever ``one`` does, over the cases that the two can tell apart."""
    if other is None:
        return True
    domains = domains_of((one, other))
    try:
        for index, values in winners((one,), {}, domains):
            if index == 0 and any(found is None for found, _ in winners((other,), values, domains)):
                return False
    except TooManyCasesError:
        return False
    return all(condition is None or condition.exact for condition in (one, other))


def always_holds(condition: Condition) -> bool:
    """Whether the condition certainly holds in every case."""
    return implies(None, condition)
