"""Which sources of which person may pass, at this moment. Pure.

Three things shut a gate: a rule that forbids, a rule that leaves it to the person who has not turned the source on
(or has turned it off), and a room on hold. The room looks at :attr:`Gates.open` for every packet.
"""

from collections.abc import Callable
from enum import StrEnum

from media.policy import Role, RoomPolicy, Rule, Source


class Cause(StrEnum):
    """Why a gate opened or shut."""

    PERSON = "person"
    """They turned the source on or off, or left."""
    RULE = "rule"
    """A rule was tightened."""
    HOLD = "hold"
    """The room was put on hold, or goes on."""


OnChange = Callable[[Role, Source, bool, Cause], None]
"""Called with a gate that has just opened or shut."""


class Gates:
    """The gates of one room. What has changed is told once, after it holds."""

    def __init__(self, policy: RoomPolicy, on_change: OnChange) -> None:
        self.policy = policy
        self.held = False
        """Whether the room is on hold: then nothing of anybody passes."""
        self._on_change = on_change
        self._said: dict[tuple[Role, Source], bool] = {}
        """What a person last said about a source; absent: nothing yet."""
        self.open = {role: {source: self._may_pass(role, source) for source in Source} for role in Role}
        """By person and source: whether its packets pass."""

    def restrict(self, policy: RoomPolicy) -> bool:
        """Tighten the rules; a looser one changes nothing (it is for the next room).

        A source that was turned on under the old rule has to be turned on again under the new one.

        :return: whether a rule changed.
        """
        tightened = self.policy.tightened_by(policy)
        if tightened == self.policy:
            return False
        for role in Role:
            for source in Source:
                if tightened.of(role).of(source) is not self.policy.of(role).of(source):
                    self._said.pop((role, source), None)
        self.policy = tightened
        self._apply(Cause.RULE)
        return True

    def turn(self, role: Role, source: Source, on: bool) -> None:
        """A person turned a source on or off. A forbidden one stays off."""
        self._said[role, source] = on
        self._apply(Cause.PERSON)

    def hold(self, on: bool) -> None:
        """Let nothing pass, or go on as before."""
        self.held = on
        self._apply(Cause.HOLD)

    def forget(self, role: Role) -> None:
        """The person left on purpose: the next time starts with what the rules say."""
        for source in Source:
            self._said.pop((role, source), None)
        self._apply(Cause.PERSON)

    def _may_pass(self, role: Role, source: Source) -> bool:
        rule = self.policy.of(role).of(source)
        if self.held or rule is Rule.FORBIDDEN:
            return False
        return self._said.get((role, source), rule is Rule.ALLOWED)

    def _apply(self, cause: Cause) -> None:
        changed: list[tuple[Role, Source, bool]] = []
        for role in Role:
            for source in Source:
                now = self._may_pass(role, source)
                if self.open[role][source] is not now:
                    self.open[role][source] = now
                    changed.append((role, source, now))
        for change in changed:
            self._on_change(*change, cause)
