"""What the domain asks a policy."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from rules.load import compile_policy, load_policy
from tests.unit.rules.shipped import FILES, FOLDER, changed, compiled

POLICY = load_policy(FOLDER)


def test_durations_and_limits_are_typed() -> None:
    rules = POLICY.conversation
    assert rules.initial == "chat"
    assert rules.states["chat"].idle_timeout == timedelta(minutes=15)
    assert rules.states["queued"].max_wait == timedelta(minutes=10)
    assert rules.states.in_video.reconnect_grace == timedelta(seconds=20)
    assert rules.timers.invitation == timedelta(seconds=30)
    assert rules.limits.proposals == 3
    with pytest.raises(KeyError):
        rules.states["nowhere"]  # type: ignore[call-overload]


def test_a_policy_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        POLICY.revision = "x"  # type: ignore[misc]
    with pytest.raises(Exception, match="frozen"):
        POLICY.routing.default_group = "x"
    with pytest.raises(TypeError):
        POLICY.routing.groups["x"] = POLICY.routing.groups["advisors"]  # type: ignore[index]


class TestDecide:
    def test_the_why_and_why_not_of_an_escalating_card(self) -> None:
        facts = {
            "card.escalates": True,
            "card.present": True,
            "agent.can_video": True,
            "agent.video_present": True,
            "agent.free_video": True,
        }
        found = POLICY.decide(event="AgentAccepted", state="queued", party="bot", facts=facts)
        assert (found.row, found.to) == ("card-escalates-to-video", "video_lobby")
        assert found.actions == ("assign_agent", "open_call")
        assert found.revision == POLICY.revision
        found = POLICY.decide(
            event="AgentAccepted", state="queued", party="bot", facts={**facts, "agent.video_present": False}
        )
        assert (found.row, found.to) == ("card-cannot-escalate", "chat")
        assert found.near_misses[0].row == "card-escalates-to-video"
        assert found.near_misses[0].values["agent.video_present"] is False

    def test_nothing_leaves_closed(self) -> None:
        assert not POLICY.decide(event="VisitorWrote", state="closed", party="bot", facts={}).known


class TestRoute:
    def test_the_default_group(self) -> None:
        found = POLICY.route({}, "chat")
        assert (found.group, found.row, found.near_misses, dict(found.facts)) == ("advisors", None, (), {})

    def test_rules_in_order_with_near_misses(self) -> None:
        group = FILES["routing.yaml"].split("groups:\n")[1].split("\nrules:")[0]
        text = FILES["routing.yaml"].replace(
            group, group + "\n" + group.replace("  advisors:", "  sales:", 1)
        )
        text = text.replace(
            "rules: []",
            """rules:
  - { id: video, need: video, when: conversation.need == "video" && site.id == "shop", group: sales, priority: 5 }
  - { id: english, when: conversation.language == "en", group: sales, skills: [english] }
""",
        )
        policy = compile_policy({**FILES, "routing.yaml": text})
        found = policy.route({"site.id": "shop"}, "video")
        assert (found.group, found.row, found.priority) == ("sales", "video", 5)
        assert found.facts == {"conversation.need": "video", "site.id": "shop"}
        found = policy.route({"conversation.language": "en"}, "video")
        assert (found.row, found.skills, [miss.row for miss in found.near_misses]) == (
            "english",
            ("english",),
            ["video"],
        )
        found = policy.route({"site.id": "shop"}, "chat")
        assert (found.group, [miss.row for miss in found.near_misses]) == ("advisors", ["english"])
        with pytest.raises(KeyError):
            policy.route({"site.name": "x"}, "chat")


def test_groups() -> None:
    group = POLICY.group("advisors")
    assert (group.places.chat, group.places.video) == (10, 5)
    assert (group.capacity.chat, group.capacity.video) == (3, 1)
    assert (group.languages, group.video, group.strategy) == (("fr", "en"), True, "longest_idle")
    assert group.alternative.then == "back_to_bot"
    with pytest.raises(KeyError):
        POLICY.group("nobody")


class TestCamera:
    @pytest.mark.parametrize(
        ("site", "group", "outcome"),
        [
            ("allowed", "off_by_default", "off_by_default"),
            ("allowed", "forbidden", "forbidden"),
            ("off_by_default", "allowed", "off_by_default"),
            ("off_by_default", "forbidden", "forbidden"),
            ("forbidden", "allowed", "forbidden"),
            ("forbidden", "off_by_default", "forbidden"),
        ],
    )
    def test_a_group_may_only_tighten(self, site: str, group: str, outcome: str) -> None:
        text = FILES["camera.yaml"].replace("    camera: allowed", f"    camera: {site}")
        text = text.replace("groups: {}", f"groups: {{ advisors: {group} }}")
        policy = compile_policy({**FILES, "camera.yaml": text})
        assert policy.camera_for("demo", "advisors") == outcome
        assert policy.camera_for("demo", None) == policy.camera_for("demo", "other") == site
        assert policy.camera_for("another", None) == "allowed"
        assert policy.screen_share_for("demo", "advisors") is (outcome != "forbidden")

    def test_a_site_may_share_screens_all_the_same(self) -> None:
        new = "    camera: forbidden\n    screen_share_when_forbidden: true"
        policy = compiled("camera.yaml", "    camera: allowed", new)
        assert policy.screen_share_for("demo", None) is True

    def test_reassurance_has_fallbacks_and_sites_their_own_words(self) -> None:
        assert POLICY.reassurance_for("demo", "allowed", "fr") is None
        french = POLICY.reassurance_for("demo", "forbidden", "fr-CA")
        assert french is not None
        assert french.startswith("Votre caméra reste éteinte")
        assert POLICY.reassurance_for("demo", "forbidden", "de") == french
        english = POLICY.reassurance_for("demo", "off_by_default", "en-GB")
        assert english is not None
        assert english.startswith("Your camera is off")
        new = "    camera: forbidden\n    reassurance: { forbidden: { fr: Pas de caméra. } }"
        policy = compiled("camera.yaml", "    camera: allowed", new)
        assert policy.reassurance_for("demo", "forbidden", "fr") == "Pas de caméra."
        assert policy.reassurance_for("demo", "forbidden", "en") == POLICY.reassurance_for(
            "demo", "forbidden", "en"
        )


class TestEscalation:
    def test_sites_say_only_what_differs(self) -> None:
        demo, other = POLICY.escalation_for("demo"), POLICY.escalation_for("other")
        assert (demo.agent_enabled, other.agent_enabled) == (True, False)
        assert dataclasses.replace(demo, agent_enabled=False) == other
        assert other.bot_enabled
        assert (other.languages, other.devices, other.no_video_agent) == (
            ("fr",),
            ("desktop", "mobile"),
            "chat",
        )

    def test_phrases_of_a_site_replace_those_of_their_language(self) -> None:
        new = "  demo:\n    bot:\n      languages: [fr, en]\n      phrases: { en: [By video] }\n"
        policy = compile_policy(changed("escalation.yaml", "  demo:\n", new))
        demo = policy.escalation_for("demo")
        assert demo.phrases["en"] == ("By video",)
        assert demo.phrases["fr"] == POLICY.escalation_for("x").phrases["fr"]


def test_engagement_of_sites() -> None:
    assert POLICY.engagement_for("other").entries.video is False
    demo = POLICY.engagement_for("demo")
    assert (demo.entries.chat, demo.entries.video, demo.wait_estimate) == (True, True, True)
    assert demo.languages == ("fr", "en")
    new = "    texts: { fr: { title: Bonjour } }\n    launcher: { position: bottom_left }\n    entries:"
    own = compiled("engagement.yaml", "    entries:", new).engagement_for("demo")
    assert own.texts["fr"].title == "Bonjour"
    assert own.texts["fr"].chat_button == demo.texts["fr"].chat_button
    assert (own.launcher.position, own.launcher.format) == ("bottom_left", demo.launcher.format)


def test_cards() -> None:
    card = POLICY.card("video_advisor")
    assert card is not None
    assert (card.group, card.text_for("en-GB").language_used) == ("advisors", "en")
    assert card.alternative_for("de").startswith("Aucun conseiller")
    assert POLICY.card("nothing") is None
