"""Whatever is written in its files, a policy compiles or says what is wrong; whatever is asked, it decides."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.facts import FACTS, Fact
from rules.findings import PolicyError
from rules.guards import compile_guard
from rules.load import compile_policy, load_policy
from rules.machine import Lifecycle
from rules.policy import Policy
from rules.vocabulary import EVENTS, PARTIES, STATES
from rules.yaml_source import decode, parse

FOLDER = Path(__file__).parents[2] / "rules" / "policies"
FILES = {path.name: path.read_bytes() for path in FOLDER.glob("*.yaml")}
POLICY = load_policy(FOLDER)

yaml_like = st.lists(
    st.sampled_from(
        ["a", "from", "on", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ",", "&x ", "*x", "!t ", "|", ">-", "'", '"',
         "#", "? ", "---\n", "...", "%YAML 1.1\n", "\t", "\r", "\u2028", "\ufeff", "é", "~", "1", "true", "<<", "\\u12"]
    ),
    max_size=60,
).map("".join)  # fmt: skip


def outcome(files: dict[str, str | bytes]) -> Policy | PolicyError:
    try:
        return compile_policy(files)
    except PolicyError as caught:
        error = caught
    assert error.findings
    for finding in error.findings:
        assert finding.line >= 1
        assert finding.column >= 1
        assert finding.problem
        assert finding.advice
        assert str(finding).splitlines() == [str(finding)]
    return error


@given(st.sampled_from(sorted(FILES)), st.binary(max_size=400))
def test_any_bytes(name: str, content: bytes) -> None:
    assert isinstance(outcome({**FILES, name: content}), PolicyError)


@given(st.sampled_from(sorted(FILES)), st.one_of(yaml_like, st.text(max_size=200)))
@settings(max_examples=400)
def test_any_text(name: str, content: str) -> None:
    outcome({**FILES, name: content})


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=4))
def test_any_names(files: dict[str, str]) -> None:
    assert isinstance(outcome(dict(files)), PolicyError)


@given(st.sampled_from(sorted(FILES)), st.integers(0, 2**32), st.integers(1, 6))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_shipped_files_after_accidents(name: str, seed: int, accidents: int) -> None:
    """Bytes dropped, doubled, swapped, lines lost and moved: what happens to files in real life."""
    chance = random.Random(seed)
    content = bytearray(FILES[name])
    for _ in range(accidents):
        at = chance.randrange(len(content))
        match chance.randrange(5):
            case 0:
                del content[at : at + chance.randrange(1, 20)]
            case 1:
                content[at:at] = content[at : at + chance.randrange(1, 40)]
            case 2:
                content[at] = chance.choice(b" \t\n:-[]{}#&*!|>'\"%@`,?x0")
            case 3:
                lines = content.split(b"\n")
                del lines[chance.randrange(len(lines))]
                content = bytearray(b"\n".join(lines))
            case _:
                lines = content.split(b"\n")
                lines.insert(chance.randrange(len(lines)), lines[chance.randrange(len(lines))])
                content = bytearray(b"\n".join(lines))
    outcome({**FILES, name: bytes(content)})


@given(yaml_like)
@settings(max_examples=300)
def test_places_are_inside_the_file(content: str) -> None:
    text = decode("f", content)
    if not isinstance(text, str):
        return
    result = parse("f", text)
    if hasattr(result, "value"):
        return
    assert 1 <= result.line <= len(text.splitlines()) + 2


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                *(fact.name for fact in FACTS),
                " && ",
                " || ",
                "!",
                "(",
                ")",
                " == ",
                "'x'",
                "1",
                " in ",
                "[",
                "]",
                ".",
                "\n",
            ]
        ),
        max_size=12,
    ).map("".join)
)
@settings(max_examples=500)
def test_any_guard(source: str) -> None:
    result = compile_guard(source)
    if isinstance(result, tuple):
        assert result
        assert all(0 <= problem.offset <= len(source) for problem in result)


# --- decisions ---------------------------------------------------------------------------------------------


def value_of(fact: Fact) -> st.SearchStrategy[bool | int | float | str]:
    if fact.values:
        return st.sampled_from(fact.values)
    match fact.type:
        case "bool":
            return st.booleans()
        case "int":
            return st.integers(0, 50) | st.integers()
        case "double":
            return st.floats()
        case "string":
            return st.text(max_size=8)


facts = st.fixed_dictionaries({}, optional={fact.name: value_of(fact) for fact in FACTS})


@given(st.sampled_from(EVENTS), st.sampled_from(STATES), st.sampled_from(PARTIES), facts)
@settings(max_examples=500)
def test_every_question_has_one_answer(event: str, state: str, party: str, facts: dict) -> None:
    decision = POLICY.decide(event=event, state=state, party=party, facts=facts)
    assert decision == POLICY.decide(
        event=event, state=state, party=party, facts=dict(reversed(facts.items()))
    )
    rows = POLICY.lifecycle.candidates(event, state, party)
    assert decision.known is bool(rows)
    tried = [miss.row for miss in decision.near_misses]
    # The rows that were tried are the first candidates, in order, and the next one is the one that won.
    names = [row.id for row in rows]
    assert names[: len(tried)] == tried
    if decision.row is None:
        assert len(tried) == len(names)
    else:
        assert names[len(tried)] == decision.row
        winner = rows[len(tried)]
        assert (decision.to, decision.actions, decision.say) == (winner.to, winner.actions, winner.say)
    for miss in decision.near_misses:
        assert dict(miss.values).items() <= dict(decision.facts).items()


@given(st.sampled_from(EVENTS), st.sampled_from(STATES), st.sampled_from(PARTIES), facts)
@settings(max_examples=300)
def test_the_facts_that_were_read_are_all_a_replay_needs(
    event: str, state: str, party: str, facts: dict
) -> None:
    decision = POLICY.decide(event=event, state=state, party=party, facts=facts)
    assert POLICY.decide(event=event, state=state, party=party, facts=decision.facts) == decision


@given(st.sampled_from(EVENTS), st.sampled_from(STATES), st.sampled_from(PARTIES), facts)
@settings(max_examples=200)
def test_the_machine_agrees_with_reading_the_rows_by_hand(
    event: str, state: str, party: str, facts: dict
) -> None:
    """A second, slower way to decide: row by row, each guard alone, every fact given."""
    given_facts = {fact.name: facts.get(fact.name, fact.default) for fact in FACTS}
    expected = None
    for row in POLICY.lifecycle.rows:
        if row.event == event and state in row.sources and row.about(party):
            alone = Lifecycle([row]).decide("r", event=event, state=state, party=party, facts=given_facts)
            if alone.row is not None:
                expected = row.id
                break
    assert POLICY.decide(event=event, state=state, party=party, facts=facts).row == expected


@given(facts, st.sampled_from(["chat", "video"]))
def test_routing_is_total(facts: dict, need) -> None:
    assert POLICY.route(facts, need).group in POLICY.routing.groups
