"""The effects that follow from a change, and whose capacity a conversation takes."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.domain import effects as ef
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Call, Conversation, Invitation, Proposal, Purpose, Role
from orchestrator.domain.follow_up import effects_of_change, holdings
from tests.unit.domain.story import MATCHED, PLAIN, T0, Story, agent

TRANSFER = Invitation("i2", "marc", Purpose.TRANSFER, T0)


def chat() -> Conversation:
    return Story().accepted(PLAIN).conversation


def lobby() -> Conversation:
    return Story().accepted(MATCHED).conversation


def test_nothing_follows_from_nothing() -> None:
    for c in (chat(), lobby(), Story().invited().conversation):
        assert effects_of_change(c, c, "revoked") == ()


def test_a_room_is_opened_closed_and_replaced() -> None:
    c = lobby()
    other = replace(c, call=Call("call-2", T0))
    assert effects_of_change(replace(c, call=None), c, "x") == (ef.OpenCall("call-1"),)
    assert effects_of_change(c, replace(c, call=None), "x") == (ef.CloseCall("call-1", "x"),)
    assert effects_of_change(c, other, "x") == (ef.CloseCall("call-1", "x"), ef.OpenCall("call-2"))


def test_an_invitation_is_sent_ended_and_replaced() -> None:
    c = chat()
    one = replace(c, invitation=TRANSFER)
    another = replace(c, invitation=replace(TRANSFER, id="i3", agent_id="anna"))
    sent = ef.InviteAgent("marc", "i2", Purpose.TRANSFER)
    ended = (ef.EndInvitation("marc", "i2", "declined"), ef.DrainQueue("marc"))
    assert effects_of_change(c, one, "declined") == (sent,)
    assert effects_of_change(one, c, "declined") == ended
    assert effects_of_change(one, another, "declined") == (
        ended[0],
        ef.InviteAgent("anna", "i3", Purpose.TRANSFER),
        ended[1],
    )


def test_who_gets_free_is_offered_work() -> None:
    c = lobby()
    # The video is over and the chat goes on: the video's capacity is free.
    after = replace(chat(), call=None)
    assert ef.DrainQueue("claire") in effects_of_change(c, after, "x")
    # The chat is over too.
    gone = replace(after, agent_id=None)
    assert effects_of_change(after, gone, "x") == (ef.DrainQueue("claire"),)
    # Taking more on frees nobody.
    assert ef.DrainQueue("claire") not in effects_of_change(after, c, "x")
    assert effects_of_change(gone, after, "x") == ()


def test_holdings() -> None:
    assert holdings(Story().start().conversation) == {}
    assert holdings(chat()) == {"claire": (1, 0)}
    assert holdings(lobby()) == {"claire": (1, 1)}
    assert holdings(Story().in_video().conversation) == {"claire": (1, 1)}
    assert holdings(replace(chat(), proposal=Proposal("p", "claire", T0))) == {"claire": (1, 1)}


def test_an_open_invitation_holds_what_it_would_become() -> None:
    assert holdings(Story().invited(PLAIN).conversation) == {"claire": (1, 0)}
    assert holdings(Story().invited(MATCHED).conversation) == {"claire": (1, 1)}
    without_video = Story().handed_over(MATCHED)
    without_video.agent = agent(free_video=False)
    without_video.moved(ev.AgentInvited("i1", "claire"))
    assert holdings(without_video.conversation) == {"claire": (1, 0)}
    # The need can go while the invitation is open.
    invited = Story().invited(MATCHED).conversation
    assert invited.verdict is not None
    spent = replace(invited, verdict=replace(invited.verdict, consumed=True))
    assert holdings(spent) == {"claire": (1, 0)}


def test_a_colleague_who_is_asked_holds_capacity_beside_the_agent() -> None:
    asked = replace(chat(), invitation=TRANSFER)
    assert holdings(asked) == {"claire": (1, 0), "marc": (1, 0)}
    story = Story().in_video()
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc", Purpose.TRANSFER))
    assert holdings(story.conversation) == {"claire": (1, 1), "marc": (1, 1)}
    story.moved(ev.AgentAccepted("i2", "marc", "call-2"))
    assert holdings(story.conversation) == {"marc": (1, 1)}
    assert story.effect_names()[:3] == ["CloseCall", "OpenCall", "EndInvitation"]
    assert ef.DrainQueue("claire") in story.effects
    story.moved(ev.MediaConnected("call-2", Role.AGENT))
    assert story.effects == []
