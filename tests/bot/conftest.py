"""Fixtures shared by the tests of the bot: one real Rasa and one orchestrator's ear for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.callback_receiver import TEST_SECRET, CallbackReceiver, callback_receiver
from tests.bot.rasa_server import RasaServer, rasa_model, rasa_python, running_rasa

__all__ = ["rasa_model", "rasa_python"]


@pytest.fixture(scope="session")
def receiver() -> Iterator[CallbackReceiver]:
    with callback_receiver(TEST_SECRET) as running:
        yield running


@pytest.fixture(scope="session")
def rasa_server(
    rasa_python: Path, rasa_model: Path, receiver: CallbackReceiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RasaServer]:
    log = tmp_path_factory.mktemp("rasa") / "rasa.log"
    with running_rasa(
        rasa_python, rasa_model, callback_url=receiver.url, secret=TEST_SECRET, log=log
    ) as server:
        yield server
