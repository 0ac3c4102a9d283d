"""The pure core: conversations, events, effects and the decision. No IO, no clock, no random."""
