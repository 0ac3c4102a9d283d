"""From the text of a YAML document to its nodes, each with its place in the text.

The document is built from PyYAML's stream of events, which is flat and costs no recursion: a deep or endless
document does not get far before a bound stops it. Aliases are not expanded here; they share their node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import yaml

DEEPEST = 16
MOST_NODES = 60_000


class Mark(Protocol):
    index: int
    line: int
    column: int


@dataclass(slots=True, eq=False)
class Node:
    """A node of the document. ``keys`` are the key nodes of a mapping, beside ``children``, their values."""

    kind: str
    start: Mark
    end: Mark
    text: str = ""
    style: str | None = None
    keys: list[Node] = field(default_factory=list["Node"])
    children: list[Node] = field(default_factory=list["Node"])
    closed: bool = False


class RefusedError(Exception):
    """The document cannot be read any further."""

    def __init__(self, line: int, column: int, code: str, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.line, self.column, self.code, self.problem, self.advice = line, column, code, problem, advice


def refuse(mark: Mark, code: str, problem: str, advice: str) -> RefusedError:
    return RefusedError(mark.line + 1, mark.column + 1, code, problem, advice)


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise RefusedError(line, column, *_explain(error, text, line)) from None
    except yaml.YAMLError as error:
        raise RefusedError(
            1,
            1,
            "yaml.syntax",
            f"cannot be read: {str(error)[:200]}",
            "check its characters and save it as UTF-8",
        ) from None


def _explain(error: yaml.MarkedYAMLError, text: str, line: int) -> tuple[str, str, str]:
    """The code, the problem and the advice."""
    lines = text.split("\n")
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())] or "'\\t'" in str(error.problem):
        return "yaml.tab", "is indented with a tab", "YAML is indented with spaces only: replace the tab"
    what = error.problem or "cannot be read"
    if error.context and error.context not in what:
        what += f" ({error.context})"
    if "mapping values are not allowed" in what:
        return "yaml.syntax", what, "put a text that contains `: ` in quotes, and check the indentation"
    if "could not find expected ':'" in what or "did not find expected" in what:
        advice = "check the indentation, the quotes and the brackets of this line and the one before"
        return "yaml.syntax", what, advice
    if "undefined alias" in what:
        advice = "define it before with `&name`, or put a text that starts with `*` in quotes"
        return "yaml.alias", what, advice
    return "yaml.syntax", what, "check this line; put a text with special characters in quotes"


def build(text: str) -> Node:
    """The root node of the only document in ``text``."""
    builder = _Builder()
    documents = 0
    for event in _events(text):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                advice = "keep one document in a file: remove the `---`"
                raise refuse(_start(event), "yaml.documents", "holds a second document", advice)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            builder.close(event)
        elif isinstance(event, yaml.AliasEvent):
            builder.place(builder.aliased(event))
        elif isinstance(event, yaml.NodeEvent):
            builder.open(event)
    if builder.root is None:
        raise RefusedError(1, 1, "yaml.empty", "is empty", "write the policy, or copy the shipped file")
    return builder.root


class _Builder:
    """Puts nodes where they belong, with a stack of its own: depth is a number here, not recursion."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._pending: list[Node | None] = []  # for each open mapping, the key that waits for its value
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def open(self, event: yaml.NodeEvent) -> None:
        start = _start(event)
        self._count += 1
        if self._count > MOST_NODES:
            problem = f"holds more than {MOST_NODES:,} values"
            raise refuse(start, "yaml.size", problem, "remove what is not policy")
        node = _node_of(event)
        if event.anchor:
            self._anchors[event.anchor] = node
        self.place(node)
        if not node.closed:
            if len(self._open) >= DEEPEST:
                advice = "a policy is never that deep: check the brackets"
                raise refuse(start, "yaml.depth", f"is nested more than {DEEPEST} deep", advice)
            self._open.append(node)
            self._pending.append(None)

    def close(self, event: yaml.Event) -> None:
        done = self._open.pop()
        self._pending.pop()
        done.closed, done.end = True, _end(event)

    def aliased(self, event: yaml.AliasEvent) -> Node:
        start, anchor = _start(event), event.anchor or ""
        target = self._anchors.get(anchor)
        if target is None:
            problem = f"there is no `&{anchor[:60]}`"
            raise refuse(start, "yaml.alias", problem, "define it before it is used")
        if not target.closed:
            problem = f"`*{anchor[:60]}` contains itself"
            raise refuse(start, "yaml.alias", problem, "write the values out")
        return target

    def place(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1], self._pending[-1]
        if parent.kind == "sequence":
            parent.children.append(node)
        elif key is None:
            self._pending[-1] = node
        else:
            parent.keys.append(key)
            parent.children.append(node)
            self._pending[-1] = None


def _start(event: yaml.Event) -> Mark:
    mark: Mark = event.start_mark  # pyright: ignore[reportAssignmentType] - libyaml's events always have one
    return mark


def _end(event: yaml.Event) -> Mark:
    mark: Mark = event.end_mark  # pyright: ignore[reportAssignmentType] - libyaml's events always have one
    return mark


def _node_of(event: yaml.NodeEvent) -> Node:
    start, end = _start(event), _end(event)
    tag: str | None = getattr(event, "tag", None)
    if tag is not None:
        advice = "a policy has no tags: put a text that starts with `!`, such as a guard, in quotes"
        raise refuse(start, "yaml.tag", f"has the tag `{tag[:60]}`", advice)
    if isinstance(event, yaml.ScalarEvent):
        style: str | None = event.style or None
        value: str = event.value
        return Node("scalar", start, end, value, style, closed=True)
    return Node("mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence", start, end)
