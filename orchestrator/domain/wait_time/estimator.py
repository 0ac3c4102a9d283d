"""The estimator: learns from what happens in the lines, says how long a visitor will wait, and grades what it said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from math import isfinite
from typing import Any

from orchestrator.domain.wait_time.calibration import Calibration
from orchestrator.domain.wait_time.capacity import capacity_of
from orchestrator.domain.wait_time.handling import Moments
from orchestrator.domain.wait_time.line_state import LineState
from orchestrator.domain.wait_time.queue_model import STOPS, QueueModel, Wait, quantile
from orchestrator.domain.wait_time.settings import WaitSettings
from orchestrator.domain.wait_time.stored_forecast import as_json, of_json
from orchestrator.domain.wait_time.terms import Channel, Estimate, Forecast, Grade, Line, Unknown, WaitBand
from orchestrator.domain.wait_time.view import LineView

_FORMAT = 2
_FADE_EVERY = 3600.0
_SHORTEST_HANDLE = 1.0
"""Seconds. Shorter means come from conversations that were closed at once; they must not promise instant turns."""
_LONGEST = 30 * 86_400.0
_LEGS = tuple(pairwise(STOPS))


class WaitEstimator:
    """Mutable, deterministic, without a clock; not safe for threads. Memory is bounded per line.

    Moments are aware datetimes **in the time zone of the line's group**, because the hour of day is read from them.
    Negative durations, as from a clock that was set, count as 0, and those of more than 30 days as 30 days.

    :raises ValueError: from every method, if a moment has no time zone or a duration is not finite
    """

    def __init__(self, settings: WaitSettings | None = None) -> None:
        self.settings = settings or WaitSettings()
        self._lines: dict[Line, LineState] = {}
        self._channels: dict[Channel, Moments] = {}
        self._open: dict[str, tuple[Line, Forecast]] = {}
        self._unseen = LineState.of(self.settings)

    # -- what happens ------------------------------------------------------------------------------------------

    def arrived(self, line: Line, conversation_id: str, forecast: Forecast) -> None:
        """A visitor entered the line; ``forecast`` is what `forecast` said then."""
        self._open.pop(conversation_id, None)
        self._open[conversation_id] = (line, forecast)
        if len(self._open) > self.settings.most_open:
            del self._open[next(iter(self._open))]

    def answered(self, line: Line, conversation_id: str, waited_seconds: float, at: datetime) -> None:
        """A visitor left the line to an agent."""
        self._left(line, conversation_id, waited_seconds, at, answered=True, gave_up=False)

    def abandoned(
        self, line: Line, conversation_id: str, waited_seconds: float, at: datetime, *, gave_up: bool = True
    ) -> None:
        """A visitor left the line otherwise: would have waited longer, nobody knows how long.

        ``gave_up`` is False for who was sent away - by the longest wait of the policy, by closing time -, which says
        nothing of visitors' patience.
        """
        self._left(line, conversation_id, waited_seconds, at, answered=False, gave_up=gave_up)

    def served(self, line: Line, handle_seconds: float, at: datetime) -> None:
        """A conversation of this line ended after it had held a slot for so long, wrap-up included."""
        seconds, state = _seconds(handle_seconds), self._state(line, at)
        state.handling.add(at.hour, seconds)
        self._channels[line.channel] = self._whole_channel(line.channel)

    def _left(
        self, line: Line, conversation_id: str, waited: float, at: datetime, *, answered: bool, gave_up: bool
    ) -> None:
        seconds, state = _seconds(waited), self._state(line, at)
        entered, forecast = self._open.pop(conversation_id, (line, None))
        if forecast is not None and entered != line:
            # Answered in another line than that of the forecast, whose wait would have been longer.
            self._learn(self._state(entered, at), forecast, seconds, answered=False)
            return
        state.patience.add(seconds, gave_up=gave_up)
        if forecast is not None:
            self._learn(state, forecast, seconds, answered=answered)

    def _learn(self, state: LineState, forecast: Forecast, seconds: float, *, answered: bool) -> None:
        if forecast.slot_free:
            state.reaction.add(seconds, gave_up=not answered)
            return
        if forecast.model > 0:
            state.calibration.add(forecast, seconds, gave_up=not answered)
        if forecast.band is not None and state.grading.add(
            forecast.band, forecast.shape, seconds, gave_up=not answered
        ):
            state.calibration.fade()

    # -- what is said ------------------------------------------------------------------------------------------

    def estimate(self, view: LineView, at: datetime) -> Estimate:
        """How long this visitor will wait from now on."""
        return self.forecast(view, at).estimate

    def forecast(self, view: LineView, at: datetime) -> Forecast:
        """The same with what it was made of, to be handed to `arrived` and stored with the wait."""
        _seconds_of(at)
        if not view.is_open:
            return Forecast(Unknown("closed"))
        state = self._lines.get(view.line, self._unseen)
        reaction, at_once = state.reaction.mean, state.reaction.band
        behind = view.ahead - view.free
        if behind < 0:
            known = state.reaction.answers >= self.settings.enough_answered
            return Forecast(at_once if known else Unknown("thin_data"), at_once, slot_free=True)
        handle = self._mean_handle(view.line, at.hour, view.running)
        if handle is None:
            return Forecast(Unknown("thin_data"))
        rivals = {
            line: count * (self._mean_handle(line, at.hour, view.running) or handle)
            for line, count in view.rivals.items()
        }
        capacity = capacity_of(view.line, view.pools, rivals)
        if capacity is None:
            return Forecast(Unknown("no_agents"))
        model = QueueModel(
            view.waiting,
            view.head_waited,
            handle + reaction,
            state.handling.dispersion(self.settings.trust),
            state.patience,
            capacity,
            reaction,
        )
        wait, band = _at_place(model, state.calibration, behind, at_once)
        return Forecast(self._said(state, band), band, wait.mean, state.calibration.speed, wait.shape)

    def _said(self, state: LineState, band: WaitBand) -> Estimate:
        """The band if there is reason to believe it."""
        grade = state.grading.grade
        if max(state.calibration.waits, grade.n) < self.settings.enough_waits and grade.reliable:
            return Unknown("thin_data")
        return band if grade.reliable else Unknown("not_reliable")

    def grade(self, line: Line) -> Grade:
        """How the bands forecast on entry to this line have turned out."""
        return self._lines.get(line, self._unseen).grading.grade

    def _mean_handle(self, line: Line, hour: int, running: Mapping[Line, float]) -> float | None:
        channel = self._channels.get(line.channel)
        if channel is None or channel.weight <= 0 or channel.weight < self.settings.enough_handled:
            return None
        going_on = sum(seconds for other, seconds in running.items() if other.channel == line.channel)
        wider = (channel.total + going_on) / channel.weight
        state = self._lines.get(line, self._unseen)
        mean = state.handling.mean(hour, wider, self.settings.trust, running.get(line, 0.0))
        return max(_SHORTEST_HANDLE, mean)

    def handle_mean(self, channel: Channel) -> float | None:
        """Mean seconds of the channel's conversations that have ended; None while there are none."""
        known = self._channels.get(channel)
        return known.mean if known is not None and known.weight > 0 else None

    def _whole_channel(self, channel: Channel) -> Moments:
        whole = Moments()
        for line, state in self._lines.items():
            if line.channel == channel:
                whole.include(state.handling.whole)
        return whole

    # -- what is kept ------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Everything learnt, as JSON; `restore` of it estimates the same to the last digit."""
        return {
            "format": _FORMAT,
            "lines": [
                {"group": line.group, "channel": line.channel, **state.snapshot()}
                for line, state in self._lines.items()
            ],
            "open": [
                [conversation_id, line.group, line.channel, as_json(forecast)]
                for conversation_id, (line, forecast) in self._open.items()
            ],
        }

    @staticmethod
    def restore(stored: Mapping[str, Any], settings: WaitSettings | None = None) -> WaitEstimator:
        """The estimator that made this snapshot.

        :raises ValueError: if another version of this module made it; then start anew and replay the stored waits
        """
        if stored.get("format") != _FORMAT:
            raise ValueError(f"a wait estimate snapshot of format {stored.get('format')}, not {_FORMAT}")
        estimator = WaitEstimator(settings)
        for state in stored["lines"]:
            line = Line(state["group"], state["channel"])
            estimator._lines[line] = LineState.restored(state, estimator.settings)
        for line in estimator._lines:
            estimator._channels[line.channel] = estimator._whole_channel(line.channel)
        for conversation_id, group, channel, forecast in stored["open"]:
            estimator._open[conversation_id] = (Line(group, channel), of_json(forecast))
        return estimator

    def _state(self, line: Line, at: datetime) -> LineState:
        now = _seconds_of(at)
        state = self._lines.get(line)
        if state is None:
            state = self._lines[line] = LineState.of(self.settings)
        if state.faded_at is None:
            state.faded_at = now
        elif now - state.faded_at >= _FADE_EVERY:
            factor = 0.5 ** ((now - state.faded_at) / self.settings.half_life)
            state.fade(factor)
            state.faded_at = now
            self._channels[line.channel] = self._whole_channel(line.channel)
        return state


def _at_place(
    model: QueueModel, calibration: Calibration, behind: float, at_once: WaitBand
) -> tuple[Wait, WaitBand]:
    """The wait of who is next after ``behind`` others, and the band: never shorter than that of anybody before them."""
    place = min(behind, float(STOPS[-1]))
    speed, z50, z90 = calibration.speed, calibration.z50, calibration.z90
    walk = model.walk()
    mean, shape = next(walk)
    p50 = max(at_once.p50, quantile(speed * mean, shape, z50))
    p90 = max(at_once.p90, quantile(speed * mean, shape, z90))
    for here, stop in _LEGS:
        if place <= here:
            break
        further, further_shape = next(walk)
        further50 = max(p50, quantile(speed * further, further_shape, z50))
        further90 = max(p90, quantile(speed * further, further_shape, z90))
        if place < stop:
            part = (place - here) / (stop - here)
            wait = Wait(_between(mean, further, part), _between(shape, further_shape, part))
            return wait, WaitBand(_between(p50, further50, part), _between(p90, further90, part))
        mean, shape, p50, p90 = further, further_shape, further50, further90
    return Wait(mean, shape), WaitBand(p50, p90)


def _between(start: float, end: float, part: float) -> float:
    return min(end, start + (end - start) * part) if start <= end else start + (end - start) * part


def _seconds(duration: float) -> float:
    if not isfinite(duration):
        raise ValueError(f"a duration of {duration} seconds: give a finite number")
    return min(_LONGEST, max(0.0, duration))


def _seconds_of(at: datetime) -> float:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone: give the moment in the time zone of the line's group")
    return at.timestamp()
