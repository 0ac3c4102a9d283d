"""``engagement.yaml``: how a site invites its visitors: the notification, its entries, its words, its wait estimate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from rules.schema.base import Distinct, Duration, Frozen, Language, ShortWords, SiteId, Spec, Thawed
from rules.vocabulary import DeviceName

LauncherFormat = Literal["bubble", "card", "bar"]
Position = Literal["bottom_right", "bottom_left"]
Languages = Annotated[tuple[Language, ...], Field(min_length=1), Distinct]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#1f4fd8"])]
# A path of the site, `*` standing for anything.
PagePattern = Annotated[str, Field(pattern=r"^/\S*$", max_length=200)]


class Launcher(Spec):
    format: LauncherFormat
    position: Position
    colour: Colour


class LauncherOverride(Spec):
    format: LauncherFormat | None = None
    position: Position | None = None
    colour: Colour | None = None


class Entries(Spec):
    """What a visitor may ask for: a chat, a video conversation, or both."""

    chat: bool
    video: bool


class EntriesOverride(Spec):
    chat: bool | None = None
    video: bool | None = None


class Targeting(Spec):
    """To whom the notification shows: on these pages (none: all), on these devices, after this long (none: at once)."""

    pages: Annotated[tuple[PagePattern, ...], Field(max_length=100)] = ()
    devices: Annotated[tuple[DeviceName, ...], Field(min_length=1), Distinct] = ("desktop", "mobile")
    after: Duration | None = None


class TargetingOverride(Spec):
    pages: Annotated[tuple[PagePattern, ...], Field(max_length=100)] | None = None
    devices: Annotated[tuple[DeviceName, ...], Field(min_length=1), Distinct] | None = None
    after: Duration | None = None


class WidgetText(Spec):
    title: ShortWords
    subtitle: ShortWords
    chat_button: ShortWords
    video_button: ShortWords


class WidgetTextOverride(Spec):
    title: ShortWords | None = None
    subtitle: ShortWords | None = None
    chat_button: ShortWords | None = None
    video_button: ShortWords | None = None


class SiteEngagement(Spec):
    """``languages``: the first one is what visitors of other languages get."""

    languages: Languages
    launcher: Launcher
    entries: Entries
    targeting: Targeting = Targeting()
    wait_estimate: bool
    texts: Annotated[Mapping[Language, WidgetText], Field(min_length=1), Frozen, Thawed]


class SiteEngagementOverride(Spec):
    languages: Languages | None = None
    launcher: LauncherOverride | None = None
    entries: EntriesOverride | None = None
    targeting: TargetingOverride | None = None
    wait_estimate: bool | None = None
    texts: Annotated[Mapping[Language, WidgetTextOverride], Frozen, Thawed] | None = None


class EngagementFile(Spec):
    default: SiteEngagement
    sites: Annotated[Mapping[SiteId, SiteEngagementOverride], Frozen, Thawed] = Field(
        default_factory=dict[str, SiteEngagementOverride]
    )
