"""The floor: who can be asked and who waits, as of now; the heart of the distribution."""

from orchestrator.domain.conversation import rank_of
from orchestrator.domain.floor.floor import Floor, Match
from orchestrator.domain.floor.group_rules import GroupRules
from orchestrator.domain.floor.people import ChannelState, Profile, Seat
from orchestrator.domain.floor.reasons import Choice, LeftOut
from orchestrator.domain.floor.wants import Stage, Waiting, Want, may_wait, stages_of

__all__ = [
    "ChannelState",
    "Choice",
    "Floor",
    "GroupRules",
    "LeftOut",
    "Match",
    "Profile",
    "Seat",
    "Stage",
    "Waiting",
    "Want",
    "may_wait",
    "rank_of",
    "stages_of",
]
