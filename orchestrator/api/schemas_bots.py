"""The shapes of connected bots, as administrators see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from orchestrator.api.schemas import Identifier, Language, Model

BotId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50, examples=["shop-fr"])]
Url = Annotated[str, Field(min_length=8, max_length=2048, examples=["https://bot.example.org/connector"])]
Secret = Annotated[str, Field(min_length=16, max_length=256)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class FindScenarios(Model):
    """Where to look. ``secret`` signs the request, for bots that ask for a signature even there."""

    url: Url
    site_id: Identifier
    secret: Secret | None = None


class ScenarioView(Model):
    """A scenario that can be connected."""

    id: str
    name: str
    description: str = ""
    editor_url: str | None = None


class ConnectBot(Model):
    """``scenario`` is one that the bot lists. ``pseudo``: the name that visitors see; without one, ``name``. ``secret``
    is what the bot verifies signatures with; made up unless given."""

    url: Url
    site_id: Identifier
    scenario: Annotated[str, Field(min_length=1, max_length=200)]
    name: Name
    pseudo: Name | None = None
    language: Language
    secret: Secret | None = None


class ConnectedBot(Model):
    """``operator_id`` is how the bot knows us. ``status`` is ``down`` while it is left alone, having failed often."""

    id: str
    operator_id: str
    name: str
    pseudo: str
    language: str
    url: str
    scenario: str
    status: Literal["ready", "down"]
    connected_at: datetime | None = None


class NewlyConnectedBot(ConnectedBot):
    """``secret`` is shown this once: the bot verifies signatures with it."""

    secret: str


class SetSiteBot(Model):
    """Null: the Rasa bot."""

    bot_id: BotId | None = None
