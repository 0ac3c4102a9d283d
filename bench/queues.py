"""Queues to judge a wait estimate by, simulated with `ciw`: what an estimate may see, and the waits it may not."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import ciw
from ciw.dists import Distribution, Exponential

HOUR, DAY = 3600.0, 86_400.0


class LogNormal(Distribution):
    """By mean seconds and variance over squared mean; ``factor`` stretches it by the time."""

    def __init__(self, mean: float, scv: float, factor: Callable[[float], float] = lambda t: 1.0) -> None:
        self.sigma = math.sqrt(math.log(1 + scv))
        self.mu = math.log(mean) - self.sigma**2 / 2
        self.factor = factor

    def sample(self, t: float | None = None, ind: object = None) -> float:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.factor(t or 0.0) * random.lognormvariate(self.mu, self.sigma)


class Arrivals(Distribution):
    """A Poisson process whose rate changes, by thinning one of the highest rate."""

    def __init__(self, rate: Callable[[float], float], highest: float) -> None:
        self.rate = rate
        self.highest = highest

    def sample(self, t: float | None = None, ind: object = None) -> float:  # pyright: ignore[reportIncompatibleMethodOverride]
        start = now = t or 0.0
        while True:
            now += random.expovariate(self.highest)
            if random.random() < self.rate(now) / self.highest:
                return now - start


#                 0  1  2  3  4  5  6  7   8   9   10   11   12  13   14    15   16  17  18  19  20 21 22 23 h
OFFICE = (0.0,) * 8 + (0.4, 0.8, 1.1, 1.2, 1.0, 0.8, 1.0, 1.15, 1.1, 0.9, 0.5, 0.2) + (0.0,) * 4
TALKATIVE = (1.0,) * 8 + (0.9, 0.9, 1.0, 1.05, 1.1, 1.15, 1.1, 1.0, 1.0, 0.95, 0.9, 0.9) + (1.0,) * 4


def at_hour(profile: Sequence[float]) -> Callable[[float], float]:
    return lambda t: profile[int(t % DAY // HOUR)]


def office_hours(busiest: float) -> Arrivals:
    return Arrivals(lambda t: busiest * at_hour(OFFICE)(t), busiest * max(OFFICE))


def swinging(mean: float, by: float, period: float) -> Arrivals:
    return Arrivals(lambda t: mean * (1 + by * math.sin(2 * math.pi * t / period)), mean * (1 + by))


@dataclass(frozen=True)
class Setting:
    """Lines by name with their arrivals, handle times and patience; ``staff`` are agents by the lines they serve.

    ``shifts`` (agents, until which second of the day) replaces the count of an only pool. ``counted`` is how many slots
    the estimates are told for each agent. Estimates are judged ``from_day`` on; before, they learn.
    """

    name: str
    days: int
    staff: Mapping[str, int]
    arrivals: Mapping[str, Distribution]
    handle: Mapping[str, Distribution]
    patience: Mapping[str, Distribution] = field(default_factory=dict)
    shifts: tuple[tuple[int, float], ...] = ()
    counted: float = 1.0
    from_day: int = 3


def one_line(
    name: str,
    days: int,
    agents: int,
    arrivals: Distribution,
    handle: Distribution,
    patience: Distribution | None = None,
    **more: Any,
) -> Setting:
    left = {"A": patience} if patience is not None else {}
    return Setting(name, days, {"A": agents}, {"A": arrivals}, {"A": handle}, left, **more)


MEAN = 480.0
JUDGED = (
    one_line("M/M/10", 14, 10, Exponential(9.5 / MEAN), Exponential(1 / MEAN)),
    one_line("M/M/3", 28, 3, Exponential(2.7 / MEAN), Exponential(1 / MEAN)),
    one_line("M/LN/10, scv 0.35", 14, 10, Exponential(9.5 / MEAN), LogNormal(MEAN, 0.35)),
    one_line("M/LN/10, scv 2", 14, 10, Exponential(9.2 / MEAN), LogNormal(MEAN, 2)),
    one_line("M/M/20+M", 8, 20, Exponential(24 / MEAN), Exponential(1 / MEAN), Exponential(1 / 300)),
    one_line("M/LN/20+LN", 8, 20, Exponential(26 / MEAN), LogNormal(MEAN, 0.7), LogNormal(300, 1)),
    one_line("Mt/M/12, a day's swing", 20, 12, swinging(10.2 / MEAN, 0.3, DAY), Exponential(1 / MEAN)),
    one_line(
        "Mt/LN/12+LN, 4 h swing",
        14,
        12,
        swinging(12 / MEAN, 0.4, 4 * HOUR),
        LogNormal(MEAN, 1),
        LogNormal(400, 1),
    ),
    one_line(
        "Mt/LN/12+LN, office",
        20,
        12,
        office_hours(12 / MEAN),
        LogNormal(MEAN, 0.8, at_hour(TALKATIVE)),
        LogNormal(400, 1),
    ),
    one_line(
        "Mt/LN/ct+LN, shifts",
        20,
        0,
        office_hours(12 / MEAN),
        LogNormal(MEAN, 0.8, at_hour(TALKATIVE)),
        LogNormal(400, 1),
        shifts=((3, 8 * HOUR), (8, 10 * HOUR), (13, 13 * HOUR), (10, 14 * HOUR), (13, 18 * HOUR), (3, DAY)),
    ),
    one_line("two agents, office", 28, 2, office_hours(2.2 / MEAN), LogNormal(MEAN, 1), LogNormal(300, 1)),
    Setting(
        "two skills, M+M",
        14,
        {"A": 4, "B": 4, "AB": 3},
        {"A": Exponential(7 / MEAN), "B": Exponential(4.5 / MEAN)},
        {"A": Exponential(1 / MEAN), "B": Exponential(1 / MEAN)},
        {"A": Exponential(1 / 400), "B": Exponential(1 / 400)},
    ),
    Setting(
        "two skills, LN+LN, office",
        20,
        {"A": 5, "B": 3, "AB": 4},
        {"A": office_hours(7.5 / MEAN), "B": office_hours(5 / 600)},
        {"A": LogNormal(MEAN, 0.8, at_hour(TALKATIVE)), "B": LogNormal(600, 0.8)},
        {"A": LogNormal(400, 1), "B": LogNormal(300, 1)},
    ),
)
"""The settings that the estimate has to stand."""

WRONG = (
    one_line(
        "a third too many slots",
        20,
        9,
        Exponential(10 / MEAN),
        LogNormal(MEAN, 0.8),
        LogNormal(400, 1),
        counted=4 / 3,
    ),
    one_line(
        "from day 10 on 40 % longer",
        20,
        12,
        Exponential(11 / MEAN),
        LogNormal(MEAN, 0.8, lambda t: 1.4 if t > 10 * DAY else 1.0),
        LogNormal(400, 1),
        from_day=10,
    ),
)
"""Settings in which what the estimator is told, or has learnt, is wrong: what is left is its calibration."""


@dataclass(frozen=True, slots=True)
class Happening:
    """``seconds``: waited or handled. ``pool``: the agent's, "" if off duty by now. ``staff``: on duty, and busy."""

    at: float
    kind: Literal["arrived", "answered", "gave_up", "served", "staffed"]
    visitor: int = 0
    line: str = ""
    seconds: float = 0.0
    pool: str = ""
    staff: tuple[int, int] = (0, 0)


@dataclass
class Trace:
    """What happened in order, and how long those who gave up would have waited."""

    happenings: list[Happening] = field(default_factory=list)
    would_have_waited: dict[int, float] = field(default_factory=dict)


class Desk(ciw.Node):
    """A place of service whose servers differ in the customer classes they take, first come first served.

    Who reneged stays on as a ghost, to see when a server would have come to them.
    """

    def __init__(self, id_: int, simulation: Any) -> None:
        self.trace = Trace()
        self.ghosts: dict[int, tuple[float, str]] = {}
        self.pools: list[str] = []
        super().__init__(id_, simulation)

    def pool_of(self, server: Any) -> str:
        return self.pools[server.id_number - 1] if server.id_number <= len(self.pools) else self.pools[0]

    def log(self, kind: Any, ind: Any, seconds: float = 0.0, pool: str = "") -> None:
        self.trace.happenings.append(
            Happening(self.now, kind, ind.id_number, ind.customer_class, seconds, pool)
        )

    def begin_service_if_possible_accept(self, next_individual: Any) -> None:
        ind = next_individual
        ind.arrival_date = self.now
        ind.reneging_date = self.get_reneging_date(ind) if self.reneging else math.inf
        self.log("arrived", ind)
        idle = [s for s in self.servers if not s.busy and ind.customer_class in self.pool_of(s)]
        if idle:
            self.serve(min(idle, key=lambda server: len(self.pool_of(server))), ind)

    def begin_service_if_possible_release(self, next_individual: Any, newly_free_server: Any) -> None:
        if newly_free_server in self.servers:
            self.take_next(newly_free_server)

    def take_next(self, server: Any) -> None:
        takes = self.pool_of(server)
        waiting = (ind for ind in self.individuals[0] if not ind.server and ind.customer_class in takes)
        ind = next(waiting, None)
        for ghost, (arrived, line) in list(self.ghosts.items()):
            if line in takes and (ind is None or arrived < ind.arrival_date):
                self.trace.would_have_waited[ghost] = self.now - arrived
                del self.ghosts[ghost]
        if ind is not None:
            self.serve(server, ind)

    def serve(self, server: Any, ind: Any) -> None:
        self.attach_server(server, ind)
        ind.service_start_date = self.now
        ind.service_time = self.get_service_time(ind)
        ind.service_end_date = server.next_end_service_date = self.now + ind.service_time
        self.number_in_service += 1
        self.log("answered", ind, self.now - ind.arrival_date, self.pool_of(server))

    def write_individual_record(self, individual: Any) -> None:
        ind = individual
        self.log("served", ind, ind.service_time, "" if ind.server.offduty else self.pool_of(ind.server))

    def write_reneging_record(self, individual: Any) -> None:
        ind = individual
        self.log("gave_up", ind, self.now - ind.arrival_date)
        self.ghosts[ind.id_number] = (ind.arrival_date, ind.customer_class)

    def change_shift(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Agents come, or go: the idle at once, the busy after their conversation."""
        assert self.schedule is not None
        self.schedule.get_next_shift()
        self.next_shift_change = self.schedule.next_shift_change_date
        self.c = self.schedule.c
        on_duty = sorted((s for s in self.servers if not s.offduty), key=lambda server: bool(server.busy))
        for server in on_duty[: max(0, len(on_duty) - self.c)]:
            server.shift_end = self.now
            if server.busy:
                server.offduty = True
            else:
                self.kill_server(server)
        self.add_new_servers(max(0, self.c - len(on_duty)))
        busy = sum(bool(server.busy) and not server.offduty for server in self.servers)
        self.trace.happenings.append(Happening(self.now, "staffed", pool=self.pools[0], staff=(self.c, busy)))
        for server in [server for server in self.servers if not server.busy]:
            self.take_next(server)


def simulate(setting: Setting, seed: int) -> Trace:
    """Run a setting; the same seed gives the same trace."""
    ciw.seed(seed)
    shifts = setting.shifts
    staff = (
        ciw.Schedule([count for count, _ in shifts], [until for _, until in shifts])
        if shifts
        else sum(setting.staff.values())
    )
    network = ciw.create_network(
        arrival_distributions={name: [each] for name, each in setting.arrivals.items()},
        service_distributions={name: [each] for name, each in setting.handle.items()},
        reneging_time_distributions={name: [setting.patience.get(name)] for name in setting.arrivals},
        number_of_servers=[staff],
        routing={name: [[0.0]] for name in setting.arrivals},
    )
    simulation = ciw.Simulation(network, node_class=Desk)
    desk: Any = simulation.transitive_nodes[0]
    desk.pools = [name for name, count in setting.staff.items() for _ in range(max(1, count))]
    simulation.simulate_until_max_time(setting.days * DAY)
    return desk.trace
