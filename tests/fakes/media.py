"""A media server without media: rooms, doors and the reports a test asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.application.ports import MediaEvent, MediaListener, MediaRefused, Role

STRICTNESS = ("allowed", "off_by_default", "forbidden")


@dataclass
class FakeRoom:
    camera: str
    camera_on: bool | None = None
    connections: dict[str, Role] = field(default_factory=dict)


class FakeMedia:
    """See `ports.MediaGateway`. ``failures``: how many of the next calls raise."""

    def __init__(self) -> None:
        self.rooms: dict[str, FakeRoom] = {}
        self.closed: list[str] = []
        self.checks: list[str] = []
        self.failures = 0
        self._listeners: list[MediaListener] = []

    def subscribe(self, listener: MediaListener) -> None:
        self._listeners.append(listener)

    def report(self, event: MediaEvent) -> None:
        for listener in self._listeners:
            listener(event)

    def _maybe_fail(self) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise ConnectionError("the media server does not answer")

    async def open_room(self, call_id: str, *, camera: str) -> None:
        self._maybe_fail()
        self.rooms.setdefault(call_id, FakeRoom(camera))
        await self.restrict(call_id, camera=camera)

    async def join(self, call_id: str, *, role: Role, connection_id: str, offer_sdp: str, camera: str) -> str:
        if offer_sdp == "nonsense":
            raise MediaRefused("invalid_offer", "line 1 is no SDP")
        room = self.rooms.setdefault(call_id, FakeRoom(camera))
        room.connections[connection_id] = role
        return f"answer to {offer_sdp}"

    async def check_network(self, check_id: str, offer_sdp: str) -> str:
        if offer_sdp == "nonsense":
            raise MediaRefused("invalid_offer", "line 1 is no SDP")
        self.checks.append(check_id)
        return f"answer to {offer_sdp}"

    async def add_candidates(self, call_id: str, connection_id: str, fragment: str) -> None:
        if connection_id not in self.rooms[call_id].connections:
            raise MediaRefused("unknown_connection")

    async def leave(self, call_id: str, connection_id: str) -> None:
        role = self.rooms[call_id].connections.pop(connection_id, None)
        if role is not None:
            self.report(MediaEvent("left", call_id, role, connection_id))

    async def disconnect(self, call_id: str, role: Role) -> None:
        room = self.rooms.get(call_id)
        for connection_id in [one for one, of in room.connections.items() if of == role] if room else []:
            await self.leave(call_id, connection_id)

    async def set_camera(self, call_id: str, on: bool) -> None:
        self._maybe_fail()
        if call_id in self.rooms:
            self.rooms[call_id].camera_on = on

    async def restrict(self, call_id: str, *, camera: str) -> None:
        self._maybe_fail()
        room = self.rooms.get(call_id)
        if room is not None and STRICTNESS.index(camera) > STRICTNESS.index(room.camera):
            room.camera, room.camera_on = camera, None
            self.report(MediaEvent("camera_shut", call_id, "visitor"))

    async def close_room(self, call_id: str) -> None:
        self._maybe_fail()
        self.rooms.pop(call_id, None)
        self.closed.append(call_id)
