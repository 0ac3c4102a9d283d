"""Who is asking, and may they: one dependency for each kind of caller.

Every route has one of these, apart from the few that are open by nature (`OPEN`); a test walks through all routes
and all callers to hold this. What belongs to somebody else is 404 and not 403; the use cases see to that.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from orchestrator.api.limits import network
from orchestrator.api.origins import is_own, is_safe, page_origin
from orchestrator.api.platform import Platform, PlatformDep
from orchestrator.api.problems import ApiError
from orchestrator.application.errors import NotFound, Unauthenticated
from orchestrator.application.records import CallClaims, User

SESSION_COOKIE = "visavis_session"
SESSION_SECONDS = 12 * 3600
DESK_HEADER = "X-Visavis"
DESK_VALUE = "desk"
TIMESTAMP_HEADER = "X-Visavis-Timestamp"
SIGNATURE_HEADER = "X-Visavis-Signature"

# Supervisors are agents who see more, admins are supervisors who may do more; designers stand apart.
AGENTS = frozenset({"agent", "supervisor", "admin"})
EXPLAINERS = frozenset({"supervisor", "designer", "admin"})
ADMINS = frozenset({"admin"})
EVERYONE = AGENTS | EXPLAINERS
SUPERVISORS = frozenset({"supervisor", "admin"})

OPEN = frozenset({
    "POST /api/visitor/session",
    "POST /api/auth/login",
    "POST /api/auth/reset",
    "GET /healthz",
    "GET /readyz",
    "GET /openapi.json",
    "GET /docs",
    "GET /docs/style.css",
    "GET /",
    "GET /widget.js",
})  # fmt: skip

_visitor_bearer = HTTPBearer(
    scheme_name="visitor", description="From `POST /api/visitor/session`.", auto_error=False
)
_call_bearer = HTTPBearer(
    scheme_name="call", description="From `…/call/token`, for one connection.", auto_error=False
)
_metrics_bearer = HTTPBearer(scheme_name="metrics", description="The operations token.", auto_error=False)
session_cookie = APIKeyCookie(name=SESSION_COOKIE, scheme_name="session", auto_error=False, description=(
    f"Set by `POST /api/auth/login`. Calls that change something also need the header `{DESK_HEADER}: {DESK_VALUE}`."
))  # fmt: skip
_signature = APIKeyHeader(name=SIGNATURE_HEADER, scheme_name="bot", auto_error=False, description=(
    f"`sha256=` and the HMAC-SHA256 of `{TIMESTAMP_HEADER}`, a dot and the body, under the bot's secret."
))  # fmt: skip

Bearer = HTTPAuthorizationCredentials | None


def client_network(connection: HTTPConnection) -> str:
    """What limits per address count for. Behind a proxy the server was told whom to believe (trusted proxies)."""
    return network(connection.client.host if connection.client else None)


# --- visitors ------------------------------------------------------------------------------------------


async def visitor(
    request: Request, platform: PlatformDep, bearer: Annotated[Bearer, Security(_visitor_bearer)]
) -> str:
    """The visitor's id: the token is valid, and the page is one of the token's site."""
    if bearer is None:
        raise ApiError(
            401, "not_authenticated", "Open a session first: POST /api/visitor/session.", headers=_BEARER
        )
    visitor_id = await visitor_of_token(platform, bearer.credentials, page_origin(request))
    if not is_safe(request):
        await platform.limiter.count(platform.limiter.rates.action, "visitor", visitor_id)
    return visitor_id


async def visitor_of_token(platform: Platform, token: str, origin: str | None) -> str:
    """Check a visitor's token and the page that shows it."""
    claims = platform.tokens.read_visitor(token, platform.clock.now())
    try:
        await platform.conversations.check_origin(claims.subject, origin)
    except NotFound as error:
        # The token is ours and the visitor is gone (erased): the page has to open a new session.
        raise Unauthenticated("session_over", "The session is over. Open a new one.") from error
    return claims.subject


VisitorId = Annotated[str, Depends(visitor)]


# --- staff -----------------------------------------------------------------------------------------------


async def user_of(connection: HTTPConnection, platform: Platform, token: str | None) -> User:
    """The account of a session cookie.

    Raises:
        ApiError: there is no cookie, or it is no good any more.
    """
    if not token:
        raise ApiError(401, "not_authenticated", "Sign in first.")
    return await platform.accounts.user_of_session(token)


async def require_desk(request: Request, platform: PlatformDep) -> None:
    """Refuse a change that another site's page could have caused.

    The header cannot be sent across origins without a preflight, which is never granted to these addresses.
    """
    if is_safe(request):
        return
    if request.headers.get(DESK_HEADER) != DESK_VALUE:
        raise ApiError(
            403, "desk_header_missing", f"Send the header {DESK_HEADER}: {DESK_VALUE} with every change."
        )
    check_own_origin(request, platform)


def check_own_origin(connection: HTTPConnection, platform: Platform) -> None:
    """A browser says where the page is from; programs that are no browsers say nothing."""
    origin = connection.headers.get("origin")
    foreign = origin is not None and not is_own(connection, origin, platform.options.public_url)
    if foreign or connection.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise ApiError(403, "origin_not_allowed", "This is for the pages of this service only.")


@dataclass(frozen=True, slots=True)
class Staff:
    """Lets in who has one of these roles."""

    roles: frozenset[str]

    async def __call__(
        self, request: Request, platform: PlatformDep, token: Annotated[str | None, Security(session_cookie)]
    ) -> User:
        user = await user_of(request, platform, token)
        await require_desk(request, platform)
        require_role(user, self.roles)
        return user


def require_role(user: User, roles: frozenset[str]) -> None:
    """Raises:
    ApiError: the account has another role.
    """
    if user.role not in roles:
        names = ", ".join(sorted(roles))
        raise ApiError(403, "role_not_allowed", f"This is for {names} accounts. Ask an administrator.")


AnyUser = Annotated[User, Depends(Staff(EVERYONE))]
AgentUser = Annotated[User, Depends(Staff(AGENTS))]
SupervisorUser = Annotated[User, Depends(Staff(SUPERVISORS))]
ExplainerUser = Annotated[User, Depends(Staff(EXPLAINERS))]
AdminUser = Annotated[User, Depends(Staff(ADMINS))]
DeskRequest = Depends(require_desk)


def set_session(request: Request, response: Response, token: str, platform: Platform) -> None:
    """Put the session into its cookie: out of reach for scripts, never sent by other sites' pages."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=SESSION_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=_is_https(request, platform),
    )


def clear_session(request: Request, response: Response, platform: Platform) -> None:
    """Take the session back out of the browser."""
    secure = _is_https(request, platform)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict", secure=secure)


def _is_https(request: Request, platform: Platform) -> bool:
    """As the browser sees it: a proxy in front may not tell."""
    return request.url.scheme == "https" or (platform.options.public_url or "").startswith("https:")


# --- machines --------------------------------------------------------------------------------------------


async def call_claims(platform: PlatformDep, bearer: Annotated[Bearer, Security(_call_bearer)]) -> CallClaims:
    """What the call token says. Whether it fits the call in the address is the use case's to say."""
    if bearer is None:
        raise ApiError(
            401, "not_authenticated", "Send the call token: POST …/call/token gives one.", headers=_BEARER
        )
    return await platform.calls.read_token(bearer.credentials)


CallToken = Annotated[CallClaims, Depends(call_claims)]


async def bot_signature(
    request: Request, platform: PlatformDep, signature: Annotated[str | None, Security(_signature)]
) -> None:
    """The body was signed with the bot's secret a few minutes ago at most.

    Sent again within that time it is taken again: turns are idempotent, and a bot must be able to retry.
    """
    body = await request.body()
    if not platform.operations.verify_bot(request.headers.get(TIMESTAMP_HEADER), signature, body):
        raise ApiError(
            401,
            "signature_invalid",
            "The signature is missing, wrong or too old. Check that both sides have the same secret and the time.",
        )


BotSignature = Depends(bot_signature)


async def operations(
    request: Request,
    platform: PlatformDep,
    bearer: Annotated[Bearer, Security(_metrics_bearer)],
    token: Annotated[str | None, Security(session_cookie)],
) -> None:
    """The operations token, or an admin who is signed in."""
    expected = platform.options.metrics_token
    if bearer is not None:
        if expected and hmac.compare_digest(bearer.credentials.encode(), expected.encode()):
            return
        raise ApiError(401, "not_authenticated", "This is not the operations token.", headers=_BEARER)
    require_role(await user_of(request, platform, token), ADMINS)


Operator = Depends(operations)

_BEARER = {"www-authenticate": "Bearer"}
