"""The use cases around conversations, as the routers call them.

Every method returns plain data in the shapes of the wire (`api.schemas`), or raises one of `errors`.
"""

from __future__ import annotations

from orchestrator.application.agent_presence import AgentPresence
from orchestrator.application.bot_turns import BotTurns
from orchestrator.application.earlier import EarlierConversations
from orchestrator.application.inbox import Inbox
from orchestrator.application.notes import Notes
from orchestrator.application.supervision import Supervision
from orchestrator.application.transfers import Transfers
from orchestrator.application.visitor_chat import VisitorChat


class Conversations(
    VisitorChat, Transfers, Notes, EarlierConversations, AgentPresence, Inbox, Supervision, BotTurns
):
    """The visitor's side, the agent's side and the bot's side of conversations."""
