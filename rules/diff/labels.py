"""What the keys of a policy are called in a sentence, in English and in French; a test holds that none is missing.

Short names, where `rules.meanings` explains. An empty one is left out: what follows says it all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")


def chosen(words: tuple[str, str], language: Language) -> str:
    return words[LANGUAGES.index(language)]


_BY_LANGUAGE = ("", "")

KEYS: Mapping[str, tuple[str, str]] = {
    "ConversationFile.initial": ("initial state", "état initial"),
    "ConversationFile.states": ("", ""),
    "ConversationFile.timers": ("", ""),
    "ConversationFile.limits": ("", ""),
    "ConversationFile.transitions": ("row", "ligne"),
    "States.chat": ("state `chat`", "état `chat`"),
    "States.queued": ("state `queued`", "état `queued`"),
    "States.video_lobby": ("state `video_lobby`", "état `video_lobby`"),
    "States.in_video": ("state `in_video`", "état `in_video`"),
    "States.closed": ("state `closed`", "état `closed`"),
    "ChatState.idle_timeout": ("ends when nobody writes for", "se termine si personne n’écrit pendant"),
    "QueuedState.max_wait": ("longest wait for an agent", "attente la plus longue d’un conseiller"),
    "QueuedState.next_round": ("pause before the next round", "pause avant le tour suivant"),
    "VideoLobbyState.max_wait": ("time to join the call", "délai pour rejoindre l’appel"),
    "InVideoState.reconnect_grace": ("time to come back after a drop", "délai pour revenir après une coupure"),
    "ClosedState.final": ("final", "final"),
    "Timers.bot_reply": ("time for the bot to answer", "délai de réponse du bot"),
    "Timers.invitation": ("time to answer an invitation", "délai de réponse à une invitation"),
    "Timers.proposal": ("time to answer a proposal of video", "délai de réponse à une proposition de vidéo"),
    "Timers.proposal_pause": ("pause before video may be proposed again", "pause avant de pouvoir reproposer la vidéo"),
    "Timers.handover": ("time to find a taker in a group", "délai pour trouver un preneur dans un groupe"),
    "Timers.visitor_away": ("time a visitor may be away", "absence permise au visiteur"),
    "Timers.agent_away": ("time an agent may be away", "absence permise au conseiller"),
    "Timers.resume": ("time to resume a dropped call", "délai pour reprendre un appel coupé"),
    "Limits.proposals": ("proposals of video in a conversation", "propositions de vidéo par conversation"),
    "Row.id": ("name", "nom"),
    "Row.event": ("event", "événement"),
    "Row.from": ("from", "depuis"),
    "Row.party": ("party", "interlocuteur"),
    "Row.when": ("condition", "condition"),
    "Row.to": ("next state", "état suivant"),
    "Row.do": ("actions", "actions"),
    "Row.say": ("lines in the history", "lignes de l’historique"),
    "RoutingFile.default_group": ("group when no rule matches", "groupe si aucune règle ne s’applique"),
    "RoutingFile.groups": ("group", "groupe"),
    "RoutingFile.rules": ("routing rule", "règle de routage"),
    "RoutingFile.pause_reasons": ("reason for a pause", "motif de pause"),
    "GroupSpec.label": ("label", "libellé"),
    "GroupSpec.languages": ("languages", "langues"),
    "GroupSpec.video": ("takes video", "accepte la vidéo"),
    "GroupSpec.places": ("places in the queue", "places en file d’attente"),
    "GroupSpec.capacity": ("capacity of an agent", "capacité d’un conseiller"),
    "GroupSpec.strategy": ("who is asked first", "qui est sollicité en premier"),
    "GroupSpec.hours": ("hours", "horaires"),
    "GroupSpec.sticky": ("wait for the agent who knows the visitor", "attente du conseiller qui connaît le visiteur"),
    "GroupSpec.relax": ("relaxed after", "assoupli après"),
    "GroupSpec.overflow": ("overflow to", "débordement vers"),
    "GroupSpec.ageing": ("one priority gained per", "une priorité gagnée par"),
    "GroupSpec.alternative": ("alternative", "alternative"),
    "GroupSpec.when_closed": ("alternative when closed", "alternative hors horaires"),
    "GroupSpec.when_full": ("alternative when full", "alternative si la file est pleine"),
    "GroupSpec.wrap_up": ("time after a conversation", "temps après une conversation"),
    "GroupSpec.pause_after_missed": ("missed invitations before a pause", "invitations manquées avant une pause"),
    "GroupSpec.service_level": ("service level", "niveau de service"),
    "PerChannel.chat": ("chat", "chat"),
    "PerChannel.video": ("video", "vidéo"),
    "Capacity.chat": ("chats at a time", "chats à la fois"),
    "Capacity.video": ("videos at a time", "vidéos à la fois"),
    "Capacity.video_takes": ("chats held off by a video", "chats retenus par une vidéo"),
    "Hours.time_zone": ("time zone", "fuseau horaire"),
    "Hours.week": ("", ""),
    "Hours.closed_on": ("closed on", "fermé le"),
    "Span.start": ("from", "de"),
    "Span.end": ("until", "à"),
    "Relaxation.after": ("after", "après"),
    "Relaxation.skill_levels": ("levels lowered by", "niveaux abaissés de"),
    "Relaxation.skills": ("skills", "compétences"),
    "Relaxation.language": ("language", "langue"),
    "Overflow.group": ("group", "groupe"),
    "Overflow.after": ("after", "après"),
    "Alternative.message": ("message", "message"),
    "Alternative.then": ("who goes on", "qui poursuit"),
    "Alternative.leave_message": ("a message may be left", "laisser un message"),
    "ServiceLevel.within": ("answered within", "réponse en"),
    "ServiceLevel.share": ("share of the visitors (%)", "part des visiteurs (%)"),
    "RoutingRow.id": ("name", "nom"),
    "RoutingRow.need": ("need", "besoin"),
    "RoutingRow.when": ("condition", "condition"),
    "RoutingRow.group": ("group", "groupe"),
    "RoutingRow.priority": ("priority", "priorité"),
    "RoutingRow.skills": ("skills", "compétences"),
    "PauseReason.id": ("name", "nom"),
    "PauseReason.label": ("label", "libellé"),
    "EscalationFile.agent": ("proposals of video by agents", "propositions de vidéo par les conseillers"),
    "EscalationFile.bot": ("escalation by the bot’s cards", "passage en vidéo par les cartes du bot"),
    "EscalationFile.sites": ("site", "site"),
    "SiteEscalation.agent": ("proposals of video by agents", "propositions de vidéo par les conseillers"),
    "SiteEscalation.bot": ("escalation by the bot’s cards", "passage en vidéo par les cartes du bot"),
    "AgentEscalation.enabled": ("switched on", "activé"),
    "BotEscalation.enabled": ("switched on", "activé"),
    "BotEscalation.languages": ("languages", "langues"),
    "BotEscalation.devices": ("devices", "appareils"),
    "BotEscalation.phrases": ("trigger phrases", "phrases déclencheuses"),
    "BotEscalation.no_video_agent": ("when no agent can take video", "si aucun conseiller ne peut prendre la vidéo"),
    "CardsFile.default_language": ("cards’ default language", "langue par défaut des cartes"),
    "CardsFile.cards": ("card", "carte"),
    "CardSpec.group": ("group", "groupe"),
    "CardSpec.texts": _BY_LANGUAGE,
    "CardSpec.alternative": ("alternative", "alternative"),
    "CardTextSpec.title": ("title", "titre"),
    "CardTextSpec.text": ("text", "texte"),
    "CardTextSpec.image": ("image", "image"),
    "CameraFile.default": ("camera on all sites", "caméra sur tous les sites"),
    "CameraFile.screen_share_when_forbidden": (
        "screen sharing where the camera is forbidden", "partage d’écran là où la caméra est interdite",
    ),
    "CameraFile.reassurance": ("reassurance", "message rassurant"),
    "CameraFile.sites": ("site", "site"),
    "CameraFile.groups": ("camera with the group", "caméra avec le groupe"),
    "Reassurance.off_by_default": ("where the camera is off by default", "là où la caméra est éteinte par défaut"),
    "Reassurance.forbidden": ("where the camera is forbidden", "là où la caméra est interdite"),
    "SiteCamera.camera": ("camera", "caméra"),
    "SiteCamera.screen_share_when_forbidden": (
        "screen sharing where the camera is forbidden", "partage d’écran là où la caméra est interdite",
    ),
    "SiteCamera.reassurance": ("reassurance", "message rassurant"),
    "EngagementFile.default": ("all sites", "tous les sites"),
    "EngagementFile.sites": ("site", "site"),
    "SiteEngagement.languages": ("languages of the widget", "langues du widget"),
    "SiteEngagement.launcher": ("notification", "notification"),
    "SiteEngagement.entries": ("offers", "propose"),
    "SiteEngagement.targeting": ("notification shown", "notification affichée"),
    "SiteEngagement.wait_estimate": ("wait estimate", "estimation de l’attente"),
    "SiteEngagement.texts": ("notification", "notification"),
    "Launcher.format": ("format", "format"),
    "Launcher.position": ("position", "position"),
    "Launcher.colour": ("colour", "couleur"),
    "Entries.chat": ("a chat", "un chat"),
    "Entries.video": ("a video conversation", "une conversation vidéo"),
    "Targeting.pages": ("on pages", "sur les pages"),
    "Targeting.devices": ("on devices", "sur les appareils"),
    "Targeting.after": ("after", "après"),
    "WidgetText.title": ("title", "titre"),
    "WidgetText.subtitle": ("subtitle", "sous-titre"),
    "WidgetText.chat_button": ("chat button", "bouton de chat"),
    "WidgetText.video_button": ("video button", "bouton de vidéo"),
}  # fmt: skip

# What an absent value means, where it means something of its own.
ABSENT: Mapping[str, tuple[str, str]] = {
    "Row.party": ("whoever it is", "n’importe lequel"),
    "Row.when": ("always", "toujours"),
    "Row.to": ("it stays", "inchangé"),
    "RoutingRow.need": ("both", "les deux"),
    "RoutingRow.when": ("always", "toujours"),
    "GroupSpec.pause_after_missed": ("never", "jamais"),
    "Hours.week": ("closed", "fermé"),
    "Span.end": ("24:00", "24:00"),
    "Targeting.after": ("at once", "aussitôt"),
    "CameraFile.groups": ("as the site says", "comme le dit le site"),
}
NOTHING = ("nothing", "rien")
AS_EVERYWHERE = ("as on all sites", "comme sur tous les sites")

WEEKDAYS: Mapping[str, tuple[str, str]] = {
    "monday": ("Monday", "lundi"),
    "tuesday": ("Tuesday", "mardi"),
    "wednesday": ("Wednesday", "mercredi"),
    "thursday": ("Thursday", "jeudi"),
    "friday": ("Friday", "vendredi"),
    "saturday": ("Saturday", "samedi"),
    "sunday": ("Sunday", "dimanche"),
}

# Entries that are named after their container's name, as in "group `advisors`"; the others are a language or a day.
NAMED_ENTRIES = frozenset(
    {
        "ConversationFile.transitions",
        "RoutingFile.groups",
        "RoutingFile.rules",
        "RoutingFile.pause_reasons",
        "GroupSpec.overflow",
        "GroupSpec.relax",
        "EscalationFile.sites",
        "CardsFile.cards",
        "CameraFile.sites",
        "CameraFile.groups",
        "EngagementFile.sites",
    }
)

# Lists whose order means something; of the others only what is in them.
ORDERED = frozenset({"Row.do", "Row.say", "SiteEngagement.languages"})

# Words that people write, and people read.
TEXTS = frozenset(
    {
        "GroupSpec.label",
        "PauseReason.label",
        "Alternative.message",
        "CardTextSpec.title",
        "CardTextSpec.text",
        "CardTextSpec.image",
        "Reassurance.off_by_default",
        "Reassurance.forbidden",
        "WidgetText.title",
        "WidgetText.subtitle",
        "WidgetText.chat_button",
        "WidgetText.video_button",
        "BotEscalation.phrases",
    }
)
