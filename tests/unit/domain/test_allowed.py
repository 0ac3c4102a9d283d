"""What the pages may offer is what `decide` would accept."""

from __future__ import annotations

from orchestrator.domain import events as ev
from orchestrator.domain.allowed import agent_actions, visitor_actions
from orchestrator.domain.conversation import Purpose, Role
from orchestrator.domain.facts import Facts
from tests.unit.domain.story import PLAIN, Story, agent, group

TRANSFERS = {"transfer", "transfer_to_group"}


def names(actions: object) -> set[str]:
    return {name for name in actions.__dataclass_fields__ if getattr(actions, name)}  # type: ignore[attr-defined]


def visitor_may(story: Story) -> set[str]:
    facts = Facts(agent=story.agent, group=story.group, bot_enabled=True)
    return names(visitor_actions(story.conversation, facts, story.policy, story.now))


def agent_may(story: Story, agent_id: str = "claire") -> set[str]:
    facts = Facts(agent=story.agent, group=story.group, bot_enabled=True)
    return names(agent_actions(story.conversation, agent_id, facts, story.policy, story.now))


def test_with_the_bot() -> None:
    assert visitor_may(Story().start()) == {"write", "request_person", "request_video", "close"}


def test_waiting() -> None:
    assert visitor_may(Story().handed_over()) == {"write", "leave_queue", "close"}


def test_in_the_lobby_and_in_video() -> None:
    assert visitor_may(Story().accepted()) == {"write", "leave_lobby", "close"}
    assert visitor_may(Story().in_video()) == {"write", "hang_up", "close"}
    assert agent_may(Story().in_video()) == {"write", "hang_up", "close", *TRANSFERS}


def test_an_agent_may_propose_only_what_the_rules_allow() -> None:
    story = Story().accepted(PLAIN)
    assert agent_may(story) == {"write", "propose_video", "close", *TRANSFERS}
    story.agent = agent(may_propose_video=False)
    assert agent_may(story) == {"write", "close", *TRANSFERS}
    assert agent_may(story, "marc") == set()


def test_an_open_proposal() -> None:
    story = Story().accepted(PLAIN)
    story.moved(ev.VideoProposed("claire", "p1"))
    assert visitor_may(story) == {"write", "accept_video", "decline_video", "close"}
    assert agent_may(story) == {"write", "withdraw_video", "close", *TRANSFERS}


def test_after_a_hang_up_the_visitors_own_entry_is_gone() -> None:
    story = Story().in_video()
    story.moved(ev.HungUp(Role.VISITOR))
    assert visitor_may(story) == {"write", "close"}
    assert "propose_video" in agent_may(story)


def test_a_closed_conversation_allows_nothing() -> None:
    story = Story().start()
    story.group = group()
    story.moved(ev.ConversationClosed("visitor"))
    assert visitor_may(story) == set()
    assert agent_may(story) == set()


def test_a_message_may_be_left_where_the_group_takes_messages() -> None:
    for story in (Story().start(), Story().handed_over()):
        assert "leave_message" not in visitor_may(story)
        story.group = group(takes_messages=True)
        assert "leave_message" in visitor_may(story)
    story = Story().accepted(PLAIN)
    story.group = group(takes_messages=True)
    assert "leave_message" not in visitor_may(story)


def test_one_transfer_at_a_time() -> None:
    story = Story().handing_over()
    assert agent_may(story) == {"write", "propose_video", "close", "withdraw_transfer"}
    story.agent = agent("marc")
    story.moved(ev.AgentInvited("i2", "marc", Purpose.TRANSFER))
    story.agent = agent()
    assert agent_may(story) & (TRANSFERS | {"withdraw_transfer"}) == {"withdraw_transfer"}
    story.moved(ev.HandoverEnded("withdrawn"))
    assert agent_may(story) >= TRANSFERS
