"""The tree of a checked CEL expression, read from its protobuf form.

The binding offers no tree, only `Expression.serialize()`: a `cel.expr.CheckedExpr` inside an `Any`. Field numbers
are those of cel-spec `checked.proto` and `syntax.proto`; the handful of message types a guard can contain is read
here, on the protobuf wire format, so that no generated code has to be installed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Node:
    """``kind``: const, ident, select, call, list, struct, comprehension or empty.

    ``name`` is the variable, the selected field or the function; ``value`` the text of a string constant;
    ``constant`` what a constant of any plain type stands for (None: of a type that no fact has, such as bytes);
    ``at`` the offset in the source, in characters.
    """

    kind: str
    at: int
    name: str = ""
    value: str | None = None
    children: tuple[Node, ...] = ()
    constant: bool | int | float | str | None = None

    def walk(self) -> Iterator[Node]:
        stack: list[Node] = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(node.children)


@dataclass(frozen=True, slots=True)
class Tree:
    """The root of an expression, and every variable it refers to."""

    root: Node
    variables: frozenset[str]


class UnreadableTreeError(Exception):
    """The bytes are not a checked expression as we know it."""


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise UnreadableTreeError("truncated number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each field of a message as (number, number value, bytes value)."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value, b""
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise UnreadableTreeError(f"wire type {wire}")
        if at + size > len(data):
            raise UnreadableTreeError("truncated field")
        yield number, 0, data[at : at + size]
        at += size


def _all(data: bytes, number: int) -> list[bytes]:
    return [content for found, _, content in _fields(data) if found == number]


def _text(data: bytes, number: int) -> str:
    found = _all(data, number)
    return found[-1].decode() if found else ""


def _entry(data: bytes) -> tuple[int, int, bytes]:
    """An entry of a map with a number as key: the key, the value as a number, the value as bytes."""
    key = number = 0
    content = b""
    for field, value, held in _fields(data):
        if field == 1:
            key = value
        elif field == 2:
            number, content = value, held
    return key, number, content


def _constant(data: bytes) -> bool | int | float | str | None:
    """A `cel.expr.Constant`: 2 is a bool, 3 and 4 are whole numbers, 5 a double, 6 a text."""
    for number, value, content in _fields(data):
        match number:
            case 2:
                return value != 0
            case 3:
                return value - (1 << 64) if value >= 1 << 63 else value
            case 4:
                return value
            case 5:
                return struct.unpack("<d", content)[0]
            case 6:
                return content.decode()
            case _:
                return None
    return None


def _node(data: bytes, positions: dict[int, int]) -> Node:
    at, kind, body = 0, 0, b""
    for number, value, content in _fields(data):
        if number == 2:
            at = positions.get(value, 0)
        else:
            kind, body = number, content

    def children(*numbers: int) -> tuple[Node, ...]:
        return tuple(_node(child, positions) for number in numbers for child in _all(body, number))

    match kind:
        case 3:
            constant = _constant(body)
            return Node("const", at, value=constant if isinstance(constant, str) else None, constant=constant)
        case 4:
            return Node("ident", at, name=_text(body, 1))
        case 5:
            return Node("select", at, name=_text(body, 2), children=children(1))
        case 6:
            return Node("call", at, name=_text(body, 2), children=children(1, 3))
        case 7:
            return Node("list", at, children=children(1))
        case 8:
            return Node("struct", at)
        case 9:
            return Node("comprehension", at)
        case _:
            return Node("empty", at)


def read_tree(serialized: bytes) -> Tree:
    """The tree of `Expression.serialize()`.

    Variables come from the checker's own table of references, not from the walk: a reference of a kind this
    reader does not descend into (the body of a comprehension) is still counted.
    """
    try:
        checked = _all(serialized, 2)[-1]
        positions: dict[int, int] = {}
        for source in _all(checked, 5):
            for entry in _all(source, 4):
                key, offset, _ = _entry(entry)
                positions[key] = offset
        variables: set[str] = set()
        for entry in _all(checked, 2):
            _, _, reference = _entry(entry)
            name = _text(reference, 1)
            # A reference with overloads is a function, one with a constant value is an enum or a type.
            if name and not _all(reference, 3) and not _all(reference, 4):
                variables.add(name)
        return Tree(_node(_all(checked, 4)[-1], positions), frozenset(variables))
    except (IndexError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableTreeError(type(error).__name__) from None
