"""The kinds of findings: what each is called, how much it weighs, and why it matters.

A code is what tests, editors and pipelines go by: it does not change when a sentence does. The order below is the
order of importance, in which findings are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
Layer = Literal["file", "yaml", "schema", "references", "cel", "model", "content"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding. ``why`` is told with each finding of this kind."""

    name: str
    severity: Severity
    layer: Layer
    why: str


def _codes(severity: Severity, layer: Layer, whys: dict[str, str]) -> tuple[Code, ...]:
    return tuple(Code(name, severity, layer, why) for name, why in whys.items())


_ERRORS: tuple[Code, ...] = (
    *_codes("error", "model", {
        "model.video_without_consent": "nobody is taken to video without their own act, or the card they were shown",
        "model.camera_forbidden": "a visitor was promised that the camera cannot come on",
        "model.bot_speaks": "the bot is silent from the transfer on: two voices would answer the visitor",
        "model.video_after_hang_up": "a visitor who hung up would be called again without having asked",
        "model.hang_up_not_final": "unless a hang-up is remembered, video can start again at any time",
        "model.breaks_law": "such a result is refused when it happens: the event is lost and nothing changes",
        "model.refused_row": "what the row says never happens: it is refused every time",
        "model.cannot_close": "conversations would pile up for ever, each holding an agent's time or a place",
        "model.timer_loop": "with nobody there, the conversation comes back to where it was, again and again",
        "model.wait_without_timer": "when the wait is over nothing happens, and somebody waits for ever",
        "model.guard_never_true": "a row that cannot match does nothing: something else was meant",
    }),
    *_codes("error", "file", {
        "file.unreadable": "nothing can be said about what cannot be read",
        "file.missing": "without it there are no rules for this part",
        "file.unknown": "a misspelt file would be ignored, and its rules with it",
    }),
    *_codes("error", "yaml", {
        "yaml.encoding": "other readers would see other letters",
        "yaml.size": "a policy is read at every start: it stays within bounds",
        "yaml.bomb": "a few lines that stand for millions of values can stop a server",
        "yaml.depth": "nothing in a policy is that deep, so a bracket or an indentation is wrong",
        "yaml.character": "a character that nobody can see makes two words that look alike differ",
        "yaml.syntax": "from here on the file could mean anything",
        "yaml.tab": "a tab is as wide as each editor likes, so what is below what cannot be told",
        "yaml.tag": "tags can make a reader run code",
        "yaml.documents": "only one of the documents could hold",
        "yaml.empty": "a policy has no silent defaults",
        "yaml.key": "such a key cannot be looked up",
        "yaml.alias": "the value behind the name cannot be told",
        "yaml.merge_key": "readers disagree about which of the merged values wins",
        "yaml.duplicate_key": "most readers keep the last one and say nothing",
        "yaml.no_value": "taken for absent, an unfinished `when:` would let everything pass",
    }),
    *_codes("error", "schema", {
        "schema.unknown_key": "a misspelt key would be ignored, and what it says with it",
        "schema.missing": "there is no default that would suit everybody",
        "schema.choice": "the set of words is closed, so that a slip is found here and not at night",
        "schema.type": "values are never turned silently into something else",
        "schema.duration": "without its unit, 30 could be seconds or minutes",
        "schema.language": "languages are compared by their tags: two spellings would be two languages",
        "schema.time_zone": "the hours of a group are local, with the changes of its clocks",
        "schema.range": "the number is outside of what can work",
        "schema.length": "too little says nothing, and too much is no longer read",
        "schema.form": "the value is used as a name or an address elsewhere, and would not be found",
        "schema.value": "the value means nothing here",
    }),
    *_codes("error", "references", {
        "ref.event": "a row for an event that never happens is never used",
        "ref.state": "the set of states is closed: nothing could be in this one",
        "ref.action": "nothing would be done",
        "ref.notice": "the pages have no words for it",
        "ref.group": "there would be nobody to go to",
        "ref.row_id": "what a decision names as its reason must be one row",
        "ref.final": "what is closed stays closed; writing again starts a new conversation",
        "ref.close": "the state and the action say two different things",
        "ref.timer": "when the time is over nothing would happen, and somebody would wait for ever",
        "ref.video_group": "visitors would wait for a call that nobody can take",
        "ref.order": "entries are applied in the order of time",
        "ref.overflow": "overflowing to itself, or twice to the same group, helps nobody",
        "ref.text": "somebody would be shown nothing, or a language they did not choose",
        "ref.phrases": "a card in that language can never escalate",
    }),
    *_codes("error", "cel", {
        "cel.syntax": "the condition cannot be read",
        "cel.fact": "a fact that does not exist would never be true",
        "cel.type": "values of two types are never equal",
        "cel.condition": "a row needs a yes or a no",
        "cel.value": "the comparison is never true: the fact has a closed set of values",
        "cel.too_early": "a group is chosen before an agent, a call or a queue is known",
        "cel.loop": "a guard is evaluated at every decision, and no fact is a list",
        "cel.unreadable": "a guard that cannot be analysed cannot be checked",
    }),
    *_codes("error", "content", {
        "group.never_open": "nobody is ever served by this group",
        "group.no_capacity": "an agent without a chat slot cannot be given any conversation",
        "card.video_unserved": "the card promises a call that its group cannot hold",
    }),
)  # fmt: skip

_WARNINGS: tuple[Code, ...] = (
    *_codes("warning", "model", {
        "model.unreachable_state": "what is written about this state is never used",
        "model.shadowed_row": "the row looks as if it did something, and never does",
        "model.unreachable_row": "the row looks as if it did something, and never does",
        "model.ambiguous": "only the order of the rows decides: moving one changes what happens to visitors",
        "model.unanswered": "this happens whether the rules want it or not, and would change nothing",
        "model.cannot_close_now": "a visitor can end the conversation at any time",
        "model.cannot_write": "a visitor can write at any time, also while waiting or in a call",
        "model.guard_always_true": "a condition that is always true hides what the row really is: a fallback",
        "model.too_large": "the search was stopped: what was found holds, but there may be more",
    }),
    *_codes("warning", "content", {
        "group.video_unserved": "visitors who ask for video wait for a call that nobody can take",
        "group.language": "nobody of the group may be asked for these visitors, at any time",
        "group.overflow_circle": "the groups pass visitors on to each other",
        "group.too_late": "the wait is over before this comes into force",
        "group.unused": "its agents are never asked",
        "route.shadowed": "the rule is never reached",
        "route.never": "the rule never chooses",
        "card.escalates_in_some": "the same card takes some visitors to video and leaves others in chat",
        "card.language": "visitors are shown the card in a language they did not choose",
        "card.alternative_text": "visitors are shown the alternative in a language they did not choose",
        "text.language": "visitors are shown a language they did not choose",
        "escalation.phrase_unused": "no card takes these visitors to video, though the language is switched on",
        "camera.screen_share": "a camera can be shown through a shared screen",
        "camera.no_effect": "a group may only tighten what its sites allow",
        "entries.none": "the notification offers nothing",
        "wait.estimate_off": "visitors wait for video without knowing how long",
        "ref.site": "a site that only one file speaks of is probably misspelt",
    }),
)  # fmt: skip

_NOTES: tuple[Code, ...] = (
    *_codes("note", "model", {
        "model.switched_off": "the row waits for a setting of the sites",
    }),
    *_codes("note", "content", {
        "card.escalates_elsewhere": "so it is set; a designer may expect the card to do the same for all",
    }),
)  # fmt: skip

CODES: dict[str, Code] = {code.name: code for code in (*_ERRORS, *_WARNINGS, *_NOTES)}
IMPORTANCE: dict[str, int] = {name: place for place, name in enumerate(CODES)}
