"""A stand-in for the service, to look at the pages while developing them. In memory, no rules, no security.

    npm run build && python dev/fake_server.py [port]

Shop at /demo/, desk at /desk/ (any address and password). The bot understands "carte", "vidéo", "image", "humain".
PUT /dev/settings changes `settings` below; POST /dev/propose, /dev/drop and /dev/typing make things happen.
"""

from __future__ import annotations

import itertools
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from fake_media import Room
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

STATIC = Path(__file__).resolve().parents[2] / "orchestrator" / "static"
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=["Location"])
numbers = itertools.count(1)
settings = {"camera": "allowed", "bot_status": "ready", "wait": True, "unknown": False, "position": 2, "queue": False, "video": True}
conversations: dict[str, dict] = {}
messages: dict[str, list[dict]] = {}
frames: dict[str, list[dict]] = {"visitor": [], "agent": []}
sockets: dict[str, set[WebSocket]] = {"visitor": set(), "agent": set()}
invitations: dict[str, dict] = {}
rooms: dict[str, Room] = {}
presence = {"chat": True, "video": True}
logged_in = {"yes": False}
AGENT = {"id": "a1", "email": "lea@example.test", "name": "Léa Martin", "role": "agent", "picture_url": None, "may_propose_video": True}
BOT = {"name": "Lumi", "picture_url": None}


def now(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


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
    line = {"id": f"m{next(numbers)}", "conversation_id": c["id"], "position": len(messages[c["id"]]) + 1,
            "author": {"role": role, "name": name}, "content": content, "quick_replies": [], "client_id": None, "at": now(), **more}
    messages[c["id"]].append(line)
    for side in ("visitor", "agent"):
        await emit(side, {"type": "message", "message": line})
    return line


async def notice(c: dict, key: str) -> None:
    await say(c, "system", {"type": "notice", "key": key, "params": {"agent": AGENT["name"]}})


def queue_view(c: dict) -> dict | None:
    if c["state"] != "queued":
        return None
    wait = {"p50": 95, "p90": 260} if settings["wait"] and not settings["unknown"] else None
    return {"position": settings["position"], "since": now(), "wait": wait, "wait_unknown": settings["unknown"]}


def visitor_view(c: dict) -> dict:
    s, agent = c["state"], c["party"] == "agent"
    can = {"write": s != "closed", "request_person": s == "chat" and not agent, "request_video": s == "chat" and not agent and settings["video"] and not c["ended"],
           "leave_queue": s == "queued", "accept_video": bool(c["proposal"]), "decline_video": bool(c["proposal"]), "leave_lobby": s == "video_lobby",
           "hang_up": s == "in_video", "resume_video": s == "chat" and c["resume"], "close": s != "closed"}
    return {"id": c["id"], "state": s, "party": c["party"], "need": c["need"], "language": c["language"], "version": c["version"], "bot": BOT,
            "agent": {"name": AGENT["name"], "picture_url": None} if agent else None, "queue": queue_view(c), "proposal": c["proposal"], "call": c["call"],
            "resume_until": None, "previous_id": None, "started_at": c["started_at"], "closed_at": None, "can": can}


def agent_view(c: dict) -> dict:
    s, agent = c["state"], c["party"] == "agent"
    can = {"write": agent and s != "closed", "propose_video": s == "chat" and agent and not c["proposal"], "withdraw_video": bool(c["proposal"]),
           "leave_lobby": s == "video_lobby", "hang_up": s == "in_video", "close": s != "closed"}
    return {"id": c["id"], "site_id": "demo", "site_name": "La Maison des Lampes", "state": s, "party": c["party"], "need": c["need"], "version": c["version"],
            "agent": None, "mine": agent, "visitor": {"id": "v1", "language": c["language"], "device": "desktop", "can_video": True, "present": True,
            "page_url": "https://shop.example/lampes/aube?couleur=terre"}, "group": "conseil", "slots": {"projet": "Salon", "budget": "150–200 €"} if c["escalation"] else {},
            "summary": "Cherche une lampe de lecture pour un salon aux murs sombres." if c["escalation"] else None, "escalation": c["escalation"], "queue": queue_view(c),
            "proposal": c["proposal"], "call": c["call"], "video_unavailable": None, "started_at": c["started_at"], "closed_at": None, "can": can}


async def changed(c: dict) -> None:
    c["version"] += 1
    await emit("visitor", {"type": "conversation", "conversation": visitor_view(c)})
    await emit("agent", {"type": "conversation", "conversation": agent_view(c)})
    await emit("agent", {"type": "agent", "presence": presence, "capacity": capacity()})


def capacity() -> dict:
    mine = [c for c in conversations.values() if c["party"] == "agent" and c["state"] != "closed"]
    video = sum(c["state"] in ("video_lobby", "in_video") for c in mine)
    return {"chat_used": len(mine), "chat_total": 4, "video_used": video, "video_total": 1}


async def enqueue(c: dict, with_video: bool) -> None:
    c["state"], c["need"] = "queued", "video" if with_video else "chat"
    await changed(c)
    if not settings["queue"]:
        i = f"i{next(numbers)}"
        invitations[i] = {"id": i, "conversation": agent_view(c), "purpose": "offer", "with_video": with_video, "expires_at": now(30), "last_messages": messages[c["id"]][-4:], "note": None}
        await emit("agent", {"type": "invitation", "invitation": invitations[i]})


async def open_call(c: dict) -> None:
    c["state"], c["resume"] = "video_lobby", False
    c["call"] = {"id": f"call{next(numbers)}", "camera_policy": settings["camera"], "reassurance": None, "visitor_connected": False, "agent_connected": False,
                 "camera_on": settings["camera"] == "allowed", "lobby_until": now(120), "grace_until": None}
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
        await say(c, "bot", {"type": "card", "title": "Une conseillère lumière vous répond", "image_url": None,
                             "text": "Vous allez être mis en relation par vidéo avec Léa, qui connaît toute la collection."})
        c["escalation"] = {"escalates": True, "reason": "matched", "card_id": "video_advisor", "phrase": "Vous allez être mis en relation par vidéo"}
        await enqueue(c, True)
    elif "humain" in words or "person" in words:
        await enqueue(c, False)
    elif "image" in words:
        await say(c, "bot", {"type": "image", "url": "/dev/lamp.svg", "alt": "La lampe Aube"})
    else:
        await say(c, "bot", {"type": "text", "text": "La lampe Aube donne une lumière chaude et douce, idéale pour lire le soir. Elle existe en terre cuite et en lin."})
        await say(c, "bot", {"type": "text", "text": "Souhaitez-vous la voir de plus près ?"}, quick_replies=[
            {"title": "Voir en vidéo", "value": "/video"}, {"title": "Une photo (image)", "value": "/image"}, {"title": "Parler à un humain", "value": "/human"}])


@app.post("/api/visitor/session")
async def session(body: dict):
    fr = body["language"].startswith("fr")
    texts = ({"title": "Une question sur une lampe ?", "subtitle": "Nos conseillers vous répondent, par écrit ou face à face.", "chat_button": "Discuter", "video_button": "En vidéo"}
             if fr else {"title": "A question about a lamp?", "subtitle": "Our advisors answer in writing or face to face.", "chat_button": "Chat", "video_button": "Video"})
    calm = ("Inutile d’allumer votre caméra : vous verrez votre conseiller sans être vu." if fr else "No need for your camera: you see your advisor without being seen.")
    texts["reassurance"] = calm if settings["camera"] != "allowed" else None
    c = next((c for c in reversed(conversations.values()) if c["state"] != "closed"), None)
    return {"token": "t", "visitor_id": "v1", "site": {"id": "demo", "name": "La Maison des Lampes", "language": "fr", "languages": ["fr", "en"], "chat_entry": True,
            "video_entry": settings["video"], "camera_policy": settings["camera"], "texts": texts, "bot": BOT}, "conversation": c and visitor_view(c),
            "messages": messages[c["id"]] if c else [], "seq": next(numbers), "bot_status": settings["bot_status"]}


@app.post("/api/visitor/conversations")
async def start(body: dict):
    i = f"c{next(numbers)}"
    c = conversations[i] = {"id": i, "state": "chat", "party": "bot", "need": "chat", "language": body.get("language") or "fr", "version": 1, "proposal": None, "call": None,
                            "escalation": None, "resume": False, "ended": False, "started_at": now()}
    messages[i] = []
    if body["want"] == "video":
        await enqueue(c, True)
    else:
        await say(c, "bot", {"type": "text", "text": "Bonjour, je suis Lumi ! Que cherchez-vous aujourd’hui ?"}, quick_replies=[
            {"title": "Une lampe de lecture", "value": "/read"}, {"title": "Un conseil en vidéo", "value": "/video"}])
    return {"conversation": visitor_view(c), "messages": messages[i]}


@app.get("/api/{side}/conversations/{i}")
async def get(side: str, i: str):
    return {"conversation": (visitor_view if side == "visitor" else agent_view)(conversations[i]), "messages": messages[i]}


@app.post("/api/{side}/conversations/{i}/messages")
async def post(side: str, i: str, body: dict):
    c = conversations[i]
    known = next((m for m in messages[i] if m["client_id"] == body["client_id"]), None)
    line = known or await say(c, side, {"type": "text", "text": body["text"]}, client_id=body["client_id"])
    if not known and side == "visitor" and c["party"] == "bot" and c["state"] == "chat" and settings["bot_status"] == "ready":
        await bot_turn(c, body["text"])
    return {"message": line, "conversation_id": i}


@app.post("/api/agent/conversations/{i}/invitation/{invitation}/{answer}")
async def invitation(i: str, invitation: str, answer: str):
    c, offer = conversations[i], invitations.pop(invitation)
    await emit("agent", {"type": "invitation_ended", "invitation_id": invitation, "conversation_id": i, "reason": answer + "ed"})
    if answer == "accept":
        c["party"] = "agent"
        await notice(c, "agent_joined")
        if offer["with_video"]:
            await open_call(c)
        else:
            c["state"] = "chat"
        await changed(c)
    return agent_view(c)


@app.post("/api/{side}/conversations/{i}/call/token")
async def token(side: str, i: str):
    call = conversations[i]["call"]
    return {"token": f"{i}.{side}", "url": f"/api/calls/{call['id']}/connections", "role": side, "camera_policy": call["camera_policy"], "ice_servers": [], "expires_at": now(60)}


@app.put("/api/visitor/conversations/{i}/{what:path}")
async def put(i: str, what: str, body: dict):
    c = conversations[i]
    if what == "call/camera" and c["call"]:
        c["call"]["camera_on"] = body["on"]
        await changed(c)
    return visitor_view(c)


@app.post("/api/{side}/conversations/{i}/{action:path}")
async def act(side: str, i: str, action: str):
    c = conversations[i]
    if action in ("person", "video"):
        await enqueue(c, action == "video")
    elif action == "queue/leave":
        c["state"] = "chat"
        await notice(c, "queue_left")
    elif action == "video/propose":
        c["proposal"] = {"id": f"p{next(numbers)}", "agent_name": AGENT["name"], "expires_at": now(60)}
    elif action in ("video/withdraw", "video/decline"):
        c["proposal"] = None
        await notice(c, "proposal_withdrawn" if "withdraw" in action else "proposal_declined")
    elif action in ("video/accept", "video/resume"):
        c["proposal"] = None
        await open_call(c)
    elif action == "video/leave-lobby":
        await end_call(c, "lobby_left")
    elif action == "video/hang-up":
        c["ended"] = True
        await end_call(c, "video_ended")
    elif action == "close":
        c["state"], c["call"] = "closed", None
        await notice(c, "closed")
    await changed(c)
    return (visitor_view if side == "visitor" else agent_view)(c)


@app.post("/api/calls/{call}/connections")
async def offer(call: str, request: Request):
    i, role = request.headers["authorization"].removeprefix("Bearer ").split(".")
    c = conversations[i]

    async def on_state(role: str, state: str, current: bool) -> None:
        if c["call"] and current and state in ("connected", "failed", "closed"):
            c["call"][f"{role}_connected"] = state == "connected"
            if c["state"] == "video_lobby" and c["call"]["visitor_connected"] and c["call"]["agent_connected"]:
                c["state"] = "in_video"
                await notice(c, "video_started")
            await changed(c)

    answer = await rooms[call].join(role, (await request.body()).decode(), on_state)
    return Response(answer, 201, {"Location": f"/api/calls/{call}/connections/{role}"}, "application/sdp")


@app.patch("/api/calls/{call}/connections/{role}", status_code=204)
async def candidates(call: str, role: str):
    return None


@app.delete("/api/calls/{call}/connections/{role}", status_code=204)
async def left(call: str, role: str):
    return None


@app.post("/api/auth/{what}")
async def auth(what: str, body: dict | None = None):
    if what == "login" and body and body["password"] == "wrong":
        return JSONResponse({"title": "Wrong", "status": 401, "code": "wrong_credentials"}, 401)
    logged_in["yes"] = what != "logout"
    return AGENT


@app.get("/api/agent/state")
async def agent_state():
    if not logged_in["yes"]:
        return JSONResponse({"title": "Log in", "status": 401, "code": "not_logged_in"}, 401)
    mine = [agent_view(c) for c in conversations.values() if c["party"] == "agent" and c["state"] != "closed"]
    return {"agent": AGENT, "presence": presence, "capacity": capacity(), "invitations": list(invitations.values()), "conversations": mine, "seq": next(numbers)}


@app.put("/api/agent/presence")
async def set_presence(body: dict):
    presence.update(body)
    return await agent_state()


@app.websocket("/api/{side}/socket")
async def socket(ws: WebSocket, side: str):
    await ws.accept()
    hello = await ws.receive_json()
    await ws.send_json({"type": "welcome", "seq": next(numbers), "server_time": now()})
    for frame in [f for f in frames[side] if f["seq"] > hello["after"]]:
        await ws.send_json(frame)
    sockets[side].add(ws)
    try:
        while True:
            frame = await ws.receive_json()
            if frame["type"] == "typing":
                await emit("agent" if side == "visitor" else "visitor", {**frame, "by": side})
    except WebSocketDisconnect:
        sockets[side].discard(ws)


@app.put("/dev/settings")
async def change(body: dict):
    settings.update(body)
    await emit("visitor", {"type": "bot", "status": settings["bot_status"]})
    return settings


@app.post("/dev/{what}")
async def make(what: str):
    c = list(conversations.values())[-1]
    if what == "drop" and c["call"]:
        for peer in rooms[c["call"]["id"]].peers.values():
            await peer.close()
    elif what == "typing":
        await emit("visitor", {"type": "typing", "conversation_id": c["id"], "by": "agent"})
    elif what == "resume":
        c["resume"] = True
        await end_call(c, "video_dropped")
    return {}


@app.get("/dev/lamp.svg")
async def lamp():
    art = '<rect width="280" height="200" fill="#efdcc4"/><circle cx="140" cy="80" r="70" fill="#ffe3ab"/><path d="M110 40h60l20 66H90z" fill="#fff6e2"/><path d="M120 112h40l20 60h-80z" fill="#b8582f"/>'
    return Response(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 280 200" width="280" height="200">{art}</svg>', media_type="image/svg+xml")


@app.middleware("http")
async def strict(request: Request, call_next):
    response = await call_next(request)
    if request.url.path.startswith(("/desk", "/demo")):
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; media-src 'self' blob:"
        )
    return response


@app.get("/desk/reset")
async def reset_page():
    return FileResponse(STATIC / "desk" / "index.html")


app.mount("/", StaticFiles(directory=STATIC, html=True))

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765, log_level="warning")
