"""The numbers of quality that Prometheus gets."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

import media
from orchestrator.adapters.media_metrics import QualityMetrics


def test_what_was_measured_is_counted_without_a_name() -> None:
    metrics, registry = QualityMetrics(), CollectorRegistry()
    for collector in metrics.collectors:
        registry.register(collector)
    room, role, camera = "call_secret", media.Role.VISITOR, media.Source.CAMERA
    metrics.heard(media.QualityMeasured(room, role, camera, media.Quality(900_000, 0.2, 0.01, 0.08)))
    metrics.heard(media.QualityMeasured(room, role, camera, media.Quality(900_000, None, None, None)))
    metrics.heard(media.MediaStalled(room, role, camera))
    metrics.heard(media.RoomClosed(room))
    text = generate_latest(registry).decode()
    for line in (
        'visavis_media_periods_total{grade="poor",source="camera"} 1.0',
        'visavis_media_periods_total{grade="good",source="camera"} 1.0',
        'visavis_media_stalled_total{source="camera"} 1.0',
        'visavis_media_loss_ratio_bucket{le="0.1",source="camera"} 0.0',
        'visavis_media_loss_ratio_bucket{le="0.2",source="camera"} 1.0',
        'visavis_media_bitrate_bits_per_second_count{source="camera"} 2.0',
        "visavis_media_round_trip_seconds_sum 0.08",
    ):
        assert line in text, line
    assert room not in text
