"""Logs, metrics and the record of requests. Nothing here ever sees the text of a message or a person's data.

Tracing (OpenTelemetry) is not wired: `opentelemetry-instrument` works on the service as it is.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import Collector
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

# Names under which a value must never reach a log, whoever logs it.
_PRIVATE = frozenset({
    "authorization", "body", "cookie", "email", "name", "note", "page_url", "password", "sdp", "secret",
    "slots", "summary", "text", "token",
})  # fmt: skip
_CHATTY = (
    "aioice", "aiortc", "aiosqlite", "alembic", "asyncio", "httpcore", "httpx", "sqlalchemy", "transitions",
    "uvicorn.error", "websockets",
)  # fmt: skip
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


# --- logs --------------------------------------------------------------------------------------------


def without_private_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last line of defence: a value that somebody logs under a telling name is dropped."""
    for key in event.keys() & _PRIVATE:
        event[key] = "[left out]"
    return event


def configure_logs(level: str = "INFO", *, console: bool | None = None, stream: TextIO | None = None) -> None:
    """JSON lines on stderr, or colours when a person is looking. Foreign loggers (uvicorn, aiortc) come along."""
    console = sys.stderr.isatty() if console is None else console
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_private_values,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    last = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    # Only the lines of code of an exception: its text may quote a visitor, and so may the source's local values.
    render: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _short_exception, last]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=render))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        foreign = logging.getLogger(name)
        foreign.handlers.clear()
        foreign.propagate = True
    # Its lines hold addresses and query strings; `RequestLog` writes what is needed.
    logging.getLogger("uvicorn.access").disabled = True
    # These talk about every packet, statement or request, with addresses in them.
    for name in (
        "uvicorn.error",
        "alembic",
        "aioice",
        "aiortc",
        "aiosqlite",
        "httpx",
        "httpcore",
        "sqlalchemy",
        "transitions",
        "websockets",
        "asyncio",
    ):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _short_exception(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
    if error is not None:
        frames: list[str] = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        event["error"] = type(error).__name__
        event["frames"] = frames[-12:]
    return event


# --- metrics -----------------------------------------------------------------------------------------


class Metrics:
    """The counters of one running service. Each has a registry of its own, so that tests do not share numbers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.requests = Counter(
            "visavis_http_requests", "HTTP requests", ["method", "route", "status"], registry=self.registry
        )
        self.durations = Histogram(
            "visavis_http_request_seconds",
            "Time to answer",
            ["method", "route"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )
        self.sockets = Gauge("visavis_sockets", "Open sockets", ["side"], registry=self.registry)
        self.events = Counter(
            "visavis_events", "Events of conversations", ["event", "outcome"], registry=self.registry
        )
        self.outbox = Gauge("visavis_outbox_size", "Effects that wait to be run", registry=self.registry)
        self.conversations = Gauge(
            "visavis_open_conversations", "Open conversations", ["state"], registry=self.registry
        )
        self.policy_number = Gauge(
            "visavis_policy_number", "Number of the policy activation in use", registry=self.registry
        )
        self.policy_behind = Gauge(
            "visavis_policy_behind",
            "1 when a newer policy is live that this process cannot use",
            registry=self.registry,
        )
        self.policy_activations = Counter(
            "visavis_policy_activations",
            "Policy activations that came to be used here",
            ["kind"],
            registry=self.registry,
        )
        for side in ("visitor", "agent"):
            self.sockets.labels(side)
        for kind in ("publish", "rollback"):
            self.policy_activations.labels(kind)

    def count_event(self, event: str, outcome: str) -> None:
        self.events.labels(event, outcome).inc()

    def set_backlog(self, *, outbox: int, conversations: Mapping[str, int]) -> None:
        """Set what the database knows; called right before a scrape, so that idle services do no work."""
        self.outbox.set(outbox)
        for state in ("chat", "queued", "video_lobby", "in_video"):
            self.conversations.labels(state).set(conversations.get(state, 0))

    def add(self, collector: Collector) -> None:
        """Add numbers that somebody else keeps (the media node's packets)."""
        self.registry.register(collector)

    def render(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)


class Readings(Collector):
    """Publishes a mapping of numbers, read when it is asked for."""

    def __init__(self, name: str, meaning: str, read: Any) -> None:
        self._name, self._meaning, self._read = name, meaning, read

    def collect(self) -> Iterable[Any]:
        from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415 - only a scrape needs it

        family = CounterMetricFamily(self._name, self._meaning, labels=["what"])
        readings: Mapping[str, float] = self._read()
        for what, value in readings.items():
            family.add_metric([what], value)
        yield family


class WaitGrades(Collector):
    """How good the wait estimates of each line are, read when it is asked for. What nothing is known of is left out."""

    def __init__(self, read: Callable[[], Mapping[Any, Any]]) -> None:
        """``read``: lines (group, channel) and their grades, see `domain.wait_time.terms`."""
        self._read = read

    def describe(self) -> Iterable[Any]:
        """Nothing: asked when it is registered, before any policy is live."""
        return ()

    def collect(self) -> Iterable[Any]:
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - only a scrape needs it

        meanings = {
            "n": "Weight of the evidence on the wait estimate, in visitors",
            "share_below_p50": "Share of waits that were no longer than the estimate's p50 (0.5 is perfect)",
            "share_below_p90": "Share of waits that were no longer than the estimate's p90 (0.9 is perfect)",
            "error": "Mean distance of the wait from the estimate's p50 in seconds",
            "reliable": "Whether the estimate is told to visitors",
        }
        grades = self._read()
        for name, meaning in meanings.items():
            family = GaugeMetricFamily(f"visavis_wait_grade_{name}", meaning, labels=["group", "channel"])
            for line, grade in grades.items():
                value = getattr(grade, name)
                if value is not None:
                    family.add_metric([line.group, line.channel], float(value))
            yield family


# --- requests ----------------------------------------------------------------------------------------


class RequestLog:
    """One line and two measurements per request: the route's pattern, never its query string or its body."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        finally:
            took = time.perf_counter() - started
            route = route_of(scope)
            # A method may be any word: unknown ones share a name, so that nobody can grow the table.
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.durations.labels(method, route).observe(took)
            write = log.debug if route in _QUIET else log.info
            write("request", method=method, route=route, status=status, ms=round(took * 1000, 1))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics", "static"})


def route_of(scope: Scope) -> str:
    """The pattern of the route that answered: few values, and no identifiers."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    if isinstance(path, str) and path.startswith(
        ("/api/", "/healthz", "/readyz", "/metrics", "/openapi", "/docs")
    ):
        return path
    if scope["path"].startswith(("/desk", "/demo", "/widget.js")):
        return "static"
    return "other"


def _request_id(given: str | None) -> str:
    """Keep the proxy's id, if it is one; a line break in it would forge log lines."""
    return given if given and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
