"""The app: routers, and around them what every request passes through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.middleware import Middleware

from orchestrator.api import (
    admin,
    agent,
    auth,
    bot,
    bots,
    call,
    cards,
    docs_page,
    errors,
    inbox,
    openapi,
    ops,
    policies,
    reports,
    sockets,
    static,
    supervisor,
    visitor,
)
from orchestrator.api.bodies import BodyLimit
from orchestrator.api.headers import SecurityHeaders, SiteCors
from orchestrator.api.origins import SiteOrigins
from orchestrator.api.platform import Platform
from orchestrator.api.version import VERSION
from orchestrator.observability import RequestLog

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(platform: Platform, *, lifespan: Lifespan | None = None) -> FastAPI:
    """Build the app on a platform; nothing is started here."""
    site_origins = SiteOrigins(platform.sites)
    app = FastAPI(
        title="Vis-à-vis",
        version=VERSION,
        lifespan=lifespan,
        # Our own: FastAPI's page loads its scripts from somebody else's servers.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # The first is the outermost: what goes wrong in any of them still gets its headers and its log line.
        middleware=[
            Middleware(RequestLog, metrics=platform.metrics),
            Middleware(SecurityHeaders),
            Middleware(errors.LastResort),
            Middleware(SiteCors, is_allowed=site_origins),
            # Once more inside of CORS, so that the page can read the answer.
            Middleware(errors.LastResort),
            Middleware(BodyLimit),
        ],
    )
    app.state.platform = platform
    app.state.site_origins = site_origins
    app.state.sockets = Counter[str]()
    errors.install(app)
    for router in (
        visitor.router,
        agent.router,
        inbox.router,
        inbox.leaving,
        supervisor.router,
        agent.explanations,
        auth.router,
        call.router,
        call.check_router,
        bot.router,
        admin.router,
        bots.router,
        cards.router,
        policies.router,
        reports.router,
        reports.board,
        ops.router,
        sockets.router,
    ):
        app.include_router(router)
    openapi.install(app)
    docs_page.install(app)
    static.install(app, platform.options.static, demo=platform.options.demo)
    return app
