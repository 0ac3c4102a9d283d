"""A supervisor who watches: the line and the board, as the service tells them, and every history at the end."""

from __future__ import annotations

import asyncio
from typing import cast

from orchestrator.load.scene import Scene, line_of
from orchestrator.load.wire import Failed, Json, Refused, Requests

EVERY = 0.5
"""Seconds between two readings; the board is asked for every fourth time."""


class Supervisor:
    def __init__(self, scene: Scene, ask: Requests) -> None:
        """``ask``: as somebody who is signed in as a supervisor or an administrator."""
        self.scene = scene
        self._ask = ask
        self.readings = 0
        self.target_seconds: float | None = None
        self.target_share: int | None = None

    async def watch(self) -> None:
        """Until it is cancelled."""
        turn = 0
        while True:
            try:
                await self._survey()
                if turn % 4 == 0:
                    await self._read_board()
                self.readings += 1
            except (Failed, Refused) as error:
                self.scene.mishaps[f"supervisor: {error}"] += 1
            turn += 1
            await asyncio.sleep(EVERY)

    async def _survey(self) -> None:
        asked_at = self.scene.now()
        queued: dict[str, str | None] = {}
        after = ""
        while True:
            page = await self._ask("GET", f"/api/supervisor/conversations?state=queued&limit=100{after}")
            queued |= {one["id"]: one["invited"] for one in page["conversations"]}
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        self.scene.judge.lines.surveyed(asked_at, queued)

    async def _read_board(self) -> None:
        board = await self._ask("GET", "/api/supervisor/board")
        shown = {one["name"]: (one["chats"], one["conversations"]) for one in board["agents"]}
        self.scene.judge.holding.board(self.scene.now(), shown)
        if board["groups"]:
            self.target_seconds = board["groups"][0]["target_seconds"]
            self.target_share = board["groups"][0]["target_share"]

    async def read_histories(self, conversations: set[str]) -> set[str]:
        """Judge every history. Returns which conversations are still open."""
        open_ones: set[str] = set()
        limit = asyncio.Semaphore(4)

        async def read(name: str) -> None:
            async with limit:
                try:
                    found = await self._ask("GET", f"/api/supervisor/conversations/{name}")
                except (Failed, Refused) as error:
                    self.scene.mishaps[f"supervisor: {error}"] += 1
                    return
            group = found["conversation"].get("group")
            if group is not None:
                self.scene.score.groups[name] = group
            lines = [line_of(message) for message in cast("list[Json]", found["messages"])]
            self.scene.judge.histories.history(self.scene.now(), name, lines)
            if found["conversation"]["state"] != "closed":
                open_ones.add(name)

        await asyncio.gather(*(read(name) for name in conversations))
        return open_ones

    async def own_report(self, day: str, until: str) -> Json | None:
        """What the service itself counted of these days; None if it did not say."""
        try:
            report = await self._ask("GET", f"/api/reports/waits?from={day}&to={until}&by=group")
        except (Failed, Refused) as error:
            self.scene.mishaps[f"supervisor: {error}"] += 1
            return None
        rows = cast("list[Json]", report["rows"])
        wanted = ("offered", "answered", "abandoned", "failed", "requeued", "invitations")
        return {name: sum(row[name] for row in rows) for name in wanted}
