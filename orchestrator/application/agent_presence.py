"""What an agent switches: per channel available, paused or offline; and the end of a wrap-up."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.application.accounts import user_view
from orchestrator.application.agent_views import agent_status, pause_reasons_view
from orchestrator.application.errors import Invalid, NotFound
from orchestrator.application.inbox import count_open
from orchestrator.application.notify import WORK_TOPIC, agent_stream
from orchestrator.application.ports import Transaction
from orchestrator.application.records import Agent, ChannelState, Json, NewEffect, NewFeedEntry
from orchestrator.application.switches import Switch, switches_of, turn_away, turn_switches
from orchestrator.application.use_cases import UseCases
from orchestrator.domain import events as ev
from orchestrator.domain.conversation import Conversation, Purpose
from orchestrator.domain.effects import DrainQueue


class AgentPresence(UseCases):
    async def agent_state(self, agent_id: str) -> Json:
        """→ `AgentState`."""
        live, now = self._policies.live, self._clock.now()
        async with self._store.transaction(read_only=True) as tx:
            user = await tx.people.user(agent_id)
            if user is None:
                raise NotFound("agent_not_found", "There is no such agent.")
            # The number first: what happens while the rest is read comes again through the socket.
            seq = await tx.feed.head(agent_stream(agent_id))
            status = await agent_status(tx, agent_id, live, now)
            inbox_open = await count_open(tx, agent_id)
            invited = await tx.conversations.invited_of_agent(agent_id)
            held = await tx.conversations.open_of_agent(agent_id)
            invitations = [await self._invitation(tx, conversation, agent_id) for conversation in invited]
            conversations = [await self._render_agent(tx, conversation, agent_id) for conversation in held]
        return {
            "agent": user_view(user),
            **status,
            "pause_reasons": pause_reasons_view(live),
            "invitations": [invitation for invitation in invitations if invitation is not None],
            "conversations": conversations,
            "inbox_open": inbox_open,
            "mail": self._mail,
            "seq": seq,
        }

    async def set_presence(
        self,
        agent_id: str,
        *,
        chat: ChannelState | None = None,
        video: ChannelState | None = None,
        chat_reason: str = "",
        video_reason: str = "",
    ) -> Json:
        """→ `AgentState`. A channel that is None stays as it is.

        Invitations the agent can no longer take are revoked; new offers may come at once.

        Raises:
            Invalid: a reason that the live policy does not list (``unknown_pause_reason``), or one for something else
                than a pause (``reason_without_pause``).
        """
        now = self._clock.now()
        async with self._store.transaction() as tx:
            agent = await self._locked(tx, agent_id)
            chat_before, video_before = switches_of(agent)
            chat_after = self._wanted(chat, chat_reason, chat_before)
            video_after = self._wanted(video, video_reason, video_before)
            await turn_switches(tx, agent, chat_after, video_after, now)
            if agent.sockets == 0 and agent.seen_until is None:
                await turn_away(
                    tx, replace(agent, chat_state=chat_after.state, video_state=video_after.state), now
                )
            await self._look_again(tx, agent_id)
        await self._bus.publish([agent_stream(agent_id), WORK_TOPIC])
        await self._revoke(
            agent_id, chat=chat_after.state == "available", video=video_after.state == "available"
        )
        return await self.agent_state(agent_id)

    async def end_wrap_up(self, agent_id: str) -> Json:
        """→ `AgentState`: new offers may come at once. Without a wrap-up nothing changes."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            agent = await self._locked(tx, agent_id)
            if agent.wrap_up_until is not None:
                await tx.people.set_wrap_up(agent_id, None)
                await tx.spells.end_wrap_up(agent_id, now)
                await self._look_again(tx, agent_id)
        await self._bus.publish([agent_stream(agent_id), WORK_TOPIC])
        return await self.agent_state(agent_id)

    async def _locked(self, tx: Transaction, agent_id: str) -> Agent:
        agent = await tx.people.agent(agent_id, lock=True)
        if agent is None:
            raise NotFound("agent_not_found", "There is no such agent.")
        return agent

    def _wanted(self, state: ChannelState | None, reason: str, before: Switch) -> Switch:
        if state is None:
            return before
        wanted = Switch(state, reason)
        known = [one.id for one in self._policies.live.routing.pause_reasons]
        if not reason or wanted == before:
            # A pause that goes on may have a reason that is listed no more, or that nobody can choose.
            return wanted
        if state != "paused":
            raise Invalid("reason_without_pause", "Only a pause has a reason: leave it out, or pause.")
        if reason not in known:
            listed = f"use one of {', '.join(known)}" if known else "routing.yaml lists none"
            raise Invalid("unknown_pause_reason", f"There is no such reason of a pause: {listed}.")
        return wanted

    async def _look_again(self, tx: Transaction, agent_id: str) -> None:
        """Through the outbox: who waits must be offered again even if this process ends here."""
        now, stream = self._clock.now(), agent_stream(agent_id)
        drain = NewEffect(self._ids.new("drain"), f"{stream}/drain", "", DrainQueue(agent_id))
        await tx.outbox.add([drain], at=now)
        await tx.feed.append([NewFeedEntry(stream, "agent")], at=now)

    async def _revoke(self, agent_id: str, *, chat: bool, video: bool) -> None:
        """Take back the offers that the switches no longer allow. A colleague's request stays."""
        async with self._store.transaction(read_only=True) as tx:
            invited = await tx.conversations.invited_of_agent(agent_id)
        for conversation in invited:
            invitation = conversation.invitation
            if invitation is None or invitation.purpose is Purpose.TRANSFER:
                continue
            wanted_by_video = invitation.holds_video and video
            if not chat and not wanted_by_video:
                await self._handler.handle(
                    conversation.id, ev.InvitationRevoked(invitation.id, "switched_off")
                )

    async def _invitation(self, tx: Transaction, conversation: Conversation, agent_id: str) -> Json | None:
        return await self._views.invitation(
            tx,
            conversation,
            agent_id,
            pinned=await self._pinned(tx, conversation),
            live=self._policies.live,
            now=self._clock.now(),
        )
