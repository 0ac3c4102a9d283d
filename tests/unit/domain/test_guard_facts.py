"""What guards may read: every declared fact has its source, and asking for fewer gives the same values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain import events as ev
from orchestrator.domain.facts import Facts
from orchestrator.domain.guard_facts import guard_facts
from rules.facts import FACT_BY_NAME
from tests.unit.domain.story import T0, Story, agent, group, shipped

INVITED = Story().invited().conversation
FACTS = Facts(agent=agent(), group=group(wait_p50=30.0, wait_p90=80.0))
EVENT = ev.AgentAccepted("i1", "claire", "call-1")


def test_every_declared_fact_has_a_value_of_its_type() -> None:
    known = guard_facts(INVITED, EVENT, FACTS, shipped(), T0)
    types = {"bool": bool, "int": int, "double": float, "string": str}
    assert {name: type(value) for name, value in known.items()} == {
        name: types[fact.type] for name, fact in FACT_BY_NAME.items()
    }


def test_what_is_not_known_is_left_to_the_default() -> None:
    known = guard_facts(Story().start().conversation, EVENT, Facts(), shipped(), T0)
    families = {"agent", "group", "queue", "invitation"}
    assert FACT_BY_NAME.keys() - known.keys() == {
        name for name in FACT_BY_NAME if name.split(".")[0] in families
    }


@given(st.sets(st.sampled_from(sorted(FACT_BY_NAME))))
def test_asking_for_some_gives_what_asking_for_all_gives(names: set[str]) -> None:
    everything = guard_facts(INVITED, EVENT, FACTS, shipped(), T0)
    some = guard_facts(INVITED, EVENT, FACTS, shipped(), T0, names)
    assert some == {name: everything[name] for name in names}
