"""Playing what a connected bot answered: words, pauses, a transfer and what follows when it fails, the end.

A script is kept with the conversation, and one effect plays it, so that a pause of a minute survives the process.
Every step is stored together with the event it makes: played twice, it is not said twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from orchestrator.application.bot_turns import verdict_of
from orchestrator.application.connected.records import Close, HandOver, Pause, Say, Script, Step
from orchestrator.application.connected.rules import group_of
from orchestrator.application.handle_event import Also, EventMaker, Handled, Moment
from orchestrator.application.lanes import lane_of
from orchestrator.application.notify import WORK_TOPIC
from orchestrator.application.ports import Transaction
from orchestrator.application.records import NewEffect, NewMessage
from orchestrator.application.use_cases import UseCases, refusal_of
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Party, State
from orchestrator.domain.effects import EchoToBot, Effect, PlayScript
from orchestrator.domain.events import Event
from rules.card import CardText

log = structlog.get_logger(__name__)

ECHOES_MOST = 10
"""Answers to itself, one after the other, before a bot is no longer listened to: it would talk for ever."""


class Scripts(UseCases):
    async def take(
        self,
        conversation_id: str,
        bot_id: str,
        steps: Sequence[Step],
        *,
        delivery_id: str,
        bot_name: str,
        to_echo: bool = False,
    ) -> None:
        """Begin to play an answer. The same answer taken again changes nothing.

        What is left of the answer before is said first: the visitor wrote faster than it was shown. ``to_echo``: it
        answers what the bot said itself, so it follows that.
        """
        now = self._clock.now()
        async with self._store.transaction() as tx:
            if not await tx.keys.add(f"answer:{conversation_id}:{delivery_id}", now):
                return
            before = await tx.bots.script(conversation_id)
            if before is not None and before.bot_id != bot_id:
                before = None
            echoes = before.echoes + 1 if before is not None and to_echo else 0
            if to_echo and (not steps or echoes > ECHOES_MOST):
                if steps:
                    log.warning("connected_bot.answers_itself", conversation_id=conversation_id, bot=bot_id)
                return
            left = before.steps[before.position :] if before is not None and not before.waiting else ()
            script = Script(
                id=self._ids.new("script"),
                conversation_id=conversation_id,
                bot_id=bot_id,
                bot_name=bot_name,
                in_reply_to=None if to_echo else delivery_id,
                steps=(*left, *steps),
                until=before.until if before is not None and left else None,
                last_said=before.last_said if before is not None and (left or to_echo) else None,
                echoes=echoes,
            )
            await self._play_later(tx, script, now)
        await self._bus.publish([WORK_TOPIC])

    async def visitor_wrote(self, conversation_id: str) -> None:
        """What the bot meant to say after a pause is not said: the visitor wrote first."""
        async with self._store.transaction() as tx:
            script = await tx.bots.script(conversation_id)
            if script is None or script.waiting:
                return
            rest = range(script.position, len(script.steps))
            end = next((at for at in rest if isinstance(script.steps[at], Pause)), None)
            if end is not None:
                await tx.bots.put_script(replace(script, steps=script.steps[:end], until=None))

    async def transfer_failed(self, conversation_id: str) -> None:
        """Nobody came: go on with what the bot says then."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            script = await tx.bots.script(conversation_id)
            if script is None or not script.waiting:
                return
            await self._play_later(tx, replace(script, id=self._ids.new("script"), waiting=False), now)
        await self._bus.publish([WORK_TOPIC])

    async def _play_later(self, tx: Transaction, script: Script, now: datetime) -> None:
        await tx.bots.put_script(script)
        effect = PlayScript(script.id)
        await tx.outbox.add([_new(script, effect, f"play:{script.id}")], at=now)

    # --- step by step ------------------------------------------------------------------------------------------

    async def play(self, conversation_id: str, script_id: str) -> datetime | None:
        """Play a script until it ends or pauses; returns when to go on."""
        while True:
            async with self._store.transaction(read_only=True) as tx:
                script = await tx.bots.script(conversation_id)
            if script is None or script.id != script_id or script.waiting:
                return None
            step = script.steps[script.position] if script.position < len(script.steps) else None
            match step:
                case Pause():
                    if script.in_reply_to is not None:
                        # It answered, if only with a pause: nobody has to worry about it.
                        await self._say(script)
                        continue
                    until = await self._pause(script, step)
                    if until is not None:
                        return until
                case HandOver():
                    if not await self._hand_over(script, step):
                        return None
                case Close():
                    await self._end(script, ev.ConversationClosed("bot"))
                    return None
                case Say():
                    if not await self._say(script):
                        return None
                case None:
                    if script.in_reply_to is not None:
                        await self._say(script)
                    else:
                        await self._over(script)
                        return None

    async def _say(self, script: Script) -> bool:
        """Everything up to the next step that is not words, as one turn. None of it is a turn without words."""
        words: list[Say] = []
        for step in script.steps[script.position :]:
            if not isinstance(step, Say):
                break
            words.append(step)
        messages = [
            NewMessage(
                id=self._ids.new("m"),
                author="bot",
                author_name=script.bot_name,
                content=dict(say.content),
                client_id=f"{script.id}:{script.position + index}",
                quick_replies=say.quick_replies,
            )
            for index, say in enumerate(words)
        ]
        event = ev.BotReplied(tuple(message.id for message in messages), script.in_reply_to)
        following = replace(
            script,
            position=script.position + len(words),
            in_reply_to=None,
            last_said=messages[-1].id if messages else script.last_said,
        )
        return await self._do_step(script, event, following, messages)

    async def _pause(self, script: Script, step: Pause) -> datetime | None:
        """When the pause ends; None when it has ended."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            current = await tx.bots.script(script.conversation_id)
            if current != script:
                return None
            if script.until is None:
                script = replace(script, until=now + step.duration)
                await tx.bots.put_script(script)
            if script.until is not None and now < script.until:
                return script.until
            loaded = await tx.conversations.load(script.conversation_id)
            wrote = loaded is None or not _bot_speaks(loaded.conversation) or loaded.conversation.bot_asked
            steps = script.steps[: script.position] if wrote else script.steps
            position = script.position if wrote else script.position + 1
            await tx.bots.put_script(replace(script, steps=steps, position=position, until=None))
        return None

    async def _hand_over(self, script: Script, step: HandOver) -> bool:
        group = group_of(step.rule, self._policies.live.routing.groups)
        following = replace(script, position=script.position + 1, in_reply_to=None)
        if group is None:
            # The contract has no word for it: for the bot it is a transfer that failed.
            log.warning(
                "connected_bot.unknown_rule", conversation_id=script.conversation_id, bot=script.bot_id
            )
            return await self._step_over(script, following)
        goes_on = script.position + 1 < len(script.steps)

        async def requested(moment: Moment) -> Event | None:
            # By the words of its last message before the transfer, for a transfer of this contract has none (V11).
            said = await moment.tx.messages.get(script.last_said) if script.last_said is not None else None
            words = CardText(
                moment.conversation.language, "", str(said.content.get("text", "")) if said else ""
            )
            verdict = verdict_of(words, moment.conversation, moment.pinned)
            return ev.TransferRequested(
                script.last_said or script.id,
                verdict,
                group,
                give_up_after=step.give_up_after,
                bot_goes_on=goes_on,
            )

        return await self._do_step(script, requested, replace(following, waiting=True))

    async def _do_step(
        self,
        script: Script,
        event: Event | EventMaker,
        following: Script,
        messages: Sequence[NewMessage] = (),
    ) -> bool:
        """Whether the script goes on."""

        async def also(tx: Transaction, _: Conversation) -> None:
            current = await tx.bots.script(script.conversation_id)
            if current is not None and current.id == script.id:
                # The visitor may have cut the script short meanwhile.
                steps = following.steps[: len(current.steps)]
                await tx.bots.put_script(replace(following, steps=steps))
            echoes: list[NewEffect] = [
                _new(script, EchoToBot(message.id), f"echo:{message.id}") for message in messages
            ]
            await tx.outbox.add(echoes, at=self._clock.now())

        handled = await self._handle(script, event, also, messages)
        if handled.moved and messages:
            await self._bus.publish([WORK_TOPIC])
        if handled.moved or handled.duplicate:
            return not following.waiting
        await self._end_refused(script, handled)
        return False

    async def _handle(
        self, script: Script, event: Event | EventMaker, also: Also, messages: Sequence[NewMessage]
    ) -> Handled:
        return await self._handler.handle(
            script.conversation_id,
            event,
            key=f"step:{script.id}:{script.position}:{script.in_reply_to is not None}",
            messages=messages,
            also=also,
        )

    async def _step_over(self, script: Script, following: Script) -> bool:
        async with self._store.transaction() as tx:
            if await tx.bots.script(script.conversation_id) == script:
                await tx.bots.put_script(following)
        return True

    async def _end(self, script: Script, event: Event) -> None:
        handled = await self._handler.handle(script.conversation_id, event)
        if not handled.moved:
            await self._end_refused(script, handled)
        else:
            await self._over(script)

    async def _end_refused(self, script: Script, handled: Handled) -> None:
        # It talks while somebody else does, or there is nobody any more: it cannot be told but in the log.
        reason = refusal_of(handled.outcome).code if handled.conversation is not None else "gone"
        log.info(
            "connected_bot.refused",
            conversation_id=script.conversation_id,
            bot=script.bot_id,
            step=script.position,
            reason=reason,
        )
        await self._over(script)

    async def _over(self, script: Script) -> None:
        """Its words are not kept longer than they are needed; how often it answered itself is."""
        async with self._store.transaction() as tx:
            current = await tx.bots.script(script.conversation_id)
            if current is not None and current.id == script.id:
                await tx.bots.put_script(
                    replace(current, steps=(), position=0, until=None, in_reply_to=None, waiting=False)
                )


def _bot_speaks(conversation: Conversation) -> bool:
    return conversation.state is State.CHAT and conversation.party is Party.BOT


def _new(script: Script, effect: Effect, key: str) -> NewEffect:
    return NewEffect(
        key=key,
        lane=lane_of(script.conversation_id, effect),
        conversation_id=script.conversation_id,
        effect=effect,
    )
