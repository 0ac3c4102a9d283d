"""The wait estimate against an independent simulator, next to three simpler estimates.

Days of visitors are simulated (`bench.queues`); what a server would have seen of them is replayed through every
estimate, each in the dark about what is yet to come. Who gave up has a wait as well: until an agent would have come.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Column, Table

from bench.queues import DAY, HOUR, JUDGED, WRONG, Setting, Trace, simulate
from orchestrator.domain.wait_time import Forecast, Line, LineView, Pool, Unknown, WaitEstimator, WaitSettings

SEED = 20260105
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
LINES = {name: Line(name, "chat") for name in "AB"}
UNCALIBRATED = WaitSettings(shape_trust=1e12, speed_doubt=1e12)
CAPTION = (
    "HOL: how long the first in line has waited, or the last answered. place: (ahead + 1) x mean handle time / slots. "
    "median: of this hour on former days. ÷ best: ours by the best other. withheld: graded not reliable, yet judged"
)
HEADS = ("waits", "ours", "HOL", "place", "median", "÷ best", "≤ p50", "≤ p90", "withheld")


@dataclass(frozen=True, slots=True)
class Quote:
    """What each estimate said on entry: HOL, place and the hour's median in ``others``."""

    at: float
    forecast: Forecast
    others: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Judged:
    quote: Quote
    waited: float


class FormerDays:
    """The median wait of this hour of day on former days, of those who had to wait."""

    def __init__(self) -> None:
        self.day = 0
        self.today: list[tuple[int, float]] = []
        self.waits: dict[int, list[float]] = defaultdict(list)
        self.medians: dict[int, float] = {}

    def add(self, arrived: float, waited: float) -> None:
        self.today.append((int(arrived % DAY // HOUR), waited))

    def median(self, at: float) -> float:
        if at // DAY != self.day:
            self.day, self.medians = int(at // DAY), {}
            for hour, waited in self.today:
                self.waits[hour].append(waited)
            self.today.clear()
        hour = int(at % DAY // HOUR)
        if hour not in self.medians:
            known = self.waits[hour] or [waited for waits in self.waits.values() for waited in waits]
            self.medians[hour] = statistics.median(known) if known else 0.0
        return self.medians[hour]


@dataclass
class Watched:
    """What a server knows of one line besides the estimator."""

    waiting: dict[int, float] = field(default_factory=dict)
    talking: dict[int, float] = field(default_factory=dict)
    handled: int = 0
    handle_seconds: float = 0.0
    last_waited: float = 0.0
    former: FormerDays = field(default_factory=FormerDays)


@dataclass
class Replay:
    """Drives all estimates through a trace. ``judged`` are those who had to wait, from ``setting.from_day`` on."""

    setting: Setting
    estimator: WaitEstimator
    judged: list[Judged] = field(default_factory=list)
    seconds: float = 0.0
    estimates: int = 0

    def run(self, trace: Trace) -> Replay:
        lines = {name: Watched() for name in self.setting.arrivals}
        slots, busy = dict(self.setting.staff), dict.fromkeys(self.setting.staff, 0)
        quotes: dict[int, Quote] = {}
        for now in trace.happenings:
            if now.kind == "staffed":
                slots[now.pool], busy[now.pool] = now.staff
                continue
            line, watched, at = LINES[now.line], lines[now.line], MIDNIGHT + timedelta(seconds=now.at)
            if now.kind == "arrived":
                view = self.view(now.line, now.at, lines, slots, busy)
                started = time.process_time()
                forecast = self.estimator.forecast(view, at)
                self.seconds += time.process_time() - started
                self.estimates += 1
                self.estimator.arrived(line, str(now.visitor), forecast)
                if view.free == 0:
                    quotes[now.visitor] = Quote(now.at, forecast, self.others(view, watched, now.at))
                watched.waiting[now.visitor] = now.at
                continue
            if now.kind == "served":
                self.estimator.served(line, now.seconds, at)
                watched.talking.pop(now.visitor, None)
                watched.handled += 1
                watched.handle_seconds += now.seconds
                if now.pool:
                    busy[now.pool] -= 1
                continue
            del watched.waiting[now.visitor]
            waited: float | None = now.seconds
            if now.kind == "answered":
                self.estimator.answered(line, str(now.visitor), now.seconds, at)
                busy[now.pool] += 1
                watched.talking[now.visitor] = now.at
                watched.last_waited = now.seconds
            else:
                self.estimator.abandoned(line, str(now.visitor), now.seconds, at)
                waited = trace.would_have_waited.get(now.visitor)
            quote = quotes.pop(now.visitor, None)
            if quote is not None and now.kind == "answered":
                watched.former.add(quote.at, now.seconds)
            if quote is not None and waited is not None and quote.at >= self.setting.from_day * DAY:
                self.judged.append(Judged(quote, waited))
        return self

    def view(
        self,
        name: str,
        now: float,
        lines: Mapping[str, Watched],
        slots: Mapping[str, int],
        busy: Mapping[str, int],
    ) -> LineView:
        pools = tuple(
            Pool(
                frozenset(LINES[each] for each in pool),
                count * self.setting.counted,
                max(0, count - busy[pool]),
            )
            for pool, count in slots.items()
        )
        waiting = lines[name].waiting
        head = now - next(iter(waiting.values())) if waiting else 0.0
        rivals = {LINES[other]: len(watched.waiting) for other, watched in lines.items() if other != name}
        running = {
            LINES[other]: sum(now - since for since in watched.talking.values())
            for other, watched in lines.items()
        }
        return LineView(LINES[name], len(waiting), pools, len(waiting), head, rivals, running=running)

    @staticmethod
    def others(view: LineView, watched: Watched, now: float) -> tuple[float, float, float]:
        mean = watched.handle_seconds / watched.handled if watched.handled else 0.0
        slots = sum(pool.slots for pool in view.pools if view.line in pool.lines)
        place = (view.ahead + 1) * mean / slots if slots else 0.0
        head = view.head_waited if view.waiting else watched.last_waited
        return head, place, watched.former.median(now)


@dataclass(frozen=True, slots=True)
class Score:
    """Mean absolute errors in seconds - ours, then the others' -, coverage and the share that was withheld."""

    waits: int
    ours: float
    others: tuple[float, float, float]
    below_p50: float
    below_p90: float
    withheld: float

    @property
    def to_best(self) -> float:
        return self.ours / min(self.others)


def score(judged: Sequence[Judged]) -> Score:
    """Over all who had to wait and got a band, be it a withheld one."""
    cases = [(each.quote, each.quote.forecast.band, each.waited) for each in judged]
    known = [(quote, band, waited) for quote, band, waited in cases if band is not None]
    count = len(known)
    return Score(
        count,
        sum(abs(band.p50 - waited) for _, band, waited in known) / count,
        (
            sum(abs(quote.others[0] - waited) for quote, _, waited in known) / count,
            sum(abs(quote.others[1] - waited) for quote, _, waited in known) / count,
            sum(abs(quote.others[2] - waited) for quote, _, waited in known) / count,
        ),
        sum(waited <= band.p50 for _, band, waited in known) / count,
        sum(waited <= band.p90 for _, band, waited in known) / count,
        sum(isinstance(quote.forecast.estimate, Unknown) for quote, _, _ in known) / count,
    )


def replayed(setting: Setting, seed: int, settings: WaitSettings | None = None) -> Replay:
    return Replay(setting, WaitEstimator(settings)).run(simulate(setting, seed))


def run(console: Console) -> None:
    table = Table(
        Column("setting", no_wrap=True),
        *HEADS,
        title="mean absolute error of the wait quoted on entry, in seconds, and the share of waits within the band",
        caption=CAPTION,
    )
    replays = [replayed(setting, SEED + number) for number, setting in enumerate(JUDGED)]
    scores = [score(replay.judged) for replay in replays]
    for setting, got in zip(JUDGED, scores, strict=True):
        table.add_row(setting.name, *row(got))
    means = [statistics.fmean(each.ours for each in scores)]
    means += [statistics.fmean(each.others[i] for each in scores) for i in range(3)]
    ratio = statistics.geometric_mean(each.to_best for each in scores)
    table.add_row("mean", "", *(f"{mean:.1f}" for mean in means), f"{ratio:.2f}", style="bold")
    console.print(table)

    table = Table(
        Column("what is wrong", no_wrap=True),
        *HEADS,
        title="the same where the estimator is told, or has learnt, what is not so",
    )
    for number, setting in enumerate(WRONG):
        for label, settings in ((setting.name, None), ("  not calibrated", UNCALIBRATED)):
            got = score(replayed(setting, SEED + len(JUDGED) + number, settings).judged)
            table.add_row(label, *row(got))
    console.print(table)
    console.print(first_waits())
    each = 1e6 * sum(replay.seconds for replay in replays) / sum(replay.estimates for replay in replays)
    console.print(f"{each:.0f} µs an estimate")


WINDOWS = ((0, 20), (20, 50), (50, 100), (100, 200), (200, 400))
COLD_STARTS = 3


def first_waits() -> Table:
    """How honest the first bands of a line are: two days from cold, of every setting, under a few seeds each."""
    told: dict[tuple[int, int], list[tuple[bool, bool] | None]] = defaultdict(list)
    for setting in (*JUDGED, *WRONG):
        for seed in range(COLD_STARTS):
            judged = replayed(replace(setting, days=2, from_day=0), seed).judged
            for place, each in enumerate(sorted(judged, key=lambda one: one.quote.at)):
                band = each.quote.forecast.estimate
                window = next((one for one in WINDOWS if one[0] <= place < one[1]), None)
                if window is not None:
                    known = not isinstance(band, Unknown)
                    told[window].append((each.waited <= band.p50, each.waited <= band.p90) if known else None)
    table = Table("waits of a line", "told", "≤ p50", "≤ p90", title="the first bands, from a cold start")
    for window in WINDOWS:
        bands = [each for each in told[window] if each is not None]
        shares = [sum(half for half, _ in bands), sum(most for _, most in bands)]
        cells = [f"{100 * share / len(bands):.1f} %" if bands else "-" for share in shares]
        table.add_row(f"{window[0] + 1}-{window[1]}", f"{100 * len(bands) / len(told[window]):.0f} %", *cells)
    return table


def row(got: Score) -> list[str]:
    errors = [f"{error:.1f}" for error in (got.ours, *got.others)]
    shares = [f"{100 * share:.1f} %" for share in (got.below_p50, got.below_p90, got.withheld)]
    return [f"{got.waits:,}", *errors, f"{got.to_best:.2f}", *shares]
