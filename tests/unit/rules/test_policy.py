"""What the domain asks a policy."""

from __future__ import annotations

import dataclasses
import re
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
            (("english", 1),),
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
    assert (group.alternative.then, group.alternative.leave_message) == ("back_to_bot", True)
    assert group.capacity.video_takes == "all"
    with pytest.raises(KeyError):
        POLICY.group("nobody")


class TestDistributionSettings:
    def test_what_the_shipped_group_says(self) -> None:
        spec = POLICY.group("advisors").spec
        (relaxed,) = spec.relax
        assert (relaxed.after, relaxed.language, relaxed.skills, relaxed.skill_levels) == (
            timedelta(minutes=1),
            "any",
            None,
            None,
        )
        assert spec.when_closed is not None
        assert spec.when_closed.leave_message
        assert (spec.when_full, spec.sticky, spec.wrap_up, spec.ageing, spec.overflow) == (
            None, None, None, None, ()
        )  # fmt: skip
        assert spec.pause_after_missed == 3
        assert (spec.service_level.within, spec.service_level.share) == (timedelta(seconds=30), 80)

    def test_what_is_not_said_is_as_shipped(self) -> None:
        text = (
            FILES["routing.yaml"].replace(", video_takes: all", "").replace("      leave_message: true\n", "")
        )
        text = re.sub(r"    (relax|pause_after_missed|service_level|when_closed):.*\n(      .*\n)*", "", text)
        spec = compile_policy({**FILES, "routing.yaml": text}).group("advisors").spec
        assert (spec.relax, spec.pause_after_missed, spec.capacity.video_takes) == ((), 3, "all")
        assert (spec.service_level.within, spec.service_level.share) == (timedelta(seconds=30), 80)
        assert (spec.alternative.leave_message, spec.when_closed) == (False, None)

    def test_everything_that_can_be_said(self) -> None:
        new = """sticky: 45s
    ageing: 2m
    wrap_up: 20s
    pause_after_missed: never
    relax:
      - { after: 30s, skill_levels: 2 }
      - { after: 1m, skills: none, language: any }"""
        text = re.sub(r"    (relax|pause_after_missed):.*\n(      .*\n)*", "", FILES["routing.yaml"])
        text = text.replace("hours: always\n", new + "\n").replace("video_takes: all", "video_takes: 2")
        spec = compile_policy({**FILES, "routing.yaml": text}).group("advisors").spec
        assert (spec.sticky, spec.ageing, spec.wrap_up) == (
            timedelta(seconds=45), timedelta(minutes=2), timedelta(seconds=20)
        )  # fmt: skip
        assert (spec.pause_after_missed, spec.capacity.video_takes) == (None, 2)
        assert [(each.skill_levels, each.skills, each.language) for each in spec.relax] == [
            (2, None, None),
            (None, "none", "any"),
        ]

    @pytest.mark.parametrize(
        ("written", "pairs"),
        [
            ("[]", ()),
            ("[loans, cards]", (("cards", 1), ("loans", 1))),
            ("{ loans: 10, cards: 3 }", (("cards", 3), ("loans", 10))),
        ],
    )
    def test_skills_are_pairs_by_name(self, written: str, pairs: tuple[tuple[str, int], ...]) -> None:
        rule = f"rules:\n  - {{ id: a, group: advisors, skills: {written} }}"
        policy = compiled("routing.yaml", "rules: []", rule)
        assert policy.route({}, "chat").skills == pairs
        assert policy.routing.rules[0].model_dump()["skills"] == dict(pairs)


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
