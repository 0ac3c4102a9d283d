"""What a stored decision is told as."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Device, Role, Verdict
from orchestrator.domain.events import Event, Search, Sought
from orchestrator.domain.explain import WORDS, Known, Language, masked, tell
from orchestrator.domain.explain.conditions import conjuncts, failed_parts
from orchestrator.domain.explain.tell import reason_of, sentence_of
from rules.decision import Decision, NearMiss
from rules.facts import FACTS, FactValue

EN, FR = WORDS["en"], WORDS["fr"]
ESCALATES = (
    "card.escalates && escalation.bot_enabled && visitor.can_video\n"
    "&& agent.can_video && agent.video_present && agent.free_video"
)
VALUES: dict[str, FactValue] = {
    "card.escalates": True,
    "escalation.bot_enabled": True,
    "visitor.can_video": True,
    "agent.can_video": True,
    "agent.video_present": False,
    "agent.free_video": True,
}


def decided(**values: Any) -> Decision:
    given_values: dict[str, Any] = {
        "revision": "r",
        "event": "AgentAccepted",
        "state": "queued",
        "party": "none",
        "row": "card-cannot-escalate",
        "to": "chat",
        "actions": (),
        "say": (),
        "near_misses": (NearMiss("card-escalates-to-video", ESCALATES, VALUES),),
        "facts": VALUES,
    }
    return Decision(**(given_values | values))


ACCEPTED = ev.AgentAccepted("i1", "a1", "call")
KNOWN = Known({"a1": "Claire", "a2": "Marc", "a3": "Dora"}, {"advisors": "Advisers"})


def test_why_a_card_did_not_escalate() -> None:
    told = tell("AgentAccepted", ACCEPTED, decided(), EN, reads=["card.escalates"], known=KNOWN)
    assert told.sentences == (
        "Claire took the conversation.",
        "Row “card-cannot-escalate” decided: from the queue to chat.",
        "Because the card escalates to video.",
        "Row “card-escalates-to-video” did not apply: the agent is not available on video.",
    )
    assert tell(
        "AgentAccepted", ACCEPTED, decided(), FR, reads=["card.escalates"], known=KNOWN
    ).sentences == (
        "Claire a pris la conversation.",
        "La règle «\u00a0card-cannot-escalate\u00a0» a décidé\u00a0: "
        "de «\u00a0file d’attente\u00a0» à «\u00a0échange écrit\u00a0».",
        "Car la carte mène à la vidéo.",
        "La règle «\u00a0card-escalates-to-video\u00a0» ne s’appliquait pas\u00a0: "
        "le conseiller n’est pas disponible en vidéo.",
    )


def test_all_that_was_read_is_told_when_the_row_is_known_no_more() -> None:
    told = tell("AgentAccepted", ACCEPTED, decided(near_misses=()), EN)
    assert told.because is not None
    assert "the agent is not available on video" in told.because
    assert told.happened == "A1 took the conversation."


def test_refusals_say_why() -> None:
    refused = decided(row=None, to=None)
    told = tell("AgentAccepted", ACCEPTED, refused, EN, refused="agent_full")
    assert told.decided == "Refused: the agent has no room for one more conversation."
    assert told.because is None
    assert reason_of("law:video_without_consent", EN) == (
        "no policy may do that: there is no video without consent"
    )
    assert reason_of("from_the_future", FR) == "raison «\u00a0from_the_future\u00a0»"


def test_how_an_agent_was_looked_for() -> None:
    own = Sought("advisors", "fr", (("loans", 3),), chat=True, video=True)
    help_out = Sought("sales", None, (), chat=True, video=False)
    search = Search(
        wants=(own, help_out),
        chosen=help_out,
        relaxed=("skill_levels", "overflow:sales"),
        left_out={"paused": 2, "language": 9},
        examples={"paused": ("a2", "a3"), "language": tuple(f"x{n}" for n in range(8))},
    )
    told = tell("AgentInvited", ev.AgentInvited("i", "a1", search=search), decided(), EN, known=KNOWN)
    assert told.happened == "Claire was invited to take the conversation."
    assert told.search == (
        "Looked for Advisers, language fr, with loans at level 3 or more, for chat and video.",
        "Or else for sales, any language, for chat.",
        "After this wait no longer insisted on: the levels of the skills, the group alone (sales helps out).",
        "Claire fits: sales, any language, for chat.",
        "Not asked: 2 paused (Marc, Dora).",
        "Not asked: 9 without the visitor's language (x0, x1, x2, x3, x4 and 4 more).",
    )
    french = tell("RoundExhausted", ev.RoundExhausted(search), decided(), FR, known=KNOWN).search
    assert len(french) == 5, "nobody was chosen"
    assert "2 en pause (Marc, Dora)" in french[3]
    alone = ev.AgentInvited("i", "a1", search=Search(wants=(own,), chosen=own))
    assert tell("AgentInvited", alone, decided(), EN).search[-1] == "Nobody was left out."


def test_cards_are_told_with_their_verdict() -> None:
    card = ev.TransferRequested("m", Verdict(False, "language", "video_advisor"))
    assert tell("TransferRequested", card, decided(), EN).happened == (
        "The bot showed the transfer card “video_advisor”. It does not escalate for the visitor's language."
    )
    inline = ev.TransferRequested("m", Verdict(True, "matched"))
    assert tell("TransferRequested", inline, decided(), EN).happened.startswith(
        "The bot showed a transfer card."
    )


def test_what_starts_and_what_is_armed_again() -> None:
    start = ev.ConversationStarted("c", "s", "v", "fr", Device.DESKTOP, can_video=True)
    begun = decided(event="ConversationStarted", state="chat", party="bot", row="start", near_misses=())
    assert tell("ConversationStarted", start, begun, EN).decided == "It begins in chat, with the bot."
    again = decided(row=None, to=None)
    assert tell("QueueTimedOut", ev.QueueTimedOut(), again, EN).decided == (
        "No row answered the timer, so it was set again."
    )


def test_events_that_were_not_kept_or_that_nobody_knows() -> None:
    assert tell("HungUp", None, decided(), EN).happened == "Somebody hung up the video."
    assert tell("HungUp", ev.HungUp(Role.AGENT), decided(), EN).happened == "The agent hung up the video."
    assert "Teleported" in tell("Teleported", None, decided(), EN).happened


def test_guards_that_erred_are_told_with_the_error() -> None:
    erred = decided(
        near_misses=(NearMiss("odd", "1 / group.places > 0", {"group.places": 0}, "divide by zero"),)
    )
    assert tell("AgentAccepted", ACCEPTED, erred, EN).nearly == (
        "Row “odd” was skipped: its condition `1 / group.places > 0` could not be evaluated (divide by zero).",
    )


@pytest.mark.parametrize(
    "text", ["Jean Dupont", "jean@example.org", "06 12 34 56 78", "Zoé", "a" * 80, "<b>"]
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_is_no_code_is_not_shown(text: str, language: Language) -> None:
    words = WORDS[language]
    values: dict[str, FactValue] = {"event.reason": text, "site.id": text, "group.waiting": 3}
    assert text not in str(masked(values))
    assert masked(values)["group.waiting"] == 3
    missed = decided(near_misses=(NearMiss("r", 'event.reason == "away"', values),), facts=values)
    told = tell("InvitationRevoked", ev.InvitationRevoked("i", text), missed, words, refused=text)
    assert all(text not in sentence for sentence in told.sentences)
    moved = tell("InvitationRevoked", ev.InvitationRevoked("i", text), missed, words)
    assert all(text not in sentence for sentence in moved.sentences)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("a && b", ("a", "b")),
        ("a && (b && c)", ("a", "(b && c)")),
        ("a && b || c", ("a && b || c",)),
        ('x == "&&" && y', ('x == "&&"', "y")),
        ("x in ['a && b'] && y", ("x in ['a && b']", "y")),
        ('x == "\\"&&" && y', ('x == "\\"&&"', "y")),
        ("a ? b && c : d", ("a ? b && c : d",)),
        ("a", ("a",)),
    ],
)
def test_the_parts_of_a_condition(source: str, parts: tuple[str, ...]) -> None:
    assert conjuncts(source) == parts


def test_only_the_parts_that_failed_are_told() -> None:
    source = "!group.open || group.waiting >= group.places"
    values: dict[str, FactValue] = {"group.open": True, "group.waiting": 1, "group.places": 3}
    assert dict(failed_parts(source, values)) == values, "one part: all of it"
    two = f"visitor.can_video && ({source})"
    assert dict(failed_parts(two, values | {"visitor.can_video": True})) == values
    assert dict(failed_parts("no.such.fact && group.open", values)) == values, "of another version"
    assert failed_parts("group.open", {}) == (), "nothing was stored"


@given(data=st.data())
def test_every_event_with_every_fact_is_told(data: st.DataObject) -> None:
    """Whatever was stored, telling it does not fail, and leaves no placeholder."""
    kind = data.draw(st.sampled_from(get_args(Event)))
    event = data.draw(st.one_of(st.none(), st.from_type(kind)))
    values = {
        fact.name: data.draw(st.sampled_from(fact.values) if fact.values else _VALUES[fact.type])
        for fact in data.draw(st.lists(st.sampled_from(FACTS), unique=True, max_size=4))
    }
    guard = data.draw(st.sampled_from(["group.open", "agent.can_video && !proposal.open", "?", ""]))
    decision = decided(facts=values, near_misses=(NearMiss("row", guard, values),))
    for words in WORDS.values():
        refused = data.draw(st.one_of(st.none(), st.sampled_from(["no_row", "law:x", ""])))
        told = tell(kind.__name__, event, decision, words, refused=refused)
        assert all(sentence and "{" not in sentence for sentence in told.sentences)
        for name, value in values.items():
            assert sentence_of(name, value, words)


_VALUES: dict[str, st.SearchStrategy[FactValue]] = {
    "bool": st.booleans(),
    "int": st.integers(-(2**31), 2**31),
    "double": st.floats(allow_nan=True, allow_infinity=True),
    "string": st.sampled_from(["", "advisors", "fr"]),
}
