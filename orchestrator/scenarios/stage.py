"""The stage of one scenario: the estate as it is given, and the conversation that the scenario is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from orchestrator.application.records import Agent
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Device
from orchestrator.scenarios.schema import AgentGiven, FileName, Given
from orchestrator.simulation.estate import Estate, Happened
from rules.compile import compile_policy
from rules.policy import Policy
from rules.yaml_source import Document, parse

CONVERSATION = "conversation"


class Variants:
    """A policy, and what scenarios change of it: each variant is compiled once."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._compiled: dict[str, Policy] = {}

    def of(self, changes: Mapping[FileName, Mapping[str, Any]]) -> Policy:
        """The policy with these changes by file.

        Raises:
            PolicyError: the changed policy cannot be used.
        """
        if not changes:
            return self._policy
        key = json.dumps(changes, sort_keys=True, default=list)
        if key not in self._compiled:
            files = dict(self._policy.files)
            for name, change in changes.items():
                file = f"{name}.yaml"
                document = parse(file, files[file])
                if isinstance(document, Document):
                    files[file] = json.dumps(
                        _merged(document.value, change), default=dict, ensure_ascii=False
                    )
            self._compiled[key] = compile_policy(files)
        return self._compiled[key]


def _merged(value: object, change: object) -> object:
    if isinstance(value, Mapping) and isinstance(change, Mapping):
        return {
            key: _merged(value.get(key), change[key]) if key in change else value[key]
            for key in (*value, *(each for each in change if each not in value))
        }
    return change


class Stage:
    """``policy`` is the variant that the scenario asks for. ``events`` collects what happened to the conversation."""

    def __init__(self, given: Given, policy: Policy) -> None:
        self.given = given
        self.policy = policy
        self.estate = Estate(policy, given.at)
        self.events: list[Happened] = []
        self.estate.listen(self._note)
        for name, agent in given.agents.items():
            self.estate.put_agent(_agent(name, agent))
        visitor = given.visitor
        self.start(CONVERSATION, bot=given.bot, language=visitor.language, can_video=visitor.can_video)
        self.others = 0

    def start(self, name: str, *, bot: bool, language: str, can_video: bool) -> None:
        mobile = self.given.visitor.device != "desktop"
        self.estate.submit(
            name,
            ev.ConversationStarted(
                conversation_id=name,
                site_id=self.given.site,
                visitor_id=f"visitor-of-{name}",
                language=language,
                device=Device.MOBILE if mobile else Device.DESKTOP,
                can_video=can_video,
                bot_id="bot" if bot else None,
            ),
        )

    @property
    def conversation(self) -> Conversation:
        return self.estate.conversations[CONVERSATION]

    def _note(self, happened: Happened) -> None:
        if happened.conversation_id == CONVERSATION:
            self.events.append(happened)


def _agent(name: str, given: AgentGiven) -> Agent:
    return Agent(
        id=name,
        name=name,
        may_propose_video=given.may_propose_video,
        languages=given.languages,
        groups=tuple((group, 1) for group in given.groups),
        skills=tuple(sorted(given.skills.items())),
        chat_state=given.chat,
        video_state=given.video,
        can_video=given.can_video,
        sockets=int(given.connected),
    )
