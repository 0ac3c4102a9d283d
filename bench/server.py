"""The servers of the message benchmark, each in a process of its own on a free port that it prints once it answers.

python -m bench.server product DIR | echo
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import uvloop
import yaml
from fastapi import FastAPI, WebSocket
from limits import RateLimitItemPerSecond
from starlette.websockets import WebSocketDisconnect

from orchestrator.api.limits import Limiter, Rates
from orchestrator.main import Runtime, build
from orchestrator.observability import configure_logs
from orchestrator.serving import Server, server_config
from orchestrator.settings import Settings

AGENTS = 10
CHATS_PER_AGENT = 100
PASSWORD = "measured-not-secret"  # noqa: S105
SITE = "bench"
POLICIES = Path(__file__).parents[1] / "rules" / "policies"


def roomy_policy(folder: Path) -> Path:
    """The shipped policy with room for hundreds of chats an agent, so that the load is not the queue's."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in POLICIES.glob("*.yaml"):
        content = yaml.safe_load(file.read_text())
        if file.name == "routing.yaml":
            for group in content["groups"].values():
                group["capacity"]["chat"] = CHATS_PER_AGENT
                group["places"]["chat"] = 1000
        (folder / file.name).write_text(yaml.safe_dump(content, allow_unicode=True))
    return folder


def product(folder: Path, port: int) -> FastAPI:
    """The product as deployed (SQLite, `synchronous=FULL`), without rate limits: one machine plays all visitors."""
    settings = Settings(data_dir=folder, policy_dir=roomy_policy(folder / "policy"))
    endless = RateLimitItemPerSecond(1_000_000, 1)
    rates = Rates(*(endless for _ in Rates.__dataclass_fields__))

    async def prepare(runtime: Runtime) -> None:
        for number in range(AGENTS):
            await runtime.platform.accounts.create_user(
                email=f"agent{number}@bench.example", name=f"Agent {number}", role="agent", password=PASSWORD
            )
        await runtime.platform.sites.create(
            site_id=SITE,
            key=SITE,
            name="Bench",
            allowed_origins=[f"http://127.0.0.1:{port}"],
            language="fr",
            bot=False,
        )
        await runtime.app.state.site_origins.refresh()

    return build(settings, limiter=Limiter(rates), prepare=prepare).app


def echo() -> FastAPI:
    """The peer: a bare FastAPI socket that sends back what it gets; nothing is stored."""
    app = FastAPI()

    @app.websocket("/echo")
    async def back(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text(await socket.receive_text())
        except WebSocketDisconnect:
            return

    return app


def main(kind: str, folder: str = "") -> None:
    configure_logs("ERROR")
    listener = socket.create_server(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    app = echo() if kind == "echo" else product(Path(folder), port)

    async def started() -> None:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()

    server = Server(server_config(app, Settings()), started)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve(sockets=[listener]))


if __name__ == "__main__":
    main(*sys.argv[1:])
