"""What a use case refuses, in words a program and a person can both use.

``code`` is stable and meant for programs; ``detail`` is for people. The API maps each class to one HTTP status.
"""

from __future__ import annotations

from rules.decision import Decision


class ApplicationError(Exception):
    """Base of everything a use case raises on purpose."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail or code


class NotFound(ApplicationError):  # noqa: N818 - the names say what happened
    """There is no such thing, or it is not this caller's (404: the two are not told apart)."""

    def __init__(self, code: str = "not_found", detail: str = "") -> None:
        super().__init__(code, detail)


class Unauthenticated(ApplicationError):  # noqa: N818
    """Wrong credentials, or a token that is expired, revoked or already used (401)."""

    def __init__(self, code: str = "unauthenticated", detail: str = "") -> None:
        super().__init__(code, detail)


class Forbidden(ApplicationError):  # noqa: N818
    """The caller is known and may not do this: a foreign origin, a missing role (403)."""

    def __init__(self, code: str = "forbidden", detail: str = "") -> None:
        super().__init__(code, detail)


class Refused(ApplicationError):  # noqa: N818
    """A rule, a law or the state of the conversation says no (409). ``decision`` tells which guard failed."""

    def __init__(self, code: str, detail: str = "", decision: Decision | None = None) -> None:
        super().__init__(code, detail)
        self.decision = decision


class Conflict(ApplicationError):  # noqa: N818
    """Something else already has this name (409)."""


class Invalid(ApplicationError):  # noqa: N818
    """The request makes no sense whatever the state (422)."""


class RateLimited(ApplicationError):  # noqa: N818
    """Too many requests (429)."""

    def __init__(self, retry_after: int, detail: str = "") -> None:
        super().__init__("rate_limited", detail)
        self.retry_after = retry_after


class StoreUnavailable(Exception):  # noqa: N818
    """The database does not answer, or cannot take more: the same request may work in a moment (503)."""


class VersionConflict(Exception):  # noqa: N818 - internal: the handler loads again and decides anew
    """Somebody else was faster, and nothing was stored: another process changed what this rests upon."""
