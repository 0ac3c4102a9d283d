"""A synthetic load played through a policy: visitors, agents and what is counted of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orchestrator.application.ledger_records import Wait
from orchestrator.domain import effects as fx
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, Party, Role, State, TimerName, Verdict
from orchestrator.domain.outcome import Moved
from orchestrator.domain.routing import route
from orchestrator.domain.wait_time.terms import Line
from orchestrator.simulation.estate import Estate, Happened
from orchestrator.simulation.load import Load
from orchestrator.simulation.people import CARD, Visitor, seconds
from orchestrator.simulation.plan import HOUR, Duty, Plan, plan_of
from orchestrator.simulation.results import Bands, Results, Tally
from rules.phrases import judge_card
from rules.policy import Policy

JOINING = timedelta(seconds=5)


@dataclass(slots=True)
class _Visit:
    """``entered`` and ``group``: of the line it is counted in, None until it wanted an agent, or once it is counted."""

    who: Visitor
    entered: datetime | None = None
    group: str = ""
    held_by: str | None = None
    filmed: bool = False


def simulate(policy: Policy, load: Load, *, seed: int = 1, days: int = 1) -> Results:
    """What the load comes to under the policy. The same for the same policy, load, seed and days."""
    return play(policy, plan_of(load, seed, days), seed=seed)


def play(policy: Policy, plan: Plan, *, seed: int = 1) -> Results:
    """What a plan comes to under the policy. ``seed`` is only told: chance is in the plan's visitors."""
    return _Simulation(policy, plan, seed).run()


class _Simulation:
    def __init__(self, policy: Policy, plan: Plan, seed: int) -> None:
        self._policy = policy
        self._plan = plan
        self._results = Results(policy.revision, seed, plan.days, recorded=plan.recorded)
        self._estate = Estate(policy, plan.begins, keep_closed=False)
        self._visits: dict[str, _Visit] = {}
        self._duties: dict[str, Duty] = {}
        self._verdicts: dict[tuple[str, str, str, bool], tuple[Verdict, str | None]] = {}
        self._busy_since: dict[str, datetime] = {}

    def run(self) -> Results:
        estate, plan = self._estate, self._plan
        estate.listen(self._heard)
        estate.waits.listen(self._waited)
        for duty in plan.duties:
            estate.at(duty.begins, self._comes(duty))
            estate.at(duty.ends, self._goes(duty))
            self._staff(duty)
        for who in plan.visitors():
            estate.advance_to(who.arrives)
            self._arrive(who)
        estate.advance_to(plan.ends)
        for agent_id in list(self._busy_since):
            self._free(agent_id)
        # Who waits still is waited for, so that every wait has its end; agents stay as they are.
        estate.advance_to(plan.ends + HOUR)
        return self._results

    # --- agents -------------------------------------------------------------------------------------------

    def _comes(self, duty: Duty) -> Callable[[], None]:
        def come() -> None:
            known = self._estate.agents.get(duty.agent.id, duty.agent)
            self._duties[duty.agent.id] = duty
            self._estate.put_agent(
                replace(known, chat_state=duty.agent.chat_state, video_state=duty.agent.video_state)
            )

        return come

    def _goes(self, duty: Duty) -> Callable[[], None]:
        def go() -> None:
            known = self._estate.agents[duty.agent.id]
            if self._duties[duty.agent.id] is duty and duty.ends < self._plan.ends:
                self._estate.put_agent(replace(known, chat_state="offline", video_state="offline"))

        return go

    def _staff(self, duty: Duty) -> None:
        """The hours of a duty, in equal parts for the agent's groups."""
        groups = self._groups_of(duty)
        for since, seconds_of_hour in _by_hour(max(duty.begins, self._plan.counted_from), duty.ends):
            for group in groups:
                self._results.cell(group, since).staffed += seconds_of_hour / len(groups)

    def _groups_of(self, duty: Duty) -> tuple[str, ...]:
        # One without memberships is of every group.
        return tuple(group for group, _ in duty.agent.groups) or tuple(self._policy.routing.groups)

    def _hold(self, agent_id: str) -> None:
        self._busy_since.setdefault(agent_id, self._estate.now)

    def _free(self, agent_id: str) -> None:
        """Credit the time an agent was busy to the hours in which it was."""
        since = self._busy_since.pop(agent_id, None)
        if since is None:
            return
        groups = self._groups_of(self._duties[agent_id])
        until = min(self._estate.now, self._plan.ends)
        for hour, busy in _by_hour(max(since, self._plan.counted_from), until):
            for group in groups:
                self._results.cell(group, hour).busy += busy / len(groups)

    # --- visitors -----------------------------------------------------------------------------------------

    def _arrive(self, who: Visitor) -> None:
        counted = who.arrives >= self._plan.counted_from
        self._results.visitors += counted
        if who.wish == "bot":
            # What the bot does alone asks nothing of anybody.
            self._results.kept_by_bot += counted
            return
        estate = self._estate
        self._visits[who.id] = _Visit(who)
        device = Device.MOBILE if who.mobile else Device.DESKTOP
        estate.submit(
            who.id,
            ev.ConversationStarted(who.id, who.site, who.id, who.language, device, who.can_video, "bot"),
        )
        estate.submit(who.id, self._wish(who))
        if who.patience is not None and who.id in self._visits:
            estate.at(who.arrives + timedelta(seconds=who.patience), lambda: self._lose_patience(who.id))

    def _wish(self, who: Visitor) -> ev.Event:
        if who.wish == "video":
            return ev.VideoRequested()
        if who.group is not None:
            # As a card that names a group and promises nothing.
            return ev.TransferRequested("card", Verdict(escalates=False, reason="no_phrase"), who.group)
        if who.wish == "person":
            return ev.PersonRequested()
        key = (who.site, who.wish, who.language, who.mobile)
        if key not in self._verdicts:
            self._verdicts[key] = self._judged(who)
        verdict, group = self._verdicts[key]
        return ev.TransferRequested("card", verdict, group)

    def _judged(self, who: Visitor) -> tuple[Verdict, str | None]:
        name = who.wish.removeprefix(CARD)
        card = self._policy.card(name)
        if card is None:
            raise ValueError(f"the policy has no card `{name}`")
        judged = judge_card(
            fields=card.text_for(who.language).fields,
            language=who.language,
            device="mobile" if who.mobile else "desktop",
            escalation=self._policy.escalation_for(who.site),
        )
        return Verdict(judged.escalates, judged.reason, name, judged.phrase, judged.field), card.group

    def _lose_patience(self, name: str) -> None:
        c = self._estate.conversations.get(name)
        if c is not None and c.state is State.QUEUED:
            self._estate.submit(name, ev.QueueLeft())

    def _close(self, name: str, by: str) -> Callable[[], None]:
        def close() -> None:
            c = self._estate.conversations.get(name)
            if c is None:
                return
            if c.state is State.IN_VIDEO:
                self._estate.submit(name, ev.HungUp(Role.VISITOR))
            self._estate.submit(name, ev.ConversationClosed("agent" if by == "agent" else "visitor"))

        return close

    # --- what happens -------------------------------------------------------------------------------------

    def _heard(self, one: Happened) -> None:
        visit, after, outcome = self._visits.get(one.conversation_id), one.after, one.outcome
        if visit is None or after is None or not isinstance(outcome, Moved):
            return
        before = one.before
        if before is not None and visit.entered is None and visit.held_by is None:
            self._enter(visit, before, after, one)
        if after.agent_id != visit.held_by:
            self._change_hands(visit, after)
        self._count(visit, before, after, outcome, one)
        if after.state is State.VIDEO_LOBBY and (before is None or before.state is not State.VIDEO_LOBBY):
            self._film(visit, after)
        invitation = after.invitation
        fresh = invitation is not None and (before is None or before.invitation != invitation)
        if invitation is not None and fresh:
            self._answer(visit, after.id, invitation.id, invitation.agent_id)
        if after.state is State.CLOSED:
            del self._visits[after.id]

    def _enter(self, visit: _Visit, before: Conversation, after: Conversation, one: Happened) -> None:
        asked = isinstance(one.event, ev.TransferRequested | ev.PersonRequested | ev.VideoRequested)
        if not asked or before.state is not State.CHAT:
            return
        visit.entered = one.at
        if after.queue is not None:
            visit.group = after.queue.group
        else:
            visit.group = route(before, one.event, self._policy, self._policy, one.at).group.name
        self._results.elsewhere += visit.who.group not in (None, visit.group)
        if visit.who.arrives >= self._plan.counted_from:
            self._cell(visit).offered += 1

    def _waited(self, wait: Wait) -> None:
        if wait.forecast is None or wait.ended_at is None or wait.entered_at < self._plan.counted_from:
            return
        bands = self._results.bands.setdefault(Line(wait.group, wait.channel), Bands())
        bands.count(wait.forecast, wait.seconds(wait.ended_at), answered=wait.outcome == "answered")

    def _cell(self, visit: _Visit) -> Tally:
        if visit.entered is None or visit.who.arrives < self._plan.counted_from:
            return Tally()
        return self._results.cell(visit.group, visit.entered)

    def _change_hands(self, visit: _Visit, after: Conversation) -> None:
        before, visit.held_by = visit.held_by, after.agent_id
        if before is not None and not self._estate.load_of(before)[0]:
            self._free(before)
        if after.agent_id is not None:
            self._hold(after.agent_id)

    def _count(
        self, visit: _Visit, before: Conversation | None, after: Conversation, outcome: Moved, one: Happened
    ) -> None:
        if visit.entered is None:
            return
        failed = next((each for each in outcome.effects if isinstance(each, fx.ShowAlternative)), None)
        if after.party is Party.AGENT:
            wait = (one.at - visit.entered).total_seconds()
            cell = self._cell(visit)
            cell.waits.append(wait)
            goal = self._policy.routing.groups[visit.group].service_level.within.total_seconds()
            cell.in_time += wait <= goal
            visit.entered = None
            if after.state is State.CHAT:
                self._chat(visit, after)
        elif failed is not None or isinstance(one.event, ev.QueueLeft):
            if failed is None:
                self._cell(visit).abandoned += 1
            else:
                self._cell(visit).failed[failed.reason] += 1
            visit.entered = None
            self._estate.at(one.at, self._close(after.id, "visitor"))

    def _chat(self, visit: _Visit, after: Conversation) -> None:
        who, now = visit.who, self._estate.now
        self._estate.at(now + timedelta(seconds=who.chats_for), self._end_chat(visit, after.id))
        self._keep_talking(after.id)()
        if who.is_proposed:
            self._estate.at(
                now + timedelta(seconds=who.chats_for / 2), lambda: self._propose(visit, after.id)
            )

    def _keep_talking(self, name: str) -> Callable[[], None]:
        """A chat that an agent is busy with is not idle: somebody writes often enough."""
        idle = self._policy.conversation.states["chat"].idle_timeout or HOUR

        def write() -> None:
            c = self._estate.conversations.get(name)
            if c is None or c.agent_id is None or c.state is not State.CHAT:
                return
            if self._estate.now < c.timers[TimerName.IDLE] - idle / 2:
                self._estate.at(c.timers[TimerName.IDLE] - idle / 2, write)
                return
            self._estate.submit(name, ev.AgentWrote(c.agent_id, self._estate.new_id("message-")))
            self._estate.at(self._estate.now + idle / 2, write)

        return write

    def _end_chat(self, visit: _Visit, name: str) -> Callable[[], None]:
        def end() -> None:
            if not visit.filmed:
                self._close(name, "agent")()

        return end

    def _propose(self, visit: _Visit, name: str) -> None:
        c = self._estate.conversations.get(name)
        if c is None or c.agent_id is None:
            return
        proposal = self._estate.new_id("proposal-")
        made = self._estate.submit(name, ev.VideoProposed(c.agent_id, proposal))
        if isinstance(made.outcome, Moved):
            answer = ev.VideoAccepted(proposal, self._estate.new_id("call-"))
            self._estate.submit(name, answer if visit.who.accepts else ev.VideoDeclined(proposal))

    def _film(self, visit: _Visit, after: Conversation) -> None:
        visit.filmed = True
        if visit.who.arrives >= self._plan.counted_from and after.group is not None:
            self._results.cell(after.group, self._estate.now).to_video += 1
        call = after.call.id if after.call is not None else ""

        def join() -> None:
            for role in Role:
                self._estate.submit(after.id, ev.MediaConnected(call, role))

        self._estate.at(self._estate.now + JOINING, join)
        ends = self._estate.now + max(JOINING * 2, timedelta(seconds=visit.who.films_for))
        self._estate.at(ends, self._close(after.id, "agent"))

    def _answer(self, visit: _Visit, name: str, invitation: str, agent_id: str) -> None:
        duty, chance, pause = self._duties[agent_id], visit.who.chance, visit.who.answered_after
        declines = duty.declines > 0 and chance.random() < duty.declines
        if pause is None:
            pause = seconds(duty.answer, chance) if duty.answer is not None else 0.0

        def answer() -> None:
            if declines:
                self._estate.submit(name, ev.InvitationDeclined(invitation, agent_id))
            else:
                call = self._estate.new_id("call-")
                self._estate.submit(name, ev.AgentAccepted(invitation, agent_id, call))

        self._estate.at(self._estate.now + timedelta(seconds=pause), answer)


def _by_hour(since: datetime, until: datetime) -> Iterator[tuple[datetime, float]]:
    """A stretch of time cut at the full hours: when each part begins, and its seconds."""
    while since < until:
        end = min(until, since.replace(minute=0, second=0, microsecond=0) + HOUR)
        yield since, (end - since).total_seconds()
        since = end
