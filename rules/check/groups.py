"""Groups that cannot serve whom the rules send to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from rules.check.cases import condition_of, implies, never_holds
from rules.durations import format_duration
from rules.facts import FactValue
from rules.findings import Finding
from rules.languages import primary_subtag
from rules.policy import Policy
from rules.references import Source
from rules.schema.routing import GroupSpec
from rules.vocabulary import NeedName

NEEDS: tuple[NeedName, ...] = ("chat", "video")


def check_groups(source: Source, policy: Policy) -> None:
    """Findings about ``routing.yaml``."""
    led_to = {policy.routing.default_group, *(row.group for row in policy.routing.rules)}
    led_to |= {card.group for card in policy.cards.cards.values()}
    led_to |= {each.group for group in policy.routing.groups.values() for each in group.overflow}
    for name, group in policy.routing.groups.items():
        _service(source, name, group)
        _too_late(source, name, group, policy.conversation.states.queued.max_wait)
        if name not in led_to:
            problem = "is led to by no rule, no card and no overflow"
            source.doubtful(
                "group.unused", ("groups", name), problem, "add a rule, or remove it", at_key=True
            )
    _routes(source, policy)
    _languages(source, policy)
    _video(source, policy)


def _service(source: Source, name: str, group: GroupSpec) -> None:
    if group.hours != "always" and not any(group.hours.week.values()):
        source.wrong(
            "group.never_open", ("groups", name, "hours", "week"), "has no open hours", "give a day its hours"
        )
    if group.capacity.chat == 0:
        path = ("groups", name, "capacity", "chat")
        advice = "give at least 1: a video conversation holds a chat slot as well"
        source.wrong("group.no_capacity", path, "is 0: its agents can hold nothing", advice)


def _too_late(source: Source, name: str, group: GroupSpec, longest: timedelta) -> None:
    waits: list[tuple[tuple[str | int, ...], timedelta]] = [
        (("groups", name, "relax", index, "after"), entry.after) for index, entry in enumerate(group.relax)
    ]
    waits += [
        (("groups", name, "overflow", index, "after"), entry.after)
        for index, entry in enumerate(group.overflow)
    ]
    if group.sticky is not None:
        waits.append((("groups", name, "sticky"), group.sticky))
    for path, after in waits:
        if after >= longest:
            problem = f"comes after the longest wait ({format_duration(longest)}, in conversation.yaml)"
            source.doubtful("group.too_late", path, problem, f"write less than {format_duration(longest)}")


def _routes(source: Source, policy: Policy) -> None:
    rows = policy.routes
    conditions = [condition_of(guard) for _, guard in rows]
    for index, (row, _) in enumerate(rows):
        condition = conditions[index]
        known: dict[str, FactValue] = {} if row.need is None else {"conversation.need": row.need}
        if condition is not None and never_holds(condition, known):
            advice = "one of its parts excludes another: change it"
            source.doubtful("route.never", ("rules", index, "when"), "can never be true", advice)
            continue
        for earlier in range(index):
            before, _ = rows[earlier]
            if before.need not in (None, row.need):
                continue
            if implies(condition, conditions[earlier]):
                problem = f"`{row.id}` is never reached: `{before.id}` always matches first"
                source.doubtful("route.shadowed", ("rules", index, "id"), problem, "move it up, or remove it")
                break


def languages_of(policy: Policy) -> dict[str, tuple[str, ...]]:
    """The languages in which each site meets its visitors; ``""`` stands for sites without settings."""
    sites: dict[str, tuple[str, ...]] = {"": policy.engagement.default.languages}
    return sites | {site: policy.engagement_for(site).languages for site in policy.engagement.sites}


def _led_to(policy: Policy, site: str, language: str, need: NeedName) -> str:
    facts: Mapping[str, FactValue] = {
        "site.id": site,
        "conversation.language": primary_subtag(language),
        "conversation.need": need,
    }
    return policy.route(facts, need).group


def _languages(source: Source, policy: Policy) -> None:
    """Each visitor's language needs somebody in the end: an agent who speaks it, one who need not, or an overflow."""
    told: set[tuple[str, str]] = set()
    for name, language, whose in _visitors(policy):
        if (name, language) in told or _answers(policy.routing.groups, name, language):
            continue
        told.add((name, language))
        problem = f"`{language}` is not among them, and it is the language of {whose}"
        advice = f"add `{language}`, relax it after a while (`relax: [{{ after: 60s, language: any }}]`), or overflow"
        source.doubtful("group.language", ("groups", name, "languages"), problem, advice)


def _visitors(policy: Policy) -> Iterator[tuple[str, str, str]]:
    """(group, primary language, whose it is) of all whom the rules send somewhere."""
    for site, languages in languages_of(policy).items():
        for language in languages:
            whose = f"visitors of site `{site}`" if site else "visitors of any site"
            for need in NEEDS:
                yield _led_to(policy, site, language, need), primary_subtag(language), whose
    for card_id, card in policy.cards.cards.items():
        for language in card.texts:
            yield card.group, primary_subtag(language), f"a text of card `{card_id}`"


def _answers(groups: Mapping[str, GroupSpec], name: str, language: str) -> bool:
    """Whether somebody may be asked in the end: in the group, or where it overflows to."""
    todo, seen = [name], {name}
    while todo:
        group = groups[todo.pop()]
        if language in group.languages or any(entry.language == "any" for entry in group.relax):
            return True
        further = {entry.group for entry in group.overflow} - seen
        seen |= further
        todo += further
    return False


def _video(source: Source, policy: Policy) -> None:
    """A visitor who asks for video must not be led to a group that takes none."""
    for name, sites in _asked_for_video(policy).items():
        group = policy.routing.groups[name]
        if group.video and group.capacity.video > 0:
            continue
        path = ("groups", name, "capacity", "video") if group.video else ("groups", name, "video")
        where = ", ".join(f"`{site}`" if site else "any site" for site in sites)
        problem = f"takes no video, yet visitors who ask for it on {where} are led here"
        advice = "add a rule with `need: video` for another group, or offer no video there"
        source.doubtful("group.video_unserved", path, problem, advice)


def _asked_for_video(policy: Policy) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {}
    offers = {
        "": policy.engagement.default,
        **{site: policy.engagement_for(site) for site in policy.engagement.sites},
    }
    for site, offer in offers.items():
        if offer.entries.video:
            for language in offer.languages:
                sites = asked.setdefault(_led_to(policy, site, language, "video"), [])
                if site not in sites:
                    sites.append(site)
    return asked


def missing_texts(texts: Iterable[str], languages: Iterable[str]) -> list[str]:
    """The languages for which there is neither a text nor one of the same primary language."""
    have = {primary_subtag(tag) for tag in texts}
    return sorted({primary_subtag(tag) for tag in languages} - have)


__all__ = ["Finding", "check_groups", "languages_of", "missing_texts"]
