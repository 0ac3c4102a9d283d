"""Every mistake in the files of a policy is found, with its place and what to do."""

from __future__ import annotations

import re

import pytest

from rules.load import PolicyError, compile_policy
from tests.unit.rules.shipped import FILES, changed, compiled, finding_of, findings_of

CONVERSATION, ROUTING = "conversation.yaml", "routing.yaml"
RULE = "rules:\n  - {{ id: a, group: advisors, {} }}\n"
BUSY_IN_ENGLISH, AWAY_IN_ENGLISH = re.findall(r'\n        en: "[^"\n]*"\n', FILES[ROUTING])


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "problem", "advice"),
    [
        # keys
        (CONVERSATION, "event: BotReplied", "on: BotReplied", "transitions[1].on", "no key", "write `event:`"),
        (CONVERSATION, "event: BotReplied", "true: BotReplied", "transitions[1].true", "no key", "write `event:`"),
        (CONVERSATION, "do: [restart_idle, ask_bot]", "doo: [ask_bot]", "transitions[0].doo", "no key", "`do`"),
        (CONVERSATION, "initial: chat", "initial: chatt", "initial", "may not be", "can only be `chat`"),
        (CONVERSATION, "  resume: 2m\n", "", "timers.resume", "is missing", "write it"),
        (CONVERSATION, "chat: { idle_timeout: 15m }", "chat: {}", "states.chat.idle_timeout", "missing", "write"),
        (CONVERSATION, "chat: { idle_timeout: 15m }", "chat: { max_wait: 15m, idle_timeout: 15m }",
         "states.chat.max_wait", "no key", "idle_timeout"),
        (CONVERSATION, "closed: { final: true }", "closed: { final: false }", "states.closed.final", "may not be",
         "can only be"),
        (CONVERSATION, "    when: visitor.can_video\n", "    when:\n", "transitions[*].when", "nothing after it",
         "remove the line"),
        (CONVERSATION, "    party: bot\n", "    party:\n", "transitions[*].party", "nothing after it", "remove"),
        (CONVERSATION, "  resume: 2m\n", "  resume:\n", "timers.resume", "nothing after it", "write its value"),
        # durations and numbers
        (CONVERSATION, "invitation: 30s", "invitation: 30", "timers.invitation", "not a duration", "30s"),
        (CONVERSATION, "invitation: 30s", "invitation: 0s", "timers.invitation", "between one second", "30s"),
        (CONVERSATION, "invitation: 30s", "invitation: 1h30", "timers.invitation", "not a duration", "1m30s"),
        (CONVERSATION, "invitation: 30s", "invitation: 366d", "timers.invitation", "365 days", "30s"),
        (CONVERSATION, "proposals: 3", 'proposals: "3"', "limits.proposals", "whole number", "without quotes"),
        (CONVERSATION, "proposals: 3", "proposals: -1", "limits.proposals", "too small", "at least 0"),
        # rows
        (CONVERSATION, "event: BotReplied", "event: BotReplyed", "transitions[1].event", "no event",
         "`BotReplied`"),
        (CONVERSATION, "do: [restart_idle, ask_bot]", "do: [restart_idle, ask_bott]", "transitions[0].do[1]",
         "no action", "`ask_bot`"),
        (CONVERSATION, "say: [queue_left]", "say: [queue_lost]", "transitions[*].say[0]", "no notice",
         "`queue_left`"),
        (CONVERSATION, "id: bot-replies", "id: visitor-writes-to-bot", "transitions[1].id", "another row (line 29)",
         "its own id"),
        (CONVERSATION, "id: bot-replies", "id: Bot Replies", "transitions[1].id", "plain name", "small letters"),
        (CONVERSATION, "when: visitor.can_video\n", "when: visitor.can_vidoe\n", "transitions[*].when", "no fact",
         "`visitor.can_video`"),
        (CONVERSATION, "event: ResumeOfferEnded\n    from: chat", "event: ResumeOfferEnded\n    from: queued",
         "timers.resume", "ends in `ResumeOfferEnded`, which has no row from `chat`", "add a row"),
        # references between files
        (ROUTING, "default_group: advisors", "default_group: advisers", "default_group", "no group",
         "can only be `advisors`"),
        (ROUTING, "rules: []", RULE.format("when: group.open"), "rules[0].when", "not known yet", "site.id"),
        (ROUTING, "rules: []", RULE.format("when: site.id"), "rules[0].when", "of type string", "comparison"),
        (ROUTING, "strategy: longest_idle", "strategy: longest", "groups.advisors.strategy", "may not be",
         "`longest_idle`"),
        (ROUTING, BUSY_IN_ENGLISH, "\n", "groups.advisors.alternative.message", "in `en`", "add a line"),
        (ROUTING, AWAY_IN_ENGLISH, "\n", "groups.advisors.when_closed.message", "in `en`", "add a line"),
        (ROUTING, "hours: always", "when_full: { message: { fr: Complet } }", "groups.advisors.when_full.message",
         "in `en`", "add a line"),
        (ROUTING, "hours: always", "video: false", "groups.advisors.video", "is false, yet", "0"),
        (ROUTING, "hours: always", "overflow: [{ group: advisors, after: 2m }]",
         "groups.advisors.overflow[0].group", "is the group itself", "another group"),
        (ROUTING, "hours: always", "overflow: [{ group: adviser, after: 2m }]",
         "groups.advisors.overflow[0].group", "no group", "`advisors`"),
        (ROUTING, "hours: always", "overflow: { group: advisors, after: 2m }", "groups.advisors.overflow",
         "not a list", "a line `- one`"),
        (ROUTING, "{ after: 60s, language: any }", "{ after: 60s }", "groups.advisors.relax[0]", "relaxes nothing",
         "`language: any`"),
        (ROUTING, "{ after: 60s, language: any }", "{ language: any }", "groups.advisors.relax[0].after",
         "is missing", "write it"),
        (ROUTING, "{ after: 60s, language: any }", "{ after: 60s, language: fr }",
         "groups.advisors.relax[0].language", "may not be `fr`", "can only be `any`"),
        (ROUTING, "{ after: 60s, language: any }", "{ after: 60s, skill_level: 1 }",
         "groups.advisors.relax[0].skill_level", "no key", "`skill_levels`"),
        (ROUTING, "{ after: 60s, language: any }", "{ after: 60s, skill_levels: 0 }",
         "groups.advisors.relax[0].skill_levels", "too small", "at least 1"),
        (ROUTING, "language: any }\n", "language: any }\n      - { after: 1m, skills: none }\n",
         "groups.advisors.relax[1].after", "no later than the entry before it (1m)", "order them"),
        (ROUTING, "video_takes: all", "video_takes: al", "groups.advisors.capacity.video_takes", "neither `all`",
         "write `all`"),
        (ROUTING, "video_takes: all", "video_takes: -1", "groups.advisors.capacity.video_takes", "neither `all`",
         "write `all`"),
        (ROUTING, "video_takes: all", "video_takes: true", "groups.advisors.capacity.video_takes", "neither `all`",
         "write `all`"),
        (ROUTING, "pause_after_missed: 3", "pause_after_missed: 0", "groups.advisors.pause_after_missed",
         "too small", "at least 1"),
        (ROUTING, "pause_after_missed: 3", "pause_after_missed: none", "groups.advisors.pause_after_missed",
         "neither a whole number", "`never`"),
        (ROUTING, "share: 80", "share: 101", "groups.advisors.service_level.share", "too large", "at most 100"),
        (ROUTING, "hours: always", "relax_language: 1m", "groups.advisors.relax_language", "no key", "`relax:`"),
        (ROUTING, "rules: []", RULE.format("skills: { mortgage: 11 }"), "rules[0].skills.mortgage", "too large",
         "at most 10"),
        (ROUTING, "rules: []", RULE.format("skills: { Mortgage: 1 }"), "rules[0].skills.Mortgage",
         "not a plain name", "small letters"),
        (ROUTING, "rules: []", RULE.format("skills: [mortgage, Loans]"), "rules[0].skills[1]", "not a plain name",
         "small letters"),
        (ROUTING, "rules: []", RULE.format("skills: [mortgage, mortgage]"), "rules[0].skills", "same thing twice",
         "once"),
        (ROUTING, "rules: []", RULE.format("skills: mortgage"), "rules[0].skills", "names no skills", "[mortgage]"),
        (ROUTING, "hours: always", "hours: alway", "groups.advisors.hours", "may not be", "can only be `always`"),
        (ROUTING, "hours: always", "hours: { time_zone: Europe/Pari, week: { monday: [] } }",
         "groups.advisors.hours.time_zone", "no", "Europe/Paris"),
        (ROUTING, "hours: always", 'hours: { time_zone: UTC, week: { monday: ["22:00-02:00"] } }',
         "groups.advisors.hours.week.monday[0]", "ends before it starts", "00:00"),
        (ROUTING, "hours: always", 'hours: { time_zone: UTC, week: { monday: ["9-12"] } }',
         "groups.advisors.hours.week.monday[0]", "stretch", "09:00-12:30"),
        (ROUTING, "hours: always", "hours: { time_zone: UTC, week: { lundi: [] } }",
         "groups.advisors.hours.week.lundi", "may not be `lundi`", "monday"),
        (ROUTING, "hours: always", "hours: { time_zone: UTC, week: { monday: [] }, closed_on: [noël] }",
         "groups.advisors.hours.closed_on[0]", "not a date", "2030-12-25"),
        ("escalation.yaml", "  enabled: false", "  enabled: no", "agent.enabled", "not true or false", "`true`"),
        ("escalation.yaml", "languages: [fr]", "languages: [fr-CA]", "bot.languages[0]", "region", "write `fr`"),
        ("escalation.yaml", "languages: [fr]", "languages: [fr, en]", "bot.languages", "`en` has no phrases",
         "add `phrases"),
        ("escalation.yaml", "- You will be connected by video", '- "**!**"', "bot.phrases.fr[6]", "no word",
         "the sentence"),
        ("escalation.yaml", "devices: [desktop, mobile]", "devices: [tablet]", "bot.devices[0]", "may not be",
         "desktop"),
        ("cards.yaml", "default_language: fr", "default_language: FR", "default_language", "usual way", "`fr`"),
        ("cards.yaml", "title: Un conseiller prend le relais", "title: Un {agent.name} prend le relais",
         "cards.advisor.texts.fr.title", "brace", "write `{name}`"),
        ("cards.yaml", "title: Un conseiller prend le relais", "title: Un\n        image: javascript:alert(1)",
         "cards.advisor.texts.fr.image", "as it must be", "https"),
        ("camera.yaml", "default: allowed", "default: forbiden", "default", "may not be", "`forbidden`"),
        ("camera.yaml", "groups: {}", "groups: { adviser: forbidden }", "groups.adviser", "no group", "`advisors`"),
        ("engagement.yaml", "languages: [fr, en]", "languages: [fr, en, de]", "default.texts", "no text in `de`",
         "`de:`"),
        ("engagement.yaml", "entries: { chat: true, video: true }", "texts: { de: { title: Hallo } }",
         "sites.demo.texts.de", "no subtitle, chat_button, video_button", "all of its texts"),
        ("engagement.yaml", 'colour: "#1f4fd8"', "colour: blue", "default.launcher.colour", "as it must be", "#"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once_with_place_and_advice(
    file: str, old: str, new: str, path: str, problem: str, advice: str
) -> None:
    found = finding_of(file, old, new, 1)
    shown = re.sub(r"^transitions\[\d+\]", "transitions[*]", found.path) if "*" in path else found.path
    assert (found.file, shown) == (file, path)
    assert problem in found.problem
    assert advice in found.advice
    assert str(found) == f"{file}:{found.line}:{found.column} {found.path}: {found.problem} - {found.advice}"


def test_the_place_is_that_of_the_wrong_name_inside_a_folded_guard() -> None:
    found = finding_of(
        CONVERSATION,
        "&& agent.can_video && agent.video_present",
        "&& agent.can_video && agent.video_presnt",
        1,
    )
    text = changed(CONVERSATION, "agent.video_present", "agent.video_presnt")[CONVERSATION]
    line = text.split("\n")[found.line - 1]
    assert line[found.column - 1 :].startswith("agent.video_presnt")


def test_everything_is_told_at_once() -> None:
    files = dict(FILES)
    text = FILES[CONVERSATION].replace("idle_timeout: 15m", "idle_timeout: 15")
    text = text.replace("event: BotReplied", "event: BotReplyed").replace("!group.open", "!group.opne", 1)
    files[CONVERSATION] = text.replace("id: bot-fails", "id: bot-replies")
    files["camera.yaml"] = FILES["camera.yaml"].replace("default: allowed", "default: allowd")
    del files["cards.yaml"]
    files["card.yaml"] = "x"
    found = findings_of(files)
    assert [(each.file, each.path) for each in found] == [
        ("camera.yaml", "default"),
        ("card.yaml", ""),
        ("cards.yaml", ""),
        (CONVERSATION, "states.chat.idle_timeout"),
        (CONVERSATION, "transitions[1].event"),
        (CONVERSATION, "transitions[3].id"),
        (CONVERSATION, "transitions[4].when"),
    ]
    assert found[1].advice == "did you mean `cards.yaml`?"
    assert "is missing" in found[2].problem


def test_a_final_state_has_no_way_out() -> None:
    found = finding_of(CONVERSATION, "from: [chat, queued, video_lobby, in_video]\n    to: closed",
                       "from: [chat, queued, video_lobby, closed]\n    to: closed")  # fmt: skip
    assert "nothing leaves it" in found.problem


def test_closing_and_being_closed_go_together() -> None:
    text = FILES[CONVERSATION]
    without = {**FILES, CONVERSATION: text.replace("do: [close]", "do: [restart_idle]")}
    assert {"goes to `closed` without closing"} == {each.problem for each in findings_of(without)}
    elsewhere = changed(CONVERSATION, "to: closed\n    do: [close]\n    say: [closed_idle]", "do: [close]")
    assert [each.problem for each in findings_of(elsewhere)] == [
        "closes the conversation without going to `closed`"
    ]


def test_duplicate_keys_are_mistakes() -> None:
    found = finding_of("camera.yaml", "default: allowed", "default: allowed\ndefault: forbidden")
    assert "says `default` twice (first on line 3)" in found.problem


def test_a_hostile_file_costs_little_and_tells_some() -> None:
    rows = "".join(
        f"  - {{ id: r{n}, event: X, from: y, do: [a, b, c], when: no.fact }}\n" for n in range(900)
    )
    head = FILES[CONVERSATION].split("transitions:")[0]
    with pytest.raises(PolicyError) as caught:
        compile_policy({**FILES, CONVERSATION: f"{head}transitions:\n{rows}"})
    assert len(caught.value.findings) == 200
    assert str(caught.value).endswith("There may be more: mend these first.")


class TestOverflow:
    def policy(self, *overflows: tuple[str, str]) -> dict[str, str]:
        """The shipped files with groups `a`, `b`, `c` like the shipped one, and who overflows to whom."""
        head, group = FILES[ROUTING].split("groups:\n  advisors:\n")
        group, end = group.split("\nrules:")
        groups = ""
        for name in ("advisors", "a", "b", "c"):
            entries = ", ".join(f"{{ group: {to}, after: 1m }}" for start, to in overflows if start == name)
            groups += f"  {name}:\n    overflow: [{entries}]\n{group}"
        return {**FILES, ROUTING: f"{head}groups:\n{groups}\nrules:{end}"}

    def test_a_circle_is_allowed_and_told(self) -> None:
        found = compile_policy(self.policy(("a", "b"), ("b", "c"), ("b", "a"), ("c", "a"))).warnings
        assert [(each.path, each.problem) for each in found] == [
            ("groups.a.overflow[0].group", "overflows in a circle: a → b → a"),
            ("groups.b.overflow[0].group", "overflows in a circle: b → c → a → b"),
            ("groups.b.overflow[1].group", "overflows in a circle: b → a → b"),
            ("groups.c.overflow[0].group", "overflows in a circle: c → a → b → c"),
        ]
        assert "each group is asked once" in found[0].advice

    def test_who_only_leads_into_a_circle_is_not_part_of_it(self) -> None:
        found = compile_policy(self.policy(("advisors", "a"), ("a", "b"), ("b", "a"))).warnings
        assert [each.path for each in found] == ["groups.a.overflow[0].group", "groups.b.overflow[0].group"]

    def test_a_chain_is_nothing_to_tell(self) -> None:
        assert compile_policy(self.policy(("a", "b"), ("a", "c"), ("b", "c"))).warnings == ()

    def test_a_group_is_named_once(self) -> None:
        (found,) = findings_of(self.policy(("a", "b"), ("a", "b")))
        assert (found.path, found.problem) == ("groups.a.overflow[1].group", "names `b` a second time")


class TestWarnings:
    def test_the_shipped_policy_has_none(self) -> None:
        assert compile_policy(FILES).warnings == ()

    def test_a_row_that_never_wins(self) -> None:
        policy = compiled(
            CONVERSATION, '    when: "!group.open"\n    do: [keep_verdict', "    do: [keep_verdict"
        )
        assert [warning.path for warning in policy.warnings] == ["transitions[5].id", "transitions[6].id"]
        assert "`card-group-closed`" in policy.warnings[0].problem

    def test_a_video_queue_without_an_estimate(self) -> None:
        policy = compiled("engagement.yaml", "wait_estimate: true", "wait_estimate: false")
        # There is no video entry by default, but a site that has one inherits the switch.
        assert [warning.path for warning in policy.warnings] == ["default.wait_estimate"]
        policy = compiled("engagement.yaml", "    entries: {", "    wait_estimate: false\n    entries: {")
        assert [warning.path for warning in policy.warnings] == ["sites.demo.wait_estimate"]

    def test_a_site_that_only_one_file_speaks_of(self) -> None:
        policy = compiled("camera.yaml", "  demo:", "  demmo:")
        assert [(each.path, each.advice) for each in policy.warnings] == [
            ("sites.demmo", "it can only be `demo`")
        ]


class TestRevision:
    def test_is_the_same_for_the_same_texts_whatever_their_line_ends(self) -> None:
        windows = {
            name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in FILES.items()
        }
        assert compile_policy(windows).revision == compile_policy(FILES).revision

    def test_is_another_for_another_text(self) -> None:
        assert compiled(CONVERSATION, "15m", "16m").revision != compile_policy(FILES).revision

    def test_comes_with_the_texts(self) -> None:
        assert compile_policy(FILES).files == FILES
