"""What the live policy says of a group, as far as the floor needs it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rules.schema.routing import GroupSpec, Strategy


@dataclass(frozen=True, slots=True)
class GroupRules:
    """How much an agent may hold for the group, and who of those who fit is asked.

    ``video_takes``: how many chat slots a video keeps free of new chats; None: all of them.
    """

    chat_slots: int
    video_slots: int
    video_takes: int | None
    strategy: Strategy
    video: bool

    @classmethod
    def of(cls, spec: GroupSpec) -> GroupRules:
        takes = spec.capacity.video_takes
        return cls(
            chat_slots=spec.capacity.chat,
            video_slots=spec.capacity.video,
            video_takes=None if takes == "all" else takes,
            strategy=spec.strategy,
            video=spec.video,
        )

    def of_agent(self, chat_slots: int | None, video_slots: int | None) -> GroupRules:
        """As they are for an agent who takes another number of conversations at a time; None: as the group says."""
        if chat_slots is None and video_slots is None:
            return self
        return replace(
            self,
            chat_slots=self.chat_slots if chat_slots is None else chat_slots,
            video_slots=self.video_slots if video_slots is None else video_slots,
        )

    def room_for_chat(self, chats: int, videos: int) -> bool:
        """Whether an agent who holds so much may be given another conversation."""
        taken = 0 if self.video_takes is None else videos * self.video_takes
        undisturbed = self.video_takes is not None or videos == 0
        return undisturbed and chats + taken < self.chat_slots

    def room_for_video(self, videos: int) -> bool:
        return videos < self.video_slots
