"""The shipped policy, broken in many ways, one at a time: what the checker must find.

``python -m tests.unit.domain.model.mistakes`` prints the table.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from orchestrator.domain.model.check import check, static
from rules.check.report import Report
from rules.yaml_source import LARGEST_FILE

FOLDER = Path(__file__).parents[4] / "rules" / "policies"
FILES: Mapping[str, bytes] = {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.yaml"))}

Row = dict[str, Any]
Data = dict[str, Any]


@dataclass(frozen=True)
class Mistake:
    """A broken policy. ``code`` is what must be found; None: no other behaviour, for the ``reason``."""

    layer: str
    name: str
    files: Mapping[str, bytes]
    code: str | None
    reason: str = ""

    def report(self) -> Report:
        # The lifecycle is not searched again for mistakes that are not in it.
        return static(self.files) if self.layer == "content" else check(self.files)

    def caught(self, report: Report) -> bool:
        found = {each.code.name for each in report.diagnoses}
        return self.code in found if self.code is not None else not report.of("error")


# --- ways to break it ---------------------------------------------------------------------------------------


def with_file(name: str, content: str | bytes) -> dict[str, bytes]:
    return {**FILES, name: content.encode() if isinstance(content, str) else content}


def appended(name: str, text: str | bytes) -> dict[str, bytes]:
    return {**FILES, name: FILES[name] + (text.encode() if isinstance(text, str) else text)}


def replaced(name: str, old: str, new: str) -> dict[str, bytes]:
    text = FILES[name].decode()
    assert old in text, f"{name} no longer holds {old!r}"
    return with_file(name, text.replace(old, new, 1))


def read(name: str) -> Data:
    return yaml.load(FILES[name], Loader=yaml.CSafeLoader)


def written(data: Data) -> str:
    return yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)


def edited(name: str, change: Callable[[Data], object]) -> dict[str, bytes]:
    data = read(name)
    change(data)
    return with_file(name, written(data))


def row_of(data: Data, row_id: str) -> Row:
    return next(row for row in data["transitions"] if row["id"] == row_id)


def with_row(row_id: str, **values: object) -> dict[str, bytes]:
    """A row with other values; None removes a key."""

    def change(data: Data) -> None:
        row = row_of(data, row_id)
        for name, value in values.items():
            key = "from" if name == "from_" else name
            if value is None:
                row.pop(key, None)
            else:
                row[key] = value

    return edited("conversation.yaml", change)


def without_action(row_id: str, action: str) -> dict[str, bytes]:
    return edited("conversation.yaml", lambda data: row_of(data, row_id)["do"].remove(action))


def without_rows(*row_ids: str) -> dict[str, bytes]:
    def change(data: Data) -> None:
        kept = [row for row in data["transitions"] if row["id"] not in row_ids]
        assert len(kept) == len(data["transitions"]) - len(row_ids)
        data["transitions"] = kept

    return edited("conversation.yaml", change)


def with_rows(*rows: Row, before: str | None = None) -> dict[str, bytes]:
    def change(data: Data) -> None:
        known = data["transitions"]
        at = next(i for i, row in enumerate(known) if row["id"] == before) if before else len(known)
        known[at:at] = rows

    return edited("conversation.yaml", change)


def moved_up(row_id: str, before: str) -> dict[str, bytes]:
    def change(data: Data) -> None:
        rows = data["transitions"]
        row = row_of(data, row_id)
        rows.remove(row)
        rows.insert(next(i for i, each in enumerate(rows) if each["id"] == before), row)

    return edited("conversation.yaml", change)


def routing(change: Callable[[Data], object]) -> dict[str, bytes]:
    return edited("routing.yaml", change)


def advisors(**values: object) -> dict[str, bytes]:
    return routing(lambda data: data["groups"]["advisors"].update(values))


def second_group(data: Data, **values: object) -> None:
    data["groups"]["experts"] = copy.deepcopy(data["groups"]["advisors"]) | values


def rule(**values: object) -> dict[str, bytes]:
    return routing(lambda data: data.update(rules=[{"id": "one", "group": "advisors"} | values]))


# --- the mistakes ------------------------------------------------------------------------------------------

CONVERSATION, ROUTING, CARDS = "conversation.yaml", "routing.yaml", "cards.yaml"
ESCALATION, CAMERA, ENGAGEMENT = "escalation.yaml", "camera.yaml", "engagement.yaml"
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))

# True or false with every fact that changes: no case can be left out.
PARITY = (
    "(group.waiting > 3) != ((group.places < 2) != ((queue.wait_p50 > 5.0) != ((queue.wait_p90 > 9.0) != ("
    "group.open != (group.has_free_agent != (group.takes_messages != (visitor.can_video != visitor.present)))))))"
)


def _yaml() -> Iterator[tuple[str, Mapping[str, bytes], str]]:
    yield "a tab before a key", appended(CAMERA, "more:\n\tdeep: 1\n"), "yaml.tab"
    yield "a tag", appended(CAMERA, "more: !!python/name:os.system x\n"), "yaml.tag"
    yield "a key twice", appended(CAMERA, "default: forbidden\n"), "yaml.duplicate_key"
    yield "a merge key", appended(CAMERA, "<<: {}\n"), "yaml.merge_key"
    yield "an alias without anchor", appended(CAMERA, "more: *nothing\n"), "yaml.alias"
    yield "an anchor inside itself", appended(CAMERA, "more: &me [*me]\n"), "yaml.alias"
    yield "aliases that grow", with_file(CAMERA, BOMB), "yaml.bomb"
    yield "brackets without end", with_file(CAMERA, "a: " + "[" * 5_000), "yaml.depth"
    yield "Latin-1", appended(CAMERA, "# caméra\n".encode("latin-1")), "yaml.encoding"
    yield "UTF-16", with_file(CAMERA, FILES[CAMERA].decode().encode("utf-16")), "yaml.encoding"
    yield "a character nobody sees", appended(CAMERA, "# \x07\n"), "yaml.character"
    yield "two documents", appended(CAMERA, "---\ndefault: allowed\n"), "yaml.documents"
    yield "an empty file", with_file(CAMERA, b""), "yaml.empty"
    yield "a key without a value", replaced(CAMERA, "default: allowed", "default:"), "yaml.no_value"
    yield "a list as a key", appended(CAMERA, "? [a, b]\n: 1\n"), "yaml.key"
    yield (
        "a bracket that stays open",
        replaced(CONVERSATION, "do: [restart_idle, ask_bot]", "do: [restart_idle"),
        "yaml.syntax",
    )
    yield (
        "a colon inside a text",
        replaced(ENGAGEMENT, "subtitle: Par écrit", "subtitle: Ici : a: b"),
        "yaml.syntax",
    )
    yield "far too much", with_file(CAMERA, "#" * (LARGEST_FILE + 1)), "yaml.size"


def _schema() -> Iterator[tuple[str, Mapping[str, bytes], str]]:
    yield (
        "a misspelt key",
        replaced(CONVERSATION, "    event: BotReplied", "    evnet: BotReplied"),
        "schema.unknown_key",
    )
    yield (
        "`on:` for `event:`",
        replaced(CONVERSATION, "    event: BotReplied", "    on: BotReplied"),
        "schema.unknown_key",
    )
    yield "a timer left out", replaced(CONVERSATION, "  resume: 2m\n", ""), "schema.missing"
    yield (
        "a duration without unit",
        replaced(CONVERSATION, "  resume: 2m\n", "  resume: 120\n"),
        "schema.duration",
    )
    yield (
        "a duration of nothing",
        replaced(CONVERSATION, "  resume: 2m\n", "  resume: 0s\n"),
        "schema.duration",
    )
    yield "a number in quotes", replaced(CONVERSATION, "proposals: 3", "proposals: '3'"), "schema.type"
    yield "a number below zero", replaced(CONVERSATION, "proposals: 3", "proposals: -1"), "schema.range"
    yield "yes for true", replaced(ESCALATION, "enabled: false", "enabled: yes"), "schema.type"
    yield "an unknown strategy", advisors(strategy="fastest"), "schema.choice"
    yield (
        "an unknown camera setting",
        replaced(CAMERA, "default: allowed", "default: banned"),
        "schema.choice",
    )
    yield "a language that is none", advisors(languages=["french"]), "schema.language"
    yield (
        "a language in odd letters",
        replaced(ENGAGEMENT, "languages: [fr, en]", "languages: [FR, en]"),
        "schema.language",
    )
    yield (
        "a time zone that is none",
        advisors(hours={"time_zone": "Paris", "week": {"monday": ["09:00-10:00"]}}),
        "schema.time_zone",
    )
    yield (
        "hours that end before they start",
        advisors(hours={"time_zone": "Europe/Paris", "week": {"monday": ["18:00-09:00"]}}),
        "schema.value",
    )
    yield (
        "a weekday that is none",
        advisors(hours={"time_zone": "Europe/Paris", "week": {"mondays": ["09:00-10:00"]}}),
        "schema.choice",
    )
    yield "no language at all", advisors(languages=[]), "schema.length"
    yield "a name with a blank", replaced(CONVERSATION, "id: bot-replies", "id: Bot Replies"), "schema.form"
    yield "a colour in words", replaced(ENGAGEMENT, '"#1f4fd8"', "blue"), "schema.form"
    yield (
        "a brace that is no slot",
        replaced(CARDS, "title: Un conseiller prend", "title: Un {conseiller prend"),
        "schema.value",
    )


def _references() -> Iterator[tuple[str, Mapping[str, bytes], str]]:
    yield "an event that does not exist", with_row("bot-replies", event="BotAnswered"), "ref.event"
    yield "a state that does not exist", with_row("hung-up", to="chatting"), "ref.state"
    yield "a way out of closed", with_row("hung-up", from_=["in_video", "closed"]), "ref.final"
    yield "an action that does not exist", with_row("bot-replies", do=["restart_timer"]), "ref.action"
    yield "a notice that does not exist", with_row("hung-up", say=["video_over"]), "ref.notice"
    yield "one id for two rows", with_row("hung-up", id="lobby-hung-up"), "ref.row_id"
    yield "to closed without closing", with_row("closed", do=[]), "ref.close"
    yield (
        "closing without going there",
        with_row("hung-up", do=["close_call", "end_video", "close"]),
        "ref.close",
    )
    yield "no row for a timer", without_rows("lobby-timed-out"), "ref.timer"
    yield (
        "a default group that is none",
        routing(lambda data: data.update(default_group="sales")),
        "ref.group",
    )
    yield "a rule to no group", rule(group="sales"), "ref.group"
    yield (
        "a card to no group",
        edited(CARDS, lambda data: data["cards"]["advisor"].update(group="sales")),
        "ref.group",
    )
    yield (
        "a camera of no group",
        edited(CAMERA, lambda data: data["groups"].update(sales="forbidden")),
        "ref.group",
    )
    yield "an overflow to itself", advisors(overflow=[{"group": "advisors", "after": "1m"}]), "ref.overflow"
    yield "places for a video it takes none of", advisors(video=False), "ref.video_group"
    yield (
        "relaxing out of order",
        advisors(relax=[{"after": "2m", "language": "any"}, {"after": "1m", "skills": "none"}]),
        "ref.order",
    )
    yield (
        "an alternative without the group's language",
        routing(lambda data: data["groups"]["advisors"]["alternative"]["message"].pop("en")),
        "ref.text",
    )
    yield (
        "a card without the default language",
        edited(CARDS, lambda data: data["cards"]["advisor"]["texts"].pop("fr")),
        "ref.text",
    )
    yield (
        "a language without phrases",
        edited(ESCALATION, lambda data: data["bot"]["languages"].append("de")),
        "ref.phrases",
    )
    yield (
        "a misspelt site",
        edited(CAMERA, lambda data: data["sites"].update(dmeo={"camera": "forbidden"})),
        "ref.site",
    )


def _cel() -> Iterator[tuple[str, Mapping[str, bytes], str]]:
    row = "video-requested"
    yield "a misspelt fact", with_row(row, when="visitor.can_vidoe"), "cel.fact"
    yield "a fact of another family", with_row(row, when="visitor.free_video"), "cel.fact"
    yield "`and` for &&", with_row(row, when="visitor.can_video and group.open"), "cel.syntax"
    yield "`=` for ==", with_row(row, when='conversation.need = "chat"'), "cel.syntax"
    yield "a bracket too few", with_row(row, when="(visitor.can_video && group.open"), "cel.syntax"
    yield "a number compared with a text", with_row(row, when='group.places > "3"'), "cel.type"
    yield "a truth compared with a text", with_row(row, when='visitor.can_video == "yes"'), "cel.type"
    yield "a text without quotes", with_row(row, when="conversation.need == chat"), "cel.fact"
    yield "a word the fact never is", with_row(row, when='conversation.need == "phone"'), "cel.value"
    yield (
        "a list with such a word",
        with_row(row, when='conversation.device in ["phone", "desktop"]'),
        "cel.value",
    )
    yield "a number where a condition belongs", with_row(row, when="group.places"), "cel.condition"
    yield "a loop", with_row(row, when="[1, 2].exists(x, x > group.places)"), "cel.loop"
    yield "a fact the routing cannot know", rule(when="agent.free_chat"), "cel.too_early"
    yield "a fact of the queue in the routing", rule(when="queue.wait_p90 > 60.0"), "cel.too_early"


def _model() -> Iterator[tuple[str, Mapping[str, bytes], str]]:
    yield (
        "asking for a person asks for video",
        with_row("person-requested", do=["want_video", "enter_queue", "find_agent"]),
        "model.video_without_consent",
    )
    yield (
        "a plain message leads to video",
        with_row("agent-takes-chat", to="video_lobby", do=["assign_agent", "open_call"]),
        "model.video_without_consent",
    )
    yield (
        "the need for video outlives the queue",
        without_action("visitor-leaves-queue", "want_chat"),
        "model.video_without_consent",
    )
    yield "a hang-up that is forgotten", without_action("hung-up", "end_video"), "model.hang_up_not_final"
    yield (
        "resuming after a hang-up",
        with_row("hung-up", do=["close_call", "end_video", "offer_resume", "want_chat"]),
        "model.video_after_hang_up",
    )
    yield (
        "the bot answers in the queue",
        with_row("bot-replies", from_=["chat", "queued"], party=None),
        "model.bot_speaks",
    )
    yield (
        "the bot answers beside an agent",
        with_row("bot-replies", party=["bot", "agent"]),
        "model.bot_speaks",
    )
    yield (
        "a card from the queue",
        with_rows(
            {"id": "late-card", "event": "TransferRequested", "from": "queued", "do": ["keep_verdict"]}
        ),
        "model.bot_speaks",
    )
    yield (
        "waiting for a message that ends idleness never",
        with_row("idle-too-long", to=None, do=[]),
        "model.timer_loop",
    )
    yield (
        "waiting that starts again",
        with_row("waited-too-long", to=None, do=["find_agent"]),
        "model.timer_loop",
    )
    yield (
        "a lobby that starts again",
        with_row("lobby-timed-out", to=None, do=["reopen_room"]),
        "model.timer_loop",
    )
    yield (
        "a lobby that ends only for some",
        with_row("lobby-timed-out", when="call.agent_connected"),
        "model.wait_without_timer",
    )
    yield (
        "a call that waits for ever",
        with_row("grace-passed", when="visitor.present"),
        "model.wait_without_timer",
    )
    yield (
        "the fallback before the exceptions",
        moved_up("card-hands-over", "card-group-closed"),
        "model.shadowed_row",
    )
    yield (
        "an exception that its neighbour covers",
        with_row("card-nobody-and-no-place", when="!group.open && group.places == 0"),
        "model.shadowed_row",
    )
    yield (
        "a guard that contradicts itself",
        with_row("card-group-closed", when="!group.open && group.open"),
        "model.guard_never_true",
    )
    yield (
        "numbers that contradict each other",
        with_row("card-group-closed", when="group.places > 5 && group.places < 3"),
        "model.guard_never_true",
    )
    yield (
        "a guard that says nothing",
        with_row("card-hands-over", when="group.open || !group.open"),
        "model.guard_always_true",
    )
    yield (
        "queued without a place in the queue",
        without_action("person-requested", "enter_queue"),
        "model.refused_row",
    )
    yield (
        "out of the queue without leaving it",
        without_action("visitor-leaves-queue", "leave_queue"),
        "model.refused_row",
    )
    yield (
        "a lobby without a room",
        without_action("card-escalates-to-video", "open_call"),
        "model.refused_row",
    )
    yield (
        "a lobby without an agent",
        without_action("direct-video-starts", "assign_agent"),
        "model.refused_row",
    )
    yield "a room that stays open", without_action("lobby-left", "close_call"), "model.refused_row"
    yield "a call that never starts", without_action("both-are-connected", "start_call"), "model.refused_row"
    yield (
        "an agent who is not let go",
        without_action("requeued-from-chat", "release_agent"),
        "model.refused_row",
    )
    yield (
        "a way into the call for one alone",
        with_row("one-is-connected", to="in_video"),
        "model.refused_row",
    )
    yield "no way into the call", without_rows("both-are-connected"), "model.unreachable_state"
    yield (
        "a row for an agent in the queue",
        with_row("visitor-leaves-queue", party="agent"),
        "model.unreachable_row",
    )
    yield (
        "a row for a verdict that is gone",
        with_rows(
            {
                "id": "odd",
                "event": "LobbyLeft",
                "from": "video_lobby",
                "to": "chat",
                "when": "conversation.need == 'chat' && card.escalates && conversation.came_from == 'bot'",
                "do": ["close_call"],
            },
            before="lobby-left",
        ),
        "model.unreachable_row",
    )
    yield "nobody may write while waiting", without_rows("visitor-writes-while-waiting"), "model.cannot_write"
    yield (
        "nobody may leave a call",
        with_row("closed", from_=["chat", "queued", "video_lobby"]),
        "model.cannot_close_now",
    )
    yield "nothing is ever closed", edited(CONVERSATION, _never_closed), "model.cannot_close"
    yield "a drop that nobody notices", without_rows("connection-drops"), "model.unanswered"
    yield "an agent who vanishes unnoticed", without_rows("agent-disconnects"), "model.unanswered"
    yield "connections of one side are forgotten", without_rows("one-is-connected"), "model.unanswered"
    yield "a search whose end is ignored", without_rows("nobody-found"), "model.unanswered"
    yield "a guard that hangs on everything", with_row("card-group-closed", when=PARITY), "model.too_large"
    yield (
        "two rows for one case",
        with_rows(
            {
                "id": "busy",
                "event": "PersonRequested",
                "from": "chat",
                "party": ["bot", "none"],
                "to": "chat",
                "when": "group.waiting > 3",
                "do": ["show_alternative"],
            },
            before="person-group-closed",
        ),
        "model.ambiguous",
    )


def _never_closed(data: Data) -> None:
    data["transitions"] = [row for row in data["transitions"] if row["id"] != "closed"]
    row_of(data, "idle-too-long").pop("to")
    row_of(data, "idle-too-long")["do"] = []


def _content() -> Iterator[tuple[str, Mapping[str, bytes], str]]:
    week = {"time_zone": "Europe/Paris", "week": {"monday": []}}
    yield "hours that are never", advisors(hours=week), "group.never_open"
    yield "agents who can hold nothing", advisors(capacity={"chat": 0, "video": 1}), "group.no_capacity"
    yield (
        "a video card to a group without video",
        advisors(video=False, places={"chat": 5, "video": 0}, capacity={"chat": 3, "video": 0}),
        "card.video_unserved",
    )
    yield (
        "video asked of a group that takes none",
        advisors(capacity={"chat": 3, "video": 0}),
        "group.video_unserved",
    )
    yield "a site's language that nobody speaks", advisors(languages=["fr"], relax=[]), "group.language"
    yield (
        "relaxing after the longest wait",
        advisors(relax=[{"after": "20m", "language": "any"}]),
        "group.too_late",
    )
    yield (
        "an overflow after the longest wait",
        routing(
            lambda data: (
                second_group(data),
                data["groups"]["advisors"].update(overflow=[{"group": "experts", "after": "10m"}]),
            )
        ),
        "group.too_late",
    )
    yield (
        "groups that overflow in a circle",
        routing(
            lambda data: (
                second_group(data, overflow=[{"group": "advisors", "after": "1m"}]),
                data["groups"]["advisors"].update(overflow=[{"group": "experts", "after": "1m"}]),
            )
        ),
        "group.overflow_circle",
    )
    yield "a group nobody is led to", routing(second_group), "group.unused"
    yield (
        "a rule behind one that always matches",
        routing(
            lambda data: data.update(
                rules=[
                    {"id": "all", "group": "advisors"},
                    {"id": "vip", "when": "site.id == 'demo'", "group": "advisors"},
                ]
            )
        ),
        "route.shadowed",
    )
    yield "a rule that contradicts itself", rule(when="site.id == 'a' && site.id == 'b'"), "route.never"
    yield (
        "a card without a site's language",
        edited(CARDS, lambda data: data["cards"]["advisor"]["texts"].pop("en")),
        "card.language",
    )
    yield (
        "an alternative without the card's language",
        edited(CARDS, lambda data: data["cards"]["advisor"]["alternative"]["message"].pop("en")),
        "card.alternative_text",
    )
    yield "a card that escalates in French alone", edited(ESCALATION, _english_too), "card.escalates_in_some"
    yield (
        "phrases that no card uses",
        edited(ESCALATION, lambda data: data["bot"]["phrases"].update(fr=["Passons à la vidéo"])),
        "escalation.phrase_unused",
    )
    yield (
        "screens where cameras are forbidden",
        edited(
            CAMERA, lambda data: data.update(default="forbidden", sites={}, screen_share_when_forbidden=True)
        ),
        "camera.screen_share",
    )
    yield (
        "a group that would loosen a site",
        edited(CAMERA, lambda data: data.update(groups={"advisors": "allowed"})),
        "camera.no_effect",
    )
    yield (
        "a reassurance without a site's language",
        edited(CAMERA, lambda data: data["reassurance"]["forbidden"].pop("en")),
        "text.language",
    )
    yield (
        "a notification with nothing in it",
        edited(ENGAGEMENT, lambda data: data["default"]["entries"].update(chat=False)),
        "entries.none",
    )
    yield (
        "a video queue without an estimate",
        edited(ENGAGEMENT, lambda data: data["default"].update(wait_estimate=False)),
        "wait.estimate_off",
    )


def _english_too(data: Data) -> None:
    data["bot"]["languages"].append("en")
    data["bot"]["phrases"]["en"] = ["We are going on camera"]


def _files() -> Iterator[tuple[str, Mapping[str, bytes], str]]:
    yield "a file left out", {name: text for name, text in FILES.items() if name != CAMERA}, "file.missing"
    yield "a misspelt file", {**FILES, "card.yaml": FILES[CARDS]}, "file.unknown"


# Changes that change nothing: another part of the core does the same, or the laws leave no room for it.
_EQUIVALENT: Mapping[tuple[str, str], str] = {
    ("proposal-accepted", "close_proposal"): "a proposal ends with the return from chat in any case",
    (
        "invitation-expired",
        "find_agent",
    ): "an effect for the distribution: the conversation is the same, and still timed",
    ("agent-lost-in-call", "want_chat"): "going back to the queue after a call wants chat by itself",
    (
        "grace-passed",
        "want_chat",
    ): "the visitor who asked for video may be led to it again: the drop was no hang-up",
}


def _equivalents() -> Iterator[Mistake]:
    for (row, action), reason in _EQUIVALENT.items():
        yield Mistake("model", f"`{row}` without {action}", without_action(row, action), None, reason)
    forbidden = with_row("camera-switched", when=None)
    reason = "a law refuses to turn a camera on where it is forbidden, with or without the guard"
    yield Mistake("model", "`camera-switched` without its guard", forbidden, None, reason)


def hand_written() -> list[Mistake]:
    layers = {
        "file": _files,
        "yaml": _yaml,
        "schema": _schema,
        "references": _references,
        "cel": _cel,
        "model": _model,
        "content": _content,
    }
    found = [
        Mistake(layer, name, files, code) for layer, make in layers.items() for name, files, code in make()
    ]
    return [*found, *_equivalents()]


def main() -> int:
    console = Console(width=140)
    table = Table(
        "layer", "mistake", "expected", "found", "ms", title="the shipped policy, broken one way at a time"
    )
    missed = 0
    for mistake in hand_written():
        started = time.perf_counter()
        report = mistake.report()
        took = (time.perf_counter() - started) * 1000
        caught = mistake.caught(report)
        missed += not caught
        codes = dict.fromkeys(each.code.name for each in report.diagnoses if each.severity != "note")
        expected = mistake.code or f"equivalent: {mistake.reason}"
        style = None if caught else "bold red"
        table.add_row(
            mistake.layer, mistake.name, expected, ", ".join(codes)[:60], f"{took:.0f}", style=style
        )
    console.print(table)
    console.print(f"{len(hand_written()) - missed} of {len(hand_written())} as expected")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
