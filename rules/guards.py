"""Guards: CEL expressions over declared facts, checked when the policy is compiled, evaluated at every decision.

Facts are declared one by one under their dotted names (`agent.can_video`), each with its type: a wrong name or
a comparison of a number with a text is found before anybody waits. What is more, a fact with a closed set of
values may only be compared with one of them.

Evaluation never raises. Only a boolean true passes; an error (a division by zero) is reported beside "false".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

from cel_expr_python import cel  # pyright: ignore[reportMissingTypeStubs] - the stub is inside the package

from rules.cel_tree import Node, Tree, UnreadableTreeError, read_tree
from rules.facts import FACT_BY_NAME, FACTS, FactType, FactValue
from rules.findings import choose_from, did_you_mean

_TYPES: dict[FactType, cel.Type] = {
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
}
_ENVIRONMENT = cel.NewEnv(variables={fact.name: _TYPES[fact.type] for fact in FACTS})

_ERROR_LINE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")

_MOST_PROBLEMS = 5  # of one guard; the rest are mostly consequences

World = cel.Activation | str  # the facts as CEL takes them, or why it does not


@dataclass(frozen=True, slots=True)
class GuardProblem:
    """A mistake in a guard; ``offset`` counts characters from its start."""

    offset: int
    problem: str
    advice: str
    code: str = "cel.syntax"


@dataclass(frozen=True, slots=True)
class Guard:
    """A compiled guard. ``reads`` are the names of the facts it refers to, ``tree`` is what was compiled."""

    source: str
    reads: tuple[str, ...]
    tree: Node = field(repr=False, compare=False)
    _expression: cel.Expression

    def holds(self, world: World) -> bool | str:
        """True, False, or why it cannot be told."""
        if isinstance(world, str):
            return world
        try:
            value = _evaluate(self._expression, world).value()
        except RuntimeError as error:
            return str(error)[:200]
        # The answer of a condition is a boolean or an error, whose value is its text.
        return value if value is True or value is False else str(value)[:200]


# The stub leaves some parameters untyped; this names what is used of it.
_evaluate = cast("Callable[[cel.Expression, cel.Activation], cel.Value]", cel.Expression.eval)  # pyright: ignore[reportUnknownMemberType]


def world_of(facts: Mapping[str, FactValue]) -> World:
    """The facts, ready for any number of guards."""
    try:
        return _ENVIRONMENT.Activation(facts)
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:
        # A text that is no Unicode, for instance. Every guard errs, and none passes.
        return f"the facts cannot be read: {str(error)[:160]}"


def compile_guard(source: str, readable: Collection[str] | None = None) -> Guard | tuple[GuardProblem, ...]:
    """The guard, or all that is wrong with it. ``readable`` limits the facts it may read."""
    try:
        expression = _ENVIRONMENT.compile(source)
    except RuntimeError as error:
        return tuple(_explain(source, str(error)))
    kind = expression.return_type()
    if kind != cel.Type.BOOL:
        return (
            GuardProblem(
                0,
                f"is not a condition but of type {kind.name().lower()}",
                "write a comparison, or a fact that is true or false",
                "cel.condition",
            ),
        )
    try:
        tree = read_tree(_serialized(expression))
    except UnreadableTreeError as error:
        return (
            GuardProblem(0, f"cannot be analysed ({error})", "write it in a simpler way", "cel.unreadable"),
        )
    problems = _review(source, tree, readable)
    if problems:
        return tuple(problems)
    reads = tuple(fact.name for fact in FACTS if fact.name in tree.variables)
    return Guard(source, reads, tree.root, expression)


def _serialized(expression: cel.Expression) -> bytes:
    return expression.serialize()


# --- what CEL found ---------------------------------------------------------------------------------------


def _offset(source: str, line: int, column: int) -> int:
    lines = source.split("\n")
    if not 1 <= line <= len(lines):
        return 0
    return min(sum(len(text) + 1 for text in lines[: line - 1]) + max(column - 1, 0), len(source))


def _explain(source: str, message: str) -> list[GuardProblem]:
    problems: list[GuardProblem] = []
    for found in islice(_ERROR_LINE.finditer(message), _MOST_PROBLEMS):
        offset = _offset(source, int(found[1]), int(found[2]))
        text = found[3].removesuffix(" [INVALID_ARGUMENT]")
        undeclared = _UNDECLARED.search(text)
        if undeclared is not None:
            problems.append(_undeclared(source, offset, undeclared[1]))
        elif "no matching overload" in text:
            advice = "compare values of one type, and combine conditions with &&, || and !"
            problems.append(GuardProblem(offset, text, advice, "cel.type"))
        else:
            problems.append(GuardProblem(offset, text.split(" expecting {")[0][:200], _syntax_advice(text)))
    if problems:
        # After a first slip the parser may report its consequences at the same place.
        return list({problem.offset: problem for problem in reversed(problems)}.values())[::-1]
    text = message.splitlines()[0][:200] if message else "cannot be compiled"
    return [GuardProblem(0, text, "write it in a simpler way")]


def _syntax_advice(text: str) -> str:
    if re.search(r"'(?:and|or|not)'", text):
        return "write && for and, || for or, ! for not"
    if re.search(r"'=(?!=)", text):
        return "write == to compare"
    return "check the brackets, quotes and operators before this place"


def _undeclared(source: str, offset: int, name: str) -> GuardProblem:
    # CEL points at the last dot of a dotted name; people look for its beginning.
    start = source.rfind(name, 0, offset + len(name))
    offset = start if start >= 0 else offset
    problem = f"there is no fact `{name[:60]}`"
    close = did_you_mean(name, FACT_BY_NAME)
    if close is not None:
        return GuardProblem(offset, problem, f"did you mean `{close}`?", "cel.fact")
    family = [fact for fact in FACT_BY_NAME if fact.split(".")[0] == name.split(".", maxsplit=1)[0]]
    if family:
        return GuardProblem(offset, problem, "there are: " + ", ".join(family), "cel.fact")
    return GuardProblem(
        offset,
        problem,
        "put a text in quotes, or use one of the declared facts (docs/policy-reference.md)",
        "cel.fact",
    )


# --- what CEL cannot know -----------------------------------------------------------------------------------


def _review(source: str, tree: Tree, readable: Collection[str] | None) -> list[GuardProblem]:
    problems: list[GuardProblem] = []
    for node in tree.root.walk():
        if node.kind == "comprehension":
            # No fact is a list: a loop could only waste time.
            problems.append(
                GuardProblem(
                    node.at,
                    "loops over a list",
                    "compare with `in [...]`, or write the cases out",
                    "cel.loop",
                )
            )
        elif (
            node.kind == "ident"
            and readable is not None
            and node.name in FACT_BY_NAME
            and node.name not in readable
        ):
            problems.append(
                GuardProblem(
                    _start_of(source, node),
                    f"`{node.name}` is not known yet at this point",
                    choose_from("", sorted(readable)),
                    "cel.too_early",
                )
            )
        elif node.kind == "call" and node.name in ("_==_", "_!=_", "@in") and len(node.children) == 2:
            problems.extend(_compare(source, *node.children))
    return sorted(problems, key=lambda problem: problem.offset)[:_MOST_PROBLEMS]


def _start_of(source: str, node: Node) -> int:
    start = source.rfind(node.name, 0, node.at + len(node.name))
    return start if start >= 0 else node.at


def _compare(source: str, left: Node, right: Node) -> list[GuardProblem]:
    """Comparisons of a fact that has a closed set of values with something that is none of them."""
    if left.kind == "const":
        left, right = right, left
    fact = FACT_BY_NAME.get(left.name) if left.kind == "ident" else None
    if fact is None or not fact.values:
        return []
    constants = right.children if right.kind == "list" else (right,)
    return [
        GuardProblem(
            constant.at,
            f'`{fact.name}` is never "{constant.value[:60]}"',
            choose_from(constant.value, (value for value in fact.values if value)),
            "cel.value",
        )
        for constant in constants
        if constant.kind == "const" and constant.value is not None and constant.value not in fact.values
    ]


def facts_for(names: Collection[str], given: Mapping[str, FactValue]) -> dict[str, FactValue]:
    """The named facts, from what was given or from their defaults."""
    return {name: given[name] if name in given else FACT_BY_NAME[name].default for name in names}


def check_names(facts: Mapping[str, Any]) -> None:
    """KeyError for a fact that is not declared: a slip of the caller, not of the policy."""
    if not _NAMES.issuperset(facts):
        unknown = sorted(set(facts) - _NAMES)
        raise KeyError(f"undeclared facts: {', '.join(unknown)}")


_NAMES = frozenset(FACT_BY_NAME)
