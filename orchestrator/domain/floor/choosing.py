"""One conversation's agent, and why each other is not."""

from __future__ import annotations

from orchestrator.domain.floor.crews import Ask
from orchestrator.domain.floor.reasons import Choice
from orchestrator.domain.floor.roster import Roster
from orchestrator.domain.floor.wants import Stage, Waiting, explained_want, given_up

Found = tuple[str, Ask]


def find(roster: Roster, entry: Waiting, asks: tuple[Ask, ...], only: str | None) -> Found | None:
    """The agent for the first want for which somebody is free, with that want."""
    for ask in asks:
        agent_id = roster.best(ask, entry.declined, only)
        if agent_id is not None:
            return agent_id, ask
    return None


def explain(
    roster: Roster,
    entry: Waiting,
    stage: Stage,
    asks: tuple[Ask, ...],
    only: str | None,
    found: Found | None,
) -> Choice:
    """The choice with its reasons; ``asks`` are the wants of the stage."""
    if not asks:
        return Choice(None, None, stage.relaxed)
    chosen = None if found is None else found[0]
    counts, examples = roster.left_out(asks[explained_want(stage)], entry.declined, only, chosen)
    if found is None:
        return Choice(None, None, stage.relaxed, counts, examples)
    want = found[1].want
    return Choice(chosen, want, given_up(entry, want), counts, examples)
