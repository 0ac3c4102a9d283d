"""Checking policies: how long, and in how much memory. Each in a process of its own, as `visavis policy check` is."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "rules" / "policies"
ROWS, GROUPS = 2_000, 300


@dataclass(frozen=True)
class Measured:
    """``seconds`` of checking alone, ``busy`` of them on the processor (the rest, others had it); ``command`` is what
    `visavis policy check` takes of the processor as a whole, its start included; ``megabytes`` at the most."""

    seconds: float
    busy: float
    command: float
    megabytes: float
    told: str


def large_policy(rows: int = ROWS, groups: int = GROUPS) -> dict[str, bytes]:
    """The shipped policy for an estate: hundreds of sites and groups, each with rows and rules of its own."""
    files = {path.name: path.read_bytes() for path in SHIPPED.glob("*.yaml")}
    data: dict[str, Any] = yaml.safe_load(files["conversation.yaml"])
    shipped = data["transitions"]
    own: list[dict[str, Any]] = []
    kinds = (
        ("PersonRequested", ["show_alternative"]),
        ("TransferRequested", ["keep_verdict", "show_alternative", "consume_verdict"]),
        ("VideoRequested", ["show_alternative"]),
    )
    reasons = ("group.waiting > 5 && !group.has_free_agent", "!group.open", "group.places == 0")
    for number in range(rows - len(shipped)):
        event, actions = kinds[number % len(kinds)]
        lap, name = divmod(number // len(kinds), groups - 1)
        where = f'group.name == "group-{name}"' if name % 2 else f'site.id == "site-{name}"'
        row = {
            "id": f"own-{number}",
            "event": event,
            "from": "chat",
            "party": "bot" if event == "TransferRequested" else ["bot", "none"],
            "when": f"{where} && {reasons[lap]}",
            "do": actions,
        }
        own.append(row)
    data["transitions"] = [*own, *shipped]
    routing: dict[str, Any] = yaml.safe_load(files["routing.yaml"])
    advisors = routing["groups"]["advisors"]
    routing["groups"] |= {f"group-{number}": advisors for number in range(groups - 1)}
    routing["rules"] = [
        {"id": f"to-{number}", "when": f"site.id == 'site-{number}'", "group": f"group-{number}"}
        for number in range(groups - 1)
    ]
    files["conversation.yaml"] = _written(data)
    files["routing.yaml"] = _written(routing)
    return files


def queueing_policy() -> dict[str, bytes]:
    """A large policy that is harder to search: each group has rows of its own in the queue, and a camera rule, so that
    no two groups are alike from then on."""
    files = large_policy()
    data: dict[str, Any] = yaml.safe_load(files["conversation.yaml"])
    for number, row in enumerate(data["transitions"]):
        if row["id"].startswith("own-") and number % 3 == 0:
            del row["party"]
            row |= {
                "event": "QueueTimedOut",
                "from": "queued",
                "when": f'group.name == "group-{number // 3 % (GROUPS - 1)}" && queue.waited > 300.0',
                "to": "chat",
                "do": ["leave_queue", "restore_party", "show_alternative", "consume_verdict", "want_chat"],
            }
    camera: dict[str, Any] = yaml.safe_load(files["camera.yaml"])
    policies = ("forbidden", "off_by_default")
    camera["groups"] = {f"group-{number}": policies[number % 2] for number in range(GROUPS - 1)}
    return files | {"conversation.yaml": _written(data), "camera.yaml": _written(camera)}


def _written(data: Any) -> bytes:
    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    return yaml.dump(data, Dumper=Plain, sort_keys=False, allow_unicode=True, width=1_000).encode()


def measured(folder: Path) -> Measured:
    """A check in a fresh process, and the command in another."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.policy_check", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, busy, megabytes, told = done.stdout.strip().split(" ", 3)
    return Measured(float(seconds), float(busy), _command(folder), float(megabytes), told)


def _command(folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "orchestrator", "policy", "check", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(console: Console) -> None:
    table = Table(
        "policy",
        "check, s",
        "of it CPU",
        "command, CPU s",
        "memory, MB",
        "found",
        title="policy check, one core",
    )
    size = f"{ROWS:,} rows, {GROUPS} groups"
    with tempfile.TemporaryDirectory() as name:
        folders = {"shipped": SHIPPED}
        for title, files in ((size, large_policy()), (f"{size}, own queues and cameras", queueing_policy())):
            folder = folders[title] = Path(name) / str(len(folders))
            folder.mkdir()
            for file, content in files.items():
                (folder / file).write_bytes(content)
        for title, folder in folders.items():
            got = measured(folder)
            table.add_row(
                title,
                f"{got.seconds:.2f}",
                f"{got.busy:.2f}",
                f"{got.command:.2f}",
                f"{got.megabytes:.0f}",
                got.told,
            )
    console.print(table)


def _peak() -> int:
    """The most memory this process held, in KiB; `getrusage` would count what its parent held before."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(folder: Path) -> None:
    from orchestrator.domain.model.check import check  # noqa: PLC0415 - its import is part of the start
    from rules.load import read_folder  # noqa: PLC0415

    files, findings = read_folder(folder)
    started, busy = time.perf_counter(), time.process_time()
    report = check(files, findings)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    megabytes = _peak() / 1024
    told = f"{len(report.of('error'))} errors, {len(report.of('warning'))} warnings"
    print(f"{seconds:.3f} {busy:.3f} {megabytes:.0f} {told}{'' if report.explored else ', not explored'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
