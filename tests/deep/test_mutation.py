"""Would the tests notice? Wrong programs and wrong policies, each of which some test must refuse.

A mutant that no test can notice because it is no other program (or only another wording of a defence that stands
twice) is listed with its reason in ``survivors.txt``; every other survivor counts against the ratio.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rules.findings import PolicyError
from rules.load import compile_policy, load_policy
from tests.deep.mutants import Mutant, mutants_of
from tests.deep.mutation import CORE, FAST, FLOOR, ROOT, WITH_THE_SHELL, Verdict, judged
from tests.deep.policies import PATH, PolicyMutant, policy_mutants

FILES = (
    *(
        f"orchestrator/domain/{name}.py"
        for name in ("laws", "invariants", "timers", "actions", "decide", "follow_up", "distribution")
    ),
    "rules/phrases.py",
)
FLOOR_FILES = tuple(
    f"orchestrator/domain/floor/{one.name}"
    for one in sorted((ROOT / "orchestrator/domain/floor").glob("*.py"))
    if one.name != "__init__.py"
)
SOURCES = {path: (ROOT / path).read_text(encoding="utf-8") for path in (*FILES, *FLOOR_FILES)}
SURVIVORS = Path(__file__).with_name("survivors.txt")
SEED = 20260105
SAMPLE = 200
FLOOR_SAMPLE = 50
POLICY_SAMPLE = 40
MAY_SURVIVE = 0.05

# One of each kind of mistake, in each of the files that matter most.
SMOKE = (
    'orchestrator/domain/laws.py _bot_is_mute: return _denied("bot_is_mute") => return None',
    "orchestrator/domain/laws.py _video: camera == \"forbidden\" => (camera != 'forbidden')",
    "orchestrator/domain/invariants.py _of_video: c.consent is Consent.NONE => (c.consent is not Consent.NONE)",
    "orchestrator/domain/timers.py _waits: TimerName.QUEUE => TimerName.ROUND",
    "orchestrator/domain/actions.py end_video: d.set(video_ended=True) => pass",
    "orchestrator/domain/follow_up.py effects_of_change: effects.append(DrainQueue(agent_id)) => pass",
    "rules/phrases.py _plain: char in _EMPHASIS => (char not in _EMPHASIS)",
)
POLICY_SMOKE = (
    "card-escalates-to-video: guard negated",
    "hung-up: do without end_video",
    "agent-lost-in-lobby: do without requeue_at_head",
)


def known_survivors() -> dict[str, str]:
    """Key → reason."""
    lines = SURVIVORS.read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith("#")]
    return dict(entry.split(" -- ", 1) for entry in entries)


def every_mutant(paths: tuple[str, ...] = (*FILES, *FLOOR_FILES)) -> dict[str, Mutant]:
    return {mutant.key: mutant for path in paths for mutant in mutants_of(path, SOURCES[path])}


def verdicts(
    folder: Path, mutants: list[Mutant], tests: tuple[str, ...] = CORE
) -> list[tuple[Mutant, Verdict]]:
    return judged(folder, ((one, one.path, one.apply(SOURCES[one.path])) for one in mutants), tests)


def test_a_few_wrong_programs_are_noticed(tmp_path: Path) -> None:
    everything = every_mutant()
    chosen = [everything[key] for key in SMOKE]
    survivors = [
        one.diff(SOURCES[one.path]) for one, verdict in verdicts(tmp_path, chosen, FAST) if not verdict.killed
    ]
    assert survivors == []


def test_the_list_of_survivors_is_about_this_source() -> None:
    gone = known_survivors().keys() - every_mutant().keys() - {one.key for one in shipped_mutants()}
    assert not gone, "these mutants do not exist any more: remove them from survivors.txt"


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_wrong_programs_are_noticed(tmp_path: Path) -> None:
    _few_survive(tmp_path, FILES, SAMPLE, CORE)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_wrong_floors_are_noticed(tmp_path: Path) -> None:
    _few_survive(tmp_path, FLOOR_FILES, FLOOR_SAMPLE, FLOOR)


def _few_survive(folder: Path, paths: tuple[str, ...], number: int, tests: tuple[str, ...]) -> None:
    drawn = random.Random(SEED).sample(list(every_mutant(paths).values()), number)
    known = known_survivors()
    sample = [one for one in drawn if one.key not in known]
    survivors = [one for one, verdict in verdicts(folder, sample, tests) if not verdict.killed]
    report = "\n\n".join(one.diff(SOURCES[one.path]) for one in survivors)
    print(f"{len(sample) - len(survivors)} of {len(sample)} noticed; not noticed:\n{report}")
    assert len(survivors) <= len(sample) * MAY_SURVIVE, report


# --- the policy -----------------------------------------------------------------------------------------------


def shipped_mutants() -> list[PolicyMutant]:
    return list(policy_mutants((ROOT / PATH).read_text(encoding="utf-8")))


def refused(mutant: PolicyMutant) -> bool:
    """Whether the loader already says no."""
    files = dict(load_policy((ROOT / PATH).parent).files)
    try:
        compile_policy({**files, Path(PATH).name: mutant.text})
    except PolicyError:
        return True
    return False


def unnoticed(
    folder: Path, mutants: list[PolicyMutant], tests: tuple[str, ...] = WITH_THE_SHELL
) -> list[str]:
    loaded = [one for one in mutants if not refused(one)]
    found = judged(folder, ((one.key, PATH, one.text) for one in loaded), tests)
    return [key for key, verdict in found if not verdict.killed]


def test_a_few_wrong_policies_are_noticed(tmp_path: Path) -> None:
    by_key = {one.key: one for one in shipped_mutants()}
    assert unnoticed(tmp_path, [by_key[key] for key in POLICY_SMOKE], FAST) == []


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_wrong_policies_are_noticed(tmp_path: Path) -> None:
    """Every row removed, every guard negated or dropped; of the actions and lines left out a sample."""
    known = known_survivors()
    others = [one for one in shipped_mutants() if one.key not in known]
    mutants = [one for one in others if one.what.startswith(("row", "guard"))]
    mutants += random.Random(SEED).sample([one for one in others if one not in mutants], POLICY_SAMPLE)
    survivors = unnoticed(tmp_path, mutants)
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} noticed; not noticed:", *survivors, sep="\n")
    assert len(survivors) <= len(mutants) * MAY_SURVIVE, survivors
