"""A stand-in for the service, to look at the pages while developing them. In memory, no rules, no security.

    npm run build && python dev/fake_server.py [port]

Shop at /demo/, desk at /desk/ (any address and password). The bot understands "carte", "vidéo", "image", "humain".
PUT /dev/settings changes `settings` below; POST /dev/propose, /dev/drop and /dev/typing make things happen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from fake_story import (
    bot_turn,
    changed,
    emit,
    end_call,
    enqueue,
    frames,
    invitations,
    messages,
    notice,
    numbers,
    open_call,
    rooms,
    say,
    sockets,
)
from fake_views import (
    AGENT,
    BOT,
    agent_view,
    capacity,
    conversations,
    now,
    pause_reasons,
    presence,
    settings,
    visitor_view,
)
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

STATIC = Path(__file__).resolve().parents[2] / "orchestrator" / "static"
app = FastAPI()
app.add_middleware(
    CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=["Location"]
)
logged_in = {"yes": False}


@app.post("/api/visitor/session")
async def session(body: dict):
    fr = body["language"].startswith("fr")
    texts = (
        {
            "title": "Une question sur une lampe ?",
            "subtitle": "Nos conseillers vous répondent, par écrit ou face à face.",
            "chat_button": "Discuter",
            "video_button": "En vidéo",
        }
        if fr
        else {
            "title": "A question about a lamp?",
            "subtitle": "Our advisors answer in writing or face to face.",
            "chat_button": "Chat",
            "video_button": "Video",
        }
    )
    calm = (
        "Inutile d’allumer votre caméra : vous verrez votre conseiller sans être vu."
        if fr
        else "No need for your camera: you see your advisor without being seen."
    )
    texts["reassurance"] = calm if settings["camera"] != "allowed" else None
    c = next((c for c in reversed(conversations.values()) if c["state"] != "closed"), None)
    return {
        "token": "t",
        "visitor_id": "v1",
        "site": {
            "id": "demo",
            "name": "La Maison des Lampes",
            "language": "fr",
            "languages": ["fr", "en"],
            "chat_entry": True,
            "video_entry": settings["video"],
            "camera_policy": settings["camera"],
            "texts": texts,
            "bot": BOT,
        },
        "conversation": c and visitor_view(c),
        "messages": messages[c["id"]] if c else [],
        "seq": next(numbers),
        "bot_status": settings["bot_status"],
    }


@app.post("/api/visitor/conversations")
async def start(body: dict):
    i = f"c{next(numbers)}"
    c = conversations[i] = {
        "id": i,
        "state": "chat",
        "party": "bot",
        "need": "chat",
        "language": body.get("language") or "fr",
        "version": 1,
        "proposal": None,
        "call": None,
        "escalation": None,
        "resume": False,
        "ended": False,
        "started_at": now(),
    }
    messages[i] = []
    if body["want"] == "video":
        await enqueue(c, True)
    else:
        await say(
            c,
            "bot",
            {"type": "text", "text": "Bonjour, je suis Lumi ! Que cherchez-vous aujourd’hui ?"},
            quick_replies=[
                {"title": "Une lampe de lecture", "value": "/read"},
                {"title": "Un conseil en vidéo", "value": "/video"},
            ],
        )
    return {"conversation": visitor_view(c), "messages": messages[i]}


@app.get("/api/{side}/conversations/{i}")
async def get(side: str, i: str):
    return {
        "conversation": (visitor_view if side == "visitor" else agent_view)(conversations[i]),
        "messages": messages[i],
    }


@app.post("/api/{side}/conversations/{i}/messages")
async def post(side: str, i: str, body: dict):
    c = conversations[i]
    known = next((m for m in messages[i] if m["client_id"] == body["client_id"]), None)
    line = known or await say(c, side, {"type": "text", "text": body["text"]}, client_id=body["client_id"])
    if (
        not known
        and side == "visitor"
        and c["party"] == "bot"
        and c["state"] == "chat"
        and settings["bot_status"] == "ready"
    ):
        await bot_turn(c, body["text"])
    return {"message": line, "conversation_id": i}


@app.post("/api/agent/conversations/{i}/invitation/{invitation}/{answer}")
async def invitation(i: str, invitation: str, answer: str):
    c, offer = conversations[i], invitations.pop(invitation)
    await emit(
        "agent",
        {
            "type": "invitation_ended",
            "invitation_id": invitation,
            "conversation_id": i,
            "reason": answer + "ed",
        },
    )
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
    return {
        "token": f"{i}.{side}",
        "url": f"/api/calls/{call['id']}/connections",
        "role": side,
        "camera_policy": call["camera_policy"],
        "ice_servers": [],
        "expires_at": now(60),
    }


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
            if (
                c["state"] == "video_lobby"
                and c["call"]["visitor_connected"]
                and c["call"]["agent_connected"]
            ):
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
    return {
        "agent": AGENT,
        "presence": presence,
        "capacity": capacity(),
        "wrap_up_until": None,
        "pause_reasons": pause_reasons,
        "invitations": list(invitations.values()),
        "conversations": mine,
        "seq": next(numbers),
    }


@app.put("/api/agent/presence")
async def set_presence(body: dict):
    for channel, switch in body.items():
        presence[channel] = {"reason": None, "since": now(), "busy": False} | switch
    return await agent_state()


@app.post("/api/agent/wrap-up/end")
async def end_wrap_up():
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
    return Response(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 280 200" width="280" height="200">{art}</svg>',
        media_type="image/svg+xml",
    )


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
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765, log_level="warning"
    )
