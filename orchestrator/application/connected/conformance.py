"""Whether a bot keeps to the external-bot contract: what anybody can run against theirs before they connect it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid4

from orchestrator.application.connected.offers import website_of
from orchestrator.application.connected.ports import BotBusy, BotTroubled, ConnectedBotClient
from orchestrator.application.connected.records import ConnectedBot, Say
from orchestrator.application.records import StoredMessage

Verdict = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. ``detail`` says what was seen, and what to do where it is not right."""

    what: str
    verdict: Verdict
    detail: str = ""


class Conformance:
    """A run against one bot. It leaves an operator and a conversation there, both named as a trial."""

    def __init__(
        self,
        client: ConnectedBotClient,
        now: Callable[[], datetime],
        *,
        url: str,
        secret: str,
        language: str,
        site_id: str,
        rules: list[tuple[str, str]],
    ) -> None:
        self._client = client
        self._now = now
        self._url = client.check_url(url)
        self._secret = secret
        self._language = language
        self._website = website_of(site_id)
        self._rules = rules

    async def run(self, said: str) -> list[Finding]:
        """Try every call in the contract's order; ``said`` is what a visitor writes to it."""
        findings: list[Finding] = []
        version = str(uuid4())
        scenario = "trial"

        async def scenarios() -> Finding:
            nonlocal scenario
            found = await self._client.scenarios(self._url, version, self._secret, self._website)
            if not found:
                return Finding(
                    "GET /external-bots", "failed", "It lists no scenario: nothing can be connected."
                )
            scenario = found[0].id
            return Finding("GET /external-bots", "ok", f"{len(found)} scenarios, trying {scenario}")

        findings.append(await _tried("GET /external-bots", scenarios))
        bot = self._bot(version, scenario)
        trial = f"trial-{uuid4().hex[:12]}"

        async def put() -> Finding:
            there = await self._client.put(bot, self._website, self._rules)
            detail = "" if there else "No such route: it will not know the groups nor its language."
            return Finding("PUT /bots/:idOperator", "ok" if there else "warning", detail)

        async def get() -> Finding:
            known = await self._client.get(bot, self._website)
            if known is None:
                return Finding(
                    "GET /bots/:idOperator", "warning", "No such route, or it forgot the operator."
                )
            same = known.id == scenario
            detail = "" if same else f"It speaks for {known.id}, and {scenario} was asked for."
            return Finding("GET /bots/:idOperator", "ok" if same else "failed", detail)

        async def strategies() -> Finding:
            told = await self._client.strategies(bot, self._website)
            detail = ", ".join(one.kind for one in told) or "None at all: it will never be offered."
            return Finding("GET /availability-strategies", "ok" if told else "failed", detail)

        async def first() -> Finding:
            answer = await self._client.first_messages(bot)
            others = [step for step in answer.steps if not isinstance(step, Say)]
            if others:
                return Finding(
                    "GET first messages", "warning", "Only messages are shown; the rest is left out."
                )
            return _answered("GET first messages", len(answer.steps), answer.left_out)

        external = trial

        async def opened() -> Finding:
            nonlocal external
            answer = await self._client.open(bot, self._website, trial, [])
            external = answer.external_id or trial
            own = "" if external == trial else f", it calls the conversation {external}"
            return Finding("POST /conversations", "ok", f"{len(answer.steps)} replies{own}")

        async def visitor() -> Finding:
            answer = await self._client.say(
                bot, self._website, trial, external, self._message("visitor", said)
            )
            what = "POST messages, by the visitor"
            if not answer.steps and not answer.left_out:
                return Finding(what, "warning", "It answers nothing to this: the visitor sees silence.")
            return _answered(what, len(answer.steps), answer.left_out)

        async def echo() -> Finding:
            answer = await self._client.say(bot, self._website, trial, external, self._message("bot", said))
            what = "POST messages, its own"
            if answer.steps:
                return Finding(
                    what, "warning", "It answers itself: look at author.role, or it talks for ever."
                )
            return Finding(what, "ok")

        async def forged() -> Finding:
            what = "A wrong signature"
            stranger = self._bot(version, scenario, secret=f"not {uuid4().hex}")
            try:
                await self._client.say(
                    stranger, self._website, trial, external, self._message("visitor", said)
                )
            except BotTroubled as error:
                return Finding(what, "ok", f"refused ({error.detail})")
            return Finding(
                what, "warning", "It takes what is not signed with its secret: anybody can talk to it."
            )

        steps: list[tuple[str, Callable[[], Awaitable[Finding]]]] = [
            ("PUT /bots/:idOperator", put),
            ("GET /bots/:idOperator", get),
            ("GET /availability-strategies", strategies),
            ("GET first messages", first),
            ("POST /conversations", opened),
            ("POST messages, by the visitor", visitor),
            ("POST messages, its own", echo),
            ("A wrong signature", forged),
        ]
        findings += [await _tried(what, attempt) for what, attempt in steps]
        return findings

    def _bot(self, version: str, scenario: str, *, secret: str | None = None) -> ConnectedBot:
        return ConnectedBot(
            id="trial",
            name="Trial",
            pseudo="Trial",
            language=self._language,
            url=self._url,
            scenario=scenario,
            version=version,
            secret=secret or self._secret,
        )

    def _message(self, author: Literal["visitor", "bot"], words: str) -> StoredMessage:
        content: dict[str, object] = {"type": "text", "text": words}
        return StoredMessage(f"m-{uuid4().hex[:12]}", "trial", 1, author, content, self._now())


async def _tried(what: str, attempt: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await attempt()
    except BotTroubled as error:
        return Finding(what, "failed", str(error))
    except BotBusy:
        return Finding(what, "failed", "too many calls at once")


def _answered(what: str, replies: int, left_out: Sequence[str]) -> Finding:
    if left_out:
        return Finding(what, "failed", "; ".join(left_out))
    return Finding(what, "ok", f"{replies} replies")
