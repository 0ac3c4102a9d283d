"""Calls between machines: real UDP through a router, which loses packets, falls silent, or loses a participant."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.netns.network import NoNetworksError, prepared

ROOT = Path(__file__).parents[3]


def play(scenario: str) -> None:
    try:
        command = prepared()
    except NoNetworksError as error:
        pytest.fail(str(error), pytrace=False)
    done = subprocess.run(
        [*command, sys.executable, "-m", "tests.integration.netns.scenario", scenario],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    print(scenario, done.stdout)
    if done.returncode:
        pytest.fail(f"{scenario}: {done.stderr[-4000:]}", pytrace=False)


def test_a_call_between_machines() -> None:
    play("plain")


@pytest.mark.deep
@pytest.mark.parametrize(
    "scenario", ["nat", "turn_udp", "turn_tcp", "turn_tls", "relay_only", "turn_refuses"]
)
def test_a_call_through_a_nat_and_by_turn(scenario: str) -> None:
    play(scenario)


@pytest.mark.deep
@pytest.mark.parametrize(
    "scenario", ["loss_3", "loss_10", "blackout", "address_gone", "black_hole", "new_address"]
)
def test_a_call_over_a_bad_network(scenario: str) -> None:
    play(scenario)
