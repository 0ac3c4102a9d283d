"""A bot whose designer made mistakes: the orchestrator learns of each, and the next message is answered."""

from __future__ import annotations

import shutil
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import environment
from tests.bot.callback_receiver import TEST_SECRET, CallbackReceiver, callback_receiver
from tests.bot.rasa_server import RasaServer, free_port, running_rasa
from tests.bot.visitor import Visitor

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(300)]

DOMAIN = """
version: "3.1"
session_config: {session_expiration_time: 0, carry_over_slots_to_new_session: true}
intents: [greet, goodbye, thanks]
actions: [action_that_hangs]
responses:
  utter_hello: [{text: "Bonjour"}]
  utter_no_card: [{text: "Un instant", custom: {transfer_card: ""}}]
"""
RULES = """
version: "3.1"
rules:
  - {rule: fine, steps: [{intent: greet}, {action: utter_hello}]}
  - {rule: no card, steps: [{intent: thanks}, {action: utter_no_card}]}
  - {rule: hangs, steps: [{intent: goodbye}, {action: action_that_hangs}]}
"""
NLU = """
version: "3.1"
nlu:
  - {intent: greet, examples: "- bonjour\\n- salut\\n"}
  - {intent: thanks, examples: "- merci\\n- merci beaucoup\\n"}
  - {intent: goodbye, examples: "- au revoir\\n- adieu\\n"}
"""
CREDENTIALS = """
visavis_channel.VisavisInput:
  secret: ${VISAVIS_BOT_SECRET}
  callback_url: ${VISAVIS_CALLBACK_URL}
  turn_timeout_seconds: 1
"""


@pytest.fixture(scope="module")
def deaf_action_server() -> Iterator[str]:
    """Return the address of something that takes a request and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/webhook"
        for connection in taken:
            connection.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, deaf_action_server: str) -> Path:
    """Write another Rasa project that uses the channel."""
    project = tmp_path_factory.mktemp("broken-bot")
    for name in ("visavis_channel.py", "visavis_protocol.py", "visavis_metadata.py", "config.yml"):
        shutil.copy(environment.PROJECT / name, project / name)
    (project / "data").mkdir()
    (project / "domain.yml").write_text(DOMAIN)
    (project / "data/rules.yml").write_text(RULES)
    (project / "data/nlu.yml").write_text(NLU)
    (project / "credentials.yml").write_text(CREDENTIALS)
    (project / "endpoints.yml").write_text(f"action_endpoint: {{url: '{deaf_action_server}'}}\n")
    config = (project / "config.yml").read_text().replace("utter_fallback", "utter_hello")
    (project / "config.yml").write_text(config)
    return project


@pytest.fixture(scope="module")
def callback_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(rasa_python: Path, project: Path, callback_port: int) -> Iterator[RasaServer]:
    model = environment.ensure_model(rasa_python, project=project, models=project / "models")
    callback_url = f"http://127.0.0.1:{callback_port}/callback"
    with running_rasa(
        rasa_python,
        model,
        callback_url=callback_url,
        secret=TEST_SECRET,
        log=project / "rasa.log",
        project=project,
    ) as running:
        yield running


@pytest.fixture
def visitor(server: RasaServer, callback_port: int) -> Iterator[Visitor]:
    with callback_receiver(TEST_SECRET, callback_port) as receiver:
        yield Visitor(server, receiver)


def test_a_callback_to_nobody_is_sent_again_until_somebody_is_there(
    server: RasaServer, callback_port: int
) -> None:
    visitor = Visitor(server, CallbackReceiver(TEST_SECRET))
    delivery_id = uuid.uuid4().hex
    visitor.post(id=delivery_id, kind="message", text="bonjour")
    time.sleep(0.6)
    with callback_receiver(TEST_SECRET, callback_port) as receiver:
        assert receiver.turn(delivery_id)["replies"][0]["text"] == "Bonjour"


def test_a_transfer_without_a_card(visitor: Visitor) -> None:
    turn = visitor.says("merci")
    assert (turn["replies"], turn["error"]) == ([], "the bot raised InvalidReplyError")
    assert visitor.says("bonjour")["error"] is None


def test_an_action_that_hangs(visitor: Visitor) -> None:
    turn = visitor.says("au revoir")
    assert (turn["replies"], turn["error"]) == ([], "the turn timed out")
    assert visitor.says("bonjour")["replies"][0]["text"] == "Bonjour"


def test_a_bot_without_a_greeting_has_nothing_to_say(visitor: Visitor) -> None:
    turn = visitor.opens()
    assert (turn["replies"], turn["error"]) == ([], None)


def test_a_turn_under_way_is_finished_when_rasa_is_stopped(
    rasa_python: Path, project: Path, callback_port: int
) -> None:
    model = environment.ensure_model(rasa_python, project=project, models=project / "models")
    delivery_id = uuid.uuid4().hex
    with callback_receiver(TEST_SECRET) as receiver:
        with running_rasa(
            rasa_python,
            model,
            callback_url=receiver.url,
            secret=TEST_SECRET,
            log=project / "stopped.log",
            project=project,
        ) as running:
            visitor = Visitor(running, receiver)
            receiver.fail(visitor.conversation_id, 500, 500)
            visitor.post(id=delivery_id, kind="message", text="bonjour")
        assert receiver.turn(delivery_id, timeout=1)["replies"]


def test_a_secret_that_is_missing_is_said_at_start(
    rasa_python: Path, rasa_model: Path, tmp_path: Path
) -> None:
    with (
        pytest.raises(AssertionError, match="VISAVIS_BOT_SECRET"),
        running_rasa(rasa_python, rasa_model, callback_url="http://x", secret="short", log=tmp_path / "log"),
    ):
        pass
