"""A policy: six checked files, compiled to one immutable object that answers every question of the domain.

Made by `rules.load`. All methods are pure; the answers are plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rules.card import Card, render_card
from rules.decision import Decision, NearMiss, RouteDecision
from rules.facts import FactValue
from rules.findings import Finding
from rules.guards import Guard, check_names, facts_for, world_of
from rules.languages import text_in
from rules.machine import Lifecycle
from rules.overlay import overlay
from rules.phrases import SiteEscalation
from rules.schema.camera import CameraFile
from rules.schema.cards import CardsFile
from rules.schema.conversation import ConversationFile
from rules.schema.engagement import EngagementFile, SiteEngagement
from rules.schema.escalation import EscalationFile
from rules.schema.routing import Alternative, Capacity, GroupSpec, PerChannel, RoutingFile, RoutingRow
from rules.vocabulary import CameraPolicy, NeedName

_STRICTNESS: tuple[CameraPolicy, ...] = ("allowed", "off_by_default", "forbidden")


def stricter_camera(one: CameraPolicy, other: CameraPolicy) -> CameraPolicy:
    """The one of two rules that allows less."""
    return one if _STRICTNESS.index(one) >= _STRICTNESS.index(other) else other


@dataclass(frozen=True, slots=True)
class Group:
    """A group of agents by its name, for the distribution."""

    name: str
    label: Mapping[str, str]
    languages: tuple[str, ...]
    video: bool
    places: PerChannel
    capacity: Capacity
    strategy: Literal["longest_idle", "least_loaded", "priority"]
    alternative: Alternative
    spec: GroupSpec = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """One revision of the rules. ``warnings`` are what is allowed but probably not meant.

    ``files`` are the texts it was compiled from, without byte order marks and with plain line ends.
    """

    revision: str
    conversation: ConversationFile
    routing: RoutingFile
    escalation: EscalationFile
    cards: CardsFile
    camera: CameraFile
    engagement: EngagementFile
    lifecycle: Lifecycle = field(repr=False)
    routes: tuple[tuple[RoutingRow, Guard | None], ...] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)
    warnings: tuple[Finding, ...] = ()
    _escalation: dict[str | None, SiteEscalation] = field(
        default_factory=dict[str | None, SiteEscalation], init=False, repr=False
    )

    # --- the lifecycle ------------------------------------------------------------------------------

    def decide(self, *, event: str, state: str, party: str, facts: Mapping[str, FactValue]) -> Decision:
        """Which row answers this event, and why. Facts that are not given have their defaults."""
        return self.lifecycle.decide(self.revision, event=event, state=state, party=party, facts=facts)

    # --- groups -------------------------------------------------------------------------------------

    def route(self, facts: Mapping[str, FactValue], need: NeedName) -> RouteDecision:
        """The group for a conversation that needs this channel: the first matching rule, or the default group."""
        check_names(facts)
        read: dict[str, FactValue] = {}
        misses: list[NearMiss] = []
        for row, guard in self.routes:
            if row.need is not None and row.need != need:
                continue
            if guard is not None:
                values = facts_for(guard.reads, facts)
                if "conversation.need" in values:
                    values["conversation.need"] = need
                read.update(values)
                holds = guard.holds(world_of(values))
                if holds is not True:
                    misses.append(NearMiss(row.id, guard.source, values, None if holds is False else holds))
                    continue
            return RouteDecision(
                self.revision, row.group, row.id, row.priority, row.skills, tuple(misses), read
            )
        return RouteDecision(self.revision, self.routing.default_group, None, 0, (), tuple(misses), read)

    def group(self, name: str) -> Group:
        """A group by name; KeyError when the policy has none of that name."""
        spec = self.routing.groups[name]
        return Group(
            name=name,
            label=spec.label,
            languages=spec.languages,
            video=spec.video,
            places=spec.places,
            capacity=spec.capacity,
            strategy=spec.strategy,
            alternative=spec.alternative,
            spec=spec,
        )

    # --- sites --------------------------------------------------------------------------------------

    def escalation_for(self, site_id: str) -> SiteEscalation:
        """How escalation to video is set on a site."""
        own = site_id if site_id in self.escalation.sites else None
        known = self._escalation.get(own)
        if known is None:
            known = self._escalation[own] = self._escalation_of(own)
        return known

    def _escalation_of(self, site_id: str | None) -> SiteEscalation:
        override = None if site_id is None else self.escalation.sites[site_id]
        agent, bot = self.escalation.agent, self.escalation.bot
        if override is not None:
            agent, bot = overlay(agent, override.agent), overlay(bot, override.bot)
        return SiteEscalation(
            agent_enabled=agent.enabled,
            bot_enabled=bot.enabled,
            no_video_agent=bot.no_video_agent,
            languages=bot.languages,
            devices=bot.devices,
            phrases=bot.phrases,
        )

    def engagement_for(self, site_id: str) -> SiteEngagement:
        """How a site invites its visitors."""
        return overlay(self.engagement.default, self.engagement.sites.get(site_id))

    def camera_for(self, site_id: str, group: str | None) -> CameraPolicy:
        """What the visitor's camera may do: the site's setting, which a group may only tighten."""
        site = self.camera.sites.get(site_id)
        policy = self.camera.default if site is None or site.camera is None else site.camera
        of_group = self.camera.groups.get(group) if group is not None else None
        return policy if of_group is None else stricter_camera(policy, of_group)

    def screen_share_for(self, site_id: str, group: str | None) -> bool:
        """Whether the visitor may share a screen: not where the camera is forbidden, unless the policy says so."""
        if self.camera_for(site_id, group) != "forbidden":
            return True
        site = self.camera.sites.get(site_id)
        if site is None or site.screen_share_when_forbidden is None:
            return self.camera.screen_share_when_forbidden
        return site.screen_share_when_forbidden

    def reassurance_for(self, site_id: str, camera: CameraPolicy, language: str) -> str | None:
        """What the notification says about the camera; None when the camera is simply allowed."""
        if camera == "allowed":
            return None
        site = self.camera.sites.get(site_id)
        words = overlay(self.camera.reassurance, None if site is None else site.reassurance)
        texts = words.off_by_default if camera == "off_by_default" else words.forbidden
        found = text_in(texts, language, self.cards.default_language)
        return found[1] if found is not None else next(iter(texts.values()))

    # --- cards --------------------------------------------------------------------------------------

    def card(self, card_id: str) -> Card | None:
        """A transfer card by id; None when the policy has none of that id."""
        spec = self.cards.cards.get(card_id)
        if spec is None:
            return None
        return Card(card_id, spec.group, spec.texts, self.cards.default_language, spec.alternative)


__all__ = ["Card", "Group", "Policy", "RouteDecision", "SiteEscalation", "render_card"]
