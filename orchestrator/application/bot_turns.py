"""What a bot says: words, quick replies, and the transfer card that hands the visitor over."""

from __future__ import annotations

from orchestrator.application.bot_replies import BotTurn, BotTurnResult


class BotTurns:
    async def bot_turn(self, turn: BotTurn) -> BotTurnResult:
        """Take one turn. Sent again, it changes nothing and answers the same.

        Raises:
            NotFound: there is no such conversation.
        """
        raise NotImplementedError
