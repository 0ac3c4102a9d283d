"""``camera.yaml``: what the visitor's camera may do, per site; a group may only tighten it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from rules.schema.base import Frozen, SiteId, Slug, Spec, Texts, Thawed
from rules.vocabulary import CameraPolicy


class Reassurance(Spec):
    """What the notification says about the camera when it is not simply allowed."""

    off_by_default: Texts
    forbidden: Texts


class ReassuranceOverride(Spec):
    off_by_default: Texts | None = None
    forbidden: Texts | None = None


class SiteCamera(Spec):
    camera: CameraPolicy | None = None
    screen_share_when_forbidden: bool | None = None
    reassurance: ReassuranceOverride | None = None


class CameraFile(Spec):
    """``screen_share_when_forbidden`` is off, or a camera could be smuggled through a shared screen."""

    default: CameraPolicy
    screen_share_when_forbidden: bool = False
    reassurance: Reassurance
    sites: Annotated[Mapping[SiteId, SiteCamera], Frozen, Thawed] = Field(
        default_factory=dict[str, SiteCamera]
    )
    groups: Annotated[Mapping[Slug, CameraPolicy], Frozen, Thawed] = Field(
        default_factory=dict[str, CameraPolicy]
    )
