"""Why the media node refuses a request. Each error's text may be shown to an operator as it is."""


class MediaError(Exception):
    """Base of everything the media node raises on purpose."""


class NegotiationError(MediaError):
    """The offer (or the trickled candidates) cannot be accepted; the text says which line and why."""


class UnknownRoom(MediaError):  # noqa: N818 - the name says what is unknown
    """The room was never opened here, or is closed."""


class UnknownConnection(MediaError):  # noqa: N818
    """The room has no such connection (any more)."""


class RoomFull(MediaError):  # noqa: N818
    """Too many connections are being set up in this room at once."""


class TooManyRooms(MediaError):  # noqa: N818
    """The node holds as many rooms as its configuration allows."""


class TooManyChecks(MediaError):  # noqa: N818
    """As many network checks are under way as the configuration allows."""


class NoTransport(MediaError):  # noqa: N818
    """No UDP port could be bound for the connection."""


class JoinSuperseded(MediaError):  # noqa: N818
    """A newer connection of the same participant arrived while this one was being set up."""


class NodeClosed(MediaError):  # noqa: N818
    """The media node is shut down, or was never started."""


class HookMismatch(MediaError):  # noqa: N818
    """The installed aiortc or aioice does not have the shape the hooks were written for."""
