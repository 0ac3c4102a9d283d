"""Whether the files of a policy fit together: every name that is used is known, and nothing contradicts itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rules.durations import format_duration
from rules.findings import MOST_FINDINGS, Finding, choose_from
from rules.overlay import overlay
from rules.schema.camera import CameraFile
from rules.schema.cards import CardsFile
from rules.schema.conversation import ConversationFile, Row
from rules.schema.engagement import EngagementFile
from rules.schema.escalation import EscalationFile
from rules.schema.routing import GroupSpec, RoutingFile, RoutingRow
from rules.vocabulary import ACTIONS, EVENTS, NOTICES, STATES, TIMED_WAITS
from rules.yaml_source import Document, Path, show


@dataclass(frozen=True, slots=True)
class Source:
    """The file findings are about, and where they are gathered."""

    document: Document
    findings: list[Finding]
    warnings: list[Finding]

    def wrong(self, code: str, path: Path, problem: str, advice: str, *, at_key: bool = False) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(self._finding(code, path, problem, advice, at_key))

    def doubtful(self, code: str, path: Path, problem: str, advice: str, *, at_key: bool = False) -> None:
        if len(self.warnings) < MOST_FINDINGS:
            self.warnings.append(self._finding(code, path, problem, advice, at_key))

    def known(
        self, path: Path, word: str, words: Collection[str], what: str, *, at_key: bool = False
    ) -> None:
        if word not in words and len(self.findings) < MOST_FINDINGS:
            problem = f"there is no {what} `{word}`"
            self.wrong(f"ref.{what}", path, problem, choose_from(word, words), at_key=at_key)

    def _finding(self, code: str, path: Path, problem: str, advice: str, at_key: bool) -> Finding:
        line, column = self.document.at_key(path) if at_key else self.document.at(path)
        return Finding(self.document.file, line, column, show(path), problem, advice, code)


@dataclass(slots=True)
class Files:
    """The files of a policy that could be read; None for the others, which are found wrong elsewhere."""

    conversation: ConversationFile | None = None
    routing: RoutingFile | None = None
    escalation: EscalationFile | None = None
    cards: CardsFile | None = None
    camera: CameraFile | None = None
    engagement: EngagementFile | None = None
    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    # The rows that are well formed, with their places: told about even when the rest of their file is not.
    rows: list[tuple[int, Row]] = field(default_factory=list[tuple[int, Row]])
    routes: list[tuple[int, RoutingRow]] = field(default_factory=list[tuple[int, RoutingRow]])


def check_references(files: Files) -> tuple[list[Finding], list[Finding]]:
    """What is wrong, and what is doubtful. Each file is checked against those others that could be read."""
    findings: list[Finding] = []
    warnings: list[Finding] = []

    def source(name: str) -> Source:
        return Source(files.documents[name], findings, warnings)

    if files.rows:
        _rows(source("conversation.yaml"), files.rows)
    if files.conversation is not None:
        _timers(source("conversation.yaml"), files.conversation)
        _shadowed(source("conversation.yaml"), files.conversation)
    if files.routes:
        ids: list[tuple[Path, str]] = [(("rules", index, "id"), row.id) for index, row in files.routes]
        _repeated(source("routing.yaml"), ids)
    if files.routing is not None:
        _routing(source("routing.yaml"), files.routing)
    if files.escalation is not None:
        _escalation(source("escalation.yaml"), files.escalation)
    if files.cards is not None:
        _cards(source("cards.yaml"), files.cards, files.routing)
    if files.camera is not None:
        _camera(source("camera.yaml"), files.camera, files.cards, files.routing)
    if files.engagement is not None:
        _engagement(source("engagement.yaml"), files.engagement, files.routing)
        _sites(source, files, files.engagement)
    return findings, warnings


# --- conversation.yaml -----------------------------------------------------------------------------------


def _repeated(source: Source, ids: Sequence[tuple[Path, str]]) -> None:
    first: dict[str, Path] = {}
    for path, name in ids:
        if name in first:
            line, _ = source.document.at(first[name])
            source.wrong(
                "ref.row_id",
                path,
                f"`{name}` is the id of another row (line {line})",
                "give each row its own id",
            )
        else:
            first[name] = path


def _rows(source: Source, rows: Sequence[tuple[int, Row]]) -> None:
    _repeated(source, [(("transitions", index, "id"), row.id) for index, row in rows])
    for index, row in rows:
        path: Path = ("transitions", index)
        source.known((*path, "event"), row.event, EVENTS, "event")
        for position, state in enumerate(row.from_):
            place = _entry(source, (*path, "from"), position)
            if state == "closed":
                source.wrong(
                    "ref.final", place, "`closed` is final: nothing leaves it", "remove it from this row"
                )
            else:
                source.known(place, state, STATES, "state")
        if row.to is not None:
            source.known((*path, "to"), row.to, STATES, "state")
        for position, action in enumerate(row.do):
            source.known((*path, "do", position), action, ACTIONS, "action")
        for position, notice in enumerate(row.say):
            source.known((*path, "say", position), notice, NOTICES, "notice")
        if row.to == "closed" and "close" not in row.do:
            source.wrong(
                "ref.close", (*path, "to"), "goes to `closed` without closing", "add `close` to `do:`"
            )
        if "close" in row.do and row.to != "closed":
            source.wrong(
                "ref.close",
                (*path, "do"),
                "closes the conversation without going to `closed`",
                "write `to: closed`",
            )


def _entry(source: Source, path: Path, position: int) -> Path:
    """The place of an entry that may be written alone, without a list."""
    return (*path, position) if source.document.has((*path, position)) else path


def _timers(source: Source, file: ConversationFile) -> None:
    """Every wait ends in an event; that event needs a row, or the wait ends in nothing."""
    answered = {(row.event, state) for row in file.transitions for state in row.from_}
    for where, event, states in TIMED_WAITS:
        for state in states:
            if (event, state) not in answered:
                path = tuple(where.split("."))
                source.wrong(
                    "ref.timer",
                    path,
                    f"ends in `{event}`, which has no row from `{state}`",
                    "add a row for it",
                )


def _shadowed(source: Source, file: ConversationFile) -> None:
    """Rows that can never win, because an earlier row without a guard always does."""
    parties = ("none", "bot", "agent")
    taken: dict[tuple[str, str, str], str] = {}
    for index, row in enumerate(file.transitions):
        cases = [(row.event, state, party) for state in row.from_ for party in row.party or parties]
        earlier = {taken[case] for case in cases if case in taken}
        if cases and all(case in taken for case in cases):
            names = ", ".join(f"`{name}`" for name in sorted(earlier))
            problem = f"never wins: earlier rows without a guard always do ({names})"
            source.doubtful(
                "model.shadowed_row", ("transitions", index, "id"), problem, "move it up, or remove it"
            )
        if row.when is None:
            for case in cases:
                taken.setdefault(case, row.id)


# --- routing.yaml ----------------------------------------------------------------------------------------


def _routing(source: Source, file: RoutingFile) -> None:
    groups = file.groups
    source.known(("default_group",), file.default_group, groups, "group")
    for index, row in enumerate(file.rules):
        path: Path = ("rules", index, "group")
        source.known(path, row.group, groups, "group")
        if row.need == "video" and row.group in groups and not groups[row.group].video:
            source.wrong(
                "ref.video_group",
                path,
                f"group `{row.group}` takes no video",
                "choose another group, or give it `video: true`",
            )
    for name, group in groups.items():
        path = ("groups", name)
        _alternatives(source, path, group)
        if not group.video and (group.places.video or group.capacity.video):
            source.wrong(
                "ref.video_group",
                (*path, "video"),
                "is false, yet places or capacity for video are given",
                "set them to 0",
            )
        for index, (earlier, later) in enumerate(pairwise(group.relax), start=1):
            if later.after <= earlier.after:
                source.wrong(
                    "ref.order",
                    (*path, "relax", index, "after"),
                    f"comes no later than the entry before it ({format_duration(earlier.after)})",
                    "order them by time, each later than the one before",
                )
        _overflow(source, file, name)


def _alternatives(source: Source, path: Path, group: GroupSpec) -> None:
    for key, alternative in (
        ("alternative", group.alternative),
        ("when_closed", group.when_closed),
        ("when_full", group.when_full),
    ):
        if alternative is None:
            continue
        for language in sorted(set(group.languages) - {tag.split("-")[0] for tag in alternative.message}):
            source.wrong(
                "ref.text",
                (*path, key, "message"),
                f"has no text in `{language}`",
                f"add a line `{language}:`",
            )


def _overflow(source: Source, file: RoutingFile, name: str) -> None:
    seen: set[str] = set()
    for index, overflow in enumerate(file.groups[name].overflow):
        path: Path = ("groups", name, "overflow", index, "group")
        source.known(path, overflow.group, file.groups, "group")
        if overflow.group == name:
            source.wrong(
                "ref.overflow", path, "is the group itself", "name another group, or remove the entry"
            )
            continue
        if overflow.group in seen:
            source.wrong(
                "ref.overflow", path, f"names `{overflow.group}` a second time", "name each group once"
            )
            continue
        seen.add(overflow.group)
        circle = _circle(file, name, overflow.group)
        if circle is not None:
            source.doubtful(
                "group.overflow_circle",
                path,
                f"overflows in a circle: {circle}",
                "each group is asked once all the same; remove one of them if it is not meant",
            )


def _circle(file: RoutingFile, start: str, through: str) -> str | None:
    """The shortest way by overflows from ``through`` back to ``start``, written from ``start`` on."""
    ways: deque[tuple[str, ...]] = deque([(start, through)])
    reached = {through}
    while ways:
        way = ways.popleft()
        group = file.groups.get(way[-1])
        for overflow in () if group is None else group.overflow:
            if overflow.group == start:
                return " → ".join((*way, start))
            if overflow.group not in reached:
                reached.add(overflow.group)
                ways.append((*way, overflow.group))
    return None


# --- the other files ---------------------------------------------------------------------------------------


def _escalation(source: Source, file: EscalationFile) -> None:
    def spoken(languages: tuple[str, ...], phrases: Mapping[str, tuple[str, ...]], path: Path) -> None:
        for language in languages:
            if language not in phrases:
                source.wrong(
                    "ref.phrases",
                    path,
                    f"`{language}` has no phrases: no card could escalate",
                    f"add `phrases: {{{language}: [...]}}`",
                )

    spoken(file.bot.languages, file.bot.phrases, ("bot", "languages"))
    for site, override in file.sites.items():
        if override.bot is not None and override.bot.languages is not None:
            bot = overlay(file.bot, override.bot)
            spoken(bot.languages, bot.phrases, ("sites", site, "bot", "languages"))


def _cards(source: Source, file: CardsFile, routing: RoutingFile | None) -> None:
    default = file.default_language
    for name, card in file.cards.items():
        path: Path = ("cards", name)
        if routing is not None:
            source.known((*path, "group"), card.group, routing.groups, "group")
        for place, texts in (("texts", card.texts), ("alternative", card.alternative.message)):
            where = (*path, "alternative", "message") if place == "alternative" else (*path, place)
            if default not in texts:
                source.wrong(
                    "ref.text",
                    where,
                    f"has no text in the default language `{default}`",
                    f"add a line `{default}:`",
                )
        for language in sorted(set(card.texts) - set(card.alternative.message)):
            source.doubtful(
                "card.alternative_text",
                (*path, "alternative", "message"),
                f"has no text in `{language}`, which the card has",
                f"add a line `{language}:`, or visitors read another language",
            )


def _camera(source: Source, file: CameraFile, cards: CardsFile | None, routing: RoutingFile | None) -> None:
    if routing is not None:
        for group in file.groups:
            source.known(("groups", group), group, routing.groups, "group", at_key=True)
    if cards is not None:
        default = cards.default_language
        for name, texts in (
            ("off_by_default", file.reassurance.off_by_default),
            ("forbidden", file.reassurance.forbidden),
        ):
            if default not in texts:
                path: Path = ("reassurance", name)
                source.wrong(
                    "ref.text",
                    path,
                    f"has no text in the default language `{default}`",
                    f"add a line `{default}:`",
                )


def _engagement(source: Source, file: EngagementFile, routing: RoutingFile | None) -> None:
    default = file.default
    for language in default.languages:
        if language not in default.texts:
            source.wrong(
                "ref.text",
                ("default", "texts"),
                f"has no text in `{language}`",
                f"add the texts below `{language}:`",
            )
    if not (default.entries.chat or default.entries.video):
        source.doubtful(
            "entries.none",
            ("default", "entries"),
            "offers neither chat nor video",
            "turn one on, or the notification is empty",
        )
    parks_video = routing is None or any(group.places.video > 0 for group in routing.groups.values())
    if default.entries.video and not default.wait_estimate and parks_video:
        source.doubtful(
            "wait.estimate_off",
            ("default", "wait_estimate"),
            "is off, yet visitors may queue for video",
            "turn it on",
        )
    for site, override in file.sites.items():
        path: Path = ("sites", site)
        own = override.texts or {}
        for language, texts in own.items():
            missing = [name for name in type(texts).model_fields if getattr(texts, name) is None]
            if language not in default.texts and missing:
                where = (*path, "texts", language)
                source.wrong(
                    "ref.text",
                    where,
                    f"is a new language and has no {', '.join(missing)}",
                    "write all of its texts",
                )
        for language in override.languages or ():
            if language not in default.texts and language not in own:
                where = (*path, "languages")
                source.wrong(
                    "ref.text", where, f"`{language}` has no texts", f"add them below `texts: {language}:`"
                )
        merged = overlay(default, override)
        told = default.entries.video and not default.wait_estimate
        if merged.entries.video and not merged.wait_estimate and parks_video and not told:
            where = (
                (*path, "wait_estimate")
                if override.wait_estimate is not None
                else ("default", "wait_estimate")
            )
            problem = f"is off, yet visitors of site `{site}` may queue for video"
            source.doubtful("wait.estimate_off", where, problem, "turn it on")


def _sites(source: Callable[[str], Source], files: Files, engagement: EngagementFile) -> None:
    """A site that only one file speaks of may be misspelt."""
    for name, sites in _site_names(files):
        for site in sites:
            if site not in engagement.sites:
                advice = (
                    choose_from(site, engagement.sites)
                    if engagement.sites
                    else "name it in engagement.yaml too"
                )
                problem = f"site `{site}` is not in engagement.yaml"
                source(name).doubtful("ref.site", ("sites", site), problem, advice, at_key=True)


def _site_names(files: Files) -> Iterator[tuple[str, Collection[str]]]:
    if files.escalation is not None:
        yield "escalation.yaml", files.escalation.sites
    if files.camera is not None:
        yield "camera.yaml", files.camera.sites
