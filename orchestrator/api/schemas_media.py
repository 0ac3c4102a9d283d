"""Bodies about media, beside those of calls in `schemas`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.api.schemas import IceServer, Model


class NetworkCheck(Model):
    """How a page looks at its network. POST an offer to the same address; what is sent then comes back."""

    ice_servers: Annotated[list[IceServer], Field(default_factory=list[IceServer])]
    ice_transport_policy: Literal["all", "relay"] = "all"
    seconds: Annotated[int, Field(ge=1, le=60, description="How long to send before the result is read.")]
