"""Reports over the wire and on the command line."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.integration.api.conftest import running
from tests.integration.api.world import World


def days(before: int = 1, after: int = 2) -> dict[str, str]:
    """From yesterday to the day after tomorrow: whichever day it is where the groups are."""
    today = datetime.now(UTC).date()
    return {"from": str(today - timedelta(days=before)), "to": str(today + timedelta(days=after))}


async def one_of_each(world: World) -> None:
    """A visitor who was answered, one who left the line, and one who waits."""
    await world.make_staff()
    await world.present("agent")
    answered = await world.visit()
    conversation = await answered.start(want="chat")
    await answered.call("POST", f"/conversations/{conversation['id']}/person")
    await world.accept_invitation("agent")
    await world.agent("agent", "POST", f"/conversations/{conversation['id']}/close")
    await world.present("agent", chat=False, video=False)
    for leaves in (True, False):
        visitor = await world.visit()
        waiting = await visitor.start(want="chat")
        asked = await visitor.call("POST", f"/conversations/{waiting['id']}/person")
        assert asked.json()["state"] == "queued", asked.text
        if leaves:
            await visitor.call("POST", f"/conversations/{waiting['id']}/queue/leave")


async def report(world: World, name: str, who: str = "supervisor", **query: Any) -> Any:
    headers = world.desk(who) | {"accept": query.pop("accept", "application/json")}
    return await world.client.get(f"/api/reports/{name}", params=days() | query, headers=headers)


async def test_waits_as_json_and_as_csv(world: World) -> None:
    await one_of_each(world)
    made = await report(world, "waits", by="group,channel")
    assert made.status_code == 200, made.text
    (row,) = made.json()["rows"]
    assert (row["group"], row["channel"]) == ("advisors", "chat")
    counts = {
        name: row[name] for name in ("offered", "answered", "abandoned", "waiting", "invitations", "handled")
    }
    assert counts == {
        "offered": 3,
        "answered": 1,
        "abandoned": 1,
        "waiting": 1,
        "invitations": 1,
        "handled": 1,
    }
    assert row["service_level"] == 0.5

    for options in ({"accept": "text/csv"}, {"format": "csv"}):
        table = await report(world, "waits", by="group,hour", **options)
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert table.headers["cache-control"] == "no-store"
        header, *lines = csv.reader(io.StringIO(table.text, newline=""))
        assert header[:3] == ["group", "hour", "offered"]
        assert sum(int(line[2]) for line in lines) == 3
    with_bom = await report(world, "waits", format="csv", bom="true")
    assert with_bom.content.startswith(b"\xef\xbb\xbf")


async def test_agents_as_json_and_as_csv(world: World) -> None:
    await one_of_each(world)
    made = await report(world, "agents")
    assert made.status_code == 200, made.text
    rows = made.json()["rows"]
    (claire,) = [row for row in rows if row["agent"] == "Agent"]
    assert claire["conversations"] == 1
    assert claire["chat"]["available"] > 0
    table = await report(world, "agents", format="csv")
    header, *lines = csv.reader(io.StringIO(table.text, newline=""))
    assert {"agent_id", "day", "chat.available", "occupancy"} <= set(header)
    assert len(lines) == len(rows)


async def test_the_board_says_so_when_nothing_has_changed(world: World) -> None:
    await one_of_each(world)
    await world.runtime.platform.reporting.board._follower.run_once()  # what its loop does within a second
    board = world.runtime.platform.reporting.board
    board._made = None
    headers = world.desk("supervisor")
    seen = await world.client.get("/api/supervisor/board", headers=headers)
    assert seen.status_code == 200, seen.text
    (group,) = seen.json()["groups"]
    assert (group["chat"]["waiting"], group["today"]["answered"]) == (1, 1)
    assert [entry["position"] for entry in seen.json()["queue"]] == [1]
    board._made = None
    again = await world.client.get(
        "/api/supervisor/board", headers=headers | {"if-none-match": seen.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    await world.present("agent", chat=True, video=False)
    board._made = None
    changed = await world.client.get(
        "/api/supervisor/board", headers=headers | {"if-none-match": seen.headers["etag"]}
    )
    assert changed.status_code == 200
    assert changed.headers["etag"] != seen.headers["etag"]


async def test_what_asking_would_come_to(world: World) -> None:
    await world.make_staff("agent")
    visitor = await world.visit()
    both = await visitor.call("GET", "/availability")
    assert [(one["channel"], one["status"]) for one in both.json()["channels"]] == [
        ("chat", "queue"),
        ("video", "queue"),
    ]
    stream = world.runtime.platform.streams.agent(world.users["agent"], can_video=True)
    async with stream:
        await world.present("agent")
        # The floor hears of it a moment later, by way of the outbox.
        async with asyncio.timeout(5):
            while (  # noqa: ASYNC110
                found := await visitor.call("GET", "/availability?need=video")
            ).json()["channels"][0]["status"] != "available":
                await asyncio.sleep(0.01)
        assert [one["channel"] for one in found.json()["channels"]] == ["video"]
    assert (await visitor.call("GET", "/availability?need=smoke")).status_code == 422


async def test_grades_as_a_report_and_as_metrics(world: World) -> None:
    await world.make_staff("supervisor", "admin")
    grades = await world.client.get("/api/reports/wait-grades", headers=world.desk("supervisor"))
    assert [(one["group"], one["channel"], one["n"]) for one in grades.json()] == [
        ("advisors", "chat", 0.0),
        ("advisors", "video", 0.0),
    ]
    metrics = await world.client.get("/metrics", headers=world.desk("admin"))
    assert 'visavis_wait_grade_n{channel="video",group="advisors"} 0.0' in metrics.text
    # Nothing is known of the shares: no number is better than a made-up one.
    assert "visavis_wait_grade_share_below_p50{" not in metrics.text


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"from": "x"}, "period_malformed"),
    ({"by": "group,moon"}, "dimensions_unknown"),
    ({"by": "group,group"}, "dimensions_unknown"),
    ({"by": ","}, "dimensions_unknown"),
    ({"to": "2020-01-01"}, "period_empty"),
    ({"from": "2001-01-01"}, "period_too_long"),
    ({"group": "a b"}, "invalid_request"),
    ({"format": "xml"}, "invalid_request"),
]


async def test_questions_that_make_no_sense(world: World) -> None:
    await world.make_staff("supervisor")
    for query, code in MISTAKES:
        refused = await report(world, "waits", **query)
        assert (refused.status_code, refused.json()["code"]) == (422, code), query


async def test_the_command_prints_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as world:
        await one_of_each(world)
        online = await report(world, "waits", by="group", format="csv")
    span = days()
    options = ["report", "waits", "--from", span["from"], "--to", span["to"], "--data-dir", str(tmp_path)]

    def run(*more: str) -> Any:
        from orchestrator.cli import app

        return CliRunner().invoke(app, [*options, *more])

    # The command has an event loop of its own.
    printed = await asyncio.to_thread(run, "--csv")
    assert printed.exit_code == 0, printed.output
    assert printed.output.splitlines() == online.text.splitlines()
    table = await asyncio.to_thread(run)
    assert "advisors" in table.output
    refused = await asyncio.to_thread(run, "--by", "moon")
    assert (refused.exit_code, "group, channel, site" in refused.output) == (1, True)
