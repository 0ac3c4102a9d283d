"""The agents' side of the floor: who is in which condition, and who of them is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import datetime
from itertools import count, islice

from orchestrator.domain.floor.crews import Ask, Crew, Member
from orchestrator.domain.floor.group_rules import GroupRules
from orchestrator.domain.floor.people import Profile, Seat
from orchestrator.domain.floor.reasons import LOAD, MOST_EXAMPLES, Condition, LeftOut, fits_when_free
from orchestrator.domain.floor.wants import Want

Load = tuple[int, int]
Rank = tuple[bool, datetime, str]

# Crews and wants that nobody is in are kept for when somebody is again, up to this many more than are in use.
SPARE = 2_000


class Agent:
    """What is known of an agent: where they sit (None: nowhere), what they hold, the crew they are in.

    ``rank`` is that of the first waiting conversation they are put forward for, while they are; it is so as long as
    what was ``seen`` then is true: how often the cohorts had changed, and the crew.
    """

    __slots__ = ("base", "chats", "crew", "id", "member", "rank", "seat", "seen", "videos", "wrapping_up")

    def __init__(self, agent_id: str) -> None:
        self.id = agent_id
        self.seat: Seat | None = None
        self.chats = 0
        self.videos = 0
        self.wrapping_up = False
        self.base: tuple[object, ...] = ()
        self.member: Member | None = None
        self.crew: Crew | None = None
        self.rank: Rank | None = None
        self.seen: tuple[int, Crew | None] = (-1, None)


class Roster:
    """Agents in crews, by group. ``gained`` are those who may fit more than before since it was emptied.

    ``gains`` counts how often anybody gained: while it stands still, who had nobody has nobody.
    """

    def __init__(self) -> None:
        self.gained: dict[str, None] = {}
        self.gains = 0
        self._agents: dict[str, Agent] = {}
        self._crews: dict[tuple[object, ...], Crew] = {}
        self._occupied: dict[str, dict[Crew, None]] = {}
        self._crews_in_use = 0
        self._profiles: dict[Profile, int] = {}
        self._numbers = count()
        self._asks: dict[Want, Ask] = {}
        self._most_asks = SPARE
        self._rules: dict[str, GroupRules] = {}
        self._closed: set[str] = set()

    # --- the groups ---------------------------------------------------------------------------------

    def configure(self, groups: Mapping[str, GroupRules]) -> None:
        self._rules = dict(groups)
        self._forget_answers()
        for agent in self._agents.values():
            self._gain(agent)

    def set_open(self, group: str, is_open: bool) -> bool:
        """Whether this is new."""
        if is_open is (group not in self._closed):
            return False
        if is_open:
            self._closed.discard(group)
        else:
            self._closed.add(group)
        self._forget_answers()
        for agent, _ in self.of_group(group):
            self._gain(agent)
        return True

    def _forget_answers(self) -> None:
        self.gains += 1
        for want, ask in self._asks.items():
            ask.rules = self._rules_of(want.group)
            ask.reasons.clear()

    def _rules_of(self, group: str) -> GroupRules | None:
        return None if group in self._closed else self._rules.get(group)

    def asks(self, wants: Iterable[Want], in_use: Iterable[Ask]) -> tuple[Ask, ...]:
        """What is known of these wants. When there are many, those that are not ``in_use`` are forgotten."""
        found: list[Ask] = []
        for want in wants:
            ask = self._asks.get(want)
            if ask is None:
                ask = self._asks[want] = Ask(want, self._rules_of(want.group))
                if len(self._asks) > self._most_asks:
                    self._asks = {kept.want: kept for kept in (*in_use, *found, ask)}
                    self._most_asks = 2 * len(self._asks) + SPARE
            found.append(ask)
        return tuple(found)

    # --- the agents ---------------------------------------------------------------------------------

    def get(self, agent_id: str) -> Agent | None:
        return self._agents.get(agent_id)

    def seat(self, seat: Seat, *, wrapping_up: bool) -> None:
        agent = self._agents.get(seat.id)
        if agent is None:
            agent = self._agents[seat.id] = Agent(seat.id)
        number = self._profiles.get(seat.profile)
        if number is None:
            number = self._profiles[seat.profile] = next(self._numbers)
        self._leave_crew(agent)
        agent.seat = seat
        agent.wrapping_up = wrapping_up
        agent.base = (number, seat.connected, seat.chat, seat.video, seat.can_video)
        agent.member = (seat.idle_since, seat.id)
        self._join_crew(agent)
        self._gain(agent)

    def unseat(self, agent_id: str) -> None:
        agent = self._agents.get(agent_id)
        if agent is not None:
            self._leave_crew(agent)
            agent.seat = agent.member = None
            self._drop_if_unknown(agent)

    def end_wrap_up(self, agent: Agent) -> None:
        self._leave_crew(agent)
        agent.wrapping_up = False
        self._join_crew(agent)
        self._gain(agent)

    def shift(self, agent_id: str, chats: int, videos: int, *, gains: bool = True) -> None:
        """So much more is held by an agent, seated or not. Without ``gains`` it is for a question only."""
        agent = self._agents.get(agent_id)
        if agent is None:
            agent = self._agents[agent_id] = Agent(agent_id)
        self._leave_crew(agent)
        agent.chats += chats
        agent.videos += videos
        self._join_crew(agent)
        if gains:
            if chats < 0 or videos < 0:
                self._gain(agent)
            self._drop_if_unknown(agent)

    def of_group(self, group: str) -> Iterator[tuple[Agent, Seat]]:
        for crew in self._occupied.get(group, ()):
            for _, name in crew.members:
                agent = self._agents[name]
                if agent.seat is not None:
                    yield agent, agent.seat

    def _gain(self, agent: Agent) -> None:
        self.gains += 1
        self.gained[agent.id] = None

    def _drop_if_unknown(self, agent: Agent) -> None:
        if agent.seat is None and not agent.chats and not agent.videos:
            del self._agents[agent.id]

    def _leave_crew(self, agent: Agent) -> None:
        crew, agent.crew = agent.crew, None
        if crew is None or agent.member is None:
            return
        crew.remove(agent.member)
        if not crew.size:
            self._crews_in_use -= 1
            for group in crew.ranks:
                del self._occupied[group][crew]

    def _join_crew(self, agent: Agent) -> None:
        seat = agent.seat
        if seat is None or agent.member is None:
            return
        key = (agent.base, agent.wrapping_up, agent.chats, agent.videos)
        crew = self._crews.get(key)
        if crew is None:
            crew = self._new_crew(key, agent, seat)
        crew.add(agent.member)
        agent.crew = crew
        if crew.size == 1:
            self._crews_in_use += 1
            for group in crew.ranks:
                self._occupied.setdefault(group, {})[crew] = None

    def _new_crew(self, key: tuple[object, ...], agent: Agent, seat: Seat) -> Crew:
        if len(self._crews) > self._crews_in_use * 2 + SPARE:
            self._clear_out()
        crew = self._crews[key] = Crew(
            Condition(
                seat.profile,
                seat.connected,
                seat.chat,
                seat.video,
                seat.can_video,
                agent.wrapping_up,
                agent.chats,
                agent.videos,
            )
        )
        return crew

    def _clear_out(self) -> None:
        self._crews = {key: crew for key, crew in self._crews.items() if crew.size}
        seated = ((agent.seat, agent.base[0]) for agent in self._agents.values())
        self._profiles = {
            seat.profile: number for seat, number in seated if seat is not None and isinstance(number, int)
        }
        for ask in self._asks.values():
            ask.reasons.clear()

    def has_room(self, crew: Crew) -> bool:
        """Whether anything at all could be given to those of a crew: a quick no for most who are busy."""
        if crew.condition.wrapping_up or not crew.condition.connected:
            return False
        held = crew.condition.chats, crew.condition.videos
        own = crew.condition.profile.chat_slots, crew.condition.profile.video_slots
        rules = (self._rules_of(group) for group in crew.ranks)
        return any(one is not None and one.of_agent(*own).room_for_chat(*held) for one in rules)

    # --- the choice ---------------------------------------------------------------------------------

    def best(self, ask: Ask, declined: Set[str], only: str | None) -> str | None:
        """Who is asked of those who fit, by the strategy of the group; ``only`` this one, who has not declined."""
        rules = ask.rules
        if rules is None:
            return None
        if only is not None:
            agent = self._agents.get(only)
            fits = agent is not None and agent.crew is not None and ask.reason(agent.crew) is None
            return only if fits else None
        best: tuple[int, Member] | None = None
        group = ask.want.group
        for crew in self._occupied.get(group, ()):
            if ask.reason(crew) is None:
                member = crew.first(declined)
                if member is not None:
                    found = (crew.precedence(rules, group), member)
                    if best is None or found < best:
                        best = found
        return None if best is None else best[1][1]

    def could_take(self, agent_id: str, asks: Iterable[Ask]) -> bool:
        """Whether nothing but what they are doing now keeps an agent from one of these."""
        agent = self._agents.get(agent_id)
        if agent is None or agent.crew is None:
            return False
        condition = agent.crew.condition
        return any(fits_when_free(condition, ask.want, ask.rules) for ask in asks)

    def left_out(
        self, ask: Ask, declined: Set[str], only: str | None, chosen: str | None
    ) -> tuple[dict[LeftOut, int], dict[LeftOut, tuple[str, ...]]]:
        """How many of the group are left out for which reason, and the names of some."""
        counts: dict[LeftOut, int] = {}
        names: dict[LeftOut, list[str]] = {}

        def tell(reason: LeftOut, number: int, members: Iterable[Member]) -> None:
            before = counts.get(reason, 0)
            counts[reason] = before + number
            if before < MOST_EXAMPLES:
                some = [name for _, name in islice(members, MOST_EXAMPLES - before)]
                names[reason] = names[reason] + some if before else some

        apart = self._apart(declined, only, chosen)
        for crew in self._occupied.get(ask.want.group, ()):
            reason = ask.reason(crew)
            late = reason in LOAD
            here = apart.get(crew)
            if only is None and here is None:
                if reason is not None:
                    tell(reason, crew.size, crew.members)
                continue
            here = here or set()
            for member in sorted(here):
                if member[1] in declined and late:
                    tell("declined", 1, (member,))
                elif reason is not None and member[1] != chosen:
                    tell(reason, 1, (member,))
            others = "sticky" if only is not None and late else reason
            if others is not None and crew.size > len(here):
                tell(others, crew.size - len(here), (one for one in crew.members if one not in here))
        return counts, {reason: tuple(told) for reason, told in names.items()}

    def _apart(self, declined: Set[str], only: str | None, chosen: str | None) -> dict[Crew, set[Member]]:
        """Those who are not as the others of their crew, to this one conversation."""
        apart: dict[Crew, set[Member]] = {}
        for name in (*declined, only, chosen):
            agent = None if name is None else self._agents.get(name)
            if agent is not None and agent.crew is not None and agent.member is not None:
                apart.setdefault(agent.crew, set()).add(agent.member)
        return apart
