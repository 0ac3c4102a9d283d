"""What is remembered of one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.domain.wait_time.calibration import Calibration
from orchestrator.domain.wait_time.grading import Grading
from orchestrator.domain.wait_time.handling import HandleTimes
from orchestrator.domain.wait_time.patience import Patience
from orchestrator.domain.wait_time.reaction import Reaction
from orchestrator.domain.wait_time.settings import WaitSettings


@dataclass(slots=True)
class LineState:
    """Mutable. ``faded_at`` is the second up to which old observations have faded."""

    calibration: Calibration
    grading: Grading
    handling: HandleTimes = field(default_factory=HandleTimes)
    patience: Patience = field(default_factory=Patience)
    reaction: Reaction = field(default_factory=Reaction)
    faded_at: float | None = None

    @staticmethod
    def of(settings: WaitSettings) -> LineState:
        return LineState(Calibration(settings), Grading(settings))

    def fade(self, factor: float) -> None:
        self.handling.fade(factor)
        self.patience.fade(factor)
        self.reaction.fade(factor)

    def snapshot(self) -> dict[str, Any]:
        return {
            "handling": self.handling.snapshot(),
            "patience": self.patience.snapshot(),
            "reaction": self.reaction.snapshot(),
            "calibration": self.calibration.snapshot(),
            "grading": self.grading.snapshot(),
            "faded_at": self.faded_at,
        }

    @staticmethod
    def restored(stored: Mapping[str, Any], settings: WaitSettings) -> LineState:
        state = LineState.of(settings)
        state.handling = HandleTimes.restored(stored["handling"])
        state.patience = Patience.restored(stored["patience"])
        state.reaction = Reaction.restored(stored["reaction"])
        state.calibration.restore(stored["calibration"])
        state.grading.restore(stored["grading"])
        state.faded_at = stored["faded_at"]
        return state
