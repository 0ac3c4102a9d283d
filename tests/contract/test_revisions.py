"""The lifecycle of a revision on both databases: who is first is the only one, and nothing is half live."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.adapters.bus import InProcessBus
from orchestrator.adapters.policies import StoredPolicies, configured_folder, read_set
from orchestrator.application.errors import ApplicationError, Conflict, Invalid, NotFound, Refused
from orchestrator.application.ports import Store
from orchestrator.application.revisions.follower import Folder, Follower
from orchestrator.application.revisions.publishing import MOST_DRAFTS, Publishing
from orchestrator.application.revisions.records import Activation, Author, Draft, Gate, PolicySet
from rules.findings import PolicyError
from tests.fakes.application import POLICIES
from tests.fakes.clock import CountingIds, VirtualClock
from tests.fakes.gates import FAILED, FakeGates

ANNA, BRUNO = Author("u_anna", "Anna"), Author("u_bruno", "Bruno")
SHIPPED = read_set(POLICIES)


def with_places(number: int) -> PolicySet:
    """The shipped policy with so many places for chats."""
    routing = SHIPPED.files["routing.yaml"]
    assert "chat: 10," in routing
    changed = routing.replace("chat: 10,", f"chat: {number},")
    return PolicySet({**SHIPPED.files, "routing.yaml": changed}, SHIPPED.scenarios)


BROKEN = PolicySet({**SHIPPED.files, "camera.yaml": "default: sometimes\n"}, SHIPPED.scenarios)


@dataclass
class Process:
    """One process of an estate, as far as policies go."""

    store: Store
    name: str = "a"
    clock: VirtualClock = field(default_factory=VirtualClock)
    bus: InProcessBus = field(default_factory=InProcessBus)

    def __post_init__(self) -> None:
        self.policies = StoredPolicies()
        self.gates = FakeGates()
        self.counted: list[str] = []
        self.follower = Follower(self.store, self.bus, self.clock, self.policies, count=self.counted.append)
        self.publishing = Publishing(
            self.store,
            self.bus,
            self.clock,
            CountingIds(self.name),
            self.gates,
            on_published=self.follower.look,
        )

    async def begin(self, folder: Path = POLICIES) -> Process:
        await self.follower.begin(configured_folder(folder))
        return self

    @property
    def places(self) -> int:
        return self.policies.live.group(self.policies.live.routing.default_group).places.chat

    async def publish(
        self, policy_set: PolicySet, base: int, by: Author = ANNA, message: str = "why"
    ) -> Activation:
        draft = await self.publishing.save(policy_set, base=base, note="", by=by)
        return await self.publishing.publish(draft.id, message=message, by=by)


@pytest.fixture
async def process(store: Store) -> Process:
    return await Process(store).begin()


async def refused(work: Awaitable[object], kind: type[ApplicationError], code: str) -> str:
    with pytest.raises(kind) as caught:
        await work
    assert caught.value.code == code
    return caught.value.detail


# --- what is live ------------------------------------------------------------------------------------------


async def test_the_first_start_takes_the_folder_and_no_later_one_does(store: Store, tmp_path: Path) -> None:
    first = await Process(store).begin()
    assert first.follower.usage.number == 1
    activation, found = await first.publishing.activation(1)
    assert (activation.kind, activation.base, found.digest) == ("seed", 0, SHIPPED.digest)
    for name, text in with_places(3).texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    second = await Process(store).begin(tmp_path)
    assert (second.follower.usage.number, second.places) == (1, 10)


async def test_processes_that_start_together_seed_once(store: Store) -> None:
    processes = [Process(store, name) for name in "abc"]
    await asyncio.gather(*(one.begin() for one in processes))
    assert [one.follower.usage.number for one in processes] == [1, 1, 1]
    assert len(await processes[0].publishing.activations(limit=10)) == 1


async def test_a_broken_folder_is_no_start_but_no_end_either(store: Store, tmp_path: Path) -> None:
    with pytest.raises(PolicyError):
        await Process(store).begin(tmp_path)  # an empty folder, and nothing live
    await (await Process(store).begin()).publish(with_places(7), 1)
    later = await Process(store).begin(tmp_path)
    assert (later.follower.usage.number, later.places) == (2, 7)


async def test_what_is_published_is_used_here_at_once_and_elsewhere_with_the_next_look(
    process: Process,
) -> None:
    other = await Process(process.store, "b").begin()
    heard: list[int] = []

    async def changed() -> None:
        heard.append(other.places)

    other.follower.on_change(changed)
    published = await process.publish(with_places(5), 1, message="Fewer may wait")
    assert (published.number, published.base, published.kind, published.by) == (2, 1, "publish", ANNA)
    assert (process.places, other.places) == (5, 10)
    await other.follower.look()
    assert (other.places, heard, other.counted) == (5, [5], ["publish"])
    await other.follower.look()
    assert heard == [5]


async def test_the_service_looks_by_itself_and_tells_a_second_time(process: Process) -> None:
    other = await Process(process.store, "b").begin()
    told: asyncio.Queue[int] = asyncio.Queue()

    async def changed() -> None:
        told.put_nowait(other.places)

    other.follower.on_change(changed)
    await other.follower.start()
    try:
        await process.publish(with_places(5), 1)
        async with asyncio.timeout(10):
            while told.empty():
                # No hint crosses: only time makes it look.
                other.clock.advance(0.4)
                await asyncio.sleep(0.01)
            other.clock.advance(1.1)
            assert [await told.get(), await told.get()] == [5, 5]
    finally:
        await other.follower.stop()


async def test_what_was_changed_is_told_in_both_languages(process: Process) -> None:
    published = await process.publish(with_places(5), 1)
    assert any("5" in line and "10" in line for line in published.changes_in("en"))
    assert len(published.changes_in("fr")) == len(published.changes_in("en")) > 0
    only_scenarios = PolicySet(with_places(5).files, {"tests/new.yaml": "scenarios: []\n"})
    published = await process.publish(only_scenarios, 2)
    assert published.revision == process.follower.usage.revision
    assert any("tests/new.yaml" in line for line in published.changes_in("en"))
    assert (await process.publishing.live()).scenarios == only_scenarios.scenarios


# --- two admins --------------------------------------------------------------------------------------------


async def test_of_two_who_publish_the_second_is_told_of_the_first(process: Process) -> None:
    mine = await process.publishing.save(with_places(5), base=1, note="", by=ANNA)
    await process.publish(with_places(6), 1, BRUNO, "Bruno was here")
    detail = await refused(
        process.publishing.publish(mine.id, message="why", by=ANNA), Conflict, "published_meanwhile"
    )
    assert "Bruno made number 2 live" in detail
    assert "'Bruno was here'" in detail
    await refused(
        process.publishing.save(with_places(5), base=1, note="", by=ANNA), Conflict, "published_meanwhile"
    )
    # On top of what is live, it goes.
    moved = await process.publishing.change(
        mine.id, with_places(5), version=mine.version, base=2, note="again", by=ANNA
    )
    assert (await process.publishing.publish(moved.id, message="why", by=ANNA)).number == 3
    assert process.places == 5


async def test_who_publishes_at_the_very_same_moment_is_refused_too(process: Process) -> None:
    """Both have passed their gates before either is stored."""
    others = [await Process(process.store, name).begin() for name in "bc"]
    drafts: list[Draft] = []
    for number, one in enumerate(others):
        one.gates.opened.clear()
        drafts.append(await one.publishing.save(with_places(30 + number), base=1, note="", by=ANNA))
    going = [
        asyncio.create_task(one.publishing.publish(draft.id, message="now", by=BRUNO))
        for one, draft in zip(others, drafts, strict=True)
    ]
    async with asyncio.timeout(10):
        for one in others:
            await one.gates.asked.wait()
    for one in others:
        one.gates.opened.set()
    results = await asyncio.gather(*going, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Activation", "Conflict"]
    await process.follower.look()
    winner = next(result for result in results if isinstance(result, Activation))
    assert (process.follower.usage.number, process.follower.usage.revision) == (2, winner.revision)
    assert len(await process.publishing.drafts()) == 1


async def test_two_who_change_one_draft(process: Process) -> None:
    draft = await process.publishing.save(with_places(5), base=1, note="ours", by=ANNA)
    change = process.publishing.change
    await change(draft.id, with_places(6), version=1, base=1, note="hers", by=ANNA)
    await refused(
        change(draft.id, with_places(7), version=1, base=1, note="his", by=BRUNO), Conflict, "draft_changed"
    )
    kept = await process.publishing.draft(draft.id)
    assert (kept.version, kept.note, kept.policy_set.digest) == (2, "hers", with_places(6).digest)


async def test_a_draft_that_changes_while_it_is_published_is_not_published(process: Process) -> None:
    draft = await process.publishing.save(with_places(5), base=1, note="", by=ANNA)
    process.gates.opened.clear()
    going = asyncio.create_task(process.publishing.publish(draft.id, message="now", by=ANNA))
    async with asyncio.timeout(10):
        await process.gates.asked.wait()
    await process.publishing.change(draft.id, BROKEN, version=1, base=1, note="", by=BRUNO)
    process.gates.opened.set()
    await refused(going, Conflict, "draft_changed")
    assert (await process.publishing.live()).number == 1


# --- what is refused ---------------------------------------------------------------------------------------


async def test_what_a_gate_refuses_is_not_published(process: Process) -> None:
    process.gates.answer = FAILED
    draft = await process.publishing.save(BROKEN, base=1, note="", by=ANNA)
    detail = await refused(process.publishing.publish(draft.id, message="w", by=ANNA), Refused, "gate_failed")
    assert "camera.yaml:1:1" in detail
    examined = await process.publishing.examine(draft.id)
    assert [gate.state for gate in examined.gates] == ["failed", "absent"]
    assert (await process.publishing.draft(draft.id)).gates == examined.gates


async def test_what_does_not_compile_is_not_published_whatever_the_gates_say(process: Process) -> None:
    draft = await process.publishing.save(BROKEN, base=1, note="", by=ANNA)
    publishing = process.publishing.publish(draft.id, message="why", by=ANNA)
    await refused(publishing, Refused, "gate_failed")
    assert (await process.publishing.live()).number == 1


async def test_a_replay_informs_and_never_stops(process: Process) -> None:
    async def rehearse(_: PolicySet) -> Gate:
        return Gate("replay", "passed", "12 of 300 conversations would have gone another way", ("c_1",))

    publishing = Publishing(
        process.store, process.bus, process.clock, CountingIds(), process.gates, rehearse=rehearse
    )
    draft = await publishing.save(with_places(5), base=1, note="", by=ANNA)
    published = await publishing.publish(draft.id, message="why", by=ANNA)
    assert [gate.name for gate in published.gates] == ["check", "test", "replay"]
    assert (await publishing.activation(2))[0].gates == published.gates


async def test_publishing_needs_a_reason_a_draft_and_a_difference(process: Process) -> None:
    publishing = process.publishing
    draft = await publishing.save(with_places(5), base=1, note="", by=ANNA)
    for message in ("", "  \n", "\x00"):
        await refused(publishing.publish(draft.id, message=message, by=ANNA), Invalid, "message_required")
    await refused(publishing.publish(draft.id, message="x" * 501, by=ANNA), Invalid, "message_too_long")
    await refused(publishing.publish("d_none", message="why", by=ANNA), NotFound, "no_draft")
    same = await publishing.save(SHIPPED, base=1, note="", by=ANNA)
    await refused(publishing.publish(same.id, message="why", by=ANNA), Refused, "nothing_to_publish")
    await refused(publishing.save(SHIPPED, base=9, note="", by=ANNA), Invalid, "unknown_base")


async def test_drafts_are_bounded_and_can_be_removed(process: Process) -> None:
    small = PolicySet(
        {"camera.yaml": "x\x00\ud83d\ude00é".encode("utf-16", "surrogatepass").decode("utf-16")}
    )
    for _ in range(MOST_DRAFTS - 1):
        await process.publishing.save(small, base=1, note="n", by=ANNA)
    process.clock.advance(timedelta(seconds=1))
    last = await process.publishing.save(small, base=1, note="n", by=ANNA)
    await refused(process.publishing.save(small, base=1, note="", by=ANNA), Refused, "too_many_drafts")
    assert (await process.publishing.drafts())[0] == last
    await process.publishing.remove(last.id)
    await refused(process.publishing.remove(last.id), NotFound, "no_draft")
    assert len(await process.publishing.drafts()) == MOST_DRAFTS - 1


# --- rollback ----------------------------------------------------------------------------------------------


async def test_a_rollback_is_a_new_activation_of_what_was(process: Process) -> None:
    await process.publish(with_places(5), 1)
    back = await process.publishing.rollback(1, base=2, message="Too few", by=BRUNO)
    assert (back.number, back.kind, back.restores, back.base, back.by) == (3, "rollback", 1, 2, BRUNO)
    assert (back.revision, process.places) == ((await process.publishing.activation(1))[0].revision, 10)
    assert [one.number for one in await process.publishing.activations(limit=10)] == [3, 2, 1]
    assert [one.number for one in await process.publishing.activations(before=3, limit=1)] == [2]
    again = process.publishing.rollback(3, base=3, message="why", by=ANNA)
    await refused(again, Refused, "nothing_to_publish")
    await refused(
        process.publishing.rollback(2, base=2, message="w", by=ANNA), Conflict, "published_meanwhile"
    )
    await refused(process.publishing.rollback(8, base=3, message="w", by=ANNA), NotFound, "no_activation")
    assert (await process.publishing.activation_of(back.revision)).number == 3


# --- other versions of the program, other clocks --------------------------------------------------------------


async def _publish_for_another_version(process: Process) -> None:
    """What a newer version published: this one cannot compile it."""
    live = await process.publishing.live()
    async with process.store.transaction() as tx:
        await tx.policies.add("newer", {**SHIPPED.files, "camera.yaml": "v2: true\n"}, process.clock.now())
        newer = Activation(live.number + 1, "newer", "publish", live.number, process.clock.now(), ANNA, "v2")
        await tx.activations.add(newer)


async def test_what_another_version_published_does_not_end_this_one(process: Process) -> None:
    await process.publish(with_places(5), 1)
    await _publish_for_another_version(process)
    await process.follower.look()
    usage = process.follower.usage
    assert (usage.number, usage.published, usage.behind, process.places) == (2, 3, True, 5)
    started = await Process(process.store, "b").begin()
    assert (started.follower.usage, started.places) == (usage, 5)
    # What can be used again is used again.
    back = await started.publishing.rollback(1, base=3, message="Not for all of us yet", by=ANNA)
    assert "cannot be read" in " ".join(back.changes_in("en"))
    await process.follower.look()
    assert (process.follower.usage.number, process.follower.usage.behind, process.places) == (4, False, 10)
    await refused(started.publishing.rollback(3, base=4, message="why", by=ANNA), Refused, "gate_failed")


async def test_clocks_decide_nothing(process: Process) -> None:
    late = Process(process.store, "b", clock=VirtualClock(process.clock.now() - timedelta(days=400)))
    await late.begin()
    await process.publish(with_places(5), 1)
    published = await late.publish(with_places(6), 2)
    assert published.at < (await process.publishing.activation(2))[0].at
    await process.follower.look()
    assert (process.follower.usage.number, process.places) == (3, 6)


async def test_a_store_put_back_to_yesterday_is_followed_too(process: Process, store: Store) -> None:
    """Whoever restores a backup means it."""
    await process.publish(with_places(5), 1)
    folder = Folder(POLICIES, SHIPPED, process.policies.live)
    other = Process(store, "b")
    await other.follower.begin(folder)
    assert other.follower.usage.number == 2
