"""Messages: what was acknowledged is in the history once and in order, and every stream tells the same history."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from orchestrator.load.findings import Findings


@dataclass(frozen=True, slots=True)
class Line:
    """A message as somebody was shown it. ``client_id`` is the sender's own mark."""

    id: str
    position: int
    client_id: str | None = None


@dataclass
class _Told:
    """What one person's stream told: the last number, and the lines of each conversation in the order of arrival."""

    seq: int = 0
    linked_at: float = 0.0
    lines: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    ids: set[str] = field(default_factory=set[str])


class Histories:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._told: dict[str, _Told] = defaultdict(_Told)
        self._acknowledged: dict[str, dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
        self._sent_at: dict[str, float] = {}
        self._returned: dict[str, set[str]] = defaultdict(set)
        self.latencies: list[float] = []
        self.sent = 0
        self.delivered = 0

    # --- while it runs --------------------------------------------------------------------------------

    def linked(self, at: float, who: str) -> None:
        """A socket is there again: what was sent before comes late for that reason, which is no latency."""
        self._told[who].linked_at = at

    def numbered(self, at: float, who: str, seq: int, *, line: bool) -> None:
        """A frame with a number came. A view may repeat the number before it, a message may not."""
        told = self._told[who]
        if seq < told.seq or (line and seq == told.seq):
            self._fail(at, f"the stream of {who} went from number {told.seq} to {seq}", who, seq)
        told.seq = max(told.seq, seq)

    def arrived(self, at: float, who: str, conversation: str, line: Line, *, own: bool) -> None:
        """A message frame came."""
        told = self._told[who]
        if line.id in told.ids:
            self._fail(at, f"{conversation}: message {line.id} came twice to {who}")
            return
        told.ids.add(line.id)
        lines = told.lines[conversation]
        if lines and line.position <= lines[-1].position:
            place = f"{line.position} after {lines[-1].position}"
            self._fail(at, f"{conversation}: messages came to {who} out of order, position {place}")
        lines.append(line)
        sent_at = None if own or line.client_id is None else self._sent_at.pop(line.client_id, None)
        if sent_at is not None:
            self.delivered += 1
            if told.linked_at <= sent_at:
                self.latencies.append(at - sent_at)

    def sending(self, at: float, client_id: str) -> None:
        """Somebody pressed *send*."""
        self._sent_at[client_id] = at

    def acknowledged(self, who: str, conversation: str, line: Line) -> None:
        """The service confirmed a message."""
        self.sent += 1
        self._acknowledged[conversation][who].append(line)

    def returned(self, who: str, conversation: str) -> None:
        """An agent has a conversation again that was somebody else's in between: of that time they hear nothing."""
        self._returned[conversation].add(who)

    def told(self, who: str, conversation: str) -> int:
        """How many lines of it came to somebody's stream."""
        return len(self._told[who].lines[conversation])

    # --- when it is over ------------------------------------------------------------------------------

    def history(self, at: float, conversation: str, lines: Sequence[Line]) -> None:
        """The whole history, as a supervisor reads it at the end."""
        positions = [line.position for line in lines]
        if any(later <= earlier for earlier, later in pairwise(positions)):
            self._fail(at, f"{conversation}: the history is not in order")
        count = Counter(line.client_id for line in lines)
        ids = {line.id: index for index, line in enumerate(lines)}
        for who, sent in self._acknowledged[conversation].items():
            for line in sent:
                if count[line.client_id] != 1 or line.id not in ids:
                    times = count[line.client_id]
                    self._fail(at, f"{conversation}: message {line.id} of {who} is in it {times} times")
            places = [ids[line.id] for line in sent if line.id in ids]
            if places != sorted(places):
                self._fail(
                    at, f"{conversation}: messages of {who} are not in the order in which they were sent"
                )
        for who, told in self._told.items():
            if conversation in told.lines:
                self._compare(at, who, conversation, told.lines[conversation], ids)

    def shown_to_visitor(self, at: float, who: str, conversation: str, lines: Sequence[Line]) -> None:
        """The history that the visitor's page loads at the end is what its stream told, line by line."""
        told = [line.id for line in self._told[who].lines[conversation]]
        loaded = [line.id for line in lines]
        if told != loaded:
            missing = len(set(loaded) - set(told))
            self._fail(
                at,
                f"{conversation}: the stream of {who} told {len(told)} lines of {len(loaded)}, {missing} missing",
            )

    def _compare(
        self, at: float, who: str, conversation: str, told: Sequence[Line], ids: dict[str, int]
    ) -> None:
        """What an open stream told has no gaps: agents hear from when they come in until they leave."""
        unknown = [line.id for line in told if line.id not in ids]
        if unknown:
            self._fail(at, f"{conversation}: {who} was told of {unknown[0]}, which is not in the history")
        places = [ids[line.id] for line in told if line.id in ids]
        if places != sorted(places):
            self._fail(at, f"{conversation}: {who} was told the history in another order")
        elif places and places[-1] - places[0] + 1 != len(places) and who not in self._returned[conversation]:
            missing = places[-1] - places[0] + 1 - len(places)
            self._fail(at, f"{conversation}: {missing} lines between others never came to {who}")

    def _fail(self, at: float, what: str, *key: object) -> None:
        self._findings.add("messages_arrive_once", at, what, *(str(part) for part in key))
