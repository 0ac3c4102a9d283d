"""A forecast as JSON: kept with the wait that it is of, and in the snapshot of an estimator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.domain.wait_time.terms import Estimate, Forecast, Unknown, WaitBand


def as_json(forecast: Forecast) -> dict[str, Any]:
    """Everything of it; `of_json` gives the same forecast back, to the last digit."""
    estimate, band = forecast.estimate, forecast.band
    return {
        "unknown": estimate.reason if isinstance(estimate, Unknown) else None,
        "band": [band.p50, band.p90] if band is not None else None,
        "model": forecast.model,
        "speed": forecast.speed,
        "shape": forecast.shape,
        "slot_free": forecast.slot_free,
    }


def of_json(stored: Mapping[str, Any]) -> Forecast:
    """The forecast that `as_json` made this of."""
    band = WaitBand(*stored["band"]) if stored["band"] is not None else None
    estimate: Estimate = Unknown(stored["unknown"]) if band is None or stored["unknown"] else band
    return Forecast(estimate, band, stored["model"], stored["speed"], stored["shape"], stored["slot_free"])
