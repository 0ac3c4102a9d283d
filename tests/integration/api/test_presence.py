"""Presence over HTTP: what is taken, what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.world import World


async def put(world: World, body: object) -> Any:
    return await world.client.put("/api/agent/presence", json=body, headers=world.desk("agent"))


async def test_each_channel_for_itself(world: World) -> None:
    await world.make_staff("agent")
    both = await put(world, {"chat": {"state": "available"}, "video": {"state": "paused", "reason": "lunch"}})
    assert both.status_code == 200, both.text
    one = (await put(world, {"chat": {"state": "paused"}})).json()
    assert (one["presence"]["chat"]["state"], one["presence"]["chat"]["reason"]) == ("paused", None)
    assert one["presence"]["video"] == both.json()["presence"]["video"], "what was left out stays"
    assert one["wrap_up_until"] is None
    assert {"id": "lunch", "labels": {"fr": "Déjeuner", "en": "Lunch"}} in one["pause_reasons"]
    same = (await put(world, {})).json()
    assert same["presence"] == one["presence"]
    ended = await world.agent("agent", "POST", "/wrap-up/end")
    assert ended.status_code == 200, "without a wrap-up nothing happens"


@pytest.mark.parametrize(
    ("chat", "code"),
    [
        (True, "invalid_request"),
        ({"state": "busy"}, "invalid_request"),
        ({"state": "paused", "reason": "I have a cold"}, "invalid_request"),
        ({"state": "paused", "reason": "x" * 65}, "invalid_request"),
        ({"state": "paused", "reason": "lunch", "note": "x"}, "invalid_request"),
        ({"state": "paused", "reason": "siesta"}, "unknown_pause_reason"),
        ({"state": "paused", "reason": "missed"}, "unknown_pause_reason"),
        ({"state": "offline", "reason": "lunch"}, "reason_without_pause"),
    ],
)
async def test_what_is_refused_changes_nothing(world: World, chat: object, code: str) -> None:
    await world.make_staff("agent")
    refused = await put(world, {"chat": chat, "video": {"state": "available"}})
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    if code == "unknown_pause_reason":
        assert "lunch" in refused.json()["detail"], "it says what there is"
    state = (await world.agent("agent", "GET", "/state")).json()
    assert [state["presence"][channel]["state"] for channel in ("chat", "video")] == ["offline", "offline"]
