"""The judge finds what is wrong, and does not find what is only out of step for a moment."""

from __future__ import annotations

import pytest

from orchestrator.load.histories import Line
from orchestrator.load.judge import Judge
from orchestrator.load.lines import Free

ANYBODY = Free(chat=True, video=True, languages=frozenset())
FRENCH = Free(chat=True, video=False, languages=frozenset({"fr"}))
ROOM = {"chat_used": 0, "chat_total": 1, "video_used": 0, "video_total": 1}


@pytest.fixture
def judge() -> Judge:
    return Judge(grace=2.0)


def broken(judge: Judge) -> set[str]:
    return {one.rule for one in judge.violations}


def waits(
    judge: Judge, at: float, name: str, *, since: float, need: str = "chat", language: str = "fr"
) -> None:
    judge.lines.waits(at, name, since=since, need=need, language=language)


def look(judge: Judge, start: float, end: float, **free: Free) -> None:
    """Looks four times a second and surveys twice, as a run does; the survey knows what the pages know."""
    for quarter in range(int(start * 4), int(end * 4) + 1):
        judge.lines.look(quarter / 4, free)
        judge.holding.look(quarter / 4)
        if quarter % 2 == 0:
            survey(judge, quarter / 4)


def survey(judge: Judge, at: float, **changes: str | None) -> None:
    known = {name: "somebody" if entry.invited else None for name, entry in judge.lines.waiting.items()}
    judge.lines.surveyed(at, known | changes)


# --- one agent, and no more than they may -----------------------------------------------------------------


def test_a_version_with_two_agents_is_found(judge: Judge) -> None:
    judge.holding.view(1, "c", 4, "Ann")
    judge.holding.view(1, "c", 4, "Ben")
    assert broken(judge) == {"one_agent"}


def test_agents_may_follow_each_other(judge: Judge) -> None:
    judge.holding.view(1, "c", 4, "Ann")
    judge.holding.view(1, "c", 4, "Ann")
    judge.holding.view(2, "c", 5, None)
    judge.holding.view(3, "c", 6, "Ben")
    assert not judge.violations


def test_two_desks_that_keep_a_conversation_are_found_after_a_while_only(judge: Judge) -> None:
    for agent in ("Ann", "Ben"):
        judge.holding.desk(agent).connected = True
    judge.holding.on_desk(1, "Ann", "c", 4, mine=True, video=False)
    judge.holding.on_desk(2, "Ben", "c", 6, mine=True, video=False)
    look(judge, 2, 4.5)
    assert not judge.violations
    look(judge, 4.75, 6)
    assert broken(judge) == {"one_agent"}


def test_a_desk_that_is_cut_off_may_be_out_of_date(judge: Judge) -> None:
    judge.holding.desk("Ben").connected = True
    judge.holding.on_desk(1, "Ann", "c", 4, mine=True, video=False)
    judge.holding.on_desk(2, "Ben", "c", 6, mine=True, video=False)
    look(judge, 2, 20)
    assert not judge.violations


def test_an_older_view_does_not_bring_a_conversation_back(judge: Judge) -> None:
    judge.holding.capacity(0, "Ann", ROOM)
    judge.holding.on_desk(1, "Ann", "c", 6, mine=False, video=False)
    judge.holding.on_desk(2, "Ann", "c", 5, mine=True, video=False)
    judge.holding.on_desk(3, "Ann", "d", 2, mine=True, video=False)
    assert not judge.violations


def test_more_than_fits_is_found_on_the_desk(judge: Judge) -> None:
    judge.holding.capacity(0, "Ann", ROOM)
    judge.holding.on_desk(1, "Ann", "c", 6, mine=True, video=False)
    assert not judge.violations
    judge.holding.on_desk(2, "Ann", "d", 6, mine=True, video=False)
    assert broken(judge) == {"capacity"}


def test_more_than_fits_is_found_in_what_the_service_says(judge: Judge) -> None:
    judge.holding.capacity(0, "Ann", ROOM | {"video_used": 2})
    assert broken(judge) == {"capacity"}


def test_the_board_is_judged_too(judge: Judge) -> None:
    judge.holding.capacity(0, "Ann", ROOM)
    judge.holding.board(1, {"Ann": (1, ["c"]), "Ben": (0, [])})
    assert not judge.violations
    judge.holding.board(2, {"Ann": (2, ["c", "d"]), "Ben": (1, ["c"])})
    assert broken(judge) == {"capacity", "one_agent"}


# --- nobody waits for nothing -------------------------------------------------------------------------------


def test_a_free_agent_must_be_asked(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    look(judge, 10, 12, ann=ANYBODY)
    assert not judge.violations
    look(judge, 12.25, 13, ann=ANYBODY, ben=ANYBODY)
    assert [one.rule for one in judge.violations] == ["no_idle_agent"]
    assert "c waits although ann has been free" in judge.violations[0].what


def test_time_in_which_nobody_here_listened_does_not_count(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    judge.lines.look(10, {"ann": ANYBODY})
    judge.lines.look(19, {"ann": ANYBODY}, deaf=8.75)
    survey(judge, 19)
    assert not judge.violations


def test_time_that_does_not_count_is_taken_out_of_what_follows_too(judge: Judge) -> None:
    """Of ten seconds in which the agent was free, the service was let run for one and a half; then for one more."""
    waits(judge, 10, "c", since=100)
    judge.lines.look(10, {"ann": ANYBODY})
    judge.lines.look(20, {"ann": ANYBODY}, deaf=8.5)
    survey(judge, 20)
    assert not judge.violations
    judge.lines.look(21, {"ann": ANYBODY})
    survey(judge, 21)
    (found,) = judge.violations
    assert (found.rule, found.at) == ("no_idle_agent", 21)
    assert "for 2.5 s" in found.what


def test_an_invitation_to_somebody_who_is_cut_off_is_known_from_the_survey(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    waits(judge, 11, "later", since=101)
    for half in range(20, 40):
        judge.lines.look(half / 2, {"ann": ANYBODY})
        judge.lines.surveyed(half / 2, {"c": "ben", "later": "ben"})
    judge.lines.invited(19.75, "later", "ann", "i")
    survey(judge, 21.5)
    assert not judge.violations
    assert judge.lines.unshown == {("c", "ben"), ("later", "ben")}
    assert judge.lines.longest_unshown == 9.5


def test_an_invitation_that_the_desk_does_not_show_yet_takes_a_place(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    for half in range(20, 40):
        judge.lines.look(half / 2, {"ann": ANYBODY})
        judge.lines.surveyed(half / 2, {"c": None, "another": "ann"})
    assert not judge.violations


def test_what_was_sent_to_somebody_cut_off_is_delivered_without_latency(judge: Judge) -> None:
    judge.histories.sending(1, "v-1")
    judge.histories.linked(5, "Ann")
    judge.histories.arrived(5, "Ann", "c", HELLO, own=False)
    assert (judge.histories.delivered, judge.histories.latencies) == (1, [])


def test_who_is_free_in_turns_is_not_free_all_the_time(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    for start in range(10, 20):
        look(judge, start, start + 0.25, **({"ann": ANYBODY} if start % 2 else {"ben": ANYBODY}))
    assert not judge.violations


@pytest.mark.parametrize(
    ("need", "language"), [("video", "fr"), ("chat", "en")], ids=["no video", "another language"]
)
def test_who_does_not_fit_need_not_be_asked(judge: Judge, need: str, language: str) -> None:
    waits(judge, 10, "c", since=100, need=need, language=language)
    look(judge, 10, 20, ann=FRENCH)
    assert not judge.violations


def test_who_is_invited_or_has_refused_or_is_away_does_not_wait_for_nothing(judge: Judge) -> None:
    waits(judge, 10, "invited", since=100)
    judge.lines.invited(10, "invited", "ben", "i1")
    waits(judge, 10, "away", since=101)
    judge.lines.present(10, "away", False)
    waits(judge, 10, "refused", since=102)
    judge.lines.invited(10, "refused", "ann", "i2")
    judge.lines.invitation_over(11, "i2", "declined")
    look(judge, 11, 20, ann=ANYBODY)
    assert not judge.violations


def test_a_new_wait_forgets_refusals(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    judge.lines.invited(10, "c", "ann", "i")
    judge.lines.invitation_over(11, "i", "expired")
    judge.lines.waits_no_more("c", with_agent=False)
    waits(judge, 20, "c", since=110)
    look(judge, 20, 23, ann=ANYBODY)
    assert broken(judge) == {"no_idle_agent"}


# --- first come, first served -------------------------------------------------------------------------------


def test_who_came_first_must_not_be_passed_over(judge: Judge) -> None:
    waits(judge, 10, "first", since=100)
    waits(judge, 11, "second", since=101)
    judge.lines.invited(15, "second", "ann", "i")
    look(judge, 15, 18)
    assert broken(judge) == {"first_come_first_served"}


def test_the_invitation_of_the_first_may_be_heard_of_a_little_later(judge: Judge) -> None:
    waits(judge, 10, "first", since=100)
    waits(judge, 11, "second", since=101)
    judge.lines.invited(15, "second", "ann", "i")
    judge.lines.invited(15.5, "first", "ben", "j")
    look(judge, 15.5, 18)
    assert not judge.violations


@pytest.mark.parametrize("other", [{"need": "video"}, {"language": "en"}], ids=["need", "language"])
def test_only_equal_wants_stand_in_one_line(judge: Judge, other: dict[str, str]) -> None:
    waits(judge, 10, "first", since=100, **other)
    waits(judge, 11, "second", since=101)
    judge.lines.invited(15, "second", "ann", "i")
    look(judge, 15, 17)
    assert not judge.violations


def test_who_lost_their_agent_comes_first(judge: Judge) -> None:
    judge.lines.waits_no_more("second", with_agent=True)
    waits(judge, 10, "first", since=100)
    waits(judge, 11, "second", since=101)
    judge.lines.invited(15, "second", "ann", "i")
    look(judge, 15, 17)
    assert not judge.violations


# --- nobody is lost -------------------------------------------------------------------------------------------


def test_a_waiting_room_that_no_line_knows_is_found(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    for second in range(15, 19):
        judge.lines.surveyed(second, {"d": None})
        judge.lines.look(second, {})
    assert broken(judge) == {"nobody_lost"}


def test_who_is_in_the_line_or_has_just_come_is_not_lost(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    judge.lines.surveyed(11, {})
    judge.lines.surveyed(15, {"c": None})
    look(judge, 15, 18)
    assert not judge.violations


def test_who_waits_at_the_end_is_lost(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    judge.finish(100)
    assert broken(judge) == {"nobody_lost"}


# --- invitations ----------------------------------------------------------------------------------------------


def test_an_invitation_ends_once(judge: Judge) -> None:
    judge.invitations.begun(1, "i", "Ann", "c")
    judge.invitations.accepted(2, "i")
    judge.invitations.over(2, "i", "accepted")
    judge.finish(3)
    assert not judge.violations
    assert judge.invitations.outcomes == {"accepted": 1}
    judge.invitations.over(4, "i", "expired")
    assert broken(judge) == {"invitations_end_once"}


def test_an_invitation_that_never_ends_is_found(judge: Judge) -> None:
    judge.invitations.begun(1, "i", "Ann", "c")
    judge.finish(3)
    assert broken(judge) == {"invitations_end_once"}


@pytest.mark.parametrize("end_first", [True, False])
def test_an_accepted_invitation_does_not_expire(judge: Judge, end_first: bool) -> None:
    judge.invitations.begun(1, "i", "Ann", "c")
    if end_first:
        judge.invitations.over(2, "i", "expired")
    judge.invitations.accepted(2, "i")
    if not end_first:
        judge.invitations.over(2, "i", "expired")
    assert broken(judge) == {"invitations_end_once"}


def test_an_end_of_what_was_never_shown_is_no_mistake_unless_it_is_shown_later(judge: Judge) -> None:
    judge.invitations.over(1, "i", "expired")
    assert not judge.violations
    judge.invitations.begun(2, "i", "Ann", "c")
    assert broken(judge) == {"invitations_end_once"}


# --- messages -------------------------------------------------------------------------------------------------

HELLO, REPLY, THANKS = Line("m1", 1, "v-1"), Line("m2", 2, "a-1"), Line("m4", 4, "v-2")


def exchange(judge: Judge) -> None:
    """A visitor and an agent write; both streams tell it."""
    for seq, line in enumerate((HELLO, REPLY, THANKS), start=1):
        judge.histories.sending(seq, str(line.client_id))
        judge.histories.acknowledged("visitor" if line is not REPLY else "Ann", "c", line)
        for who in ("visitor", "Ann"):
            judge.histories.numbered(seq, who, seq, line=True)
            own = (who == "Ann") == (line is REPLY)
            judge.histories.arrived(seq + 0.5, who, "c", line, own=own)


def test_a_history_that_everybody_was_told_is_right(judge: Judge) -> None:
    exchange(judge)
    judge.histories.history(9, "c", [HELLO, REPLY, THANKS])
    judge.histories.shown_to_visitor(9, "visitor", "c", [HELLO, REPLY, THANKS])
    assert not judge.violations
    assert (judge.histories.sent, judge.histories.delivered) == (3, 3)
    assert judge.histories.latencies == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    "history",
    [
        [HELLO, REPLY],
        [HELLO, REPLY, THANKS, Line("m5", 5, "v-2")],
        [THANKS, REPLY, HELLO],
        [Line("m4", 1, "v-2"), Line("m2", 2, "a-1"), Line("m1", 4, "v-1")],
        [HELLO, REPLY, Line("m3", 3), THANKS],
    ],
    ids=["lost", "doubled", "positions", "order", "never told"],
)
def test_a_wrong_history_is_found(judge: Judge, history: list[Line]) -> None:
    exchange(judge)
    judge.histories.history(9, "c", history)
    assert broken(judge) == {"messages_arrive_once"}


def test_an_agent_who_has_it_again_need_not_know_what_was_between(judge: Judge) -> None:
    exchange(judge)
    judge.histories.returned("visitor", "c")
    judge.histories.returned("Ann", "c")
    judge.histories.history(9, "c", [HELLO, REPLY, Line("m3", 3), THANKS])
    assert not judge.violations


def test_a_line_that_the_stream_left_out_is_found(judge: Judge) -> None:
    exchange(judge)
    judge.histories.shown_to_visitor(9, "visitor", "c", [HELLO, REPLY, Line("m3", 3), THANKS])
    assert broken(judge) == {"messages_arrive_once"}


def test_a_line_that_comes_twice_is_found(judge: Judge) -> None:
    exchange(judge)
    judge.histories.arrived(5, "visitor", "c", HELLO, own=True)
    assert broken(judge) == {"messages_arrive_once"}


def test_lines_out_of_order_are_found(judge: Judge) -> None:
    judge.histories.arrived(1, "visitor", "c", REPLY, own=False)
    judge.histories.arrived(2, "visitor", "c", HELLO, own=True)
    assert broken(judge) == {"messages_arrive_once"}


def test_numbers_of_a_stream_go_up(judge: Judge) -> None:
    judge.histories.numbered(1, "visitor", 5, line=True)
    judge.histories.numbered(2, "visitor", 5, line=False)
    assert not judge.violations
    judge.histories.numbered(3, "visitor", 5, line=True)
    assert broken(judge) == {"messages_arrive_once"}


def test_violations_are_told_once_and_in_the_order_of_time(judge: Judge) -> None:
    waits(judge, 10, "c", since=100)
    look(judge, 10, 20, ann=ANYBODY)
    judge.holding.view(1, "d", 4, "Ann")
    judge.holding.view(1, "d", 4, "Ben")
    assert [one.rule for one in judge.violations] == ["one_agent", "no_idle_agent"]
