"""What crosses the wire about left messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from orchestrator.api.schemas import AgentConversation, Identifier, Model

# What browsers accept in a field for e-mail (WHATWG HTML, "valid e-mail address"), no longer than RFC 5321 allows.
EMAIL = (
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)


class LeaveMessage(Model):
    """``client_id`` makes leaving idempotent: sent again, it is the same message."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "client_id": "c-5",
                    "email": "zoe@visitor.example",
                    "name": "Zoé",
                    "text": "Où est ma commande ?",
                }
            ]
        }
    )

    client_id: Identifier
    email: Annotated[str, Field(min_length=3, max_length=254, pattern=EMAIL)]
    name: Annotated[str, Field(max_length=80)] = ""
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class LeftMessageView(Model):
    """A message that a visitor left. ``taken_by`` and ``answered_by`` are names.

    ``open``: nobody has it; ``sending``: the answer is on its way by e-mail. ``mail_error`` says why the last attempt
    failed: tried again while ``sending``, given up when ``taken``.
    """

    id: str
    conversation_id: str
    visitor_id: str
    visitor_present: bool
    site_id: str
    site_name: str
    group: str
    group_labels: dict[str, str]
    language: str
    at: datetime
    name: str
    email: str
    text: str
    erased: bool
    state: Literal["open", "taken", "sending", "answered", "dismissed"]
    taken_by: str | None = None
    taken_at: datetime | None = None
    mine: bool
    answered_by: str | None = None
    answered_how: Literal["conversation", "email"] | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    mail_attempts: int = 0
    mail_error: str | None = None


class InboxPage(Model):
    """``next`` is the id to ask ``after`` for the next page. ``open`` counts all that wait.

    ``mail``: whether answers can go out by e-mail.
    """

    messages: list[LeftMessageView]
    next: str | None = None
    open: int
    mail: bool


class AnswerInConversation(Model):
    how: Literal["conversation"]


class AnswerByMail(Model):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"how": "email", "text": "Votre commande arrive demain."}]}
    )

    how: Literal["email"]
    text: Annotated[str, Field(min_length=1, max_length=10_000)]


InboxAnswer = Annotated[AnswerInConversation | AnswerByMail, Field(discriminator="how")]


class InboxAnswered(Model):
    """``conversation`` is the one in which the answer is given; null for an answer by e-mail."""

    message: LeftMessageView
    conversation: AgentConversation | None = None
