"""One simulated agent: signs in, answers invitations, talks, closes; pauses and is cut off at times."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from datetime import UTC, datetime

import httpx

from orchestrator.load.lines import Free
from orchestrator.load.people import AgentPlan, stream
from orchestrator.load.scene import Scene, agent_name, line_of
from orchestrator.load.score import Attendance
from orchestrator.load.wire import Failed, Json, Refused, Requests, Stream

DESK = {"x-visavis": "desk"}
PERSON = 60_000
"""Agents' addresses come after those of visitors."""


class SimulatedAgent:
    def __init__(self, scene: Scene, plan: AgentPlan, account: Json, client: httpx.AsyncClient) -> None:
        """``account``: name, e-mail and password. ``client`` keeps this agent's cookie, and nobody else's."""
        self.scene = scene
        self.plan = plan
        self.name: str = account["name"]
        self._account = account
        self._client = client
        self._random = stream(scene.seed, "agent's day", plan.number)
        headers = scene.service.headers(PERSON + plan.number, scene.service.url) | DESK
        self._ask = Requests(client, scene.service, scene.traffic, headers)
        self._stream: Stream | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._here = asyncio.Event()
        self._desk = scene.judge.holding.desk(self.name)
        self._views: dict[str, Json] = {}
        self._had: set[str] = set()
        self._lost: set[str] = set()
        self._offers: dict[str, bool] = {}
        self._channels = {"chat": "offline", "video": "offline"}
        self._attendance = Attendance(self.name, plan.languages, plan.video)
        scene.score.attendances.append(self._attendance)
        self._wrap_up_until: datetime | None = None
        self._pausing = False
        self._written = 0

    # --- the day --------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Sign in, open the desk, and be available.

        Raises:
            Failed: the service did not let the agent in.
        """
        await self._ask(
            "POST",
            "/api/auth/login",
            {"email": self._account["email"], "password": self._account["password"]},
        )
        state = await self._ask("GET", "/api/agent/state")
        self._take_state(state)
        cookie = "; ".join(f"{one.name}={one.value}" for one in self._client.cookies.jar)
        self._stream = Stream(
            self.scene.service,
            self.scene.traffic,
            "/api/agent/socket",
            self._ask.headers | {"cookie": cookie},
            {"type": "hello", "after": state["seq"], "can_video": self.plan.video},
            self._hear,
            self._link,
        )
        self._stream.start()
        await self._here.wait()
        await self._switch("available")
        self._spawn(self._pause_sometimes())
        self._spawn(self._lose_connection_sometimes())

    async def end(self) -> None:
        """The day is over: nothing is held any more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(Failed, Refused):
            await self._switch("offline")

    async def close_desk(self) -> None:
        if self._stream is not None:
            await self._stream.stop()

    @property
    def at_rest(self) -> bool:
        return not self._desk.held and not self._offers

    @property
    def state(self) -> str:
        """A word for the progress."""
        if not self._desk.connected:
            return "cut off"
        if self._desk.held:
            return "busy"
        return self._channels["chat"]

    @property
    def load(self) -> tuple[int, int, bool]:
        """Conversations held, the most at a time, and whether the agent is on duty."""
        held = len(self._desk.held)
        on = held > 0 or (self._desk.connected and self._channels["chat"] == "available")
        return held, self._desk.chat_total or 0, on

    def free(self) -> Free | None:
        """Who could be asked, as this desk knows it; a call keeps everything else away."""
        total = self._desk.chat_total
        resting = self._wrap_up_until is not None and datetime.now(UTC) < self._wrap_up_until
        in_call = any(self._desk.held.values()) or any(self._offers.values())
        if not self._desk.connected or total is None or resting or in_call:
            return None
        taken = len(self._desk.held) + len(self._offers)
        chat = self._channels["chat"] == "available" and taken < total
        video = self.plan.video and self._channels["video"] == "available" and chat and taken == 0
        return Free(chat, video, frozenset(self.plan.languages)) if chat else None

    # --- work -----------------------------------------------------------------------------------------

    async def _consider(self, invitation: Json) -> None:
        habits, chance, asked_at = self.scene.habits, self._random.random(), self.scene.now()
        await self.scene.pause(habits.accept_after * self._random.uniform(0.3, 1.7))
        await self._here.wait()
        if chance < habits.ignores:
            return
        name: str = invitation["id"]
        path = f"/api/agent/conversations/{invitation['conversation']['id']}/invitation/{name}"
        with contextlib.suppress(Refused):
            if chance < habits.ignores + habits.declines:
                await self._ask("POST", f"{path}/decline", {"reason": ""})
                return
            view = await self._ask("POST", f"{path}/accept")
            self.scene.judge.invitations.accepted(self.scene.now(), name)
            self.scene.score.accepted_after[view["id"]] = self.scene.now() - asked_at
            self._see(view)

    async def _handle(self, conversation: str) -> None:
        """From the greeting to the end, unless somebody else ends it."""
        habits = self.scene.habits
        ends_at = self.scene.now() + self.scene.pace(habits.handle * self._random.uniform(0.4, 1.6))
        proposes = self._random.random() < habits.proposes_video
        while conversation in self._desk.held:
            await self.scene.pause(self._random.uniform(5, 25))
            await self._here.wait()
            view = self._views[conversation]
            if conversation not in self._desk.held:
                return
            path = f"/api/agent/conversations/{conversation}"
            with contextlib.suppress(Refused):
                if self.scene.now() >= ends_at and view["state"] == "chat":
                    self._see(await self._ask("POST", f"{path}/close"))
                elif proposes and view["can"]["propose_video"]:
                    proposes = False
                    self._see(await self._ask("POST", f"{path}/video/propose"))
                else:
                    await self._write(conversation)

    async def _write(self, conversation: str) -> None:
        self._written += 1
        mark, histories = f"{self.scene.run}-a{self.plan.number}-{self._written}", self.scene.judge.histories
        body = {"client_id": mark, "text": f"Answer {self._written} of agent {self.plan.number}."}
        histories.sending(self.scene.now(), mark)
        posted = await self._ask("POST", f"/api/agent/conversations/{conversation}/messages", body)
        histories.acknowledged(self.name, posted["conversation_id"], line_of(posted["message"]))

    async def _switch(self, state: str, reason: str | None = None) -> None:
        video = state if self.plan.video else "offline"
        chat: Json = {"state": state} | ({"reason": reason} if reason else {})
        self._take_state(
            await self._ask("PUT", "/api/agent/presence", {"chat": chat, "video": {"state": video}})
        )

    async def _pause_sometimes(self) -> None:
        while True:
            await self.scene.pause(self._random.expovariate(1 / self.scene.habits.mean_between_pauses))
            if self.scene.ending.is_set():
                return
            await self._here.wait()
            self._pausing = True
            await self._switch("paused")
            await self.scene.pause(self.scene.habits.pause * self._random.uniform(0.5, 1.5))
            await self._here.wait()
            await self._switch("available")
            self._pausing = False

    async def _come_back(self) -> None:
        """Paused by the service because invitations were missed: the agent sees it after a while."""
        await self.scene.pause(30)
        await self._here.wait()
        await self._switch("available")
        self._pausing = False

    async def _lose_connection_sometimes(self) -> None:
        while True:
            await self.scene.pause(self._random.expovariate(1 / self.scene.habits.mean_between_drops))
            if self.scene.ending.is_set() or self._stream is None:
                return
            self.scene.score.drops["agents"] += 1
            # A reload; sometimes longer than the service waits before it gives their invitations to others.
            seconds = (
                self._random.uniform(0.3, 3) if self._random.random() < 0.8 else self._random.uniform(11, 16)
            )
            await self._stream.drop(seconds)

    # --- what the desk is shown -------------------------------------------------------------------------

    def _hear(self, frame: Json) -> None:
        now, judge = self.scene.now(), self.scene.judge
        if "seq" in frame:
            judge.histories.numbered(now, self.name, frame["seq"], line=frame["type"] == "message")
        match frame["type"]:
            case "message":
                message: Json = frame["message"]
                own = str(message["client_id"]).startswith(f"{self.scene.run}-a{self.plan.number}-")
                judge.histories.arrived(now, self.name, message["conversation_id"], line_of(message), own=own)
            case "conversation":
                self._see(frame["conversation"])
            case "invitation":
                self._be_invited(frame["invitation"])
            case "invitation_ended":
                self._offers.pop(frame["invitation_id"], None)
                judge.invitations.over(now, frame["invitation_id"], frame["reason"])
                judge.lines.invitation_over(now, frame["invitation_id"], frame["reason"])
            case "agent":
                self._take_state(frame)
            case _:
                pass

    def _be_invited(self, invitation: Json) -> None:
        now, judge = self.scene.now(), self.scene.judge
        conversation = invitation["conversation"]["id"]
        self._offers[invitation["id"]] = invitation["with_video"]
        judge.invitations.begun(now, invitation["id"], self.name, conversation)
        judge.lines.invited(now, conversation, self.name, invitation["id"])
        self._spawn(self._consider(invitation))

    def _see(self, view: Json) -> None:
        now, holding, name = self.scene.now(), self.scene.judge.holding, view["id"]
        closed = view["state"] == "closed"
        holding.view(now, name, view["version"], None if closed else agent_name(view))
        if view["version"] < self._desk.versions.get(name, 0):
            return
        self._views[name] = view
        mine = view["mine"] and not closed
        video = view["state"] in ("video_lobby", "in_video") or view["proposal"] is not None
        new = mine and name not in self._desk.held
        if not mine and not closed and name in self._desk.held:
            self._lost.add(name)
        holding.on_desk(now, self.name, name, view["version"], mine=mine, video=video)
        if new:
            if name in self._lost:
                self.scene.judge.histories.returned(self.name, name)
            self._spawn(self._handle(name))

    def _take_state(self, state: Json) -> None:
        self.scene.judge.holding.capacity(self.scene.now(), self.name, state["capacity"])
        presence: Json = state["presence"]
        self._channels = {channel: presence[channel]["state"] for channel in ("chat", "video")}
        self._attendance.capacity = state["capacity"]["chat_total"]
        self._attend()
        until = state["wrap_up_until"]
        self._wrap_up_until = datetime.fromisoformat(until) if until else None
        if (
            self._channels["chat"] == "paused"
            and presence["chat"]["reason"] == "missed"
            and not self._pausing
        ):
            self._pausing = True
            self._spawn(self._come_back())

    def _attend(self) -> None:
        available = self._channels["chat"] == "available"
        self._attendance.note(self.scene.now(), available=available, connected=self._desk.connected)

    def _link(self, there: bool) -> None:
        self._desk.connected = there
        self._attend()
        if there:
            self.scene.judge.histories.linked(self.scene.now(), self.name)
            self._here.set()
        else:
            self._here.clear()

    def _spawn(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            try:
                await work
            except (Failed, Refused) as error:
                self.scene.mishaps[f"agent: {error}"] += 1

        task = asyncio.get_running_loop().create_task(run(), name=self.name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
