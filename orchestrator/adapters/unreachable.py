"""What an operator is told when a server that was configured cannot be used."""

from __future__ import annotations


class Unreachable(Exception):  # noqa: N818
    """The text says what, where and what to do, and holds no secret."""
