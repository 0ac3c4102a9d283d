"""The difference of two policies leaves nothing out, and adds nothing, whatever was changed together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from rules.diff.difference import diff
from rules.diff.tree import Change, Entry, compare
from rules.durations import format_duration
from rules.schema import FILES
from tests.unit.rules.diff.variants import full, full_policy, model_of, places, variants

FULL = full()
FULL["conversation.yaml"]["transitions"] = FULL["conversation.yaml"]["transitions"][20:32]


@cache
def edits(name: str) -> list[tuple[tuple[str | int, ...], int]]:
    return [(path, number) for path in places(FULL[name]) for number in range(6)]


@cache
def unchanged(name: str) -> BaseModel:
    found = model_of(name, FULL[name])
    assert found is not None
    return found


@st.composite
def models(draw: st.DrawFn) -> tuple[str, BaseModel]:
    """A file after any number of edits that leave it valid."""
    name = draw(st.sampled_from(sorted(FILES)))
    plain = FULL[name]
    for path, number in draw(st.lists(st.sampled_from(edits(name)), max_size=6)):
        try:
            found = list(variants(plain, path))
        except (KeyError, IndexError, TypeError):
            continue  # the place went with an earlier edit
        edited = found[number % len(found)]
        plain = edited if model_of(name, edited) is not None else plain
    model = model_of(name, plain)
    assert model is not None
    return name, model


def leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every plain value by its path; entries of lists by their names, and the order of those names."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        return {
            key: each
            for name, about in fields
            for key, each in leaves(getattr(value, name), (*path, about.alias or name)).items()
        } | {path: "there"}
    if isinstance(value, Mapping):
        return {key: each for name in value for key, each in leaves(value[name], (*path, name)).items()} | {
            path: "there"
        }
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel) and _names(value) is not None:
        names = _names(value) or []
        return {
            key: each
            for name, one in zip(names, value, strict=True)
            for key, each in leaves(one, (*path, name)).items()
        } | {path: tuple(names)}
    return {path: value}


def _names(value: tuple[Any, ...]) -> list[str] | None:
    seen: dict[str, int] = {}
    names: list[str] = []
    for each in value:
        for attribute in ("id", "group", "after"):
            found = getattr(each, attribute, None)
            if found is not None:
                break
        else:
            return None
        name = found if isinstance(found, str) else format_duration(found)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def way(change: Change) -> tuple[str, ...]:
    return tuple(step.name if isinstance(step, Entry) else step.key for step in change.steps)


def order(names: Any, others: Any) -> list[str]:
    return [name for name in names if name in others]


@given(models(), models())
def test_what_differs_is_told_and_nothing_else(
    one: tuple[str, BaseModel], other: tuple[str, BaseModel]
) -> None:
    name, before = one
    after = other[1] if other[0] == name else unchanged(name)
    changes = list(compare(name, before, after))
    old, new = leaves(before), leaves(after)
    told = {way(change) for change in changes}
    for path in old.keys() | new.keys():
        was, now = old.get(path), new.get(path)
        covered = any(path[: len(each)] == each for each in told)
        if isinstance(was, tuple) and isinstance(now, tuple) and was and (*path, was[0]) in old:
            # A list whose entries have names: those that both have may stand in another order.
            if order(was, now) != order(now, was):
                assert covered or any(each[: len(path)] == path for each in told)
        elif was != now:
            assert covered or any(each[: len(path)] == path for each in told), f"{path} is not told"
    for change in changes:
        path = way(change)
        if change.kind == "moved":
            was, now = old[path[:-1]], new[path[:-1]]
            assert order(was, now) != order(now, was)
        else:
            assert {key: each for key, each in old.items() if key[: len(path)] == path} != {
                key: each for key, each in new.items() if key[: len(path)] == path
            }, f"{path} is told, and is the same"


@given(models())
def test_there_and_back(edited: tuple[str, BaseModel]) -> None:
    name, model = edited
    key = name.removesuffix(".yaml")
    before = replace(full_policy(), **{key: unchanged(name)})
    after = replace(before, revision="other", **{key: model})
    forth, back = diff(before, after), diff(after, before)
    assert bool(forth) == bool(back) == (leaves(unchanged(name)) != leaves(model))
    loosens = {(each.change.path, each.weight) for each in forth.told if each.loosens}
    assert all(
        not each.loosens or (each.change.path, each.weight) not in loosens or _both_ways(each)
        for each in back.told
    )
    for language in ("en", "fr"):
        assert all(line.strip() and "\n" not in line for line in forth.sentences(language))


def _both_ways(told: Any) -> bool:
    """Lists from which something went and to which something came loosen either way."""
    change = told.change
    return not isinstance(change, Change) or not isinstance(change.before, bool | int)
