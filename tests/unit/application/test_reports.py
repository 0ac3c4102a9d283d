"""Reports over a ledger that a test wrote: every number is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from orchestrator.application.agent_report import AgentQuery, AgentReport
from orchestrator.application.errors import Invalid
from orchestrator.application.records import Json
from orchestrator.application.report_periods import Period, bound, days_between, hour_of, zone_named
from orchestrator.application.wait_report import Dimension, WaitQuery, WaitReport, nearest_rank
from orchestrator.domain.conversation import Conversation, Device
from orchestrator.domain.ledger import (
    Channel,
    HandlingBegan,
    HandlingEnded,
    VideoCounted,
    WaitBegan,
    WaitEnded,
    WaitInvited,
    WaitOutcome,
)
from tests.fakes.application import Application, policy_with

DAY = datetime(2026, 3, 2, tzinfo=UTC)
PARIS_HOURS = {
    "routing.yaml": (
        "    hours: always\n",
        '    hours: { time_zone: Europe/Paris, week: { sunday: ["00:00-24:00"] } }\n',
    )
}


class Books:
    """Writes waits and handlings of conversations that are made for them."""

    def __init__(self, app: Application, site_id: str, visitor_id: str) -> None:
        self.app = app
        self.site_id = site_id
        self.visitor_id = visitor_id
        self.count = 0

    @classmethod
    async def of(cls, app: Application) -> Books:
        key = await app.site()
        return cls(app, "shop", await app.visitor(key))

    async def _conversation(self) -> str:
        self.count += 1
        name = f"c{self.count}"
        one = Conversation(name, self.site_id, self.visitor_id, "fr", Device.DESKTOP, "r", DAY, version=1)
        async with self.app.store.transaction() as tx:
            await tx.conversations.insert(one, last_position=0)
        return name

    async def wait(
        self,
        at: datetime,
        seconds: float | None,
        outcome: WaitOutcome = "answered",
        *,
        channel: Channel = "chat",
        group: str = "advisors",
    ) -> None:
        name = await self._conversation()
        async with self.app.store.transaction() as tx:
            await tx.ledger.append(
                [WaitBegan(name, 3, group, channel, self.site_id, "fr", 0, at), WaitInvited(name)]
            )
            if seconds is not None:
                await tx.ledger.append([WaitEnded(name, outcome, at + timedelta(seconds=seconds))])

    async def handling(
        self,
        agent_id: str,
        at: datetime,
        seconds: float | None,
        *,
        video: float = 0.0,
        group: str = "advisors",
    ) -> None:
        name = await self._conversation()
        async with self.app.store.transaction() as tx:
            await tx.ledger.append(
                [HandlingBegan(name, 5, agent_id, group, "chat", self.site_id, at), VideoCounted(name, video)]
            )
            if seconds is not None:
                await tx.ledger.append([HandlingEnded(name, "closed", at + timedelta(seconds=seconds))])


def at(hour: int, minute: int = 0) -> datetime:
    return DAY + timedelta(hours=hour, minutes=minute)


async def waits(app: Application, *by: Dimension, **values: object) -> list[Json]:
    period = Period(date(2026, 3, 2), date(2026, 3, 3))
    query = WaitQuery(**({"period": period, "by": by} | values))  # type: ignore[arg-type]
    report = await WaitReport(app.store, app.clock, app.policies).make(query)
    return report["rows"]  # type: ignore[return-value]


async def test_every_number_of_a_row(app: Application) -> None:
    books = await Books.of(app)
    claire = await app.agent("claire")
    for seconds in (10, 20, 40, 100):
        await books.wait(at(9), seconds)
    for outcome in ("left", "away", "timed_out", "failed_full", "message", "closed", "requeued"):
        await books.wait(at(9), 60, outcome)
    await books.wait(at(9), None)
    await books.handling(claire, at(9), 300, video=120)
    await books.handling(claire, at(9), 100)
    await books.handling(claire, at(9), None)
    (row,) = await waits(app, "group")
    assert row == {
        "group": "advisors",
        "offered": 11,
        "answered": 4,
        "abandoned": 2,
        "failed": 2,
        "timed_out": 1,
        "failed_full": 1,
        "failed_closed": 0,
        "failed_nobody": 0,
        "failed_declined": 0,
        "messages": 1,
        "closed": 1,
        "requeued": 1,
        "waiting": 1,
        "invitations": 12,
        "service_level": 0.2,
        "wait_mean": 42.5,
        "wait_p50": 20.0,
        "wait_p90": 100.0,
        "handled": 2,
        "handle_mean": 200.0,
        "video_seconds": 120.0,
    }


async def test_rows_by_hour_channel_and_site_and_what_a_filter_lets_through(app: Application) -> None:
    books = await Books.of(app)
    await books.wait(at(9, 59), 30)
    await books.wait(at(10), 30, channel="video")
    await books.wait(at(10, 30), 30, "left")
    await books.wait(at(23, 59), 30, group="gone")
    await books.wait(at(24), 30)
    by_hour = await waits(app, "hour")
    assert [(row["hour"], row["offered"]) for row in by_hour] == [(at(9), 1), (at(10), 2), (at(23), 1)]
    by_channel = await waits(app, "channel", "site", group="advisors")
    assert [(row["channel"], row["site"], row["offered"]) for row in by_channel] == [
        ("chat", "shop", 2),
        ("video", "shop", 1),
    ]
    assert [row["group"] for row in await waits(app, "group")] == ["advisors", "gone"]
    assert await waits(app, "group", channel="video", site="elsewhere") == []
    exact = Period(at(10), at(10, 30))
    assert [row["offered"] for row in await waits(app, "day", period=exact)] == [1]


async def test_a_day_on_which_the_clocks_go_back_has_the_hour_twice(database: object) -> None:
    from tests.fakes.application import running

    async with running(database, policy=policy_with(PARIS_HOURS)) as app:  # type: ignore[arg-type]
        books = await Books.of(app)
        # Paris, 25 October 2026: 02:30 comes at 00:30 UTC, and again at 01:30 UTC.
        for hour in (-2, 0, 1, 22):
            await books.wait(datetime(2026, 10, 25, tzinfo=UTC) + timedelta(hours=hour, minutes=30), 10)
        day = Period(date(2026, 10, 25), date(2026, 10, 26))
        rows = await waits(app, "hour", period=day)
        assert [row["hour"].isoformat() for row in rows] == [  # type: ignore[attr-defined]
            "2026-10-25T00:00:00+02:00",
            "2026-10-25T02:00:00+02:00",
            "2026-10-25T02:00:00+01:00",
            "2026-10-25T23:00:00+01:00",
        ]
        (whole,) = await waits(app, "day", period=day)
        assert (whole["day"], whole["offered"]) == (date(2026, 10, 25), 4)
        assert [row["offered"] for row in await waits(app, "group", period=day)] == [4]


def test_local_days_have_23_and_25_hours() -> None:
    paris = zone_named("Europe/Paris")
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)):
        start, end = Period(day, day + timedelta(days=1)).within(paris)
        assert end - start == timedelta(hours=hours)
        assert days_between(start, end, paris) == [(day, start, end)]


def test_hours_of_a_zone_that_is_off_by_a_half() -> None:
    india = zone_named("Asia/Kolkata")
    assert hour_of(datetime(2026, 3, 2, 9, 45, tzinfo=UTC), india).isoformat() == "2026-03-02T15:00:00+05:30"


@pytest.mark.parametrize(("share", "value"), [(0.5, 2.0), (0.9, 4.0), (1.0, 4.0), (0.01, 1.0)])
def test_percentiles_are_values_that_occurred(share: float, value: float) -> None:
    assert nearest_rank([1.0, 2.0, 3.0, 4.0], share) == value
    assert nearest_rank([], share) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-02-30", "period_malformed"),
        ("yesterday", "period_malformed"),
        ("2026-03-02T09:00:00", "period_malformed"),
        ("0001-01-01T00:00:00+14:00", "period_malformed"),
        ("", "period_malformed"),
    ],
)
def test_bounds_that_make_no_sense(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        bound(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-03-02", "2026-03-02", "period_empty"),
        ("2026-03-02T10:00:00Z", "2026-03-02T09:00:00Z", "period_empty"),
        ("2024-01-01", "2026-01-01", "period_too_long"),
    ],
)
async def test_periods_that_make_no_sense(app: Application, start: str, end: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await waits(app, "group", period=Period(bound(start), bound(end)))
    assert refused.value.code == code


async def test_an_agents_day(app: Application) -> None:
    books = await Books.of(app)
    claire = await app.agent("claire", connected=False)
    app.clock.advance(timedelta(days=2))
    async with app.store.transaction() as tx:
        for spell in await tx.spells.open():
            await tx.spells.turn(spell.agent_id, spell.channel, "offline", DAY)
        await tx.spells.turn(claire, "chat", "available", at(9))
        await tx.spells.turn(claire, "chat", "paused", at(11), reason="lunch")
        await tx.spells.turn(claire, "chat", "available", at(12))
        await tx.spells.turn(claire, "chat", "offline", at(25))
    await books.handling(claire, at(9, 30), 3_600, video=600)
    await books.handling(claire, at(10), 3_600)
    await books.handling(claire, at(23), 7_200)
    report = AgentReport(app.store, app.clock, app.policies)
    made = await report.make(AgentQuery(Period(date(2026, 3, 2), date(2026, 3, 4)), agent_id=claire))
    assert made["zone"] == "UTC"
    first, second = made["rows"]  # type: ignore[misc]
    assert (first["agent"], first["day"], first["conversations"]) == ("Claire", date(2026, 3, 2), 3)
    assert first["chat"]["available"] == (2 + 12) * 3_600
    assert first["chat"]["paused"] == first["pauses"]["lunch"] == 3_600
    assert first["busy_seconds"] == 1.5 * 3_600 + 3_600
    assert first["duty_seconds"] == 14 * 3_600
    assert first["occupancy"] == round(2.5 / 14, 4)
    assert (first["video_seconds"], first["handle_mean"]) == (600, 4_800)
    # What goes on past midnight counts there, and only the time of it.
    assert (second["day"], second["conversations"], second["busy_seconds"]) == (date(2026, 3, 3), 0, 3_600)
    assert second["chat"]["available"] == 3_600


async def test_what_has_not_happened_yet_is_not_reported(app: Application) -> None:
    await app.agent("claire")
    report = AgentReport(app.store, app.clock, app.policies)
    made = await report.make(AgentQuery(Period(date(2026, 3, 3), date(2026, 3, 9))))
    assert made["rows"] == []
