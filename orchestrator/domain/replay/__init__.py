"""Recorded conversations through a draft policy: what would have gone otherwise."""

from orchestrator.domain.replay.recording import Difference, Kind, Recording, Replayed, Step
from orchestrator.domain.replay.replaying import PolicyOf, replay_recording
from orchestrator.domain.replay.report import Change, ReplayReport, Tally

__all__ = [
    "Change",
    "Difference",
    "Kind",
    "PolicyOf",
    "Recording",
    "ReplayReport",
    "Replayed",
    "Step",
    "Tally",
    "replay_recording",
]
