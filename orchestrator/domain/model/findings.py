"""What a search says of a policy: each finding at its place in the file, with a shortest example to replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from orchestrator.domain.conversation import Party, State
from orchestrator.domain.decide import decide
from orchestrator.domain.facts import Facts
from orchestrator.domain.model.ambiguity import ambiguous_rows
from orchestrator.domain.model.endings import endless_waits, without_end
from orchestrator.domain.model.explored import Example, Explored
from orchestrator.domain.model.moves import KINDS, events_of
from orchestrator.domain.model.never import switched_off, why_never
from orchestrator.domain.model.properties import ALWAYS_POSSIBLE, BOT_SPEAKS
from orchestrator.domain.model.steps import MOMENT, Step, plain_step
from orchestrator.domain.outcome import Denied
from orchestrator.domain.timers import EVENT_OF_TIMER
from rules.check.cases import always_holds
from rules.check.codes import CODES
from rules.check.report import Diagnosis, Steps
from rules.findings import MOST_FINDINGS, Finding
from rules.machine import CompiledRow
from rules.vocabulary import TIMED_WAITS
from rules.yaml_source import Document, Path, show

FILE = "conversation.yaml"

_TO_MEND = {
    "model.video_without_consent": "let the way lead through the visitor's own act, or a card kept as the verdict",
    "model.camera_forbidden": "do not open the call, or open it for the group that it then belongs to",
    "model.video_after_hang_up": "do not `offer_resume` after a hang-up",
    "model.hang_up_not_final": "add `end_video` to `do:`",
}
_SAID = {
    "model.video_without_consent": "leads to video without the visitor's consent and without a bot's card",
    "model.camera_forbidden": "leaves a camera on where it is forbidden",
    "model.video_after_hang_up": "leads back to video after a hang-up",
    "model.hang_up_not_final": "ends a call that was hung up without remembering it",
}
_LAW_CODES = {
    "video_without_consent": "model.video_without_consent",
    "consent_without_card": "model.video_without_consent",
}


def plain_steps(example: Example | None) -> Steps:
    return () if example is None else tuple(plain_step(step) for step in example.path())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where findings about the lifecycle are."""

    document: Document

    def of_row(self, index: int, key: str = "id") -> Path:
        path: Path = ("transitions", index, key)
        return path if self.document.has(path) else ("transitions", index)

    def tell(self, code: str, path: Path, problem: str, advice: str, example: Example | None) -> Diagnosis:
        line, column = self.document.at(path)
        found = Finding(FILE, line, column, show(path), problem, advice, code)
        return Diagnosis(found, plain_steps(example))


def findings_of(explored: Explored, document: Document) -> Iterator[Diagnosis]:
    """Everything that the exploration found, in no particular order. ``document`` is its `conversation.yaml`."""
    place = _Place(document)
    index = {row.id: at for at, row in enumerate(explored.policy.lifecycle.rows)}
    yield from _violations(explored, place, index)
    yield from _rows(explored, place, index)
    yield from _voices(explored, place)
    yield from _guards(explored, place)
    yield from _states(explored, place)
    yield from _waits(explored, place)
    yield from _unanswered(explored, place, index)
    for one, other, example in ambiguous_rows(explored):
        problem = (
            f"would also win where `{one.id}` does, and leads {_target(other)} instead of {_target(one)}"
        )
        advice = f"make the two guards exclude each other, or one the narrower case of the other; now `{one.id}` wins"
        yield place.tell("model.ambiguous", place.of_row(index[other.id], "when"), problem, advice, example)
    if not explored.complete:
        problem = f"allows too much to be explored to the end ({len(explored.visits):,} conversations were)"
        advice = "read fewer facts in one guard, or split the row"
        yield place.tell("model.too_large", ("transitions",), problem, advice, None)


def _target(row: CompiledRow) -> str:
    return f"to `{row.to}`" if row.to else "nowhere"


def _violations(explored: Explored, place: _Place, index: dict[str, int]) -> Iterator[Diagnosis]:
    for (code, row), example in explored.violations.items():
        path: Path = place.of_row(index[row]) if row in index else ("transitions",)
        yield place.tell(code, path, f"`{row}` {_SAID[code]}", _TO_MEND[code], example)
    for (row, law), example in explored.broken.items():
        code = _LAW_CODES.get(law)
        if code is None:
            code = "model.breaks_law" if row in explored.moved else "model.refused_row"
        always = "always" if row not in explored.moved else "sometimes"
        said = _SAID.get(code, f"{always} leads to what no policy may produce")
        problem, advice = (
            f"`{row}` {said}: it is refused ({law})",
            _TO_MEND.get(code, _ADVICE.get(law, _ANYTHING)),
        )
        yield place.tell(code, place.of_row(index[row]), problem, advice, example)


_ANYTHING = "follow the example, and add or remove what is named in brackets"
_ADVICE = {
    "agent_without_party": "an agent is taken on by `assign_agent` and let go by `release_agent`",
    "queue_without_entry": "a way into `queued` needs `enter_queue` (or `requeue_at_head`), a way out `leave_queue`",
    "queue_without_group": "a way into `queued` needs `enter_queue`",
    "queued_with_agent": "add `release_agent` before the queue is entered",
    "video_without_agent": "video needs an agent: add `assign_agent`, or leave by another row",
    "video_without_room": "a way into video needs `open_call`, a way out `close_call`",
    "call_not_started": "a call goes live with `start_call`, from `video_lobby` alone",
    "proposal_outside_chat": "close the proposal with `close_proposal`",
    "closed_without_time": "add `close` to `do:`",
}


_OFF = "never wins as escalation.yaml and camera.yaml are set now"
_TURN_ON = "nothing, if it is meant: the row waits for the switch"


def _rows(explored: Explored, place: _Place, index: dict[str, int]) -> Iterator[Diagnosis]:
    used = {other for row in explored.moved for other in explored.likeness.stand_for(row)}
    refused = {row for row, _ in explored.broken}
    spoken_for = {other for row in refused for other in explored.likeness.stand_for(row)}
    unused = [row for row in explored.policy.lifecycle.rows if row.id not in used | spoken_for]
    for row in unused[:MOST_FINDINGS]:
        never = why_never(explored, row)
        if never is not None and never.code == "model.unreachable_row" and row.id in switched_off(explored):
            never = replace(never, code="model.switched_off", problem=f"`{row.id}` {_OFF}", advice=_TURN_ON)
        if never is not None:
            key = "when" if never.code == "model.guard_never_true" else "id"
            path = place.of_row(index[row.id], key)
            yield place.tell(never.code, path, never.problem, never.advice, never.example)


def _voices(explored: Explored, place: _Place) -> Iterator[Diagnosis]:
    """Rows that give the bot a voice where it has none, though they may be in order elsewhere."""
    for at, row in enumerate(explored.policy.lifecycle.rows):
        if row.event not in BOT_SPEAKS:
            continue
        for visit in explored.visits:
            c = visit.conversation
            speaks = c.state is State.CHAT and c.party is Party.BOT
            if not speaks and c.state.value in row.sources and row.about(c.party.value):
                with_whom = f"`{c.state.value}` with party `{c.party.value}`"
                problem = f"`{row.id}` lets the bot speak in {with_whom}: it is refused (bot_is_mute)"
                advice = "write `from: chat` and `party: bot`: the bot speaks there alone"
                step = Step(next(events_of(KINDS[row.event], c, groups=(), cards=True, told={})))
                outcome = decide(c, step.event, Facts(), explored.policy, visit.now + MOMENT)
                example = Example(visit, (step,), outcome)
                yield place.tell("model.bot_speaks", place.of_row(at, "from"), problem, advice, example)
                break


def _guards(explored: Explored, place: _Place) -> Iterator[Diagnosis]:
    for at, row in enumerate(explored.policy.lifecycle.rows):
        condition = explored.conditions[row.id]
        if condition is not None and condition.exact and always_holds(condition):
            path = place.of_row(at, "when")
            yield place.tell(
                "model.guard_always_true", path, "is true in every case", "remove the `when:`", None
            )


def _states(explored: Explored, place: _Place) -> Iterator[Diagnosis]:
    reached = {visit.conversation.state for visit in explored.visits}
    for state in State:
        if state not in reached:
            problem, advice = f"no conversation ever gets to `{state.value}`", "add a row that leads there"
            yield place.tell("model.unreachable_state", ("states", state.value), problem, advice, None)
    stuck = without_end(explored)
    if stuck is not None:
        state = stuck.visit.conversation.state.value
        problem = f"from `{state}` there is a conversation that can never be closed"
        advice = "add a row from there that leads on to `closed`"
        yield place.tell("model.cannot_close", ("states", state), problem, advice, stuck)


def _waits(explored: Explored, place: _Place) -> Iterator[Diagnosis]:
    written = {event: where for where, event, _ in TIMED_WAITS}
    for timer, example in explored.unmoved.items():
        event = type(EVENT_OF_TIMER[timer]()).__name__
        path = tuple(written[event].split(".")) if event in written else ("timers",)
        state = example.visit.conversation.state.value
        problem = f"ends in `{event}`, which no row takes in `{state}` under some facts"
        yield place.tell(
            "model.wait_without_timer", path, problem, f"add a row for `{event}` without a guard", example
        )
    for row, example in endless_waits(explored):
        at = next(i for i, each in enumerate(explored.policy.lifecycle.rows) if each.id == row)
        problem = f"with nobody there, `{row}` happens again and again, and the conversation never ends"
        advice = "let one of the waits on the way lead on to another state"
        yield place.tell("model.timer_loop", place.of_row(at), problem, advice, example)


def _unanswered(explored: Explored, place: _Place, index: dict[str, int]) -> Iterator[Diagnosis]:
    for (event, state, party), example in explored.unanswered.items():
        rows = explored.policy.lifecycle.candidates(event, state.value, party.value)
        path: Path = place.of_row(index[rows[-1].id], "when") if rows else ("states", state.value)
        where = f"`{state.value}`" + (f" with party `{party.value}`" if state is State.CHAT else "")
        code = ALWAYS_POSSIBLE.get(event, "model.unanswered")
        under = " under some facts" if isinstance(example.outcome, Denied) else ""
        problem = f"`{event}` has no row in {where}{under}"
        yield place.tell(
            code, path, problem, f"add a row for `{event}` from `{state.value}` without a guard", example
        )


assert set(_SAID) | set(_LAW_CODES.values()) <= set(CODES)  # noqa: S101 - names of codes are checked once
