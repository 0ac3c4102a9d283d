"""Credentials for TURN servers: as coturn reckons them, and only for those that need some."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

from orchestrator.adapters.turn import LASTS, IceServers
from tests.fakes.clock import VirtualClock

SERVERS = (
    {"urls": ["stun:turn.example"]},
    {"urls": ["turn:turn.example?transport=udp", "turns:turn.example"]},
    {"urls": "turn:own.example", "username": "u", "credential": "fixed"},
)


def test_turn_servers_get_credentials_that_end() -> None:
    clock = VirtualClock()
    stun, turn, own = IceServers(SERVERS, "secret", clock)("v_1")
    assert stun == SERVERS[0]
    assert own == {**SERVERS[2], "urls": ["turn:own.example"]}
    until = int((clock.now() + LASTS).timestamp())
    assert turn["username"] == f"{until}:v_1"
    expected = hmac.new(b"secret", f"{until}:v_1".encode(), hashlib.sha1).digest()
    assert turn["credential"] == base64.b64encode(expected).decode()
    assert timedelta(hours=1) < LASTS < timedelta(days=1)


def test_each_person_and_each_moment_has_its_own() -> None:
    clock = VirtualClock()
    servers = IceServers(SERVERS, "secret", clock)
    first = servers("v_1")[1]["credential"]
    assert servers("v_2")[1]["credential"] != first
    clock.advance(60)
    assert servers("v_1")[1]["credential"] != first


def test_without_a_secret_servers_are_given_as_they_stand() -> None:
    for none in (None, ""):
        found = IceServers(SERVERS, none, VirtualClock())("v_1")
        assert [server.get("credential") for server in found] == [None, None, "fixed"]
        assert all(isinstance(server["urls"], list) for server in found)
