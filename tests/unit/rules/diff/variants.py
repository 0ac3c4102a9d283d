"""A policy in which everything is set that can be, and every way in which one place of it can be different."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from rules.compile import compile_policy
from rules.policy import Policy
from rules.schema import FILES
from tests.unit.rules.shipped import FILES as SHIPPED

Path = tuple[str | int, ...]
Plain = dict[str, Any]

_TEXT = {"fr": "Bonjour", "en": "Hello"}
_ALTERNATIVE = {"message": _TEXT, "then": "stay", "leave_message": True}
_WIDGET = {
    "title": "Une question ?",
    "subtitle": "Parlons-en",
    "chat_button": "Chat",
    "video_button": "Vidéo",
}


def full() -> dict[str, Plain]:
    """The shipped policy with every optional key written, as plain data by file."""
    data: dict[str, Plain] = {name: yaml.safe_load(text) for name, text in SHIPPED.items()}
    routing = data["routing.yaml"]
    group = routing["groups"]["advisors"] | {
        "video": True,
        "hours": {
            "time_zone": "Europe/Paris",
            "week": {"monday": ["09:00-12:30", "14:00-18:00"], "saturday": ["10:00-24:00"]},
            "closed_on": ["2030-12-25", "2031-01-01"],
        },
        "sticky": "2m",
        "relax": [
            {"after": "60s", "skill_levels": 2, "language": "any"},
            {"after": "90s", "skills": "none"},
        ],
        "overflow": [{"group": "experts", "after": "2m"}, {"group": "others", "after": "3m"}],
        "ageing": "2m",
        "when_closed": copy.deepcopy(_ALTERNATIVE),
        "when_full": copy.deepcopy(_ALTERNATIVE),
        "wrap_up": "1m",
    }
    plain = {
        key: copy.deepcopy(group[key]) for key in ("label", "languages", "places", "capacity", "alternative")
    }
    routing["groups"] = {"advisors": group, "experts": plain, "others": copy.deepcopy(plain)}
    routing["rules"] = [
        {
            "id": "loans",
            "need": "chat",
            "when": 'site.id == "bank"',
            "group": "experts",
            "priority": 5,
            "skills": {"mortgage": 3, "english": 1},
        },
        {"id": "rest", "group": "others"},
    ]
    row = next(
        row for row in data["conversation.yaml"]["transitions"] if row["id"] == "card-escalates-to-video"
    )
    row["party"] = ["none", "bot"]
    data["cards.yaml"]["cards"]["video_advisor"]["texts"]["fr"]["image"] = "https://example.org/a.png"
    data["camera.yaml"]["sites"] = {
        "demo": {
            "camera": "off_by_default",
            "screen_share_when_forbidden": True,
            "reassurance": {"off_by_default": dict(_TEXT), "forbidden": dict(_TEXT)},
        },
        "bare": {},
    }
    data["camera.yaml"]["groups"] = {"experts": "forbidden"}
    data["escalation.yaml"]["sites"] = {
        "demo": {
            "agent": {"enabled": True},
            "bot": {
                "enabled": True,
                "languages": ["fr"],
                "devices": ["mobile", "desktop"],
                "phrases": {"fr": ["En vidéo", "Par vidéo"]},
                "no_video_agent": "wait",
            },
        },
    }
    own = {
        "languages": ["en", "fr"],
        "launcher": {"format": "bar", "position": "bottom_left", "colour": "#123456"},
        "entries": {"chat": True, "video": True},
        "targeting": {"pages": ["/help/*", "/contact"], "devices": ["mobile", "desktop"], "after": "5s"},
        "wait_estimate": False,
        "texts": {"fr": dict(_WIDGET)},
    }
    data["engagement.yaml"]["default"] |= copy.deepcopy({key: own[key] for key in ("targeting",)})
    data["engagement.yaml"]["sites"] = {"demo": own}
    return data


def written(data: dict[str, Plain]) -> dict[str, str]:
    return {name: yaml.safe_dump(value, allow_unicode=True, sort_keys=False) for name, value in data.items()}


@cache
def full_policy() -> Policy:
    return policy(full())


def policy(data: dict[str, Plain]) -> Policy:
    return compile_policy(written(data))


def model_of(name: str, plain: Plain) -> BaseModel | None:
    """The file as a model; None when it is no such file."""
    try:
        return FILES[name].model_validate(_frozen(plain))
    except ValidationError:
        return None


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items()}
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


# --- what can be different ----------------------------------------------------------------------------------------

_WORDS = """
    5m 7s de fr en mobile desktop bot none agent chat video queued closed video_lobby in_video allowed
    off_by_default forbidden wait alternative back_to_bot stay least_loaded priority longest_idle bubble bar card
    bottom_left bottom_right #abcdef https://example.org/b.png /other/* 2032-02-02 11:00-11:30 Europe/Berlin any all
    never always sunday VideoRequested close closed_idle experts
""".split()  # noqa: SIM905


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of plain data, inner nodes too."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*path, index))


def at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def changed(data: Plain, path: Path, value: Any) -> Plain:
    new = copy.deepcopy(data)
    at(new, path[:-1])[path[-1]] = value
    return new


def variants(data: Plain, path: Path) -> Iterator[Plain]:
    """The file with one place of it different: other values, less, more, another order, another name."""
    value = at(data, path)
    match value:
        case bool():
            yield changed(data, path, not value)
        case int():
            yield changed(data, path, value + 1)
            yield changed(data, path, value - 1)
        case str():
            yield changed(data, path, value + "x")
            yield changed(data, path, value.replace(" ", "\u00a0", 1))
            for word in _WORDS:
                yield changed(data, path, word)
        case list():
            yield changed(data, path, value[::-1])
            yield changed(data, path, value[1:])
            yield changed(data, path, [*value, *value[:1]])
            for word in _WORDS:
                yield changed(data, path, [word, *value])
            yield changed(data, path, _WORDS[0])
            for word in _WORDS:
                yield changed(data, path, word)
        case dict():
            for word in ("always", "none", "fr"):
                yield changed(data, path, word)
            for word in (*_WORDS, "another"):
                if value and word not in value:
                    yield changed(data, path, {**value, word: copy.deepcopy(next(iter(value.values())))})
        case _:
            raise AssertionError(f"{path} holds {value!r}")
    parent = at(data, path[:-1])
    if isinstance(parent, dict):
        new = copy.deepcopy(data)
        del at(new, path[:-1])[path[-1]]
        yield new
