"""Pages that are loaded again, and a server that dies: everybody finds their conversation as it was."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.people import Agent, Cast, Visitor
from tests.e2e.running import ROOT, Running

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.timeout(150)]


def each_once(person: Visitor | Agent, *lines: str) -> None:
    """These lines are there, in this order, and none of them twice."""
    for line in lines:
        expect(person.lines(line)).to_have_count(1, timeout=20_000)
    told = person.history()
    places = [next(i for i, words in enumerate(told) if line in words) for line in lines]
    assert places == sorted(places), told


def test_a_visitor_reloads_in_the_chat_and_in_the_queue(cast: Cast) -> None:
    agent = cast.agent(chat=False, video=False)
    visitor = cast.visitor()
    visitor.ask_for_a_person()
    visitor.write("Avant le rechargement")
    expect(visitor.page.locator("[data-pending]")).to_have_count(0)
    conversation = visitor.conversation_id

    visitor.page.reload()
    visitor.in_state("queued")
    expect(visitor.at("waiting")).to_be_visible()
    assert visitor.conversation_id == conversation

    agent.switch("presence-chat", True)
    agent.accept()
    visitor.in_state("chat")
    visitor.page.reload()
    visitor.in_state("chat")
    visitor.write("Après le rechargement")
    agent.sees("Après le rechargement")
    agent.page.reload()
    agent.in_state("chat")
    for person in (visitor, agent):
        each_once(person, "Avant le rechargement", "Après le rechargement")
        assert person.conversation_id == conversation


def test_both_reload_in_a_call_and_are_in_it_again(cast: Cast) -> None:
    visitor, agent = cast.in_video()
    conversation = visitor.conversation_id
    visitor.page.reload()
    visitor.in_state("in_video")
    visitor.at("lobby-join").click()
    visitor.watches()
    agent.watches()

    agent.page.reload()
    agent.in_state("in_video")
    agent.watches()
    visitor.watches()
    assert visitor.conversation_id == agent.conversation_id == conversation
    assert (
        Counter(visitor.page.locator("[data-notice]").evaluate_all("all => all.map(n => n.dataset.notice)"))[
            "video_started"
        ]
        == 1
    )


def under_policy(folder: Path, **timers: tuple[str, str]) -> Running:
    """A product without the bot, whose policy is the shipped one with other timers: name=(shipped, here)."""
    policy = folder / "policies"
    shutil.copytree(ROOT / "rules" / "policies", policy)
    rows = policy / "conversation.yaml"
    text = rows.read_text(encoding="utf-8")
    for name, (shipped, here) in timers.items():
        assert f"{name}: {shipped}" in text
        text = text.replace(f"{name}: {shipped}", f"{name}: {here}")
    rows.write_text(text, encoding="utf-8")
    return Running(
        folder / "product", arguments=("--demo", "--no-bot"), environ={"VISAVIS_POLICY_DIR": str(policy)}
    )


@pytest.fixture(scope="module")
def other_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """It may be killed, since nobody else uses it. A slow machine has time to start it again within the grace."""
    with under_policy(tmp_path_factory.mktemp("killed"), reconnect_grace=("20s", "60s")) as running:
        yield running


@pytest.fixture
def mortal(other_product: Running, open_page: OpenPage) -> Iterator[Cast]:
    people = Cast(other_product, open_page)
    yield people
    people.leave()


@pytest.fixture
def hurried(tmp_path: Path, open_page: OpenPage) -> Iterator[Cast]:
    """People at a product that waits for nothing longer than a test can."""
    with under_policy(tmp_path, reconnect_grace=("20s", "3s"), proposal_pause=("60s", "2s")) as running:
        yield Cast(running, open_page)


def test_the_server_is_killed_during_a_chat(mortal: Cast) -> None:
    visitor, agent = mortal.in_chat()
    conversation = visitor.conversation_id
    visitor.write("Un, avant la panne")
    agent.sees("Un, avant la panne")
    agent.write("Deux, avant la panne")
    visitor.sees("agent", "Deux, avant la panne")

    mortal.product.kill()
    visitor.write("Trois, pendant la panne")
    expect(visitor.page.locator("[data-pending]")).to_have_count(1)
    agent.write("Quatre, pendant la panne")
    mortal.product.start()

    agent.sees("Trois, pendant la panne")
    visitor.sees("agent", "Quatre, pendant la panne")
    visitor.write("Cinq, après la panne")
    agent.sees("Cinq, après la panne")
    for person in (visitor, agent):
        expect(person.page.locator("[data-pending]")).to_have_count(0, timeout=20_000)
        each_once(person, "Un, avant", "Deux, avant", "Trois, pendant", "Cinq, après")
        each_once(person, "Deux, avant", "Quatre, pendant", "Cinq, après")
        person.in_state("chat")
        assert person.conversation_id == conversation


def test_the_server_is_killed_during_a_call(mortal: Cast) -> None:
    visitor, agent = mortal.in_video()
    conversation = visitor.conversation_id
    mortal.product.kill()
    mortal.product.start()
    # The room died with the server: both connect to a new one by themselves, within the grace.
    expect(visitor.at("panel")).to_have_attribute("data-state", "in_video")
    visitor.watches()
    agent.watches()
    visitor.write("Vous me voyez encore ?")
    agent.sees("Vous me voyez encore")
    each_once(visitor, "Vous me voyez encore")
    assert visitor.conversation_id == agent.conversation_id == conversation


def test_a_call_that_was_lost_is_offered_again_and_a_refusal_is_forgotten(hurried: Cast) -> None:
    visitor, agent = hurried.in_video()
    conversation = visitor.conversation_id
    # The visitor's network stays away longer than the server, and longer than the grace.
    visitor.page.context.set_offline(True)
    hurried.product.kill()
    hurried.product.start()
    agent.in_state("chat")
    agent.told("video_dropped")
    visitor.page.context.set_offline(False)
    visitor.in_state("chat")
    visitor.told("video_dropped")
    visitor.at("resume-video").click()
    visitor.join_now()
    visitor.in_state("in_video")
    visitor.watches()
    agent.watches()
    assert visitor.conversation_id == agent.conversation_id == conversation

    agent.hang_up()
    agent.in_state("chat")
    agent.at("propose-video").click()
    visitor.at("proposal-decline").click()
    expect(agent.at("propose-video")).to_have_count(0)
    # The pause after a refusal ends by the clock alone; the desk finds out by itself.
    expect(agent.at("propose-video")).to_be_visible(timeout=20_000)
