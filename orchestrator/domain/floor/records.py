"""What the floor knows of each conversation, and how old that is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from orchestrator.domain.floor.lines import Cohort
from orchestrator.domain.floor.roster import Load, Rank
from orchestrator.domain.floor.wants import Waiting

# So many conversations that neither wait nor hold anything are remembered, to know older news of them as such.
REMEMBERED = 10_000


class Record:
    """One conversation.

    ``cohort`` is set while it needs an agent. ``paired``: it is reserved, by what was known of it at
    ``paired_version``; ``agent`` is who is reserved for it, with the load that will be theirs. ``candidate`` is
    the rank under which it is put forward, while it is.
    """

    __slots__ = (
        "agent",
        "candidate",
        "cohort",
        "entry",
        "entry_version",
        "held",
        "held_version",
        "paired",
        "paired_version",
        "stage",
    )

    def __init__(self, held_version: int, entry_version: int) -> None:
        self.held: Mapping[str, Load] = {}
        self.held_version = held_version
        self.entry: Waiting | None = None
        self.entry_version = entry_version
        self.stage = 0
        self.cohort: Cohort | None = None
        self.candidate: Rank | None = None
        self.agent: tuple[str, Load] | None = None
        self.paired = False
        self.paired_version = -1

    @property
    def taken(self) -> list[tuple[str, Load]]:
        """What it takes of agents, held or reserved."""
        return [*self.held.items(), *(() if self.agent is None else (self.agent,))]


class Records:
    """Records by conversation."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._versions: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def __getitem__(self, conversation_id: str) -> Record:
        return self._records[conversation_id]

    def get(self, conversation_id: str) -> Record | None:
        return self._records.get(conversation_id)

    def open(self, conversation_id: str) -> Record:
        """The record, a new one if need be; to be shelved when it may be empty."""
        record = self._records.get(conversation_id)
        if record is None:
            versions = self._versions.pop(conversation_id, (-1, -1))
            record = self._records[conversation_id] = Record(*versions)
        return record

    def shelve(self, conversation_id: str, record: Record) -> None:
        """Keep no more than the versions of what neither waits nor holds anything."""
        if record.entry is None and not record.held and record.agent is None:
            del self._records[conversation_id]
            self._versions[conversation_id] = (record.held_version, record.entry_version)
            if len(self._versions) > REMEMBERED:
                self._versions.popitem(last=False)
