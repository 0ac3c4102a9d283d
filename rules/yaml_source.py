"""Reading YAML from people who may be mistaken, or hostile.

What is taken: mappings, lists, plain values, comments, anchors and aliases within bounds. What is refused, with
its line and what to do instead: tags, keys that are written twice, merge keys, several documents, tabs used to
indent, bytes that are not UTF-8, and anything too long, too deep or too many.

The document is built from PyYAML's stream of events, which is flat and costs no recursion: neither a deep nor an
exponential document gets far before a bound stops it. Plain values follow YAML 1.2, not 1.1: only `true` and
`false` are booleans, so `on`, `yes` and the country `no` are the words they look like, and `09:30` is no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import yaml

from rules.findings import Finding

LARGEST_FILE = 256 * 1024
DEEPEST = 16
MOST_NODES = 20_000
MOST_EXPANDED = 50_000

Plain = None | bool | int | float | str | tuple["Plain", ...] | Mapping[str, "Plain"]
Path = tuple[str | int, ...]

# What YAML lets appear in a document (section 5.1), newlines and tabs included.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INT = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})", re.ASCII)


class _Mark(Protocol):
    index: int
    line: int
    column: int


@dataclass(slots=True, eq=False)
class _Node:
    """A node of the document. ``keys`` are the key nodes of a mapping, beside ``children``, their values."""

    kind: str
    start: _Mark
    end: _Mark
    text: str = ""
    style: str | None = None
    keys: list[_Node] = field(default_factory=list["_Node"])
    children: list[_Node] = field(default_factory=list["_Node"])
    closed: bool = False


class _Refused(Exception):
    """The document cannot be read any further."""

    def __init__(self, line: int, column: int, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.line, self.column, self.problem, self.advice = line, column, problem, advice


def _refuse(mark: _Mark, problem: str, advice: str) -> _Refused:
    return _Refused(mark.line + 1, mark.column + 1, problem, advice)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain values, and where each of them was written. ``findings`` are mistakes it can be read in spite of."""

    file: str
    text: str
    value: Plain
    findings: tuple[Finding, ...]
    _nodes: Mapping[Path, _Node]
    _keys: Mapping[Path, _Node]

    def at(self, path: Path) -> tuple[int, int]:
        """Line and column of the value at ``path``, or of the nearest thing around it that was written."""
        return self._position(path, self._nodes)

    def at_key(self, path: Path) -> tuple[int, int]:
        """Line and column of the key that ``path`` ends in."""
        if path in self._keys:
            return self._position(path, self._keys)
        return self.at(path)

    def has(self, path: Path) -> bool:
        return path in self._nodes

    def is_leaf(self, path: Path) -> bool:
        """Whether a plain value stands at ``path``, and nothing below it."""
        node = self._nodes.get(path)
        return node is not None and node.kind == "scalar"

    def within(self, path: Path, offset: int) -> tuple[int, int]:
        """Line and column of the character at ``offset`` of the text at ``path``.

        The text in the file is walked beside the value; where they differ by more than spaces and line breaks
        (an escape in quotes), the start of the text is what can be said.
        """
        node = self._nodes.get(path)
        if node is None or node.kind != "scalar":
            return self.at(path)
        source = self.text
        cursor, end = node.start.index, node.end.index
        if node.style in ("'", '"'):
            cursor += 1
        elif node.style in ("|", ">"):
            newline = source.find("\n", cursor)
            cursor = end if newline < 0 else newline + 1
        found = node.start.index
        for char in node.text[: offset + 1]:
            if char.isspace():
                continue
            while cursor < end and source[cursor].isspace():
                cursor += 1
            if cursor >= end or source[cursor] != char:
                return self.at(path)
            found = cursor
            cursor += 1
        return source.count("\n", 0, found) + 1, found - source.rfind("\n", 0, found)

    def _position(self, path: Path, nodes: Mapping[Path, _Node]) -> tuple[int, int]:
        node = nodes.get(path)
        while node is None and path:
            path = path[:-1]
            node = self._nodes.get(path)
        return (1, 1) if node is None else (node.start.line + 1, node.start.column + 1)


def show(path: Path) -> str:
    """A path as people write it: ``transitions[3].when``."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step[:60]}" if shown else step[:60]
    return shown


def decode(file: str, content: str | bytes) -> str | Finding:
    """The text of a file, without a byte order mark and with plain line ends; or why it is none."""
    if len(content) > LARGEST_FILE:
        return Finding(file, 1, 1, "", "is larger than 256 KiB", "split it, or remove what is not policy")
    if isinstance(content, bytes):
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return Finding(file, 1, 1, "", "is saved as UTF-16", "save it as UTF-8")
        try:
            content = content.decode()
        except UnicodeDecodeError as error:
            before = content[: error.start].decode()
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            return Finding(
                file,
                line,
                column,
                "",
                f"holds a byte that is not UTF-8 (0x{content[error.start]:02x})",
                "save it as UTF-8",
            )
    text = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    wrong = _UNPRINTABLE.search(text)
    if wrong is not None:
        line, column = (
            text.count("\n", 0, wrong.start()) + 1,
            wrong.start() - text.rfind("\n", 0, wrong.start()),
        )
        return Finding(file, line, column, "", f"holds the character U+{ord(wrong[0]):04X}", "remove it")
    return text


def parse(file: str, text: str) -> Document | Finding:
    """The document in ``text`` (as `decode` gives it), or the first thing that keeps it from being read."""
    try:
        root = _build(text)
        nodes: dict[Path, _Node] = {}
        keys: dict[Path, _Node] = {}
        plainer = _Plainer(file, nodes, keys)
        value = plainer.plain(root, (), 0)
        return Document(file, text, value, tuple(plainer.findings), nodes, keys)
    except _Refused as refused:
        return Finding(file, refused.line, refused.column, "", refused.problem, refused.advice)


# --- events to nodes -----------------------------------------------------------------------------------

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise _Refused(line, column, *_explain(error, text, line)) from None
    except yaml.YAMLError as error:
        raise _Refused(
            1, 1, f"cannot be read: {str(error)[:200]}", "check its characters and save it as UTF-8"
        ) from None


def _explain(error: yaml.MarkedYAMLError, text: str, line: int) -> tuple[str, str]:
    lines = text.split("\n")
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())] or "'\\t'" in str(error.problem):
        return "is indented with a tab", "YAML is indented with spaces only: replace the tab"
    what = error.problem or "cannot be read"
    if error.context and error.context not in what:
        what += f" ({error.context})"
    if "mapping values are not allowed" in what:
        return what, "put a text that contains `: ` in quotes, and check the indentation"
    if "could not find expected ':'" in what or "did not find expected" in what:
        return what, "check the indentation, the quotes and the brackets of this line and the one before"
    if "undefined alias" in what:
        return what, "define it before with `&name`, or put a text that starts with `*` in quotes"
    return what, "check this line; put a text with special characters in quotes"


def _build(text: str) -> _Node:
    root: _Node | None = None
    stack: list[_Node] = []
    pending: list[_Node | None] = []  # for each open mapping, the key that waits for its value
    anchors: dict[str, _Node] = {}
    count = documents = 0

    for event in _events(text):
        start: _Mark = event.start_mark  # pyright: ignore[reportAssignmentType]
        end: _Mark = event.end_mark  # pyright: ignore[reportAssignmentType]
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refuse(
                    start, "holds a second document", "keep one document in a file: remove the `---`"
                )
            continue
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            done = stack.pop()
            pending.pop()
            done.closed, done.end = True, end
            continue
        node: _Node
        if isinstance(event, yaml.AliasEvent):
            anchor: str = event.anchor
            if anchor not in anchors:
                raise _refuse(start, f"there is no `&{anchor}`", "define it before it is used")
            target = anchors[anchor]
            if not target.closed:
                raise _refuse(start, f"`*{anchor}` contains itself", "write the values out")
            node = target
        elif isinstance(event, yaml.NodeEvent):
            count += 1
            if count > MOST_NODES:
                raise _refuse(
                    start, f"holds more than {MOST_NODES:,} values", "split it, or remove what is not policy"
                )
            node = _node_of(event, start, end)
            if event.anchor:
                anchors[event.anchor] = node
        else:
            continue
        if not stack:
            root = node
        elif stack[-1].kind == "sequence":
            stack[-1].children.append(node)
        elif pending[-1] is None:
            pending[-1] = node
        else:
            stack[-1].keys.append(pending[-1])
            stack[-1].children.append(node)
            pending[-1] = None
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if len(stack) >= DEEPEST:
                raise _refuse(
                    start,
                    f"is nested more than {DEEPEST} deep",
                    "a policy is never that deep: check the brackets",
                )
            stack.append(node)
            pending.append(None)
    if root is None:
        raise _Refused(1, 1, "is empty", "write the policy, or copy the shipped file")
    return root


def _node_of(event: yaml.NodeEvent, start: _Mark, end: _Mark) -> _Node:
    tag: str | None = getattr(event, "tag", None)
    if tag is not None:
        raise _refuse(
            start, f"has the tag `{tag[:60]}`", "a policy has no tags: remove it, or put the text in quotes"
        )
    if isinstance(event, yaml.ScalarEvent):
        style: str | None = event.style or None
        value: str = event.value
        return _Node("scalar", start, end, value, style, closed=True)
    return _Node("mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence", start, end)


# --- nodes to plain values ----------------------------------------------------------------------------


class _Plainer:
    """Turns nodes into values. An alias is expanded where it stands, so the number of values is bounded."""

    def __init__(self, file: str, nodes: dict[Path, _Node], keys: dict[Path, _Node]) -> None:
        self._file, self._nodes, self._keys = file, nodes, keys
        self.findings: list[Finding] = []
        self._expanded = 0

    def plain(self, node: _Node, path: Path, depth: int) -> Plain:
        self._expanded += 1
        if self._expanded > MOST_EXPANDED:
            raise _refuse(node.start, "grows beyond all bounds through its aliases", "write the values out")
        if depth > DEEPEST:
            raise _refuse(
                node.start, f"is nested more than {DEEPEST} deep", "write the values out, without aliases"
            )
        self._nodes[path] = node
        if node.kind == "scalar":
            return _scalar(node)
        if node.kind == "sequence":
            return tuple(
                self.plain(child, (*path, index), depth + 1) for index, child in enumerate(node.children)
            )
        result: dict[str, Plain] = {}
        for key, child in zip(node.keys, node.children, strict=True):
            if key.kind != "scalar" or (not key.text and key.style is None):
                raise _refuse(
                    key.start, "has a key that is not a word", "write a plain word before the colon"
                )
            if key.text == "<<" and key.style is None:
                raise _refuse(
                    key.start, "has a merge key `<<`", "write the keys out: merged keys are not supported"
                )
            if key.text in result:
                first = self._keys[*path, key.text].start.line + 1
                problem = f"says `{key.text[:60]}` twice (first on line {first})"
                mark = key.start
                self.findings.append(
                    Finding(
                        self._file, mark.line + 1, mark.column + 1, show(path), problem, "keep one of the two"
                    )
                )
                continue
            self._keys[*path, key.text] = key
            result[key.text] = self.plain(child, (*path, key.text), depth + 1)
        return result


def _scalar(node: _Node) -> Plain:
    text = node.text
    if node.style is not None:
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
