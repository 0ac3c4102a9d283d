"""What the files say together: people, languages, cameras and waits, where each file alone looks well."""

from __future__ import annotations

from collections.abc import Mapping

from rules.check.cards import check_cards
from rules.check.groups import check_groups, languages_of, missing_texts
from rules.compile import Examined
from rules.findings import Finding
from rules.languages import primary_subtag
from rules.policy import Policy
from rules.references import Source

_STRICTNESS = ("allowed", "off_by_default", "forbidden")


def check_content(examined: Examined) -> tuple[Finding, ...]:
    """The findings about a policy that compiled. Nothing for one that did not: its mistakes come first."""
    policy = examined.policy
    if policy is None:
        return ()
    findings: list[Finding] = []
    documents = examined.read.documents

    def source(name: str) -> Source:
        return Source(documents[name], findings, findings)

    spoken = _spoken(policy)
    check_groups(source("routing.yaml"), policy)
    check_cards(source("cards.yaml"), source("escalation.yaml"), policy, spoken)
    _camera(source("camera.yaml"), policy, spoken)
    _messages(source("routing.yaml"), policy, spoken)
    return tuple(dict.fromkeys(findings))


def _spoken(policy: Policy) -> dict[str, str]:
    found: dict[str, str] = {}
    for site, languages in languages_of(policy).items():
        for tag in languages:
            found.setdefault(primary_subtag(tag), f"site `{site}`" if site else "sites without settings")
    return found


def _camera(source: Source, policy: Policy, spoken: Mapping[str, str]) -> None:
    camera = policy.camera
    settings = {"": camera.default} | {site: policy.camera_for(site, None) for site in camera.sites}
    loosest = min(settings.values(), key=_STRICTNESS.index)
    for group, value in camera.groups.items():
        if _STRICTNESS.index(value) <= _STRICTNESS.index(loosest) and value != "allowed":
            problem = f"`{value}` is no stricter than every site is anyway"
            source.doubtful("camera.no_effect", ("groups", group), problem, "remove the line")
        elif value == "allowed":
            problem = "`allowed` has no effect: a group may only be stricter than the site"
            source.doubtful(
                "camera.no_effect", ("groups", group), problem, "remove the line, or choose a stricter one"
            )
    forbidden = "forbidden" in settings.values() or "forbidden" in camera.groups.values()
    advice = "write `false`, unless a screen must be shared where the camera is forbidden"
    if forbidden and camera.screen_share_when_forbidden:
        problem = "allows screens to be shared where cameras are forbidden"
        source.doubtful("camera.screen_share", ("screen_share_when_forbidden",), problem, advice)
    for site, own in camera.sites.items():
        if own.screen_share_when_forbidden and settings[site] == "forbidden":
            path = ("sites", site, "screen_share_when_forbidden")
            problem = "allows screens to be shared where cameras are forbidden"
            source.doubtful("camera.screen_share", path, problem, advice)
    for name, texts in (
        ("off_by_default", camera.reassurance.off_by_default),
        ("forbidden", camera.reassurance.forbidden),
    ):
        for language in missing_texts(texts, spoken):
            problem = f"has no text in `{language}`, the language of {spoken[language]}"
            source.doubtful("text.language", ("reassurance", name), problem, f"add a line `{language}:`")


def _messages(source: Source, policy: Policy, spoken: Mapping[str, str]) -> None:
    """The alternative of a group is shown to whomever the rules send there: at least the sites' languages."""
    for name, group in policy.routing.groups.items():
        for key, alternative in (
            ("alternative", group.alternative),
            ("when_closed", group.when_closed),
            ("when_full", group.when_full),
        ):
            if alternative is None:
                continue
            for language in missing_texts(alternative.message, spoken):
                if language in group.languages:
                    continue  # told as a mistake already
                path = ("groups", name, key, "message")
                problem = f"has no text in `{language}`, the language of {spoken[language]}"
                source.doubtful("text.language", path, problem, f"add a line `{language}:`")
