"""The report of a run: the same numbers for programs (JSON), on a terminal, and as a page."""

from __future__ import annotations

import html
from collections.abc import Sequence

from orchestrator.load.findings import RULES
from orchestrator.load.run import Result
from orchestrator.load.score import OUTCOMES, Band, Visit, mean, percentile, share
from orchestrator.load.wire import Json

Section = tuple[str, list[tuple[str, str]]]


def numbers(result: Result) -> Json:
    """Everything that was counted. Durations are seconds of the run, shares 0 to 1; null: nothing to count."""
    visits, traffic, histories = result.score.visits, result.traffic, result.judge.histories
    wish = result.wish
    return {
        "run": {
            "agents": wish.agents,
            "visitors": wish.visitors,
            "seed": wish.seed,
            "speed": wish.speed,
            "seconds": result.seconds,
            "arrivals_within": result.span,
            "grace": wish.grace,
        },
        "visitors": {"arrived": len(visits)} | dict(result.score.outcomes()),
        "waits": {
            "chat": _waits([one for one in visits if not one.video], result.target_seconds),
            "video": _waits([one for one in visits if one.video], result.target_seconds),
            "all": _waits(visits, result.target_seconds),
            "target_seconds": result.target_seconds,
            "target_share": result.target_share / 100,
        },
        "estimates": _estimates(visits),
        "agents": {
            "occupancy": share(result.score.duty.busy, result.score.duty.on),
            "slots_used": share(result.score.duty.held, result.score.duty.slots),
            "invitations": len(result.judge.invitations),
        }
        | {f"invitations_{reason}": n for reason, n in sorted(result.judge.invitations.outcomes.items())},
        "messages": {
            "sent": histories.sent,
            "delivered": histories.delivered,
            "latency_p50": percentile(histories.latencies, 0.5),
            "latency_p99": percentile(histories.latencies, 0.99),
        },
        "service": {
            "requests": traffic.requests,
            "request_p50": percentile(traffic.times, 0.5),
            "request_p99": percentile(traffic.times, 0.99),
            "sockets": traffic.sockets,
            "connections_lost_on_purpose": dict(result.score.drops),
            "held_up_by_limits": traffic.held_up,
            "held_up_seconds": traffic.held_up_seconds,
            "refusals": dict(traffic.refusals),
            "errors": dict(traffic.errors),
            "mishaps": dict(result.mishaps),
            "own_count": result.own_count,
        },
        "judge": {
            "invitations_long_unseen": len(result.judge.lines.unshown),
            "longest_unseen": result.judge.lines.longest_unshown,
            "longest_idle": result.judge.lines.longest_idle,
            "supervisor_readings": result.readings,
            "worst_lag_of_this_program": result.worst_lag,
            "service_kept_from_running": result.starved,
            "excused_seconds": result.excused,
            "rules": {rule: len(result.judge.findings.of(rule)) for rule in RULES},
            "violations": [
                {"rule": one.rule, "at": round(one.at, 3), "what": one.what}
                for one in result.judge.violations
            ],
        },
    }


def _waits(visits: Sequence[Visit], target: float) -> Json:
    """The service level is of everybody who asked: who gave up or was sent away was not answered in time."""
    waits = [wait for visit in visits if (wait := visit.wait) is not None]
    gave_up = sum(visit.outcome in ("left", "vanished") for visit in visits)
    return {
        "asked": len(visits),
        "answered": len(waits),
        "mean": mean(waits),
        "p50": percentile(waits, 0.5),
        "p90": percentile(waits, 0.9),
        "longest": max(waits, default=None),
        "abandonment": share(gave_up, len(visits)),
        "service_level": share(sum(wait <= target for wait in waits), len(visits)),
    }


def _estimates(visits: Sequence[Visit]) -> Json:
    """Bands against waits. Who gave up would have waited longer, nobody knows how long: see `within`."""
    quoted = [visit for visit in visits if visit.quoted is not None]
    places: list[tuple[float, bool]] = []
    for visit in quoted:
        ended = visit.answered_at if visit.answered_at is not None else visit.gave_up_at
        if visit.quoted is None or visit.queued_at is None or ended is None:
            continue
        places.append((_place(visit.quoted, ended - visit.queued_at), visit.answered_at is not None))
    return {
        "told_a_band": len(quoted),
        "told_unknown": sum(visit.unknown for visit in visits),
        "judged": len(places),
        "within_p50": within(1.0, places),
        "within_p90": within(2.0, places),
    }


def _place(band: Band, waited: float) -> float:
    """Where in its band a wait is: 0 at once, 1 at p50, 2 at p90, beyond it 3."""
    p50, p90 = band
    if waited <= p50:
        return waited / p50 if p50 > 0 else 0.0
    return 1.0 + (waited - p50) / (p90 - p50) if waited <= p90 else 3.0


def within(place: float, waits: Sequence[tuple[float, bool]]) -> float | None:
    """The share of waits that end by this place, where some are only known to be longer: (place, it ended there).

    The product-limit estimator (Kaplan and Meier 1958); None of nothing.
    """
    if not waits:
        return None
    longer, at_risk = 1.0, len(waits)
    for at, ended in sorted(waits, key=lambda one: (one[0], not one[1])):
        if at > place:
            break
        if ended:
            longer *= 1.0 - 1.0 / at_risk
        at_risk -= 1
    return 1.0 - longer


def sections(report: Json) -> list[Section]:
    """The numbers as people read them: heading, and rows of words."""
    waits, judge, service = report["waits"], report["judge"], report["service"]
    visitors = [("arrived", str(report["visitors"]["arrived"]))]
    visitors += [(words, str(report["visitors"][outcome])) for outcome, words in OUTCOMES.items()]
    of_waits: list[tuple[str, str]] = []
    for channel in ("chat", "video", "all"):
        row = waits[channel]
        if row["asked"]:
            words = f"mean {_s(row['mean'])}  p50 {_s(row['p50'])}  p90 {_s(row['p90'])}  longest {_s(row['longest'])}"
            of_waits.append((f"{channel} ({row['answered']} of {row['asked']})", words))
    level = f"{_p(waits['all']['service_level'])} within {waits['target_seconds']:.0f} s"
    of_waits += [
        ("abandonment", _p(waits["all"]["abandonment"])),
        ("service level", f"{level} (aim: {_p(waits['target_share'])})"),
    ]
    told = report["estimates"]
    of_waits.append(
        (
            "estimates",
            f"{told['told_a_band']} bands, {told['told_unknown']} unknown; of {told['judged']} judged "
            f"{_p(told['within_p50'])} within p50, {_p(told['within_p90'])} within p90",
        )
    )
    agents, messages = report["agents"], report["messages"]
    ended = ", ".join(
        f"{count} {name.removeprefix('invitations_')}"
        for name, count in agents.items()
        if name.startswith("invitations_")
    )
    work = [
        (
            "occupancy",
            f"{_p(agents['occupancy'])} of the time on duty, {_p(agents['slots_used'])} of all slots",
        ),
        ("invitations", f"{agents['invitations']} ({ended})"),
        ("messages", f"{messages['sent']} sent, {messages['delivered']} delivered to the other side"),
        ("delivery", f"p50 {_ms(messages['latency_p50'])}  p99 {_ms(messages['latency_p99'])}"),
        (
            "requests",
            f"{service['requests']}, p50 {_ms(service['request_p50'])}  p99 {_ms(service['request_p99'])}",
        ),
        ("refusals", _counts(service["refusals"])),
        ("errors", _counts(service["errors"] | service["mishaps"])),
    ]
    if service["held_up_by_limits"]:
        words = f"{service['held_up_by_limits']} times, {service['held_up_seconds']:.0f} s in all"
        work.append(("slowed down by rate limits", words))
    if service["own_count"] is not None:
        work.append(("the service counted", _counts(service["own_count"])))
    rules = [
        (RULES[rule], "held" if not count else f"{count} VIOLATED") for rule, count in judge["rules"].items()
    ]
    rules.append(
        (
            "longest time a fitting agent was free",
            f"{judge['longest_idle']:.2f} s (grace {report['run']['grace']:.1f} s)",
        )
    )
    rules.append(
        (
            "invitations on no desk for longer than the grace",
            f"{judge['invitations_long_unseen']}, at most {judge['longest_unseen']:.1f} s (agents cut off, or slow)",
        )
    )
    rules.append(
        (
            "time that does not count",
            f"{judge['excused_seconds']:.1f} of {report['run']['seconds']:.0f} s: the machine was busy otherwise",
        )
    )
    if judge["excused_seconds"] > report["run"]["seconds"] / 2:
        words = (
            "what is held was judged for less than half of the time: try again when the machine is less busy"
        )
        rules.append(("the machine was too busy", words))
    slow = service["request_p99"] or 0.0
    if judge["rules"]["no_idle_agent"] and slow > report["run"]["grace"] / 2:
        words = f"requests took up to {slow:.1f} s (p99): this machine cannot keep up. A lower --speed asks less of it"
        rules.append(("the service was overloaded", words))
    found = [(f"{one['at']:.1f} s", one["what"]) for one in judge["violations"][:50]]
    return [
        ("Visitors", visitors),
        ("Waits", of_waits),
        ("Work", work),
        ("Invariants", rules),
        *([("Violations", found)] if found else []),
    ]


def page(report: Json) -> str:
    """One HTML page without anything from elsewhere."""
    run = report["run"]
    title = f"{run['agents']} agents, {run['visitors']} visitors, seed {run['seed']}, speed {run['speed']:g}"
    body = "".join(
        f"<h2>{html.escape(heading)}</h2><table>"
        + "".join(
            f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(words)}</td></tr>'
            for name, words in rows
        )
        + "</table>"
        for heading, rows in sections(report)
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Load report</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0}"
        "th{font-weight:500}</style>"
        f"<h1>Load report</h1><p>{html.escape(title)}, {run['seconds']:.0f} s</p>{body}</html>\n"
    )


def _s(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.0f} ms"


def _p(part: float | None) -> str:
    return "-" if part is None else f"{part:.0%}"


def _counts(counts: Json) -> str:
    return ", ".join(f"{count} × {name}" for name, count in sorted(counts.items())) or "none"
