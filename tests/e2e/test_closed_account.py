"""An account that is closed on the command line while its agent talks: off the desk, and the visitor goes to others."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.people import PATIENCE_MS, Agent, Cast
from tests.e2e.running import PASSWORD, ROOT, Running
from tests.e2e.screens import Screens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

EMAIL = "marc@demo.visavis"
CLOSED = {"fr": "Ce compte est fermé", "en": "This account is closed"}


def visavis(product: Running, *arguments: str) -> None:
    """A command in a process of its own, which has nothing of the service but its database."""
    env = os.environ | {"VISAVIS_DATA_DIR": str(product.data_dir)} | dict(product.environ)
    subprocess.run(
        [sys.executable, "-m", "orchestrator", *arguments], cwd=ROOT, env=env, check=True, timeout=60
    )


def sign_in(agent: Agent) -> None:
    agent.at("login-email").fill(EMAIL)
    agent.at("login-password").fill(PASSWORD)
    agent.at("login-submit").click()


@pytest.mark.parametrize(("language", "size", "mobile"), [("fr", DESKTOP, False), ("en", PHONE, True)])
def test_a_closed_account(team: Cast, language: str, size: dict[str, int], mobile: bool) -> None:
    screens = Screens(language)
    page: dict[str, Any] = {
        "size": size,
        "mobile": mobile,
        "locale": {"fr": "fr-FR", "en": "en-GB"}[language],
    }
    product = team.product
    # A session that is over must not be taken for a fresh one by the journeys after this.
    product.signed_in.pop(EMAIL, None)
    agent = team.agent(EMAIL, video=False, **page)
    visitor = team.visitor(language, **page)
    visitor.ask_for_a_person()
    agent.accept()
    agent.in_state("chat")
    visitor.in_state("chat")
    agent.write("42")
    visitor.sees("agent", "42")
    try:
        visavis(product, "user", "deactivate", EMAIL)
        expect(agent.at("login-email")).to_be_visible(timeout=PATIENCE_MS)
        visitor.in_state("queued")
        visitor.told("requeued")
        visitor.sees("agent", "42")
        sign_in(agent)
        expect(agent.at("problem")).to_contain_text(CLOSED[language])
        screens.look(agent.page, "desk: a closed account")
    finally:
        visavis(product, "user", "reactivate", EMAIL)
        product.signed_in.pop(EMAIL, None)
    sign_in(agent)
    agent.be_present(video=False)
    agent.accept()
    agent.in_state("chat")
    agent.sees("42")
    assert not screens.wrong, "\n" + "\n".join(screens.wrong)
