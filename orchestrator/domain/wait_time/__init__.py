"""How long a waiting visitor will wait for an agent: a band that grades itself. The method is in docs/wait-time.md."""

from orchestrator.domain.wait_time.estimator import WaitEstimator
from orchestrator.domain.wait_time.settings import WaitSettings
from orchestrator.domain.wait_time.terms import (
    Channel,
    Estimate,
    Forecast,
    Grade,
    Line,
    Unknown,
    UnknownReason,
    WaitBand,
)
from orchestrator.domain.wait_time.view import LineView, Pool

__all__ = [
    "Channel",
    "Estimate",
    "Forecast",
    "Grade",
    "Line",
    "LineView",
    "Pool",
    "Unknown",
    "UnknownReason",
    "WaitBand",
    "WaitEstimator",
    "WaitSettings",
]
