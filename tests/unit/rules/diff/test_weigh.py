"""What asks for a second look before it is published: consent, camera and escalation that become looser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rules.diff.cards import CardChange
from rules.diff.difference import Difference, Told, diff
from tests.unit.rules.diff.variants import Plain, full, full_policy, policy
from tests.unit.rules.shipped import compiled

Edit = Callable[[dict[str, Plain]], Any]


def difference(edit: Edit) -> Difference:
    after = full()
    edit(after)
    return diff(full_policy(), policy(after))


def only(edit: Edit) -> Told:
    """The difference of a single edit: one change of the files, beside what follows from it."""
    found = [each for each in difference(edit).told if not isinstance(each.change, CardChange)]
    assert len(found) == 1, [each.sentence() for each in found]
    return found[0]


def row(files: dict[str, Plain], name: str) -> Plain:
    return next(each for each in files["conversation.yaml"]["transitions"] if each["id"] == name)


def put(files: dict[str, Plain], file: str, path: str, value: Any) -> None:
    *way, last = path.split(".")
    place = files[file]
    for step in way:
        place = place[step]
    place[last] = value


@pytest.mark.parametrize(
    ("file", "path", "value", "weight"),
    [
        ("camera.yaml", "default", "off_by_default", "tightens camera"),
        ("camera.yaml", "screen_share_when_forbidden", True, "loosens camera"),
        ("camera.yaml", "sites.demo.camera", "allowed", "loosens camera"),
        ("camera.yaml", "sites.demo.camera", "forbidden", "tightens camera"),
        ("camera.yaml", "groups", {}, "loosens camera"),
        ("camera.yaml", "groups", {"experts": "off_by_default"}, "loosens camera"),
        ("camera.yaml", "groups", {"experts": "forbidden", "others": "forbidden"}, "tightens camera"),
        ("escalation.yaml", "agent.enabled", True, "loosens escalation"),
        ("escalation.yaml", "bot.enabled", False, "tightens escalation"),
        ("escalation.yaml", "bot.languages", [], "tightens escalation"),
        ("escalation.yaml", "bot.devices", ["mobile"], "tightens escalation"),
        ("escalation.yaml", "bot.no_video_agent", "wait", "touches escalation"),
        ("escalation.yaml", "bot.phrases", {"fr": ["Par caméra"]}, "loosens escalation"),
        ("escalation.yaml", "sites.demo.bot.phrases", {"fr": ["En vidéo"]}, "tightens escalation"),
        ("conversation.yaml", "limits.proposals", 4, "loosens escalation"),
        ("conversation.yaml", "timers.proposal_pause", "2m", "tightens escalation"),
        ("conversation.yaml", "timers.invitation", "31s", None),
        ("routing.yaml", "groups.experts.places.video", 9, None),
        ("engagement.yaml", "default.wait_estimate", False, None),
    ],
)
def test_settings(file: str, path: str, value: Any, weight: str | None) -> None:
    assert told(only(lambda files: put(files, file, path, value))) == weight


def told(each: Told) -> str | None:
    return None if each.weight is None else f"{each.weight.effect.value} {each.weight.topic}"


@pytest.mark.parametrize(
    ("name", "key", "value", "weight"),
    [
        # A row that opens a call, matching more or less often.
        ("proposal-accepted", "when", "visitor.can_video && agent.can_video", "tightens consent"),
        ("video-resumed", "when", "call.resumable && visitor.can_video", "loosens consent"),
        ("video-resumed", "when", "agent.free_video && agent.can_video && visitor.can_video && call.resumable", None),
        ("proposal-accepted", "when", "visitor.can_video || agent.can_video", "loosens consent"),
        ("proposal-accepted", "when", "agent.can_video", "touches consent"),
        ("proposal-accepted", "when", None, "loosens consent"),
        ("proposal-accepted", "party", None, "loosens consent"),
        ("video-requested", "party", "bot", "tightens consent"),
        # What holds back.
        ("hung-up", "do", ["close_call", "want_chat"], "loosens consent"),
        ("proposal-declined", "do", ["close_proposal"], "loosens escalation"),
        ("hung-up", "from", ["in_video", "video_lobby"], "tightens consent"),
        ("agent-writes", "do", ["restart_idle", "set_camera"], "loosens camera"),
        ("assigned-from-chat", "to", "video_lobby", "loosens consent"),
        ("agent-writes", "say", ["closed"], None),
        ("visitor-leaves-queue", "when", "visitor.present", None),
    ],
)  # fmt: skip
def test_rows(name: str, key: str, value: Any, weight: str | None) -> None:
    def edit(files: dict[str, Plain]) -> None:
        edited = row(files, name)
        if value is None:
            del edited[key]
        else:
            edited[key] = value

    assert told(only(edit)) == weight


def test_a_new_way_to_video_loosens_and_one_less_tightens() -> None:
    def less(files: dict[str, Plain]) -> None:
        files["conversation.yaml"]["transitions"].remove(row(files, "video-resumed"))

    before, after = full_policy(), full()
    less(after)
    forth, back = diff(before, policy(after)), diff(policy(after), before)
    assert [told(each) for each in forth.told] == ["tightens consent"]
    assert [told(each) for each in back.told] == ["loosens consent"]


def test_a_row_that_remembers_the_hang_up_is_missed() -> None:
    found = only(lambda files: files["conversation.yaml"]["transitions"].remove(row(files, "hung-up")))
    assert told(found) == "loosens consent"


def test_a_site_that_goes_back_to_what_holds_everywhere_is_weighed_by_what_it_comes_to() -> None:
    found = only(lambda files: files["camera.yaml"]["sites"].pop("demo"))
    assert told(found) == "loosens camera"  # from off_by_default to allowed
    found = only(lambda files: put(files, "camera.yaml", "sites.other", {"camera": "allowed"}))
    assert told(found) is None  # as it is everywhere


def test_a_row_that_comes_first_now_names_those_it_wins_over() -> None:
    def edit(files: dict[str, Plain]) -> None:
        rows = files["conversation.yaml"]["transitions"]
        moved = row(files, "agent-takes-chat")
        rows.remove(moved)
        rows.insert(rows.index(row(files, "card-escalates-to-video")), moved)

    found = only(edit)
    assert found.change.kind == "moved"
    assert found.overtaken == (
        "card-escalates-to-video",
        "card-cannot-escalate",
        "direct-video-starts",
        "direct-video-impossible",
    )
    assert "Before `card-escalates-to-video`, `card-cannot-escalate`" in found.sentence()


def test_the_words_of_a_card_tell_whom_it_takes_to_video() -> None:
    before = compiled("cards.yaml", "advisors", "advisors")
    after = compiled(
        "cards.yaml", "Je vous passe un conseiller.", "Vous allez être mis en relation par vidéo."
    )
    forth, back = diff(before, after), diff(after, before)
    assert forth.loosening[0].sentence() == "Card `advisor` now takes to video: fr (desktop, mobile)."
    assert back.told[0].sentence("fr") == (
        "La carte `advisor` n’amène plus à la vidéo : fr (desktop, mobile)."
    )
    assert [each.section for each in forth.told] == ["loosens", "words"]


def test_what_loosens_comes_first() -> None:
    def edit(files: dict[str, Plain]) -> None:
        put(files, "camera.yaml", "sites.demo.camera", "allowed")
        put(files, "conversation.yaml", "timers.invitation", "31s")
        put(files, "cards.yaml", "cards.advisor.texts.fr.title", "Autrement")
        put(files, "camera.yaml", "groups", {"experts": "forbidden", "others": "forbidden"})

    assert [each.section for each in difference(edit).told] == [
        "loosens",
        "tightens",
        "conversation",
        "words",
    ]
