"""``make bench``: every benchmark, or the named ones (``make bench ARGS="decide messages"``)."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console

from bench import (
    decide,
    distribution,
    distribution_store,
    media_forwarding,
    media_relay,
    messages,
    policy_check,
    replay,
    simulate,
    wait_time,
    write_path,
)

BENCHMARKS: dict[str, Callable[[Console], None]] = {
    "decide": decide.run,
    "policy": policy_check.run,
    "distribution": distribution.run,
    "distribution_store": distribution_store.run,
    "messages": messages.run,
    "events": write_path.run,
    "media": media_relay.run,
    "forwarding": media_forwarding.run,
    "replay": replay.run,
    "simulate": simulate.run,
    "wait_time": wait_time.run,
}


def main(names: list[str]) -> int:
    console = Console(width=110)
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        console.print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
        return 2
    for name in names or BENCHMARKS:
        console.rule(name)
        BENCHMARKS[name](console)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
