"""What agents have in common is looked at once: crews of agents, and wants with what they come to for each crew."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from sortedcontainers import SortedList

from orchestrator.domain.floor.group_rules import GroupRules
from orchestrator.domain.floor.reasons import Condition, LeftOut, why_left_out
from orchestrator.domain.floor.wants import Want

Member = tuple[datetime, str]


class Crew:
    """Agents in the same condition, the longest idle first. Which of them is asked is a matter of order alone."""

    __slots__ = ("condition", "members", "ranks", "size")

    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.members: SortedList[Member] = SortedList()
        self.size = 0
        self.ranks = dict(condition.profile.groups)

    def add(self, member: Member) -> None:
        self.members.add(member)
        self.size += 1

    def remove(self, member: Member) -> None:
        self.members.remove(member)
        self.size -= 1

    def first(self, declined: Set[str]) -> Member | None:
        """The longest idle who has not declined: in as many steps as have declined, at most."""
        if not declined:
            return self.members[0]
        return next((member for member in self.members if member[1] not in declined), None)

    def precedence(self, rules: GroupRules, group: str) -> int:
        """What the strategy looks at before how long an agent has been idle; less is asked first."""
        if rules.strategy == "least_loaded":
            return self.condition.chats + self.condition.videos
        if rules.strategy == "priority":
            return self.ranks[group]
        return 0


class Ask:
    """A want, kept once however many conversations have it, with the rules of its group as they are now.

    ``rules`` is None while the group is closed, or when there is none of that name.
    """

    __slots__ = ("reasons", "rules", "want")

    def __init__(self, want: Want, rules: GroupRules | None) -> None:
        self.want = want
        self.rules = rules
        self.reasons: dict[Crew, LeftOut | None] = {}

    def reason(self, crew: Crew) -> LeftOut | None:
        """Why those of ``crew`` cannot take it, or None."""
        try:
            return self.reasons[crew]
        except KeyError:
            found = self.reasons[crew] = why_left_out(crew.condition, self.want, self.rules)
            return found
