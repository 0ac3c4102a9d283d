"""A process that runs the application on a database file and is made to be killed.

    python -m tests.integration.recovery.child <database> <deliveries file> <step>

``write``    acknowledges a visitor's message, says so on stdout, and stands still before any effect of it.
``recover``  starts over: recovers, carries out what was left, retries the same message, and ends.

The bot is a file: a line per delivery, so that a doubled one shows.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from orchestrator.application.handle_event import Handled
from orchestrator.application.records import BotDelivery
from tests.fakes.application import Application

BLOCK = "VISAVIS_TEST_BLOCK_AFTER_ACKNOWLEDGED"


class FileBot:
    def __init__(self, file: Path) -> None:
        self._file = file

    async def deliver(self, delivery: BotDelivery) -> None:
        with self._file.open("a") as file:
            file.write(json.dumps([delivery.id, delivery.text]) + "\n")

    def status(self) -> str:
        return "ready"


async def stand_still(handled: Handled) -> None:
    """After the commit: nothing else of this process may happen, not even on another task."""
    written = [message for message in handled.messages if message.author == "visitor"]
    if written:
        print("acknowledged", written[0].id, flush=True)
        time.sleep(60)  # noqa: ASYNC251 - blocking everything is the point


async def main(database: Path, deliveries: Path, step: str, turn: str) -> None:
    app = Application(database, ids_prefix=f"{step}-{turn}-")
    app.bot.deliver = FileBot(deliveries).deliver  # type: ignore[method-assign]
    if os.environ.get(BLOCK):
        app.handler._on_acknowledged = stand_still
    await app.begin()
    await app.recovery.run()
    await app.effects.start()
    visitor, conversation = os.environ["VISITOR"], os.environ["CONVERSATION"]
    posted = await app.conversations.post_visitor_message(
        visitor, conversation, client_id=f"message-{turn}", text=f"words {turn}"
    )
    print("posted", posted["message"]["id"], flush=True)
    async with app.store.transaction(read_only=True) as tx:
        left = await tx.outbox.pending()
    async with asyncio.timeout(20):
        while left:
            await asyncio.sleep(0.01)
            async with app.store.transaction(read_only=True) as tx:
                left = await tx.outbox.pending()
    await app.effects.stop()
    await app.store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
