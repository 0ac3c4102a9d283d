"""A synthetic load played through a policy: visitors, agents and what is counted of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orchestrator.application.records import Agent
from orchestrator.domain import effects as fx
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device, Party, Role, State, TimerName, Verdict
from orchestrator.domain.outcome import Moved
from orchestrator.domain.routing import route
from orchestrator.simulation.estate import Estate, Happened
from orchestrator.simulation.load import HOURS, Crew, Load
from orchestrator.simulation.people import CARD, Visitor, seconds, visitors
from orchestrator.simulation.results import Results, Tally
from rules.phrases import judge_card
from rules.policy import Policy

HOUR = timedelta(hours=1)
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
    return _Simulation(policy, load, seed, days).run()


class _Simulation:
    def __init__(self, policy: Policy, load: Load, seed: int, days: int) -> None:
        self._policy = policy
        self._load = load
        self._seed = seed
        self._days = days
        self._results = Results(policy.revision, seed, days)
        self._estate = Estate(policy, load.begins, keep_closed=False)
        self._visits: dict[str, _Visit] = {}
        self._crews: dict[str, Crew] = {}
        self._verdicts: dict[tuple[str, str, str, bool], tuple[Verdict, str | None]] = {}
        self._busy_since: dict[str, datetime] = {}

    def run(self) -> Results:
        estate = self._estate
        estate.listen(self._heard)
        for hour in range(HOURS * self._days):
            estate.at(self._load.begins + hour * HOUR, self._shift(hour % HOURS))
        for who in visitors(self._load, self._seed, self._days):
            estate.advance_to(who.arrives)
            self._arrive(who)
        ends = self._load.begins + self._days * HOURS * HOUR
        estate.advance_to(ends)
        for agent_id in list(self._busy_since):
            self._free(agent_id)
        # Who waits still is waited for, so that every wait has its end; agents stay as they are.
        estate.advance_to(ends + HOUR)
        return self._results

    # --- agents -------------------------------------------------------------------------------------------

    def _shift(self, hour: int) -> Callable[[], None]:
        def change() -> None:
            for number, crew in enumerate(self._load.crews):
                for index in range(max(crew.on_duty)):
                    self._staff(f"agent-{number}-{index}", crew, on=index < crew.on_duty[hour])
                if self._estate.now >= self._load.counted_from:
                    for group in crew.groups:
                        share = crew.on_duty[hour] * HOUR.total_seconds() / len(crew.groups)
                        self._results.cell(group, self._estate.now).staffed += share

        return change

    def _staff(self, name: str, crew: Crew, *, on: bool) -> None:
        known = self._estate.agents.get(name)
        if known is None and not on:
            return
        if known is None:
            self._crews[name] = crew
            known = Agent(
                id=name,
                name=name,
                languages=crew.languages,
                groups=tuple(sorted((group, 1) for group in crew.groups)),
                skills=tuple(sorted(crew.skills.items())),
                can_video=crew.video,
                sockets=1,
            )
        chat = "available" if on else "offline"
        video = "available" if on and crew.video else "offline"
        if (known.chat_state, known.video_state) != (chat, video):
            self._estate.put_agent(replace(known, chat_state=chat, video_state=video))

    def _hold(self, agent_id: str) -> None:
        self._busy_since.setdefault(agent_id, self._estate.now)

    def _free(self, agent_id: str) -> None:
        """Credit the time an agent was busy to the hours in which it was."""
        since = self._busy_since.pop(agent_id, None)
        if since is None:
            return
        groups = self._crews[agent_id].groups
        since = max(since, self._load.counted_from)
        while since < self._estate.now:
            end = min(self._estate.now, since.replace(minute=0, second=0, microsecond=0) + HOUR)
            for group in groups:
                self._results.cell(group, since).busy += (end - since).total_seconds() / len(groups)
            since = end

    # --- visitors -----------------------------------------------------------------------------------------

    def _arrive(self, who: Visitor) -> None:
        counted = who.arrives >= self._load.counted_from
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
        if visit.who.arrives >= self._load.counted_from:
            self._cell(visit).offered += 1

    def _cell(self, visit: _Visit) -> Tally:
        if visit.entered is None or visit.who.arrives < self._load.counted_from:
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
        if visit.who.arrives >= self._load.counted_from and after.group is not None:
            self._results.cell(after.group, self._estate.now).to_video += 1
        call = after.call.id if after.call is not None else ""

        def join() -> None:
            for role in Role:
                self._estate.submit(after.id, ev.MediaConnected(call, role))

        self._estate.at(self._estate.now + JOINING, join)
        ends = self._estate.now + max(JOINING * 2, timedelta(seconds=visit.who.films_for))
        self._estate.at(ends, self._close(after.id, "agent"))

    def _answer(self, visit: _Visit, name: str, invitation: str, agent_id: str) -> None:
        crew, chance = self._crews[agent_id], visit.who.chance
        declines = crew.declines > 0 and chance.random() < crew.declines
        pause = seconds(crew.answer, chance) if crew.answer is not None else 0.0

        def answer() -> None:
            if declines:
                self._estate.submit(name, ev.InvitationDeclined(invitation, agent_id))
            else:
                call = self._estate.new_id("call-")
                self._estate.submit(name, ev.AgentAccepted(invitation, agent_id, call))

        self._estate.at(self._estate.now + timedelta(seconds=pause), answer)
