"""What a simulation makes of the arrivals that a run really had: the same waits, if it is any good."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from orchestrator.load.wire import Json
from orchestrator.settings import REPOSITORY
from orchestrator.simulation.recorded import Arrivals, plan_of_record, unknown_groups
from orchestrator.simulation.run import play
from rules.findings import PolicyError
from rules.load import load_policy

SHIPPED = REPOSITORY / "rules" / "policies"
FIGURES = {"wait_mean": "mean wait", "wait_p50": "p50 wait", "wait_p90": "p90 wait"}


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure in people's seconds: measured through the interface, and simulated."""

    name: str
    measured: float
    simulated: float

    @property
    def off(self) -> float:
        """By which part of what was measured the simulation is above it."""
        return (self.simulated - self.measured) / self.measured if self.measured > 0 else float("nan")


def compare(record: Json, policy_folder: Path = SHIPPED) -> list[Compared]:
    """Play the record of a run (`load.arrivals.record`) under the policy that the service had.

    Raises:
        PolicyError: the policy lacks a group of the record.
    """
    policy = load_policy(policy_folder)
    arrivals = Arrivals.model_validate_json(json.dumps(record))
    unknown = unknown_groups(arrivals, policy, "the run")
    if unknown:
        raise PolicyError(unknown)
    plan = plan_of_record(arrivals, policy, "the run", arrivals.seed)
    simulated = play(policy, plan, seed=arrivals.seed).total().figures()
    measured = plan.recorded.total.figures() if plan.recorded is not None else {}
    return [Compared(words, measured[name], simulated[name]) for name, words in FIGURES.items()]
