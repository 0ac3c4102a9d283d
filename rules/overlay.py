"""A site's own settings over those for all sites: what a site does not say stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def overlay(base: Model, over: BaseModel | None) -> Model:
    """``base`` with what ``over`` says: models and mappings entry by entry, everything else as a whole."""
    if over is None:
        return base
    changes: dict[str, Any] = {}
    for name in over.model_fields_set:
        value = getattr(over, name)
        if value is not None:
            changes[name] = _laid(getattr(base, name), value)
    return base.model_copy(update=changes)


def _laid(base: Any, over: Any) -> Any:
    if isinstance(base, BaseModel) and isinstance(over, BaseModel):
        return overlay(base, over)
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        merged: dict[Any, Any] = dict(base)  # pyright: ignore[reportUnknownArgumentType]
        for key, value in over.items():  # pyright: ignore[reportUnknownVariableType]
            merged[key] = _laid(merged[key], value) if key in merged else value
        return MappingProxyType(merged)
    return over
