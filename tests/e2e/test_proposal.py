"""An agent proposes video in a running chat; the visitor decides."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.people import Cast

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.timeout(120)]


def test_a_visitor_declines_and_the_chat_goes_on(cast: Cast) -> None:
    visitor, agent = cast.in_chat()
    conversation = visitor.conversation_id
    agent.at("propose-video").click()
    expect(visitor.at("proposal")).to_be_visible()
    expect(visitor.at("proposal")).to_contain_text("Claire")
    expect(agent.at("propose-video")).to_have_count(0)

    visitor.at("proposal-decline").click()
    expect(visitor.at("proposal")).to_have_count(0)
    expect(agent.at("proposal")).to_have_count(0)
    agent.told("proposal_declined")
    expect(agent.at("why-no-video")).to_contain_text("vient de refuser")
    expect(agent.at("propose-video")).to_have_count(0)

    agent.write("Pas de souci, restons par écrit.")
    visitor.sees("agent", "restons par écrit")
    visitor.write("Merci de comprendre.")
    agent.sees("Merci de comprendre.")
    visitor.in_state("chat")
    assert visitor.conversation_id == conversation


def test_a_proposal_is_withdrawn_and_the_next_one_accepted(cast: Cast) -> None:
    visitor, agent = cast.in_chat()
    conversation = visitor.conversation_id
    agent.at("propose-video").click()
    expect(visitor.at("proposal")).to_be_visible()
    agent.at("withdraw-video").click()
    expect(visitor.at("proposal")).to_have_count(0)
    visitor.told("proposal_withdrawn")

    # Withdrawing is not a refusal: the agent may propose again at once.
    agent.at("propose-video").click()
    visitor.at("proposal-accept").click()
    visitor.join_now()
    visitor.in_state("in_video")
    agent.in_state("in_video")
    visitor.watches()
    agent.watches()
    assert visitor.conversation_id == agent.conversation_id == conversation


def test_after_a_hang_up_only_the_agent_may_start_video_again(cast: Cast) -> None:
    visitor, agent = cast.in_video()
    visitor.hang_up()
    visitor.in_state("chat")
    agent.in_state("chat")
    agent.told("video_ended")
    expect(visitor.at("request-video")).to_have_count(0)
    expect(visitor.at("resume-video")).to_have_count(0)
    agent.at("propose-video").click()
    visitor.at("proposal-accept").click()
    visitor.join_now()
    visitor.in_state("in_video")
    visitor.watches()
