"""How well streams get through, as Prometheus numbers. Nobody's name is among the labels."""

from __future__ import annotations

from prometheus_client import Counter, Histogram
from prometheus_client.registry import Collector

import media


class QualityMetrics:
    """Fed with what the media node measures; every few seconds of every stream count once."""

    def __init__(self) -> None:
        self._periods = Counter(
            "visavis_media_periods",
            "Periods of five seconds of a stream, by its quality",
            ["source", "grade"],
            registry=None,
        )
        self._stalled = Counter(
            "visavis_media_stalled", "Streams of which nothing came any more", ["source"], registry=None
        )
        self._loss = Histogram(
            "visavis_media_loss_ratio",
            "Share of a stream's packets that did not arrive",
            ["source"],
            buckets=(0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5),
            registry=None,
        )
        self._jitter = Histogram(
            "visavis_media_jitter_seconds",
            "Jitter of a stream at its receiver",
            ["source"],
            buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.3),
            registry=None,
        )
        self._round_trip = Histogram(
            "visavis_media_round_trip_seconds",
            "From the media node to a participant and back",
            registry=None,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 1),
        )
        self._bitrate = Histogram(
            "visavis_media_bitrate_bits_per_second",
            "What was forwarded of a stream",
            ["source"],
            buckets=(16e3, 32e3, 64e3, 128e3, 250e3, 500e3, 1e6, 2e6, 4e6),
            registry=None,
        )

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """For the service's registry."""
        return self._periods, self._stalled, self._loss, self._jitter, self._round_trip, self._bitrate

    def heard(self, event: media.MediaEvent) -> None:
        """Take what the media node tells."""
        match event:
            case media.MediaStalled(source=source):
                self._stalled.labels(str(source)).inc()
            case media.QualityMeasured(source=source, quality=quality):
                self._periods.labels(str(source), str(quality.grade)).inc()
                self._bitrate.labels(str(source)).observe(quality.bitrate)
                if quality.loss is not None:
                    self._loss.labels(str(source)).observe(quality.loss)
                if quality.jitter is not None:
                    self._jitter.labels(str(source)).observe(quality.jitter)
                if quality.round_trip is not None:
                    self._round_trip.observe(quality.round_trip)
            case _:
                pass
