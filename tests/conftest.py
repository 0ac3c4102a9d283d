"""Settings that all tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

_SLOW_MACHINES = [HealthCheck.too_slow]

settings.register_profile("default", max_examples=60, deadline=None, suppress_health_check=_SLOW_MACHINES)
settings.register_profile("deep", max_examples=3_000, deadline=None, suppress_health_check=_SLOW_MACHINES)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser journeys come last: their driver keeps an event loop running, beside which no other could be started."""
    items.sort(key=lambda item: "e2e" in item.path.parts)
