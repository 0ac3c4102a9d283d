"""Who waits and who is free, as visitors' pages and desks know it: nobody is passed over, nobody is forgotten.

Every client learns of a change a little after it was made, so that two of them may contradict each other for a moment.
What is judged here must therefore have been so for a grace, and the supervisor's survey must agree: an invitation to
an agent who is cut off is on no desk that anybody here sees. What a client cannot know (who is asked next after
everybody refused, in which order several who came back to the head stand) is not judged.

Time in which nobody here could listen, or in which the machine did not let the service run, is taken out of all of
this: the clock of these rules stands still meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from orchestrator.load.findings import Findings, Rule

SETTLES_WITHIN = 1.5
"""So many seconds before and after an invitation somebody else must have waited to have been passed over."""


@dataclass
class Waiting:
    """A visitor in a line. ``since`` is the service's (Unix seconds), ``from_`` and ``uninvited_from`` are ours.

    ``head``: it was with an agent before, so that its place says nothing of when it came.
    """

    since: float
    need: str
    language: str
    from_: float
    head: bool
    uninvited_from: float
    invited: set[str] = field(default_factory=set[str])
    refused: set[str] = field(default_factory=set[str])
    present: bool = True


@dataclass(frozen=True, slots=True)
class Free:
    """An agent who could be asked, as their desk knows it; ``video``: for a video conversation too."""

    chat: bool
    video: bool
    languages: frozenset[str]


class Lines:
    def __init__(self, findings: Findings, *, grace: float) -> None:
        """``grace``: so many seconds a free agent and a fitting visitor may take to be brought together."""
        self._findings = findings
        self._grace = grace
        self.waiting: dict[str, Waiting] = {}
        self._had_agent: set[str] = set()
        self._invitations: dict[str, tuple[str, str]] = {}
        self._pairs: dict[tuple[str, str], float] = {}
        self._passed_over: list[tuple[float, str, str, str]] = []
        self._missing: dict[str, float] = {}
        self._unshown: dict[tuple[str, str], float] = {}
        self._asked: dict[str, float] = {}
        self.excused = 0.0
        self.unshown: set[tuple[str, str]] = set()
        self.longest_unshown = 0.0
        self.longest_idle = 0.0

    # --- what clients saw -----------------------------------------------------------------------------

    def waits(self, at: float, conversation: str, *, since: float, need: str, language: str) -> None:
        """A visitor's page shows the waiting room."""
        at -= self.excused
        known = self.waiting.get(conversation)
        if known is not None and (known.since, known.need) == (since, need):
            return
        entry = Waiting(since, need, language, at, conversation in self._had_agent, at)
        # Desks may have heard of the invitation before the page heard of the line.
        entry.invited = {id_ for id_, (name, _) in self._invitations.items() if name == conversation}
        self.waiting[conversation] = entry

    def waits_no_more(self, conversation: str, *, with_agent: bool) -> None:
        self.waiting.pop(conversation, None)
        if with_agent:
            self._had_agent.add(conversation)

    def present(self, at: float, conversation: str, present: bool) -> None:
        """The visitor's socket came or went; what was not seen meanwhile is not judged."""
        at -= self.excused
        entry = self.waiting.get(conversation)
        if entry is not None and entry.present != present:
            entry.present, entry.uninvited_from = present, at

    def invited(self, at: float, conversation: str, agent: str, invitation: str) -> None:
        """A desk showed an invitation."""
        at -= self.excused
        self._invitations[invitation] = (conversation, agent)
        entry = self.waiting.get(conversation)
        if entry is None:
            return
        entry.invited.add(invitation)
        if entry.head:
            return
        for other, earlier in self.waiting.items():
            if other != conversation and self._goes_first(earlier, entry, agent, at):
                self._passed_over.append((at, other, conversation, agent))

    def invitation_over(self, at: float, invitation: str, reason: str) -> None:
        """A desk was told that an invitation ended."""
        at -= self.excused
        conversation, agent = self._invitations.pop(invitation, ("", ""))
        entry = self.waiting.get(conversation)
        if entry is None:
            return
        entry.invited.discard(invitation)
        entry.uninvited_from = at
        if reason in ("declined", "expired"):
            entry.refused.add(agent)

    def surveyed(self, asked_at: float, queued: Mapping[str, str | None]) -> None:
        """A supervisor read who waits: conversation → which agent has the open invitation, if there is one.

        Pages that show the waiting room since before must be among them. An invitation that no desk shows yet takes
        a place of its agent all the same.
        """
        asked_at -= self.excused
        shown = set(self._invitations.values())
        unshown = {(name, agent) for name, agent in queued.items() if agent and (name, agent) not in shown}
        self._unshown = {pair: self._unshown.get(pair, asked_at) for pair in unshown}
        for _, agent in unshown:
            self._asked[agent] = asked_at
        for pair, since in self._unshown.items():
            self.longest_unshown = max(self.longest_unshown, asked_at - since)
            if asked_at - since > self._grace:
                self.unshown.add(pair)
        for conversation, entry in self.waiting.items():
            if queued.get(conversation) and not entry.invited:
                entry.uninvited_from = max(entry.uninvited_from, asked_at)
            long_enough = entry.present and max(entry.from_, entry.uninvited_from) < asked_at - self._grace
            if long_enough and conversation not in queued and not entry.invited:
                self._missing.setdefault(conversation, asked_at)
            else:
                self._missing.pop(conversation, None)
        uninvited = {name for name, agent in queued.items() if agent is None}
        self._judge_idle(asked_at, uninvited)
        self._judge_order(asked_at, uninvited)

    # --- judged from time to time ---------------------------------------------------------------------

    def look(self, at: float, free: dict[str, Free], *, deaf: float = 0.0) -> None:
        """Judge. ``deaf``: so many seconds of the time since the last look do not count."""
        self.excused += deaf
        at -= self.excused
        found = {
            (conversation, agent)
            for conversation, entry in self.waiting.items()
            if entry.present and not entry.invited
            for agent, seat in free.items()
            if agent not in entry.refused and _fits(entry, seat)
        }
        self._pairs = {pair: self._pairs.get(pair, at) for pair in found}
        self._judge_missing(at)

    def finish(self, at: float) -> None:
        """Everything has come to rest: who still waits was forgotten."""
        for conversation in self.waiting:
            self._findings.add("nobody_lost", at, f"{conversation} still waits at the end")

    def _find(self, rule: Rule, at: float, what: str, conversation: str) -> None:
        self._findings.add(rule, at + self.excused, what, conversation)

    def _judge_idle(self, asked_at: float, uninvited: Collection[str]) -> None:
        """When the survey was asked for, these pairs had already been possible for so long."""
        idle: dict[str, list[tuple[str, float]]] = {}
        for (conversation, agent), since in self._pairs.items():
            entry = self.waiting.get(conversation)
            if entry is not None and conversation in uninvited and not entry.invited and entry.present:
                passed = asked_at - max(since, entry.uninvited_from, self._asked.get(agent, since))
                self.longest_idle = max(self.longest_idle, passed)
                if passed > self._grace:
                    idle.setdefault(conversation, []).append((agent, passed))
        for conversation, agents in idle.items():
            agent, passed = agents[0]
            others = f" and {len(agents) - 1} more" if len(agents) > 1 else ""
            what = f"{conversation} waits although {agent}{others} has been free for it for {passed:.1f} s"
            self._find("no_idle_agent", asked_at, what, conversation)

    def _judge_order(self, asked_at: float, uninvited: Collection[str]) -> None:
        settled = [one for one in self._passed_over if asked_at - one[0] > SETTLES_WITHIN]
        self._passed_over = [one for one in self._passed_over if asked_at - one[0] <= SETTLES_WITHIN]
        for when, earlier, later, agent in settled:
            entry = self.waiting.get(earlier)
            if entry is None or entry.invited or not entry.present or earlier not in uninvited:
                continue
            if max(entry.from_, entry.uninvited_from) < when - SETTLES_WITHIN:
                what = f"{later} was offered to {agent} before {earlier}, which came first and wants the same"
                self._find("first_come_first_served", when, what, earlier)

    def _judge_missing(self, at: float) -> None:
        for conversation, since in self._missing.items():
            entry = self.waiting.get(conversation)
            if entry is not None and entry.present and not entry.invited and at - since > self._grace:
                what = f"{conversation}: its visitor waits, and no line has it"
                self._find("nobody_lost", at, what, conversation)

    def _goes_first(self, earlier: Waiting, later: Waiting, agent: str, at: float) -> bool:
        return (
            earlier.present
            and not earlier.invited
            # Who was refused may be resting until the next round, which nobody outside can see.
            and not earlier.refused
            and (earlier.need, earlier.language) == (later.need, later.language)
            and earlier.since < later.since
            and max(earlier.from_, earlier.uninvited_from) < at - SETTLES_WITHIN
        )


def _fits(entry: Waiting, seat: Free) -> bool:
    able = seat.video if entry.need == "video" else seat.chat
    return able and (not seat.languages or entry.language in seat.languages)
