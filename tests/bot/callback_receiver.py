"""Plays the orchestrator's part: takes the turns of a bot, checks their signatures, and fails when told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot import visavis_protocol as protocol

Turn = dict[str, Any]

TEST_SECRET = "a-secret-for-tests-only"


@dataclass
class Attempt:
    """One POST as it came in, and the status it was answered with."""

    turn: Turn
    status: int
    at: float


@dataclass
class CallbackReceiver:
    """A callback endpoint. ``url`` goes into the bot's settings."""

    secret: str
    url: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    _failures: dict[str, list[int]] = field(default_factory=dict)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def fail(self, conversation_id: str, *statuses: int) -> None:
        """Answer the next turns of a conversation with these statuses before taking one."""
        self._failures[conversation_id] = list(statuses)

    def turn(self, delivery_id: str, timeout: float = 15.0) -> Turn:
        """Wait for the accepted turn that answers a delivery."""
        return self._wait(lambda: self._accepted(delivery_id), timeout, f"no turn for {delivery_id}")

    def pushed(self, conversation_id: str, timeout: float = 15.0) -> Turn:
        """Wait for a turn that the bot began by itself."""

        def find() -> Turn | None:
            turns = (a.turn for a in self.attempts if a.turn["conversation_id"] == conversation_id)
            return next((turn for turn in turns if turn["in_reply_to"] is None), None)

        return self._wait(find, timeout, f"nothing pushed to {conversation_id}")

    def of(self, conversation_id: str) -> list[Attempt]:
        """Return every attempt of a conversation, failed ones included, in the order they came."""
        with self._news:
            return [
                attempt for attempt in self.attempts if attempt.turn["conversation_id"] == conversation_id
            ]

    def _accepted(self, delivery_id: str) -> Turn | None:
        taken = (a.turn for a in self.attempts if a.status < 300)
        return next((turn for turn in taken if turn["in_reply_to"] == delivery_id), None)

    def _wait(self, find: Any, timeout: float, otherwise: str) -> Turn:
        with self._news:
            if not self._news.wait_for(find, timeout):
                raise AssertionError(otherwise)
            return find()

    def receive(self, headers: Any, body: bytes) -> int:
        """Record one POST and return the status to answer with."""
        timestamp, signature = headers.get(protocol.TIMESTAMP_HEADER), headers.get(protocol.SIGNATURE_HEADER)
        if not protocol.verify(self.secret, timestamp, signature, body, now=time.time()):
            return 401
        turn = json.loads(body)
        with self._news:
            waiting = self._failures.get(turn["conversation_id"])
            status = waiting.pop(0) if waiting else 204
            self.attempts.append(Attempt(turn, status, time.monotonic()))
            self._news.notify_all()
        return status


@contextmanager
def callback_receiver(secret: str, port: int = 0) -> Iterator[CallbackReceiver]:
    """Serve a receiver on 127.0.0.1, by default on a free port, while the block runs."""
    receiver = CallbackReceiver(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(receiver.receive(self.headers, body))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep the test output to what the tests say."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/callback"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
