"""The media node of this process, behind the application's port. The only file that knows `media`."""

from __future__ import annotations

from typing import Literal

import structlog

import media
from orchestrator.adapters.media_metrics import QualityMetrics
from orchestrator.application.ports import MediaEvent, MediaListener, MediaRefused, Role

log = structlog.get_logger(__name__)


class LocalMedia:
    """See `ports.MediaGateway`. Connections are found again by their id alone."""

    def __init__(self, config: media.MediaConfig) -> None:
        self.node = media.MediaNode(config, self._report)
        self.quality = QualityMetrics()
        self._listeners: list[MediaListener] = []
        self._roles: dict[tuple[str, str], str] = {}
        self._closing: set[str] = set()
        self._open: set[str] = set()

    async def start(self) -> None:
        await self.node.start()

    async def stop(self) -> None:
        # What ends now ends because of us: it is no news for conversations, which go on after the restart.
        self._listeners.clear()
        await self.node.close()

    def subscribe(self, listener: MediaListener) -> None:
        self._listeners.append(listener)

    async def open_room(self, call_id: str, *, camera: str) -> None:
        try:
            self.node.open_room(call_id, _policy(camera))
            self._open.add(call_id)
        except media.MediaError as error:
            raise _refused(error) from error

    async def join(self, call_id: str, *, role: Role, connection_id: str, offer_sdp: str, camera: str) -> str:
        # The room is opened by an effect of the same decision that made the token possible: a fast browser may
        # be here first. Opening twice changes nothing.
        await self.open_room(call_id, camera=camera)
        self._roles[(call_id, role)] = connection_id
        try:
            return await self.node.join(
                call_id, role=media.Role(role), connection_id=connection_id, offer_sdp=offer_sdp
            )
        except media.MediaError as error:
            raise _refused(error) from error

    async def check_network(self, check_id: str, offer_sdp: str) -> str:
        try:
            return await self.node.check_network(check_id, offer_sdp)
        except media.MediaError as error:
            raise _refused(error) from error

    async def add_candidates(self, call_id: str, connection_id: str, fragment: str) -> None:
        try:
            await self.node.add_candidates(call_id, connection_id, fragment)
        except media.MediaError as error:
            raise _refused(error) from error

    async def leave(self, call_id: str, connection_id: str) -> None:
        try:
            await self.node.leave(call_id, connection_id)
        except media.MediaError as error:
            raise _refused(error) from error

    async def disconnect(self, call_id: str, role: Role) -> None:
        connection_id = self._roles.get((call_id, role))
        if connection_id is not None:
            await self.leave(call_id, connection_id)

    async def set_camera(self, call_id: str, on: bool) -> None:
        try:
            self.node.turn(call_id, media.Role.VISITOR, media.Source.CAMERA, on)
        except media.UnknownRoom:
            # The call ended meanwhile: there is no camera any more.
            log.info("camera.no_room", call_id=call_id)

    async def restrict(self, call_id: str, *, camera: str) -> None:
        try:
            self.node.restrict(call_id, _policy(camera))
        except media.UnknownRoom:
            log.info("restrict.no_room", call_id=call_id)

    async def close_room(self, call_id: str) -> None:
        self._closing.add(call_id)
        try:
            await self.node.close_room(call_id)
        finally:
            self._closing.discard(call_id)
            self._open.discard(call_id)
            for key in [key for key in self._roles if key[0] == call_id]:
                del self._roles[key]

    def has_room(self, call_id: str) -> bool:
        """Whether the room is open now."""
        return call_id in self._open

    async def drop_rooms(self) -> None:
        """Close every room without a word about it."""
        for call_id in list(self._open):
            await self.close_room(call_id)

    def _report(self, event: media.MediaEvent) -> None:
        self.quality.heard(event)
        report = _event(event)
        # A room that we close is no loss; one that the node closes by itself is.
        if report is None or (report.kind == "lost" and report.call_id in self._closing):
            return
        if report.kind == "lost":
            self._open.discard(report.call_id)
        for listener in self._listeners:
            listener(report)


def _policy(camera: str) -> media.RoomPolicy:
    return media.RoomPolicy(visitor=media.Rules(camera=media.Rule(camera)))


def _event(event: media.MediaEvent) -> MediaEvent | None:
    match event:
        case media.ParticipantConnected():
            return _about("connected", event)
        case media.ParticipantDropped():
            return _about("dropped", event)
        case media.ParticipantLeft():
            return _about("left", event)
        case media.RoomClosed():
            return MediaEvent("lost", event.room_id)
        case media.SourceSwitched(
            role=media.Role.VISITOR, source=media.Source.CAMERA, on=False, cause=media.Cause.RULE
        ):
            # By a rule, not by the visitor: nobody who shows the camera as on knows of it yet.
            return MediaEvent("camera_shut", event.room_id, "visitor")
        case _:
            return None


def _about(
    kind: Literal["connected", "dropped", "left"],
    event: media.ParticipantConnected | media.ParticipantDropped | media.ParticipantLeft,
) -> MediaEvent:
    role: Role = "visitor" if event.role is media.Role.VISITOR else "agent"
    return MediaEvent(kind, event.room_id, role, event.connection_id)


def _refused(error: media.MediaError) -> MediaRefused:
    match error:
        case media.NegotiationError():
            code = "invalid_offer"
        case media.UnknownRoom():
            code = "unknown_call"
        case media.UnknownConnection():
            code = "unknown_connection"
        case _:
            code = "media_busy"
    return MediaRefused(code, str(error))
