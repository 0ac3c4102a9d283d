"""What a draft would have done otherwise, and what of that cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Device, Role
from orchestrator.domain.replay import Difference, Kind, Recording, Replayed, replay_recording
from orchestrator.domain.replay.recording import Answer
from rules.policy import Policy
from tests.unit.domain.replay.recorder import PHRASE, Scene, policy

CHART, ESCALATION, ROUTING, CARDS, CAMERA = (
    f"{name}.yaml" for name in ("conversation", "escalation", "routing", "cards", "camera")
)


def only(replayed: Replayed) -> Difference:
    ((_, difference),) = replayed.differences
    return difference


def video() -> Scene:
    """From the bot's card to a call, and a hang-up."""
    return Scene().agent().card().accepts().both_connect().do(ev.HungUp(Role.VISITOR))


# --- nothing changes ------------------------------------------------------------------------------------------


def test_the_same_policy_does_the_same() -> None:
    replayed = video().under()
    assert replayed.differences == ()
    assert replayed.counts == {"same": 7}


def test_what_the_draft_says_otherwise_elsewhere_changes_nothing() -> None:
    draft = (CHART, "  - id: proposal-accepted\n", "  - id: proposal-taken\n")
    assert video().under(draft).counts == {"same": 7}


# --- other rows, other targets -----------------------------------------------------------------------------------


def test_a_row_of_another_name_that_does_the_same_is_no_reason_to_stop() -> None:
    replayed = video().under((CHART, "  - id: card-escalates-to-video\n", "  - id: straight-to-video\n"))
    difference = only(replayed)
    assert difference.kind == "other_row"
    assert difference.was == Answer("card-escalates-to-video", "video_lobby")
    assert difference.now == Answer("straight-to-video", "video_lobby")
    assert replayed.counts == {"same": 6, "other_row": 1}


def test_another_target_ends_the_comparison() -> None:
    draft = (
        CHART,
        "card.escalates && escalation.bot_enabled && visitor.can_video\n",
        "false && card.escalates\n",
    )
    replayed = video().under(draft)
    difference = only(replayed)
    assert difference.kind == "other_target"
    assert difference.was.target == "video_lobby"
    assert difference.now == Answer("card-cannot-escalate", "chat (agent)")
    assert replayed.counts == {"same": 3, "other_target": 1, "not_compared": 3}


def test_denied_now() -> None:
    refused = policy(
        (
            CHART,
            "  - id: hung-up\n    event: HungUp\n",
            '  - id: hung-up\n    when: event.by == "agent"\n    event: HungUp\n',
        )
    )
    difference = only(video().through(refused))
    assert (difference.kind, difference.was.row, difference.now) == (
        "denied_now",
        "hung-up",
        Answer(None, None, "no_row"),
    )


def test_a_timer_that_no_row_takes_any_more() -> None:
    scene = Scene(bot=False).agent(chat_state="offline").do(ev.PersonRequested())
    scene.passes(600)
    assert scene.recording.steps[-1].row is not None
    guarded = scene.recording.steps[-1].event
    draft = policy(
        (
            CHART,
            f"    event: {guarded}\n    from: queued\n",
            f'    event: {guarded}\n    when: "group.places > 99"\n    from: queued\n',
        )
    )
    difference = only(scene.through(draft))
    assert difference.kind == "denied_now"
    assert difference.now is not None
    assert difference.now.row is None


def test_allowed_now() -> None:
    scene = Scene().agent().card("advisor").accepts().do(ev.VideoProposed("claire", "p1"))
    scene.estate.put_agent(replace(scene.estate.agents["claire"], may_propose_video=False))
    scene.do(ev.ProposalWithdrawn("claire", "p1"), ev.VideoProposed("claire", "p2"))
    assert scene.recording.steps[-1].refused == "no_row"
    difference = only(scene.under((CHART, "escalation.agent_enabled && agent.may_propose_video && ", "")))
    assert (difference.kind, difference.was, difference.now) == (
        "allowed_now",
        Answer(None, None, "no_row"),
        Answer("video-proposed", "chat (agent)"),
    )


def test_what_a_law_refuses_stays_refused() -> None:
    scene = video().do(ev.BotReplied(("m9",)))
    assert scene.recording.steps[-1].refused == "bot_is_mute"
    assert scene.under().counts == {"same": 8}


def test_a_camera_that_becomes_forbidden_is_denied() -> None:
    scene = Scene().agent().card().accepts().do(ev.CameraSwitched(on=False), ev.CameraSwitched(on=True))
    difference = only(scene.under((CAMERA, "    camera: allowed\n", "    camera: forbidden\n")))
    # Before anybody switches it: the call would have begun under another rule.
    assert difference.kind == "other_details"
    assert difference.event == "AgentAccepted"
    assert set(difference.why) == {"call", "camera"}
    off = only(scene.under((CAMERA, "    camera: allowed\n", "    camera: off_by_default\n")))
    assert set(off.why) == {"call", "camera"}


def test_other_lines_are_told_and_do_not_end_the_comparison() -> None:
    replayed = video().under((CHART, "    say: [video_ended]\n", "    say: [video_ended, closed]\n"))
    assert (only(replayed).kind, only(replayed).why) == ("other_details", ("lines",))
    first = video().under(
        (
            CHART,
            "    do: [assign_agent, open_call]\n    say: [agent_joined, video_starts]",
            "    do: [assign_agent, open_call]\n    say: [agent_joined]",
        )
    )
    assert first.counts == {"same": 6, "other_details": 1}


# --- cards ---------------------------------------------------------------------------------------------------------


def test_a_phrase_that_is_no_phrase_any_more() -> None:
    draft = (ESCALATION, f"      - {PHRASE}\n", "")
    assert only(Scene().agent().card("video_advisor").under(draft)).why == ("consent", "verdict")
    inline = only(Scene().agent().card().under(draft))
    assert (inline.kind, inline.why) == ("cannot_tell", ("the text of the card",)), "its text is not read"


def test_a_language_or_a_device_that_does_not_escalate_needs_no_text() -> None:
    mobile = Scene(device=Device.MOBILE).agent().card()
    assert mobile.recording.steps[1].body is not None
    difference = only(mobile.under((ESCALATION, "devices: [desktop, mobile]", "devices: [desktop]")))
    assert (difference.kind, difference.event, difference.why) == (
        "other_details",
        "TransferRequested",
        ("consent", "verdict"),
    )
    desktop = Scene().agent().card()
    assert desktop.under((ESCALATION, "devices: [desktop, mobile]", "devices: [desktop]")).differences == ()


def test_a_language_that_escalates_from_now_on() -> None:
    draft = (
        (
            ESCALATION,
            "languages: [fr]\n",
            "languages: [fr, en]\n",
        ),
        (
            ESCALATION,
            "  no_video_agent: chat",
            "    en: [You will be connected by video]\n  no_video_agent: chat",
        ),
    )
    by_id = Scene(language="en").agent().card("video_advisor")
    assert only(by_id.under(*draft)).why == ("consent", "verdict")
    assert Scene(language="en").agent().card("advisor").under(*draft).counts["cannot_tell"] == 0
    inline = only(Scene(language="en").agent().card(text="Words of the bot").under(*draft))
    assert inline.kind == "cannot_tell"


def test_a_card_with_other_words_is_judged_by_them() -> None:
    draft = (CARDS, "Vous allez être mis en relation par vidéo avec", "Vous allez parler avec")
    assert only(Scene().agent().card("video_advisor").under(draft)).why == ("consent", "verdict")
    slots = (CARDS, "Vous allez être mis en relation par vidéo avec", "Bonjour {name}, vous parlerez avec")
    told = only(Scene().agent().card("video_advisor").under(slots))
    assert (told.kind, told.why) == ("cannot_tell", ("the text of the card",)), "a slot may hold anything"
    still = (CARDS, "Vous allez être mis en relation", "Bonjour {name}, vous allez être mis en relation")
    assert Scene().agent().card("video_advisor").under(still).differences == ()


def test_a_card_that_the_draft_does_not_have() -> None:
    difference = only(
        Scene().agent().card("video_advisor").under((CARDS, "  video_advisor:\n", "  film_advisor:\n"))
    )
    assert (difference.kind, difference.now) == ("denied_now", Answer(None, None, "unknown_card"))


# --- groups ---------------------------------------------------------------------------------------------------------

EXPERTS = """
  experts:
    label: { fr: Experts, en: Experts }
    languages: [fr, en]
    places: { chat: 10, video: 5 }
    capacity: { chat: 3, video: 1, video_takes: all }
    alternative: { message: { fr: Non, en: No }, then: stay }
"""


def waiting() -> Scene:
    return Scene(bot=False).agent().do(ev.PersonRequested())


def test_another_group_is_another_world() -> None:
    """Whether somebody of it was free nobody knows; but the row asks for that only if its queue has no place."""
    rule = 'rules:\n  - { id: all, when: site.id == "demo", group: experts }\n'
    draft = (ROUTING, "\nrules: []\n", f"{EXPERTS}\n{rule}")
    told = only(waiting().under(draft))
    assert told.kind == "cannot_tell"
    assert set(told.why) == {"group.has_free_agent", "group.waiting"}


def test_a_group_that_is_closed_then() -> None:
    hours = 'hours:\n      time_zone: Europe/Paris\n      week: { monday: ["20:00-21:00"] }\n'
    difference = only(waiting().under((ROUTING, "hours: always\n", hours)))
    assert (difference.kind, difference.now) == ("other_target", Answer("person-group-closed", "chat (none)"))


def test_places_are_the_drafts_own() -> None:
    crowded = Scene(bot=False).agent(chat_state="offline").do(ev.PersonRequested())
    difference = only(
        crowded.under((ROUTING, "places: { chat: 10, video: 5 }", "places: { chat: 0, video: 5 }"))
    )
    assert (difference.kind, difference.now) == ("other_target", Answer("person-no-place", "chat (none)"))
    free = waiting().under((ROUTING, "places: { chat: 10, video: 5 }", "places: { chat: 0, video: 5 }"))
    assert free.differences == (), "somebody was free"


def test_who_is_found_under_another_capacity_is_not_known() -> None:
    told = only(waiting().under((ROUTING, "capacity: { chat: 3", "capacity: { chat: 2")))
    # The queue has places, so it does not matter for the row; for who is invited it does.
    assert (told.kind, told.event) == ("cannot_tell", "AgentInvited")
    assert told.why == ("whom the distribution would have found",)


def test_what_is_relaxed_later_than_anybody_waited_does_not_matter() -> None:
    earlier = (ROUTING, "{ after: 60s, language: any }", "{ after: 20s, language: any }")
    assert waiting().under(earlier).differences == ()
    late = Scene(bot=False).agent(chat_state="offline").do(ev.PersonRequested()).passes(30).agent()
    told = only(late.under(earlier))
    assert (told.kind, told.why) == ("cannot_tell", ("whom the distribution would have found",))


def test_a_wait_that_the_draft_does_not_allow() -> None:
    """Two decline, and the visitor rests; without a place, the distribution would have given up."""
    scene = Scene(bot=False).agent().do(ev.PersonRequested()).declines()
    assert scene.recording.steps[-1].event == "RoundExhausted"
    told = only(scene.under((ROUTING, "places: { chat: 10, video: 5 }", "places: { chat: 0, video: 5 }")))
    assert (told.kind, told.event, told.why) == ("other_time", "RoundExhausted", ("ended",))
    none = policy((ROUTING, "places: { chat: 10, video: 5 }", "places: { chat: 0, video: 5 }"))
    given_up = Scene(none, bot=False).agent().do(ev.PersonRequested()).declines()
    assert given_up.recording.steps[-1].event == "TransferFailed"
    told = only(given_up.under())
    assert (told.kind, told.event, told.why) == ("other_time", "TransferFailed", ("goes_on",))


def test_priority_and_skills_are_compared() -> None:
    rule = 'rules:\n  - { id: all, when: site.id == "demo", group: advisors, priority: 5 }\n'
    told = only(waiting().under((ROUTING, "\nrules: []\n", f"\n{rule}")))
    assert (told.kind, told.why) == ("other_details", ("queue",))


# --- facts that nobody recorded -----------------------------------------------------------------------------------


def asks(guard: str) -> tuple[str, str, str]:
    """The draft asks something more of a message to the agent."""
    return (
        CHART,
        "  - id: visitor-writes-to-agent\n",
        f"  - id: careful\n    event: VisitorWrote\n    from: chat\n    party: agent\n    when: '{guard}'\n"
        "    do: [restart_idle]\n\n  - id: visitor-writes-to-agent\n",
    )


def written() -> Scene:
    return Scene().agent().card("advisor").accepts().do(ev.VisitorWrote("m1"))


def test_a_fact_that_was_not_gathered_cannot_be_told() -> None:
    told = only(written().under(asks("agent.video_present")))
    assert (told.kind, told.event, told.why) == ("cannot_tell", "VisitorWrote", ("agent.video_present",))
    assert told.now is None


def test_a_fact_that_does_not_matter_is_not_asked_for() -> None:
    replayed = written().under(asks('agent.video_present && conversation.language == "de"'))
    assert replayed.counts == {"same": 5}
    either = only(written().under(asks("agent.video_present || !agent.video_present")))
    assert (either.kind, either.now) == ("other_row", Answer("careful", "chat (agent)"))


def test_facts_of_the_conversation_itself_are_known() -> None:
    told = only(written().under(asks('conversation.device == "desktop" && !proposal.open')))
    assert told.kind == "other_row"


def test_numbers_are_not_tried() -> None:
    waits = (
        CHART,
        "  - id: visitor-writes-while-waiting\n    event: VisitorWrote\n    from: queued\n",
        "  - id: visitor-writes-while-waiting\n    event: VisitorWrote\n    from: queued\n"
        '    when: "queue.wait_p90 > 300.0"\n\n  - id: otherwise\n    event: VisitorWrote\n    from: queued\n',
    )
    told = only(waiting().do(ev.VisitorWrote("m1")).under(waits))
    assert (told.kind, told.why) == ("cannot_tell", ("queue.wait_p90",))


def test_how_long_somebody_waited_is_known() -> None:
    scene = (
        Scene(bot=False)
        .agent(chat_state="offline")
        .do(ev.PersonRequested())
        .passes(90)
        .do(ev.VisitorWrote("m1"))
    )
    waits = (
        CHART,
        "  - id: visitor-writes-while-waiting\n    event: VisitorWrote\n    from: queued\n",
        "  - id: impatient\n    event: VisitorWrote\n    from: queued\n"
        '    when: "queue.waited > 60.0"\n\n'
        "  - id: visitor-writes-while-waiting\n    event: VisitorWrote\n    from: queued\n",
    )
    told = only(scene.under(waits))
    assert (told.kind, told.now) == ("other_row", Answer("impatient", "queued"))


# --- time --------------------------------------------------------------------------------------------------------


def test_a_wait_that_lasts_longer() -> None:
    scene = Scene().agent().card("advisor").passes(31)
    assert "InvitationExpired" in [step.event for step in scene.recording.steps]
    told = only(scene.under((CHART, "invitation: 30s", "invitation: 45s")))
    assert (told.kind, told.event, told.why) == ("other_time", "InvitationExpired", ("later:invitation",))


def test_a_wait_that_ends_before_what_happened_next() -> None:
    scene = Scene().agent().card("advisor").passes(20).accepts()
    told = only(scene.under((CHART, "invitation: 30s", "invitation: 15s")))
    assert (told.kind, told.event, told.why) == ("other_time", "AgentAccepted", ("sooner:invitation",))
    quick = Scene().agent().card("advisor").passes(10).accepts()
    assert quick.under((CHART, "invitation: 30s", "invitation: 15s")).differences == ()


def test_a_wait_that_ends_sooner_than_it_did() -> None:
    scene = Scene().agent().card("advisor").passes(31)
    told = only(scene.under((CHART, "invitation: 30s", "invitation: 15s")))
    assert (told.event, told.why) == ("InvitationExpired", ("sooner:invitation",))


# --- what is too old, or broken ------------------------------------------------------------------------------------


def through(recording: Recording, then: Policy) -> Replayed:
    draft = policy()
    return replay_recording(recording, draft, {then.revision: then, draft.revision: draft}.get)


def test_an_event_of_another_version_cannot_be_told() -> None:
    scene = video()
    steps = list(scene.recording.steps)
    steps[2] = replace(steps[2], body=None, unreadable="the event Teleported, which this version cannot read")
    replayed = through(replace(scene.recording, steps=tuple(steps)), scene.policy)
    assert only(replayed).kind == "cannot_tell"
    assert only(replayed).why == ("the event Teleported, which this version cannot read",)
    assert replayed.counts == {"same": 2, "cannot_tell": 1, "not_compared": 4}


def test_a_history_without_its_beginning_cannot_be_told() -> None:
    scene = video()
    replayed = through(replace(scene.recording, steps=scene.recording.steps[1:]), scene.policy)
    assert only(replayed).why == ("the beginning of the conversation",)
    steps = list(scene.recording.steps)
    del steps[0].changes["device"]  # type: ignore[attr-defined]
    assert only(through(replace(scene.recording, steps=tuple(steps)), scene.policy)).kind == "cannot_tell"


def test_the_policy_of_then_may_be_gone() -> None:
    """Then nobody knows by which capacity an agent was free, nor by which phrases a card was judged."""
    scene = video()
    draft = policy((CHART, "invitation: 30s", "invitation: 31s"))
    replayed = replay_recording(scene.recording, draft, {draft.revision: draft}.get)
    told = only(replayed)
    assert told.kind == "cannot_tell"


def without_facts(recording: Recording) -> Recording:
    """As recorded before facts were kept: what guards read is all there is."""
    return replace(recording, steps=tuple(replace(step, facts=None) for step in recording.steps))


def test_without_kept_facts_what_guards_read_is_enough_for_the_same_policy() -> None:
    scene = video()
    assert through(without_facts(scene.recording), scene.policy).counts == {"same": 7}


def test_without_kept_facts_nothing_else_is_guessed() -> None:
    scene = written()
    draft = policy(asks("agent.may_propose_video"))
    known = {scene.policy.revision: scene.policy, draft.revision: draft}
    told = only(replay_recording(without_facts(scene.recording), draft, known.get))
    assert (told.kind, told.why) == ("cannot_tell", ("agent.may_propose_video",))


@pytest.mark.parametrize("kind", ["same", "cannot_tell"])
def test_an_empty_recording(kind: Kind) -> None:
    draft = policy()
    assert replay_recording(Recording("c", draft.revision, ()), draft, {}.get).counts.get(kind, 0) == 0
