"""Browsers that lack a camera, a microphone, or video altogether, and visitors who would rather not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.people import Agent, Cast, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.timeout(120)]

NO_VIDEO_HERE = """
delete window.RTCPeerConnection;
delete window.webkitRTCPeerConnection;
Object.defineProperty(navigator, "mediaDevices", { value: undefined });
"""
SOUND_ARRIVES = "async () => (await window.__visavis_stats?.())?.audioPacketsReceived > 20"
SENT = "async () => await window.__visavis_stats?.()"


def to_the_lobby(cast: Cast, *devices: str) -> tuple[Visitor, Agent]:
    agent = cast.agent()
    visitor = cast.visitor(devices=devices)
    visitor.at("open-video").click()
    agent.accept()
    visitor.in_state("video_lobby")
    expect(visitor.at("lobby")).to_have_attribute("data-phase", "preview", timeout=20_000)
    return visitor, agent


def sees_no_camera(agent: Agent) -> None:
    expect(agent.at("call")).to_have_attribute("data-picture", "false")
    expect(agent.at("call")).to_contain_text("n’a pas de caméra allumée", timeout=20_000)


def test_without_a_camera_the_visitor_is_heard(cast: Cast) -> None:
    visitor, agent = to_the_lobby(cast, "microphone")
    expect(visitor.at("lobby")).to_contain_text("Sans caméra")
    visitor.at("lobby-join").click()
    visitor.in_state("in_video")
    visitor.watches()
    agent.page.wait_for_function(SOUND_ARRIVES, timeout=20_000)
    sees_no_camera(agent)
    assert visitor.page.evaluate(SENT)["framesSent"] == 0


def test_without_camera_and_microphone_the_visitor_watches_and_types(cast: Cast) -> None:
    visitor, agent = to_the_lobby(cast)
    expect(visitor.at("lobby")).to_contain_text("Ni caméra ni micro")
    visitor.at("lobby-join").click()
    visitor.in_state("in_video")
    visitor.watches()
    expect(visitor.at("mute")).to_be_disabled()
    visitor.write("Je vous vois, mais je n’ai pas de micro.")
    agent.sees("je n’ai pas de micro")
    # Asking for a camera that is denied is answered in words, and harms nothing.
    visitor.at("camera").click()
    expect(visitor.page.get_by_text("La caméra n’est pas accessible")).to_be_visible()
    visitor.in_state("in_video")


def test_without_webrtc_a_card_ends_in_chat_and_both_are_told_why(cast: Cast) -> None:
    agent = cast.agent()
    visitor = cast.visitor(script=NO_VIDEO_HERE)
    expect(visitor.at("open-video")).to_have_count(0)
    visitor.open_chat()
    visitor.sees("bot", "Bonjour")
    visitor.write("Je voudrais parler à un conseiller par vidéo")
    visitor.in_state("queued")
    agent.accept()
    visitor.in_state("chat")
    agent.in_state("chat")
    visitor.sees("system", "Ce navigateur ne permet pas la vidéo")
    agent.sees("le navigateur du visiteur ne la permet pas")
    expect(agent.at("propose-video")).to_have_count(0)
    expect(agent.at("why-no-video")).to_contain_text("le navigateur du visiteur")
    agent.write("Alors par écrit, avec plaisir.")
    visitor.sees("agent", "Alors par écrit")


def test_joining_without_camera_sends_no_picture_until_it_is_turned_on(cast: Cast) -> None:
    visitor, agent = to_the_lobby(cast, "camera", "microphone")
    visitor.at("lobby-no-camera").click()
    visitor.in_state("in_video")
    visitor.watches()
    sees_no_camera(agent)
    assert visitor.page.evaluate(SENT)["framesSent"] == 0
    visitor.at("camera").click()
    agent.watches()
    visitor.at("camera").click()
    expect(agent.at("call")).to_have_attribute("data-picture", "false", timeout=20_000)


def test_staying_in_writing_keeps_the_agent_and_the_conversation(cast: Cast) -> None:
    visitor, agent = to_the_lobby(cast, "camera", "microphone")
    conversation = visitor.conversation_id
    visitor.at("lobby-stay").click()
    visitor.in_state("chat")
    agent.in_state("chat")
    agent.told("lobby_left")
    visitor.write("Je préfère écrire.")
    agent.sees("Je préfère écrire.")
    agent.write("Bien sûr.")
    visitor.sees("agent", "Bien sûr.")
    expect(visitor.at("call")).to_have_count(0)
    assert visitor.conversation_id == agent.conversation_id == conversation
