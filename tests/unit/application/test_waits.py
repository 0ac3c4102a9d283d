"""The ledger as the whole application writes it, what follows it, the estimate, the board and the outlook."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from math import log
from pathlib import Path
from typing import Any

import pytest

from orchestrator.application.errors import NotFound
from orchestrator.application.ledger_follower import LedgerFollower
from orchestrator.application.ledger_records import Handling, Wait
from orchestrator.domain.conversation import Need
from orchestrator.domain.ledger import HandlingBegan, HandlingEnded, WaitBegan, WaitEnded
from orchestrator.domain.wait_time.terms import Forecast, Line, Unknown, WaitBand
from orchestrator.main import make_reporting
from orchestrator.observability import Metrics
from tests.fakes.application import Application, policy_with, running

CHAT = Line("advisors", "chat")


async def ask(app: Application, key: str, want: str = "person") -> tuple[str, str]:
    visitor, conversation = await app.chat(key)
    await app.conversations.visitor_act(visitor, conversation, want)  # type: ignore[arg-type]
    await app.settle()
    return visitor, conversation


async def take(app: Application, agent: str, conversation: str) -> None:
    invitation = (await app.snapshot(conversation)).invitation
    assert invitation is not None
    await app.conversations.accept(agent, conversation, invitation.id)
    await app.settle()


async def waits(app: Application, *conversations: str) -> list[Wait]:
    async with app.store.transaction(read_only=True) as tx:
        return await tx.ledger.waits_of(conversations)


async def learn(app: Application, agent: str, key: str, *, count: int = 30, seconds: float = 120.0) -> None:
    """Handled conversations of the last hour, and waits as they were forecast, as the ledger has them."""
    _, conversation = await app.chat(key)
    start = app.clock.now() - timedelta(hours=1)
    band = WaitBand(40 * log(2), 40 * log(10))
    forecast = Forecast(band, band, model=40.0)
    async with app.store.transaction() as tx:
        for number in range(25):
            began = WaitBegan(conversation, 200 + number, "advisors", "chat", "shop", "fr", 0, start)
            await tx.ledger.append([began], forecast=forecast)
            left = start + timedelta(seconds=-40 * log(1 - (number + 0.5) / 25))
            await tx.ledger.append([WaitEnded(conversation, "answered", left, agent)])
        for version in range(100, 100 + count):
            began = HandlingBegan(conversation, version, agent, "advisors", "chat", "shop", start)
            end = start + timedelta(seconds=seconds)
            await tx.ledger.append([began, HandlingEnded(conversation, "closed", end)])


async def test_a_wait_is_written_with_its_events(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    _, conversation = await ask(app, key)
    app.clock.advance(12)
    await take(app, claire, conversation)
    (wait,) = await waits(app, conversation)
    assert (wait.group, wait.channel, wait.outcome, wait.agent_id) == ("advisors", "chat", "answered", claire)
    assert (wait.invitations, wait.seconds(app.clock.now())) == (1, 12.0)
    async with app.store.transaction(read_only=True) as tx:
        (handling,) = await tx.ledger.open_handlings()
    assert (handling.agent_id, handling.conversation_id) == (claire, conversation)


class Heard:
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.moments: list[datetime] = []

    def wait_began(self, wait: Wait) -> None:
        self.told.append(("wait began", wait.conversation_id))
        self.moments.append(wait.entered_at)

    def wait_ended(self, wait: Wait) -> None:
        assert wait.ended_at is not None
        self.told.append((f"wait {wait.outcome}", wait.conversation_id))
        self.moments.append(wait.ended_at)

    def handling_began(self, handling: Handling) -> None:
        self.told.append(("handling began", handling.conversation_id))
        self.moments.append(handling.started_at)

    def handling_ended(self, handling: Handling) -> None:
        assert handling.ended_at is not None
        self.told.append((f"handling {handling.ended_by}", handling.conversation_id))
        self.moments.append(handling.ended_at)


async def test_the_follower_tells_everything_once_and_in_order(app: Application) -> None:
    key, heard = await app.site(), Heard()
    claire = await app.agent("claire")
    _, before = await ask(app, key)
    app.clock.advance(3)
    await take(app, claire, before)
    app.clock.advance(5)
    follower = LedgerFollower(app.store, app.bus, app.clock, [heard])
    await follower.run_once()
    assert heard.told == [("wait began", before), ("wait answered", before), ("handling began", before)]
    assert [one.conversation_id for one in follower.open_handlings.values()] == [before]
    _, later = await ask(app, key)
    for _ in range(3):
        app.clock.advance(1)
        await follower.run_once()
    assert heard.told[3:] == [("wait began", later)]
    await app.conversations.agent_act(claire, before, "close")
    app.clock.advance(45)
    await app.settle()
    for _ in range(3):
        await follower.run_once()
        app.clock.advance(40)
    assert heard.told[4:] == [("handling closed", before)]
    assert follower.open_handlings == {}
    assert heard.moments == sorted(heard.moments)


async def test_what_a_follower_missed_it_finds_when_it_compares(app: Application) -> None:
    key, heard = await app.site(), Heard()
    visitor, conversation = await ask(app, key)
    follower = LedgerFollower(app.store, app.bus, app.clock, [heard])
    await follower.run_once()
    # Another process whose clock is far behind: no reading by time finds the end of this wait.
    (wait,) = await waits(app, conversation)
    app.clock.advance(120)
    await follower.run_once()
    app.clock.advance(-600)
    await app.conversations.visitor_act(visitor, conversation, "leave_queue")
    app.clock.advance(600 + 61)
    follower._newest = app.clock.now()
    await follower.run_once()
    assert heard.told[-1] == ("wait left", conversation)
    assert follower.open_waits == {}
    assert wait.key not in follower.open_waits


async def test_a_band_is_told_quoted_and_graded(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    await learn(app, claire, key)
    await app.ledger.run_once()
    app.clock.advance(2)
    taken = [await ask(app, key) for _ in range(3)]
    for _, conversation in taken:
        await take(app, claire, conversation)
    app.clock.advance(2)
    visitor, waiting = await ask(app, key)
    told = app.estimates.estimate(CHAT, 1, app.clock.now())
    assert isinstance(told, WaitBand)
    # Three chats of two minutes each: the first of them ends after 40 seconds on average.
    assert 10 < told.p50 < 60 < told.p90
    (wait,) = await waits(app, waiting)
    assert wait.quoted is not None
    assert (wait.quoted.p50, wait.quoted.p90) == (told.p50, told.p90)
    view = (await app.conversations.visitor_conversation(visitor, waiting))["conversation"]
    assert view["queue"]["wait"] == {"p50": told.p50, "p90": told.p90}  # type: ignore[index]
    assert view["queue"]["wait_reason"] is None  # type: ignore[index]
    known = app.estimates.grades()[CHAT].n
    await app.ledger.run_once()
    app.clock.advance(20)
    await app.conversations.agent_act(claire, taken[0][1], "close")
    await app.settle()
    await take(app, claire, waiting)
    await app.ledger.run_once()
    assert app.estimates.grades()[CHAT].n > known
    # A service that starts anew knows the same.
    estimates = make_reporting(app.store, app.bus, app.clock, app.policies, app.floor, Metrics())
    await estimates[1].load()
    assert estimates[0].estimates.grades() == app.estimates.grades()


async def test_longer_lines_are_told_longer_waits(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    await learn(app, claire, key)
    await app.ledger.run_once()
    for _ in range(3):
        _, conversation = await ask(app, key)
        await take(app, claire, conversation)
    for _ in range(4):
        await ask(app, key)
    app.clock.advance(2)
    told = [app.estimates.estimate(CHAT, place, app.clock.now()) for place in (1, 2, 3, 4, None)]
    middles = [one.p50 for one in told if isinstance(one, WaitBand)]
    assert len(middles) == 5
    assert middles == sorted(middles)
    assert middles[0] < middles[3] < middles[4]


async def test_without_data_or_agents_the_wait_is_unknown_and_says_why(app: Application) -> None:
    key = await app.site()
    assert app.estimates.estimate(CHAT, 1, app.clock.now()) == Unknown("thin_data")
    visitor, conversation = await ask(app, key)
    view: Any = (await app.conversations.visitor_conversation(visitor, conversation))["conversation"]
    assert (view["queue"]["wait"], view["queue"]["wait_unknown"]) == (None, True)
    assert view["queue"]["wait_reason"] == "thin_data"
    claire = await app.agent("claire", connected=False, chat=False, video=False)
    await learn(app, claire, key)
    await app.ledger.run_once()
    app.clock.advance(2)
    assert app.estimates.estimate(CHAT, 1, app.clock.now()) == Unknown("no_agents")
    assert app.estimates.estimate(Line("gone", "chat"), 1, app.clock.now()) == Unknown("closed")


async def test_where_nobody_is_at_a_desk_no_band_is_told_not_even_for_a_moment(app: Application) -> None:
    """Who reloads the desk is still offered work; but where everybody has just left, nobody knows who will be back."""
    key = await app.site()
    claire, marc = await app.agent("claire"), await app.agent("marc")
    await learn(app, claire, key)
    await app.ledger.run_once()
    for _ in range(6):
        _, conversation = await ask(app, key)
        invited = (await app.snapshot(conversation)).invitation
        assert invited is not None
        await app.conversations.accept(invited.agent_id, conversation, invited.id)
        await app.settle()

    async def told() -> Any:
        await app.settle()
        app.clock.advance(2)
        return app.estimates.estimate(CHAT, 1, app.clock.now())

    both = await told()
    await app.presence.agent_left(marc, "socket-marc")
    assert await told() == both, "a page that is reloaded"
    await app.presence.agent_left(claire, "socket-claire")
    assert await told() == Unknown("no_agents")
    await app.presence.agent_came(claire, "again", can_video=True)
    assert isinstance(await told(), WaitBand)
    app.clock.advance(10)
    await app.away.settle_due()
    alone = await told()
    assert isinstance(alone, WaitBand)
    assert alone.p50 > both.p50, "marc has not come back"


async def test_a_site_without_the_estimate_is_told_nothing(database: Path) -> None:
    policy = policy_with({"engagement.yaml": ("wait_estimate: true", "wait_estimate: false")})
    async with running(database, policy=policy) as app:
        visitor, conversation = await ask(app, await app.site())
        view: Any = (await app.conversations.visitor_conversation(visitor, conversation))["conversation"]
        assert (view["queue"]["wait"], view["queue"]["wait_unknown"]) == (None, False)
        outlook: Any = await app.outlooks.of_visitor(visitor, [Need.CHAT])
        assert "wait" not in outlook["channels"][0]


# --- the board -----------------------------------------------------------------------------------------


async def board(app: Application) -> Any:
    await app.ledger.run_once()
    app.clock.advance(2)
    await app.ledger.run_once()
    return await app.board.view()


async def test_the_board(app: Application) -> None:
    key = await app.site()
    claire = await app.agent("claire")
    await app.agent("marc", chat=False, video=False)
    answered = [await ask(app, key) for _ in range(3)]
    app.clock.advance(10)
    for _, conversation in answered:
        await take(app, claire, conversation)
    entered = app.clock.now()
    _, video = await ask(app, key, "video")
    app.clock.advance(5)
    leaving, left = await ask(app, key)
    await app.conversations.visitor_act(leaving, left, "leave_queue")
    await app.settle()
    seen = await board(app)
    (group,) = seen["groups"]
    assert (group["chat"]["waiting"], group["chat"]["longest_since"]) == (0, None)
    assert (group["video"]["waiting"], group["video"]["longest_since"]) == (1, entered)
    assert group["today"] | {"day": None} == {
        "day": None,
        "offered": 5,
        "answered": 3,
        "abandoned": 1,
        "failed": 0,
        "service_level": 0.75,
        "wait_mean": 10.0,
        "handle_mean": None,
    }
    assert group["agents"] == {
        "available": 0, "busy": 1, "paused": {}, "wrap_up": 0, "away": 0, "offline": 1,
    }  # fmt: skip
    rows = {row["name"]: row for row in seen["agents"]}
    assert rows["Claire"]["state"] == "busy"
    assert rows["Claire"]["conversations"] == sorted(conversation for _, conversation in answered)
    assert rows["Marc"]["state"] == "offline"
    (entry,) = seen["queue"]
    assert entry == {
        "conversation_id": video,
        "group": "advisors",
        "channel": "video",
        "since": entered,
        "position": 1,
        "priority": 0,
        "invited_agent_id": None,
    }


async def test_a_day_ends_at_the_groups_midnight(app: Application) -> None:
    key = await app.site()
    visitor, conversation = await ask(app, key)
    await app.conversations.visitor_act(visitor, conversation, "leave_queue")
    assert (await board(app))["groups"][0]["today"]["offered"] == 1
    app.clock.advance(timedelta(days=1))
    tomorrow = (await board(app))["groups"][0]["today"]
    assert (tomorrow["offered"], tomorrow["day"]) == (0, app.clock.now().date())


async def test_many_who_look_cost_one_look(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    transaction: Callable[..., Any] = app.store.transaction

    def counted(**options: Any) -> Any:
        nonlocal looks
        looks += 1
        return transaction(**options)

    monkeypatch.setattr(app.store, "transaction", counted)
    first = await app.board.view()
    assert all([await app.board.view() is first for _ in range(20)])
    assert looks == 1
    app.clock.advance(1)
    await app.board.view()
    assert looks == 2


# --- before asking --------------------------------------------------------------------------------------

CLOSED = (
    "    hours: always\n",
    '    hours: { time_zone: Europe/Paris, week: { sunday: ["09:00-10:00"] } }\n',
)
NO_PLACES = ("places: { chat: 10, video: 5 }", "places: { chat: 0, video: 0 }")


async def outlook(app: Application, visitor: str) -> dict[str, Any]:
    told: Any = await app.outlooks.of_visitor(visitor, list(Need))
    return {one["channel"]: one for one in told["channels"]}


async def test_somebody_is_there_or_there_is_a_place_to_wait(app: Application) -> None:
    key = await app.site()
    visitor = await app.visitor(key)
    told = await outlook(app, visitor)
    assert [one["status"] for one in told.values()] == ["queue", "queue"]
    assert (told["chat"]["wait"], told["chat"]["wait_reason"]) == (None, "thin_data")
    await app.agent("claire", video=False)
    told = await outlook(app, visitor)
    assert [one["status"] for one in told.values()] == ["available", "queue"]
    assert all(one["leave_message"] for one in told.values())


@pytest.mark.parametrize(("change", "status"), [(CLOSED, "closed"), (NO_PLACES, "full")])
async def test_nobody_is_there(database: Path, change: tuple[str, str], status: str) -> None:
    async with running(database, policy=policy_with({"routing.yaml": change})) as app:
        told = await outlook(app, await app.visitor(await app.site()))
        assert [one["status"] for one in told.values()] == [status, status]


async def test_a_browser_without_video_is_not_offered_any(app: Application) -> None:
    await app.agent("claire")
    told = await outlook(app, await app.visitor(await app.site(), can_video=False))
    assert [one["status"] for one in told.values()] == ["available", "unavailable"]


async def test_a_visitor_who_is_gone_has_no_outlook(app: Application) -> None:
    with pytest.raises(NotFound):
        await app.outlooks.of_visitor("v_nobody", [Need.CHAT])
