"""A transfer card that was shown, judged again by the draft: from what was recorded of it, which is not its text."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.domain.conversation import Conversation, Verdict
from orchestrator.domain.events import TransferRequested
from rules.card import CardText
from rules.languages import primary_subtag
from rules.phrases import SiteEscalation, judge_card
from rules.policy import Policy

UNKNOWN_CARD = "unknown_card"
TEXT = "the text of the card"
POLICY = "the policy that the card was judged by"

_READ = frozenset({"matched", "no_phrase"})


def card_under(
    event: TransferRequested, c: Conversation, then: Policy | None, draft: Policy
) -> TransferRequested | str:
    """The event as the bot's card would have caused it under ``draft``; else what is missing to tell.

    ``then`` is the policy by which the card was judged. `UNKNOWN_CARD`: the draft has no such card.
    """
    card_id = event.verdict.card_id
    shown: CardText | None = None
    group = event.group
    if card_id is not None:
        card = draft.card(card_id)
        if card is None:
            return UNKNOWN_CARD
        shown, group = card.text_for(c.language), card.group
    verdict = _judged(event.verdict, shown, c, then, draft)
    return verdict if isinstance(verdict, str) else replace(event, verdict=verdict, group=group)


def _judged(
    old: Verdict, shown: CardText | None, c: Conversation, then: Policy | None, draft: Policy
) -> Verdict | str:
    escalation = draft.escalation_for(c.site_id)
    empty = judge_card(fields={}, language=c.language, device=c.device.value, escalation=escalation)
    if empty.reason != "no_phrase":
        # Nobody looks at the text.
        return Verdict(False, empty.reason, old.card_id)
    if old.reason in _READ and _asked_alike(old, shown, c, then, escalation):
        return replace(old, consumed=False)
    if shown is not None:
        found = judge_card(
            fields=shown.fields, language=c.language, device=c.device.value, escalation=escalation
        )
        slots = any("{" in text for text in shown.fields.values())
        # What a slot was filled with could only add a phrase.
        if found.escalates or not slots:
            return Verdict(found.escalates, found.reason, old.card_id, found.phrase, found.field)
        return TEXT
    still = old.phrase in escalation.phrases.get(primary_subtag(c.language), ())
    if old.reason == "matched" and still:
        return replace(old, consumed=False)
    return POLICY if then is None and old.reason in _READ else TEXT


def _asked_alike(
    old: Verdict, shown: CardText | None, c: Conversation, then: Policy | None, now: SiteEscalation
) -> bool:
    """Whether the same phrases were looked for in the same text."""
    if then is None:
        return False
    primary = primary_subtag(c.language)
    if then.escalation_for(c.site_id).phrases.get(primary, ()) != now.phrases.get(primary, ()):
        return False
    if shown is None or old.card_id is None:
        return True
    before = then.card(old.card_id)
    return before is not None and before.text_for(c.language).fields == shown.fields
