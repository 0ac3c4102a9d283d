"""What crosses the wire about steering the work of others: supervisors' acts, and transfers between agents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from orchestrator.api.schemas import SLUG, ChannelStateName, Identifier, Model, PartyName, StateName

GroupId = Annotated[str, Field(min_length=1, max_length=64, pattern=SLUG)]


class Assign(Model):
    """``agent_id`` is an agent's, or `me`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"agent_id": "me"}, {"agent_id": "usr_02"}]})

    agent_id: Identifier


class Requeue(Model):
    """What is left out stays as it is. A higher ``priority`` comes first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"group": "advisors", "priority": 10}]})

    group: GroupId | None = None
    priority: Annotated[int, Field(ge=-100, le=100)] | None = None


class ConversationSummary(Model):
    """``invited`` and ``agent_name`` are names; ``waiting_since`` and ``priority`` are those of who waits in a line."""

    id: str
    site_id: str
    site_name: str
    state: StateName
    party: PartyName
    need: Literal["chat", "video"]
    group: str | None = None
    language: str
    agent_id: str | None = None
    agent_name: str | None = None
    agent_present: bool
    visitor_present: bool
    waiting_since: datetime | None = None
    priority: int | None = None
    invited: str | None = None
    previous_id: str | None = None
    started_at: datetime
    closed_at: datetime | None = None


class ConversationPage(Model):
    """``next`` is the id to ask ``after`` for the next page."""

    conversations: list[ConversationSummary]
    next: str | None = None


class Transfer(Model):
    """To a colleague or to a group; ``note`` is for who receives it, the visitor never sees it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"agent_id": "usr_02", "note": "Knows the returns policy better than I do."},
                {"group": "experts"},
            ]
        }
    )

    agent_id: Identifier | None = None
    group: GroupId | None = None
    note: Annotated[str, Field(max_length=2000)] = ""

    @model_validator(mode="after")
    def _one_receiver(self) -> Transfer:
        if (self.agent_id is None) == (self.group is None):
            raise ValueError("give agent_id or group")
        return self


class TransferAgent(Model):
    """A colleague who is connected. ``free``: has room for this conversation; ``in_group``: serves its group."""

    id: str
    name: str
    picture_url: str | None = None
    chat: ChannelStateName
    video: ChannelStateName
    free: bool
    can_video: bool
    in_group: bool


class TransferGroup(Model):
    """``labels``: language tag to words; ``free_agents`` could be asked now; ``waiting`` visitors are in its line."""

    id: str
    labels: dict[str, str]
    open: bool
    free_agents: int
    waiting: int


class TransferTargets(Model):
    agents: list[TransferAgent]
    groups: list[TransferGroup]
