"""What happens in the stand-in: messages, the bot's few answers, invitations and calls."""

from __future__ import annotations

import itertools

from fake_media import Room
from fake_views import AGENT, BOT, agent_view, capacity, now, presence, settings, visitor_view
from fastapi import WebSocket

numbers = itertools.count(1)
messages: dict[str, list[dict]] = {}
frames: dict[str, list[dict]] = {"visitor": [], "agent": []}
sockets: dict[str, set[WebSocket]] = {"visitor": set(), "agent": set()}
invitations: dict[str, dict] = {}
rooms: dict[str, Room] = {}


async def emit(side: str, frame: dict) -> None:
    if frame["type"] not in ("typing", "bot"):
        frame["seq"] = next(numbers)
        frames[side].append(frame)
    for socket in list(sockets[side]):
        try:
            await socket.send_json(frame)
        except Exception:
            sockets[side].discard(socket)


async def say(c: dict, role: str, content: dict, **more: object) -> dict:
    name = {"bot": BOT["name"], "agent": AGENT["name"]}.get(role)
    line = {
        "id": f"m{next(numbers)}",
        "conversation_id": c["id"],
        "position": len(messages[c["id"]]) + 1,
        "author": {"role": role, "name": name},
        "content": content,
        "quick_replies": [],
        "client_id": None,
        "at": now(),
        **more,
    }
    messages[c["id"]].append(line)
    for side in ("visitor", "agent"):
        await emit(side, {"type": "message", "message": line})
    return line


async def notice(c: dict, key: str) -> None:
    await say(c, "system", {"type": "notice", "key": key, "params": {"agent": AGENT["name"]}})


async def changed(c: dict) -> None:
    c["version"] += 1
    await emit("visitor", {"type": "conversation", "conversation": visitor_view(c)})
    await emit("agent", {"type": "conversation", "conversation": agent_view(c)})
    await emit(
        "agent", {"type": "agent", "presence": presence, "capacity": capacity(), "wrap_up_until": None}
    )


async def enqueue(c: dict, with_video: bool) -> None:
    c["state"], c["need"] = "queued", "video" if with_video else "chat"
    await changed(c)
    if not settings["queue"]:
        i = f"i{next(numbers)}"
        invitations[i] = {
            "id": i,
            "conversation": agent_view(c),
            "purpose": "offer",
            "with_video": with_video,
            "expires_at": now(30),
            "last_messages": messages[c["id"]][-4:],
            "note": None,
        }
        await emit("agent", {"type": "invitation", "invitation": invitations[i]})


async def open_call(c: dict) -> None:
    c["state"], c["resume"] = "video_lobby", False
    c["call"] = {
        "id": f"call{next(numbers)}",
        "camera_policy": settings["camera"],
        "reassurance": None,
        "visitor_connected": False,
        "agent_connected": False,
        "camera_on": settings["camera"] == "allowed",
        "lobby_until": now(120),
        "grace_until": None,
    }
    rooms[c["call"]["id"]] = Room()
    await notice(c, "video_starts")


async def end_call(c: dict, key: str) -> None:
    room = rooms.pop(c["call"]["id"], None) if c["call"] else None
    c["state"], c["call"], c["need"] = "chat", None, "chat"
    await notice(c, key)
    await changed(c)
    for role in list(room.peers) if room else []:
        await room.leave(role)


async def bot_turn(c: dict, text: str) -> None:
    words = text.lower()
    if "carte" in words or "vidéo" in words or "video" in words:
        await say(
            c,
            "bot",
            {
                "type": "card",
                "title": "Une conseillère lumière vous répond",
                "image_url": None,
                "text": "Vous allez être mis en relation par vidéo avec Léa, qui connaît toute la collection.",
            },
        )
        c["escalation"] = {
            "escalates": True,
            "reason": "matched",
            "card_id": "video_advisor",
            "phrase": "Vous allez être mis en relation par vidéo",
        }
        await enqueue(c, True)
    elif "humain" in words or "person" in words:
        await enqueue(c, False)
    elif "image" in words:
        await say(c, "bot", {"type": "image", "url": "/dev/lamp.svg", "alt": "La lampe Aube"})
    else:
        await say(
            c,
            "bot",
            {
                "type": "text",
                "text": "La lampe Aube donne une lumière chaude et douce, idéale pour lire le soir. Elle existe en terre cuite et en lin.",
            },
        )
        await say(
            c,
            "bot",
            {"type": "text", "text": "Souhaitez-vous la voir de plus près ?"},
            quick_replies=[
                {"title": "Voir en vidéo", "value": "/video"},
                {"title": "Une photo (image)", "value": "/image"},
                {"title": "Parler à un humain", "value": "/human"},
            ],
        )
