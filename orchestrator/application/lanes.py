"""Which effects wait for each other: those of one conversation and one partner.

A bot that is slow or down must not keep a conversation from being routed, nor a room from being opened, so each
partner has a lane of its own.
"""

from __future__ import annotations

from orchestrator.domain import effects as fx
from orchestrator.domain.effects import Effect


def lane_of(conversation_id: str, effect: Effect) -> str:
    """The lane of an effect; effects of one lane run in the order they were decided."""
    match effect:
        case fx.GreetVisitor() | fx.AskBot() | fx.TellBot() | fx.EchoToBot():
            return f"{conversation_id}/bot"
        case fx.PlayScript():
            # A script that pauses must not hold up the one that takes its place.
            return f"script:{effect.script_id}"
        case fx.OpenCall() | fx.CloseCall() | fx.SetCamera() | fx.DisconnectMedia():
            return f"{conversation_id}/media"
        case fx.AccountChanged():
            return f"agent:{effect.user_id}/account"
        case fx.DrainQueue():
            return f"agent:{effect.agent_id}/drain"
        case fx.SendMail():
            # A mail server that is down must hold up neither the conversation nor the next letter.
            return f"mail:{effect.left_message_id}"
        case _:
            return f"{conversation_id}/people"
