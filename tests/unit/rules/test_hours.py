"""Business hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.hours import group_open
from rules.schema.routing import GroupSpec
from tests.unit.rules.shipped import compiled

PARIS = ZoneInfo("Europe/Paris")
HOURS = """hours:
      time_zone: Europe/Paris
      week: { monday: ["09:00-12:30", "14:00-18:00"], sunday: ["00:00-24:00"] }
      closed_on: [2030-12-23]"""


@pytest.fixture
def group() -> GroupSpec:
    return compiled("routing.yaml", "hours: always", HOURS).group("advisors").spec


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2030-06-03 08:59:59", False),
        ("2030-06-03 09:00:00", True),
        ("2030-06-03 12:29:59", True),
        ("2030-06-03 12:30:00", False),
        ("2030-06-03 14:00:00", True),
        ("2030-06-03 18:00:00", False),
        ("2030-06-04 10:00:00", False),
        ("2030-06-02 00:00:00", True),
        ("2030-06-02 23:59:59", True),
        ("2030-12-23 10:00:00", False),
        ("2030-12-16 10:00:00", True),
    ],
)
def test_hours_are_local(group: GroupSpec, moment: str, is_open: bool) -> None:
    local = datetime.fromisoformat(moment).replace(tzinfo=PARIS)
    assert group_open(group, local) is is_open
    assert group_open(group, local.astimezone(UTC)) is is_open


def test_nine_stays_nine_when_the_clocks_change(group: GroupSpec) -> None:
    winter = datetime(2030, 3, 25, 8, 0, tzinfo=UTC)
    summer = datetime(2030, 4, 1, 7, 0, tzinfo=UTC)
    assert group_open(group, winter)
    assert group_open(group, summer)
    assert not group_open(group, summer - timedelta(seconds=1))


def test_always() -> None:
    spec = compiled("routing.yaml", "    hours: always\n", "").group("advisors").spec
    assert group_open(spec, datetime(2030, 1, 1, tzinfo=UTC))


def test_the_moment_needs_a_time_zone(group: GroupSpec) -> None:
    with pytest.raises(ValueError, match="time zone"):
        group_open(group, datetime(2030, 1, 1))  # noqa: DTZ001
