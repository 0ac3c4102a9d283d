"""What a simulation assumes, in words for who reads its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orchestrator.simulation.load import HOURS, Crew, Load, Span, Stream
from orchestrator.simulation.recorded import Arrivals
from rules.durations import format_duration

Assumed = list[tuple[str, str]]


def assumed_in_load(load: Load) -> Assumed:
    """Pairs of a name and what is assumed of it."""
    found: Assumed = [("Day", f"{load.day}, hours in UTC")]
    if load.warm_up is not None:
        found.append(("Not counted", f"who comes in the first {format_duration(load.warm_up)}"))
    for stream in load.streams:
        found += [(f"Visitors of {stream.site}", text) for text in _visitors(stream)]
    found.append(("A chat lasts", _span(load.handling.chat)))
    if load.handling.video is not None:
        found.append(("A video lasts", _span(load.handling.video)))
    if load.proposes > 0:
        found.append(
            (
                "Proposals of video",
                f"in {load.proposes:.0%} of chats, of which {load.accepts:.0%} are accepted",
            )
        )
    for number, crew in enumerate(load.crews, start=1):
        found += [(f"Agents {number}" if len(load.crews) > 1 else "Agents", text) for text in _crew(crew)]
    return found


def assumed_in_record(record: Arrivals) -> Assumed:
    """The same of recorded arrivals, which leave little to assume."""
    without = sum(one.answer_s is None for one in record.conversations)
    accepting = "takes as long as recorded" if without < len(record.conversations) else "takes no time"
    if 0 < without < len(record.conversations):
        accepting += f"; no time for {without:,} conversations of which it is not known"
    return [
        ("Visitors", f"the {len(record.conversations):,} recorded, when they came, with their patience"),
        ("A conversation lasts", "as long as it was recorded"),
        ("Agents", f"{len({shift.agent for shift in record.staffing}):,} recorded, when they worked"),
        ("Accepting", accepting),
    ]


def _visitors(stream: Stream) -> Iterator[str]:
    yield f"{_rates(stream.per_hour)} an hour, independently of each other"
    wishes = {"the bot alone": stream.wishes.bot}
    wishes |= {f"the card {name}": weight for name, weight in stream.wishes.card.items()}
    wishes |= {"a person": stream.wishes.person, "video": stream.wishes.video}
    yield f"want {_weights(wishes)}"
    yield f"read {_weights(stream.languages)}; {stream.mobile:.0%} on mobile, {stream.can_video:.0%} can do video"
    yield f"leave the line after {_span(stream.patience)}" if stream.patience is not None else "wait for ever"


def _crew(crew: Crew) -> Iterator[str]:
    what = f"{_rates(crew.on_duty)} on duty for {', '.join(crew.groups)}, {'with' if crew.video else 'without'} video"
    yield f"{what}; speak {', '.join(crew.languages)}" if crew.languages else what
    accepting = f"accept after {_span(crew.answer)}" if crew.answer is not None else "accept at once"
    yield f"{accepting}; decline {crew.declines:.0%} of invitations" if crew.declines else accepting


def _rates(hourly: tuple[float, ...]) -> str:
    low, high = min(hourly), max(hourly)
    if low == high:
        return f"{low:,g}"
    peak = hourly.index(high)
    return f"{low:,g} to {high:,g} (most at {peak:02d}:00; {sum(hourly) / HOURS:,.0f} on average)"


def _span(span: Span) -> str:
    kind = "exponential" if span.exponential else f"lognormal, spread {span.spread:g}"
    return f"{format_duration(span.mean)} on average ({kind})"


def _weights(weights: Mapping[str, float]) -> str:
    whole = sum(weights.values())
    return ", ".join(f"{name} {weight / whole:.0%}" for name, weight in weights.items() if weight > 0)
