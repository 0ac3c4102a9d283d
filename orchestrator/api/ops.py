"""For those who run the service: is it alive, does it work, and the numbers."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from orchestrator.api.guard import Operator
from orchestrator.api.platform import PlatformDep

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """No details: anybody may ask."""

    status: Literal["ok", "not_ready"]


@router.get("/healthz")
async def healthz() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz", response_model=Health, responses={503: {"model": Health, "description": "Not ready."}})
async def readyz(response: Response, platform: PlatformDep) -> Any:
    """The parts that a visitor needs work. A bot that is starting does not count: people can be served."""
    try:
        parts = await platform.operations.readiness()
    except Exception:  # whatever is broken inside, the answer is: not ready
        parts = {"readiness": False}
    if not all(parts.values()):
        response.status_code = 503
        return Health(status="not_ready")
    return Health(status="ok")


@router.get("/metrics", response_class=Response, dependencies=[Operator])
async def metrics(platform: PlatformDep) -> Response:
    """The numbers, as Prometheus reads them."""
    backlog = await platform.operations.backlog()
    platform.metrics.set_backlog(outbox=backlog.outbox, conversations=backlog.conversations)
    return Response(platform.metrics.render(), media_type=CONTENT_TYPE_LATEST)
