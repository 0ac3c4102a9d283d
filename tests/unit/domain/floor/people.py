"""Agents and visitors for tests of the floor, as few words as possible each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from orchestrator.domain.floor import Floor, GroupRules, Profile, Seat, Stage, Waiting, Want

T0 = datetime(2026, 1, 5, 9, tzinfo=UTC)
CHAT = Want("care", "fr", (), chat=True, video=False)
VIDEO = Want("care", "fr", (), chat=False, video=True)
BOTH = Want("care", "fr", (), chat=True, video=True)
RULES = GroupRules(chat_slots=2, video_slots=1, video_takes=None, strategy="longest_idle", video=True)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def seat(name: str, idle: float = 0, *, groups: dict[str, int] | None = None, **changes: object) -> Seat:
    """Free for everything in `care`; ``idle``: for how many seconds."""
    languages, skills = changes.pop("languages", ()), changes.pop("skills", ())
    profile = Profile(
        tuple(sorted((groups or {"care": 1}).items())),
        frozenset(languages),  # type: ignore[call-overload]
        skills,  # type: ignore[arg-type]
    )
    free = Seat(name, profile, True, "available", "available", True, at(-idle))
    return replace(free, **changes)  # type: ignore[arg-type]


def visitor(name: str, *wants: Want, since: float = 0, **changes: object) -> Waiting:
    """Waits for a chat, by default, from ``since`` on."""
    return replace(
        Waiting(
            id=name,
            group=wants[0].group if wants else "care",
            video=False,
            at_head=False,
            rank_at=at(since),
            entered_at=at(since),
            stages=(Stage(at(since), wants or (CHAT,)),),
        ),
        **changes,  # type: ignore[arg-type]
    )


def floor(*seats: Seat, **groups: GroupRules) -> Floor:
    opened = Floor()
    opened.configure(groups or {"care": RULES})
    opened.advance(T0)
    for one in seats:
        opened.seat(one)
    return opened


def pairs(of: Floor, now: datetime = T0, limit: int = 64) -> list[tuple[str, str]]:
    return [(pair.conversation_id, pair.agent_id) for pair in of.matches(now, limit)]
