"""Policies with more than one group, for tests of who is asked."""

from __future__ import annotations

from functools import cache

import yaml

from rules.compile import compile_policy
from rules.policy import Policy
from tests.fakes.application import shipped_policy

ALTERNATIVE = {"message": {"fr": "Personne.", "en": "Nobody."}, "then": "back_to_bot"}


def group(**changes: object) -> dict[str, object]:
    """A group of routing.yaml: always open, with room for everybody."""
    usual: dict[str, object] = {
        "label": {"fr": "Groupe", "en": "Group"},
        "languages": ["fr", "en"],
        "places": {"chat": 100, "video": 100},
        "capacity": {"chat": 1, "video": 1},
        "alternative": ALTERNATIVE,
        "pause_after_missed": "never",
    }
    return usual | changes


def estate(
    groups: dict[str, dict[str, object]],
    rules: tuple[dict[str, object], ...] = (),
    *,
    max_wait: str = "2h",
) -> Policy:
    """The shipped policy with these groups, of which the first is the default one."""
    return _compiled(
        yaml.safe_dump(
            {"default_group": next(iter(groups)), "groups": groups, "rules": list(rules)}, sort_keys=False
        ),
        max_wait,
    )


@cache
def _compiled(routing: str, max_wait: str) -> Policy:
    files = dict(shipped_policy().files) | {"routing.yaml": routing}
    waiting = "queued: { max_wait: 10m"
    assert waiting in files["conversation.yaml"]
    files["conversation.yaml"] = files["conversation.yaml"].replace(
        waiting, f"queued: {{ max_wait: {max_wait}"
    )
    # What is left of the shipped cards goes to the first group, whatever it is called.
    first = yaml.safe_load(routing)["default_group"]
    files["cards.yaml"] = files["cards.yaml"].replace("group: advisors", f"group: {first}")
    return compile_policy(files)
