"""Conversations that no rule can tell apart: one of them stands for all.

A policy may name hundreds of sites and groups. What a row says of one of them is, for a conversation of another, a
row that is not there. So each site leaves its own lifecycle: the rows that can still match, with what is left of
their guards. Sites that leave the same lifecycle (but for the names of the rows), and that have the same settings,
are searched once; the rows that stand at the same place stand for each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from orchestrator.domain.conversation import Device
from rules.cel_tree import Node
from rules.check.cases import Condition, Shape, shape_of
from rules.facts import FactValue
from rules.machine import CompiledRow
from rules.phrases import SiteEscalation
from rules.policy import Policy

ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Kind:
    """A site and a device that stand for all that are alike."""

    site_id: str
    device: Device
    escalates: bool


@dataclass(frozen=True, slots=True)
class Likeness:
    """What there is to search. ``alike``: rows that a search of a representative speaks for, by row."""

    kinds: tuple[Kind, ...]
    groups: tuple[str, ...]
    alike: dict[str, frozenset[str]]

    def stand_for(self, row: str) -> frozenset[str]:
        return self.alike.get(row, frozenset()) | {row}


def likeness_of(policy: Policy, conditions: Sequence[Condition | None]) -> Likeness:
    """The sites, devices and groups to search, for the rows of a policy and their conditions."""
    rows = policy.lifecycle.rows
    reads = {name for condition in conditions if condition is not None for name in condition.reads}
    mentioned = _mentioned(conditions)
    alike: dict[str, set[str]] = defaultdict(set)

    grouped = bool(policy.camera.groups) or "group.name" in reads
    groups: list[str] = [policy.routing.default_group]
    if grouped:
        names = [*groups, *(name for name in policy.routing.groups if name not in groups)]
        cameras = policy.camera.groups
        groups = _representatives(names, "group.name", rows, conditions, cameras.get, alike)

    def settings(site: str) -> object:
        escalation = policy.escalation_for(site)
        cameras = tuple(policy.camera_for(site, group) for group in groups)
        # Without a card that escalates, the phrases of a site do not matter; with one, it may happen to any visitor.
        return _settings_of(escalation), cameras

    named = {*policy.escalation.sites, *policy.camera.sites, *mentioned["site.id"]}
    others = [site for site in policy.engagement.sites if site not in named]
    sites = [*sorted(named), others[0] if others else ELSEWHERE]
    sites = _representatives(sites, "site.id", rows, conditions, settings, alike)
    devices = tuple(Device) if "conversation.device" in reads else (Device.DESKTOP,)
    kinds = tuple(
        Kind(site, device, _escalates(policy.escalation_for(site))) for site in sites for device in devices
    )
    return Likeness(kinds, tuple(groups), {row: frozenset(others) for row, others in alike.items()})


def _escalates(escalation: SiteEscalation) -> bool:
    return escalation.bot_enabled and any(escalation.phrases.get(each) for each in escalation.languages)


def _settings_of(escalation: SiteEscalation) -> tuple[object, ...]:
    return escalation.agent_enabled, escalation.bot_enabled, escalation.no_video_agent, _escalates(escalation)


def _mentioned(conditions: Iterable[Condition | None]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for condition in conditions:
        if condition is None or condition.tree is None:
            continue
        for node in condition.tree.walk():
            if node.kind != "call":
                continue
            names = [child.name for child in node.children if child.kind == "ident"]
            for name in names:
                for word in _words(node):
                    found[name][word] = None
    return defaultdict(list, {name: list(words) for name, words in found.items()})


def _words(node: Node) -> Iterable[str]:
    return (each.value for each in node.walk() if each.kind == "const" and each.value is not None)


def _representatives(
    names: Sequence[str],
    fact: str,
    rows: Sequence[CompiledRow],
    conditions: Sequence[Condition | None],
    settings: Callable[[str], object],
    alike: dict[str, set[str]],
) -> list[str]:
    """One name for each way of being treated, in the order given; ``alike`` learns which rows correspond."""
    concerned: list[tuple[int, CompiledRow, Node]] = []
    others: Counter[str] = Counter()
    same: Counter[tuple[object, ...]] = Counter()
    for row, condition in zip(rows, conditions, strict=True):
        if condition is not None and condition.tree is not None and fact in condition.reads:
            # How many of the rows for everybody come before it and do something else: order decides who wins.
            concerned.append((others[row.event] - same[_effect(row)], row, condition.tree))
        else:
            others[row.event] += 1
            same[_effect(row)] += 1
    shapes: dict[tuple[str, str | None], Shape] = {}
    words = {row.id: frozenset(_words(tree)) for _, row, tree in concerned}
    first: dict[object, tuple[str, list[str]]] = {}
    for name in names:
        known: dict[str, FactValue] = {fact: name}
        left: list[tuple[str, tuple[object, ...]]] = []
        for place, row, tree in concerned:
            # A guard that does not mention a name says the same of it as of any other that it does not mention.
            asked = (row.id, name if name in words[row.id] else None)
            if asked not in shapes:
                shapes[asked] = shape_of(tree, known)
            shape = shapes[asked]
            if shape is not False:
                left.append((row.id, (place, *_what(row), shape)))
        lifecycle = tuple(what for _, what in left)
        ids = [row for row, _ in left]
        key = (settings(name), lifecycle)
        if key not in first:
            first[key] = (name, ids)
            continue
        for mine, other in zip(first[key][1], ids, strict=True):
            if mine != other:
                alike[mine].add(other)
    return [name for name, _ in first.values()]


def _effect(row: CompiledRow) -> tuple[object, ...]:
    return row.event, row.to, row.actions


def _what(row: CompiledRow) -> tuple[object, ...]:
    return row.event, row.sources, row.parties, row.to, row.actions
