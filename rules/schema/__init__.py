"""The shapes of the six files of a policy."""

from __future__ import annotations

from rules.schema.base import Spec
from rules.schema.camera import CameraFile
from rules.schema.cards import CardsFile
from rules.schema.conversation import ConversationFile
from rules.schema.engagement import EngagementFile
from rules.schema.escalation import EscalationFile
from rules.schema.routing import RoutingFile

# The order is the order of findings and of the revision's hash.
FILES: dict[str, type[Spec]] = {
    "conversation.yaml": ConversationFile,
    "routing.yaml": RoutingFile,
    "escalation.yaml": EscalationFile,
    "cards.yaml": CardsFile,
    "camera.yaml": CameraFile,
    "engagement.yaml": EngagementFile,
}

__all__ = [
    "FILES",
    "CameraFile",
    "CardsFile",
    "ConversationFile",
    "EngagementFile",
    "EscalationFile",
    "RoutingFile",
    "Spec",
]
