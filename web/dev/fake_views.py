"""The state of the stand-in, and how visitor and agent see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

settings = {
    "camera": "allowed",
    "bot_status": "ready",
    "wait": True,
    "unknown": False,
    "position": 2,
    "queue": False,
    "video": True,
}
conversations: dict[str, dict] = {}
presence = {
    channel: {"state": "available", "reason": None, "since": None, "busy": False}
    for channel in ("chat", "video")
}
pause_reasons = [{"id": "lunch", "labels": {"fr": "Déjeuner", "en": "Lunch"}}]
AGENT = {
    "id": "a1",
    "email": "lea@example.test",
    "name": "Léa Martin",
    "role": "agent",
    "picture_url": None,
    "may_propose_video": True,
    "languages": ["fr", "en"],
    "groups": [],
    "skills": [],
}
BOT = {"name": "Lumi", "picture_url": None}


def now(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def queue_view(c: dict) -> dict | None:
    if c["state"] != "queued":
        return None
    wait = {"p50": 95, "p90": 260} if settings["wait"] and not settings["unknown"] else None
    return {
        "position": settings["position"],
        "since": now(),
        "wait": wait,
        "wait_unknown": settings["unknown"],
    }


def visitor_view(c: dict) -> dict:
    s, agent = c["state"], c["party"] == "agent"
    can = {
        "write": s != "closed",
        "request_person": s == "chat" and not agent,
        "request_video": s == "chat" and not agent and settings["video"] and not c["ended"],
        "leave_queue": s == "queued",
        "accept_video": bool(c["proposal"]),
        "decline_video": bool(c["proposal"]),
        "leave_lobby": s == "video_lobby",
        "hang_up": s == "in_video",
        "resume_video": s == "chat" and c["resume"],
        "close": s != "closed",
    }
    return {
        "id": c["id"],
        "state": s,
        "party": c["party"],
        "need": c["need"],
        "language": c["language"],
        "version": c["version"],
        "bot": BOT,
        "agent": {"name": AGENT["name"], "picture_url": None} if agent else None,
        "queue": queue_view(c),
        "proposal": c["proposal"],
        "call": c["call"],
        "resume_until": None,
        "previous_id": None,
        "started_at": c["started_at"],
        "closed_at": None,
        "can": can,
    }


def agent_view(c: dict) -> dict:
    s, agent = c["state"], c["party"] == "agent"
    can = {
        "write": agent and s != "closed",
        "propose_video": s == "chat" and agent and not c["proposal"],
        "withdraw_video": bool(c["proposal"]),
        "leave_lobby": s == "video_lobby",
        "hang_up": s == "in_video",
        "close": s != "closed",
    }
    return {
        "id": c["id"],
        "site_id": "demo",
        "site_name": "La Maison des Lampes",
        "state": s,
        "party": c["party"],
        "need": c["need"],
        "version": c["version"],
        "agent": None,
        "mine": agent,
        "visitor": {
            "id": "v1",
            "language": c["language"],
            "device": "desktop",
            "can_video": True,
            "present": True,
            "page_url": "https://shop.example/lampes/aube?couleur=terre",
        },
        "group": "conseil",
        "slots": {"projet": "Salon", "budget": "150–200 €"} if c["escalation"] else {},
        "summary": "Cherche une lampe de lecture pour un salon aux murs sombres."
        if c["escalation"]
        else None,
        "escalation": c["escalation"],
        "queue": queue_view(c),
        "proposal": c["proposal"],
        "call": c["call"],
        "video_unavailable": None,
        "started_at": c["started_at"],
        "closed_at": None,
        "can": can,
    }


def capacity() -> dict:
    mine = [c for c in conversations.values() if c["party"] == "agent" and c["state"] != "closed"]
    video = sum(c["state"] in ("video_lobby", "in_video") for c in mine)
    return {"chat_used": len(mine), "chat_total": 4, "video_used": video, "video_total": 1}
