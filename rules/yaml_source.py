"""Reading YAML from people who may be mistaken, or hostile.

What is taken: mappings, lists, plain values, comments, anchors and aliases within bounds. What is refused, with
its line and what to do instead: tags, keys that are written twice, merge keys, several documents, tabs used to
indent, bytes that are not UTF-8, and anything too long, too deep or too many.

Plain values follow YAML 1.2, not 1.1: only `true` and `false` are booleans, so `on`, `yes` and the country `no`
are the words they look like, and `09:30` is no number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rules.findings import MOST_FINDINGS, Finding
from rules.yaml_nodes import DEEPEST, Node, RefusedError, build, refuse

LARGEST_FILE = 1024 * 1024
MOST_EXPANDED = 100_000

Plain = None | bool | int | float | str | tuple["Plain", ...] | Mapping[str, "Plain"]
Path = tuple[str | int, ...]

# What YAML lets appear in a document (section 5.1), newlines and tabs included.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INT = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain values, and where each of them was written.

    ``findings`` are mistakes in spite of which the rest could be read.
    """

    file: str
    text: str
    value: Plain
    findings: tuple[Finding, ...]
    _nodes: Mapping[Path, Node]
    _keys: Mapping[Path, Node]

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

    def has_key(self, path: Path) -> bool:
        """Whether the key is written, be it without a value."""
        return path in self._keys

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

    def _position(self, path: Path, nodes: Mapping[Path, Node]) -> tuple[int, int]:
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
        return Finding(
            file, 1, 1, "", "is larger than 1 MiB", "split it, or remove what is not policy", "yaml.size"
        )
    if isinstance(content, bytes):
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return Finding(file, 1, 1, "", "is saved as UTF-16", "save it as UTF-8", "yaml.encoding")
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
                "yaml.encoding",
            )
    text = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    wrong = _UNPRINTABLE.search(text)
    if wrong is not None:
        line, column = (
            text.count("\n", 0, wrong.start()) + 1,
            wrong.start() - text.rfind("\n", 0, wrong.start()),
        )
        problem = f"holds the character U+{ord(wrong[0]):04X}"
        return Finding(file, line, column, "", problem, "remove it", "yaml.character")
    return text


def parse(file: str, text: str) -> Document | Finding:
    """The document in ``text`` (as `decode` gives it), or the first thing that keeps it from being read."""
    try:
        root = build(text)
        nodes: dict[Path, Node] = {}
        keys: dict[Path, Node] = {}
        plainer = _Plainer(file, nodes, keys)
        value = plainer.plain(root, (), 0)
        return Document(file, text, value, tuple(plainer.findings), nodes, keys)
    except RefusedError as refused:
        return Finding(file, refused.line, refused.column, "", refused.problem, refused.advice, refused.code)


# --- nodes to plain values ----------------------------------------------------------------------------


class _Plainer:
    """Turns nodes into values. An alias is expanded where it stands, so the number of values is bounded."""

    def __init__(self, file: str, nodes: dict[Path, Node], keys: dict[Path, Node]) -> None:
        self._file, self._nodes, self._keys = file, nodes, keys
        self.findings: list[Finding] = []
        self._expanded = 0

    def plain(self, node: Node, path: Path, depth: int) -> Plain:
        self._expanded += 1
        if self._expanded > MOST_EXPANDED:
            problem = "grows beyond all bounds through its aliases"
            raise refuse(node.start, "yaml.bomb", problem, "write the values out")
        if depth > DEEPEST:
            raise refuse(
                node.start,
                "yaml.depth",
                f"is nested more than {DEEPEST} deep",
                "write the values out, without aliases",
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
                problem = "has a key that is not a word"
                raise refuse(key.start, "yaml.key", problem, "write a plain word before the colon")
            if key.text == "<<" and key.style is None:
                advice = "write the keys out: merged keys are not supported"
                raise refuse(key.start, "yaml.merge_key", "has a merge key `<<`", advice)
            if key.text in result:
                first = self._keys[*path, key.text].start.line + 1
                problem = f"says `{key.text[:60]}` twice (first on line {first})"
                self._tell(key, path, "yaml.duplicate_key", problem, "keep one of the two")
                continue
            self._keys[*path, key.text] = key
            value = self.plain(child, (*path, key.text), depth + 1)
            if value is None:
                # Taken for "absent", an unfinished `when:` would let everything pass.
                advice = "write its value, or remove the line"
                self._tell(key, (*path, key.text), "yaml.no_value", "has nothing after it", advice)
                continue
            result[key.text] = value
        return result

    def _tell(self, key: Node, path: Path, code: str, problem: str, advice: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            line, column = key.start.line + 1, key.start.column + 1
            self.findings.append(Finding(self._file, line, column, show(path), problem, advice, code))


def _scalar(node: Node) -> Plain:
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
