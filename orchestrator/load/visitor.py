"""One simulated visitor: arrives, asks for a person, waits with some patience, talks, leaves."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime

from orchestrator.load.people import VisitorPlan, stream
from orchestrator.load.scene import Scene, agent_name, line_of
from orchestrator.load.score import Visit
from orchestrator.load.wire import Failed, Json, Refused, Requests, Stream

CATCH_UP = 8.0
"""Seconds that a stream may take at the end to tell the last lines."""


class SimulatedVisitor:
    """Remembers what its page was shown, and tells the judge."""

    def __init__(self, scene: Scene, plan: VisitorPlan) -> None:
        self.scene = scene
        self.plan = plan
        self.name = f"visitor {plan.number}"
        self.visit = Visit(
            plan.number,
            plan.video,
            scene.pace(plan.arrives),
            language=plan.language,
            patience=plan.patience,
        )
        self.view: Json | None = None
        self.conversations: set[str] = set()
        self._versions: dict[str, int] = {}
        self._random = stream(scene.seed, "visitor's day", plan.number)
        headers = scene.service.headers(plan.number + 1, scene.origin)
        self._ask = Requests(scene.client, scene.service, scene.traffic, headers)
        self._stream: Stream | None = None
        self._session: Json = {}
        self._changed = asyncio.Event()
        self._linked = asyncio.Event()
        self._there = False
        self._written = 0
        self._answered_proposals: set[str] = set()

    # --- the visit ------------------------------------------------------------------------------------

    async def live(self) -> None:
        """The whole visit. What goes wrong is noted; the visit is over then."""
        await self.scene.pause(self.plan.arrives)
        self.visit.arrived_at = self.scene.now()
        self.scene.score.visits.append(self.visit)
        reloads: asyncio.Task[None] | None = None
        try:
            await self._open_page()
            reloads = asyncio.create_task(self._reload_sometimes(), name="reloads")
            if await self._ask_for_person() and await self._wait():
                await self._talk()
        except (Failed, Refused) as error:
            self.scene.mishaps[f"visitor: {error}"] += 1
        finally:
            if reloads is not None:
                reloads.cancel()
                await asyncio.gather(reloads, return_exceptions=True)

    async def _open_page(self) -> None:
        await self._load_page(None)
        self._ask.headers["authorization"] = f"Bearer {self._session['token']}"
        self._stream = Stream(
            self.scene.service,
            self.scene.traffic,
            "/api/visitor/socket",
            self._ask.headers,
            {"type": "hello", "token": self._session["token"], "after": self._session["seq"]},
            self._hear,
            self._link,
        )
        self._stream.start()
        await self._linked.wait()

    async def _load_page(self, token: str | None) -> None:
        body: Json = {
            "site_key": self.scene.site_key,
            "language": self.plan.language,
            "device": self.plan.device,
            "can_video": True,
            "page_url": f"{self.scene.origin}/demo/",
        }
        self._session = await self._ask(
            "POST", "/api/visitor/session", body | ({"token": token} if token else {})
        )

    async def _ask_for_person(self) -> bool:
        """Ask; False when the visit is over with that."""
        video = self.plan.video and self._session["site"]["video_entry"]
        self.visit.video = video
        started = await self._ask(
            "POST",
            "/api/visitor/conversations",
            {"client_id": self._mark(), "want": "video" if video else "chat", "language": self.plan.language},
        )
        asked_at = self.scene.now()
        self.visit.conversation = started["conversation"]["id"]
        self._see(started["conversation"])
        if not video:
            if self.plan.asks_by_writing:
                await self._write()
            else:
                with contextlib.suppress(Refused):
                    self._see(await self._act("person"))
        if self._waits or self._with_agent:
            self.visit.queued_at = self.visit.queued_at or asked_at
            return True
        # The answer to a message does not say what became of the conversation.
        loaded = await self._ask("GET", f"/api/visitor/conversations/{self.visit.conversation}")
        self._see(loaded["conversation"])
        if self._waits or self._with_agent:
            return True
        self.visit.outcome = "turned_away" if self.visit.queued_at is None else "failed"
        await self._close()
        return False

    async def _wait(self) -> bool:
        """In the waiting room; False when it came to nothing."""
        gives_up_at = self.scene.now() + self.scene.pace(self.plan.patience)
        writes_at = self.scene.now() + self.scene.pace(self.plan.thinks)
        patient = True
        while True:
            now = self.scene.now()
            if self._with_agent:
                return True
            if not self._waits:
                self.visit.outcome = "failed"
                await self._close()
                return False
            if patient and now >= gives_up_at:
                if await self._give_up():
                    return False
                patient = False
            if now >= writes_at:
                writes_at = now + 3 * self.scene.pace(self.plan.thinks)
                await self._write()
            due = min(gives_up_at if patient else now + 60, writes_at)
            await self._change(max(0.01, due - self.scene.now()))

    async def _give_up(self) -> bool:
        """False when an agent came in this very moment."""
        self.visit.gave_up_at = self.scene.now()
        if self.plan.vanishes:
            self.visit.outcome = "vanished"
            await self.close_page()
            return True
        try:
            self._see(await self._act("queue/leave"))
        except Refused:
            self.visit.gave_up_at = None
            return False
        self.visit.outcome = "left"
        await self._close()
        return True

    async def _talk(self) -> None:
        """With an agent, until one of both closes it."""
        self.visit.outcome = "served"
        talk = self.scene.pace(self.scene.habits.handle)
        longest = self.scene.now() + 6 * talk + 30
        left = self.plan.messages
        writes_at = self.scene.now() + self._thinking()
        while self._state != "closed":
            now = self.scene.now()
            if now >= longest or (left == 0 and self.plan.closes and self._with_agent):
                await self._close()
                return
            if self._state in ("video_lobby", "in_video"):
                await self._look_into_camera()
            elif self._proposal is not None:
                await self._answer_proposal(self._proposal)
            if left and self.scene.now() >= writes_at and self._with_agent:
                left -= 1
                writes_at = self.scene.now() + self._thinking()
                await self._write()
            await self._change(min(2.0, max(0.01, writes_at - self.scene.now())) if left else 2.0)

    async def _look_into_camera(self) -> None:
        """The lobby; without media here, the visitor stays in chat after a while."""
        self.visit.lobbies += 1
        await self.scene.pause(self.plan.lobby)
        with contextlib.suppress(Refused):
            self._see(await self._act("video/leave-lobby"))

    async def _answer_proposal(self, proposal: str) -> None:
        self._answered_proposals.add(proposal)
        await self.scene.pause(self._random.uniform(2, 8))
        how = "accept" if self.plan.accepts_video else "decline"
        with contextlib.suppress(Refused):
            self._see(await self._act(f"video/{how}", {"proposal_id": proposal}))

    # --- acts -----------------------------------------------------------------------------------------

    async def _act(self, what: str, body: Json | None = None) -> Json:
        return await self._ask("POST", f"/api/visitor/conversations/{self.visit.conversation}/{what}", body)

    async def _write(self) -> None:
        mark, histories = self._mark(), self.scene.judge.histories
        body = {"client_id": mark, "text": f"Message {self._written} of visitor {self.plan.number}."}
        histories.sending(self.scene.now(), mark)
        posted = await self._act("messages", body)
        conversation = posted["conversation_id"]
        histories.acknowledged(self.name, conversation, line_of(posted["message"]))
        self.conversations.add(conversation)
        if conversation != self.visit.conversation:
            # It was closed meanwhile, and these words began another one: nobody here means to go on.
            with contextlib.suppress(Refused):
                self._see(await self._ask("POST", f"/api/visitor/conversations/{conversation}/close"))

    async def _close(self) -> None:
        with contextlib.suppress(Refused):
            self._see(await self._act("close"))

    async def _reload_sometimes(self) -> None:
        while True:
            await self.scene.pause(self._random.expovariate(1 / self.scene.habits.mean_between_reloads))
            if self.visit.outcome == "vanished" or self._stream is None or self.scene.ending.is_set():
                return
            self.scene.score.drops["visitors"] += 1
            if self._random.random() < 0.5:
                await self._stream.drop(self._random.uniform(0.1, 2.0))
                continue
            await self._stream.drop(self._random.uniform(0.1, 0.5))
            with contextlib.suppress(Failed):
                await self._load_page(self._session["token"])
                if self._session["conversation"] is not None:
                    self._see(self._session["conversation"])

    async def close_page(self) -> None:
        if self._stream is not None:
            await self._stream.stop()

    async def compare_history(self) -> None:
        """At the end: what the page would load now is what its stream has told."""
        if self._stream is None:
            return
        if self.visit.outcome == "vanished":
            self._stream.start()
        histories = self.scene.judge.histories
        try:
            for conversation in sorted(self.conversations):
                loaded = await self._ask("GET", f"/api/visitor/conversations/{conversation}")
                lines = [line_of(message) for message in loaded["messages"]]
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CATCH_UP):
                        while histories.told(self.name, conversation) < len(lines):  # noqa: ASYNC110 - once, at the end
                            await asyncio.sleep(0.1)
                histories.shown_to_visitor(self.scene.now(), self.name, conversation, lines)
                self._see(loaded["conversation"])
        except (Failed, Refused) as error:
            self.scene.mishaps[f"visitor: {error}"] += 1
        await self.close_page()

    # --- what the page is shown -------------------------------------------------------------------------

    def _hear(self, frame: Json) -> None:
        now, judge = self.scene.now(), self.scene.judge
        if "seq" in frame:
            judge.histories.numbered(now, self.name, frame["seq"], line=frame["type"] == "message")
        match frame["type"]:
            case "message":
                message: Json = frame["message"]
                own = message["author"]["role"] == "visitor"
                judge.histories.arrived(now, self.name, message["conversation_id"], line_of(message), own=own)
                self.conversations.add(message["conversation_id"])
            case "conversation":
                self._see(frame["conversation"])
            case _:
                pass

    def _see(self, view: Json) -> None:
        """A view of a conversation, from an answer or a frame; one that is older than the last is passed over."""
        now, judge, name = self.scene.now(), self.scene.judge, view["id"]
        self.conversations.add(name)
        closed = view["state"] == "closed"
        judge.holding.view(now, name, view["version"], None if closed else agent_name(view))
        if view["version"] < self._versions.get(name, 0):
            return
        self._versions[name] = view["version"]
        if view["state"] == "queued":
            since = datetime.fromisoformat(view["queue"]["since"]).timestamp()
            judge.lines.waits(now, name, since=since, need=view["need"], language=view["language"])
            judge.lines.present(now, name, self._there)
        else:
            judge.lines.waits_no_more(name, with_agent=view["party"] == "agent")
        if name == self.visit.conversation:
            self.view = view
            self._note(view, now)
        self._changed.set()

    def _note(self, view: Json, now: float) -> None:
        visit = self.visit
        if view["state"] == "queued" and visit.queued_at is None:
            visit.queued_at = now
            queue: Json = view["queue"]
            visit.unknown = queue["wait_unknown"]
            if queue["wait"] is not None:
                visit.quoted = (queue["wait"]["p50"], queue["wait"]["p90"])
        if view["party"] == "agent" and view["state"] != "closed" and visit.answered_at is None:
            visit.answered_at = now
            visit.queued_at = visit.queued_at or now
        if view["state"] == "closed" and visit.ended_at is None:
            visit.ended_at = now

    def _link(self, there: bool) -> None:
        self._there = there
        for conversation in self.conversations:
            self.scene.judge.lines.present(self.scene.now(), conversation, there)
        if there:
            self.scene.judge.histories.linked(self.scene.now(), self.name)
            self._linked.set()

    async def _change(self, seconds: float | None = None) -> None:
        """Until the page is shown something new."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    @property
    def _state(self) -> str:
        return self.view["state"] if self.view is not None else "chat"

    @property
    def _waits(self) -> bool:
        return self._state == "queued"

    @property
    def _with_agent(self) -> bool:
        return self.view is not None and self.view["party"] == "agent" and self._state != "closed"

    @property
    def _proposal(self) -> str | None:
        found = self.view["proposal"] if self.view is not None else None
        return found["id"] if found is not None and found["id"] not in self._answered_proposals else None

    def _mark(self) -> str:
        self._written += 1
        return f"{self.scene.run}-v{self.plan.number}-{self._written}"

    def _thinking(self) -> float:
        return self.scene.pace(self.plan.thinks * self._random.uniform(0.5, 1.5))
