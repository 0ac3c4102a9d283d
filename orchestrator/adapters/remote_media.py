"""Media rooms of several processes: each room is in one of them, and whoever is asked about it asks that one.

Where a room is, is a row: the first process that is asked to open it notes itself there, and opens it. The others pass
requests on, over NATS, to the process by its name. When a process dies, its rows are removed (`application.nodes`),
and the next one that is asked opens the room anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from nats.aio.msg import Msg
from pydantic_core import from_json, to_json

from orchestrator.adapters.media import LocalMedia
from orchestrator.adapters.nats_connection import NatsConnection, NoAnswer
from orchestrator.application.ports import Clock, MediaEvent, MediaListener, MediaRefused, Role, Store
from orchestrator.application.records import Json

log = structlog.get_logger(__name__)

JOIN_WITHIN = 15.0
"""Gathering the candidates of an answer may take seconds."""
ANSWER_WITHIN = 5.0
HELD_WITHIN = 5.0

Answer = Callable[[str, Json], Awaitable[object]]


class RemoteTrouble(Exception):  # noqa: N818
    """The process that has the room did not answer; effects are tried again."""


class MediaLink:
    """Requests about rooms, from process to process."""

    def __init__(self, connection: NatsConnection, node: str) -> None:
        self._connection = connection
        self._node = node
        self._answer: Answer | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def start(self, answer: Answer) -> None:
        """Answer the requests of others with what ``answer`` returns or raises, until `stop`."""
        self._answer = answer
        held = asyncio.Event()
        self._connection.listen(self._subject(self._node), self._receive, held=held.set)
        # From now on this process may be noted as a room's: it must be heard of.
        async with asyncio.timeout(HELD_WITHIN):
            await held.wait()

    async def stop(self) -> None:
        self._connection.ignore(self._subject(self._node))
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def ask(self, node: str, action: str, values: Json) -> Any:
        """Raises:
        MediaRefused: as the process that has the room did.
        NoAnswer: it is not there, or does not answer.
        """
        within = JOIN_WITHIN if action == "join" else ANSWER_WITHIN
        question = to_json({"action": action, "values": values})
        found = from_json(await self._connection.ask(self._subject(node), question, within=within))
        match found:
            case {"refused": str(code), "detail": str(detail)}:
                raise MediaRefused(code, detail)
            case {"value": value}:
                return value
            case _:
                raise NoAnswer(nobody=False)

    async def _receive(self, message: Msg) -> None:
        # Side by side: one slow join must not hold up the others.
        task = asyncio.create_task(self._respond(message), name="media-request")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _respond(self, message: Msg) -> None:
        reply: Json
        try:
            question = from_json(message.data)
            assert self._answer is not None  # noqa: S101 - listened to from `start` on
            reply = {"value": await self._answer(str(question["action"]), question["values"])}
        except MediaRefused as refused:
            reply = {"refused": refused.code, "detail": str(refused)}
        except Exception as error:
            log.exception("media.request_failed")
            reply = {"failed": type(error).__name__}
        await message.respond(to_json(reply))

    def _subject(self, node: str) -> str:
        return f"{self._connection.address.prefix}.media.{node}"


class EstateMedia:
    """See `ports.MediaGateway`."""

    def __init__(
        self, local: LocalMedia, store: Store, clock: Clock, *, node: str, link: MediaLink | None
    ) -> None:
        """``link``: the way to the others; None: there is none, so that their rooms cannot be reached."""
        self._local = local
        self._store = store
        self._clock = clock
        self._node = node
        self._link = link
        self._placing = asyncio.Lock()
        self._listeners: list[MediaListener] = []
        self._reports: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self._reporter: asyncio.Task[None] | None = None
        local.subscribe(self._reports.put_nowait)

    async def start(self) -> None:
        await self._local.start()
        self._reporter = asyncio.create_task(self._report(), name="media-estate-reports")
        if self._link is not None:
            await self._link.start(self._answer)

    async def stop(self) -> None:
        if self._link is not None:
            await self._link.stop()
        self._listeners.clear()
        if self._reporter is not None:
            self._reporter.cancel()
            await asyncio.gather(self._reporter, return_exceptions=True)
            self._reporter = None
        await self._local.stop()

    def subscribe(self, listener: MediaListener) -> None:
        self._listeners.append(listener)

    async def drop_rooms(self) -> None:
        """Close the rooms of this process without a word: they were reported as lost already, by another."""
        await self._local.drop_rooms()

    # --- what is asked ------------------------------------------------------------------------------------

    async def open_room(self, call_id: str, *, camera: str) -> None:
        node = await self._place(call_id, camera)
        if node != self._node:
            await self._have(node, "open", {"call_id": call_id, "camera": camera})

    async def join(self, call_id: str, *, role: Role, connection_id: str, offer_sdp: str, camera: str) -> str:
        node = await self._place(call_id, camera)
        values: Json = {
            "call_id": call_id,
            "role": role,
            "connection_id": connection_id,
            "offer_sdp": offer_sdp,
            "camera": camera,
        }
        if node == self._node:
            return str(await self._join(values))
        return str(await self._ask(node, "join", values))

    async def check_network(self, check_id: str, offer_sdp: str) -> str:
        # The path to any process tells of the path to the others; a check is nobody's room.
        return await self._local.check_network(check_id, offer_sdp)

    async def add_candidates(self, call_id: str, connection_id: str, fragment: str) -> None:
        values: Json = {"call_id": call_id, "connection_id": connection_id, "fragment": fragment}
        await self._there(call_id, "add_candidates", values)

    async def leave(self, call_id: str, connection_id: str) -> None:
        await self._there(call_id, "leave", {"call_id": call_id, "connection_id": connection_id})

    async def disconnect(self, call_id: str, role: Role) -> None:
        await self._effect(call_id, "disconnect", {"call_id": call_id, "role": role})

    async def set_camera(self, call_id: str, on: bool) -> None:
        await self._effect(call_id, "set_camera", {"call_id": call_id, "on": on})

    async def restrict(self, call_id: str, *, camera: str) -> None:
        await self._effect(call_id, "restrict", {"call_id": call_id, "camera": camera})

    async def close_room(self, call_id: str) -> None:
        await self._effect(call_id, "close", {"call_id": call_id})

    # --- by whom it is done ---------------------------------------------------------------------------------

    async def _place(self, call_id: str, camera: str) -> str:
        """Where the room is; if it is nowhere yet, it is opened here."""
        # One at a time: the row and the room must not be changed by two.
        async with self._placing:
            async with self._store.transaction() as tx:
                node = await tx.rooms.claim(call_id, self._node, self._clock.now())
            if node == self._node:
                try:
                    await self._local.open_room(call_id, camera=camera)
                except MediaRefused:
                    # Another process may have space for it.
                    await self._forget(call_id)
                    raise
            return node

    async def _place_here(self, values: dict[str, Any]) -> None:
        """Another process was told that the room is here."""
        if await self._place(str(values["call_id"]), str(values["camera"])) != self._node:
            raise MediaRefused("unknown_call", "The room has moved.")

    async def _join(self, values: Json) -> str:
        given = cast("dict[str, Any]", values)
        return await self._local.join(
            str(given["call_id"]),
            role=given["role"],
            connection_id=str(given["connection_id"]),
            offer_sdp=str(given["offer_sdp"]),
            camera=str(given["camera"]),
        )

    async def _owner(self, call_id: str) -> str | None:
        async with self._store.transaction(read_only=True) as tx:
            return await tx.rooms.owner(call_id)

    async def _there(self, call_id: str, action: str, values: Json) -> None:
        """Something about a connection, which is where its room is."""
        node = await self._owner(call_id)
        if node is None or node == self._node:
            await self._answer(action, values)
        else:
            await self._ask(node, action, values)

    async def _effect(self, call_id: str, action: str, values: Json) -> None:
        """Something that has to happen as long as there is such a room; without one there is nothing to do."""
        node = await self._owner(call_id)
        if node is None or node == self._node:
            await self._answer(action, values)
        else:
            await self._have(node, action, values)

    async def _ask(self, node: str, action: str, values: Json) -> object:
        """Raises:
        MediaRefused: as the other process did; ``unknown_call``: it is gone, and with it the room; ``media_busy``: it
            does not answer.
        """
        if self._link is None:
            raise MediaRefused("unknown_call", "The room is in another process, and no bus leads there.")
        try:
            return await self._link.ask(node, action, values)
        except NoAnswer as error:
            log.warning("media.no_answer", node=node, action=action, nobody=error.nobody)
            if error.nobody:
                raise MediaRefused("unknown_call", "The process that had this room is gone.") from error
            raise MediaRefused("media_busy", "The process that has this room does not answer.") from error

    async def _have(self, node: str, action: str, values: Json) -> None:
        """Raises:
        RemoteTrouble: not done: try again. When the other process is dead, its rooms are nobody's soon.
        """
        try:
            await self._ask(node, action, values)
        except MediaRefused as refused:
            raise RemoteTrouble(f"{action}: {refused.code}") from refused

    async def _answer(self, action: str, values: Json) -> object:
        """Do it here, for this process or another."""
        given = cast("dict[str, Any]", values)
        call_id = str(given["call_id"])
        match action:
            case "open":
                await self._place_here(given)
            case "join":
                await self._place_here(given)
                return await self._join(values)
            case "add_candidates":
                await self._local.add_candidates(call_id, str(given["connection_id"]), str(given["fragment"]))
            case "leave":
                await self._local.leave(call_id, str(given["connection_id"]))
            case "disconnect":
                await self._local.disconnect(call_id, given["role"])
            case "set_camera":
                await self._local.set_camera(call_id, bool(given["on"]))
            case "restrict":
                await self._local.restrict(call_id, camera=str(given["camera"]))
            case "close":
                await self._local.close_room(call_id)
                await self._forget(call_id)
            case _:
                raise MediaRefused("unknown_action", action)
        return None

    async def _forget(self, call_id: str) -> None:
        async with self._store.transaction() as tx:
            if await tx.rooms.owner(call_id) == self._node:
                await tx.rooms.remove(call_id)

    async def _report(self) -> None:
        """Pass on what happens in the rooms of this process. One that was lost may be opened elsewhere from then on."""
        while True:
            event = await self._reports.get()
            if event.kind == "lost":
                try:
                    async with self._placing:
                        if not self._local.has_room(event.call_id):
                            await self._forget(event.call_id)
                except Exception as error:
                    log.warning("media.row_kept", call_id=event.call_id, error=type(error).__name__)
            for listener in self._listeners:
                listener(event)
