"""``visavis up``: everything that runs, from the first line printed to the last child ended."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
import uvicorn
import uvloop
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from orchestrator import demo as demonstration
from orchestrator.adapters.unreachable import Unreachable
from orchestrator.commands.shared import DataDir, err, fail, fail_with, out, read_settings
from orchestrator.observability import configure_logs
from orchestrator.serving import Server, server_config
from orchestrator.settings import SettingError, Settings
from orchestrator.tls import Certificate, ensure_certificate, local_addresses
from rules.findings import PolicyError

DEMO_SHOP = "La Maison des Lampes"

if TYPE_CHECKING:
    from orchestrator.main import Runtime


def up(
    demo: Annotated[bool, typer.Option("--demo", help="With a shop, accounts and the Rasa bot.")] = False,
    host: Annotated[
        str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port; 0 takes a free one.", show_default="8080")
    ] = None,
    tls: Annotated[
        bool,
        typer.Option(
            "--tls", help="HTTPS with a self-signed certificate, so that phones may use their camera."
        ),
    ] = False,
    data_dir: DataDir = None,
    no_bot: Annotated[bool, typer.Option("--no-bot", help="Do not start Rasa with the demo.")] = False,
) -> None:
    """Run the service until Ctrl-C."""
    # A phone has to reach it: that is what --tls is for.
    host = host or ("0.0.0.0" if tls else None)  # noqa: S104
    settings = read_settings(data_dir, host=host, port=port)
    # A person is watching the demo: what goes on there is on the pages.
    quiet = demo and "log_level" not in settings.model_fields_set
    configure_logs("WARNING" if quiet else settings.log_level)
    with listen(settings.host, settings.port) as listener:
        place = _place(listener, settings, tls=tls)
        with (
            contextlib.suppress(KeyboardInterrupt),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_run(settings, listener, place, demo=demo, with_bot=demo and not no_bot))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the service answers, as others have to write it."""

    scheme: str
    port: int
    hosts: tuple[str, ...]
    certificate: Certificate | None = None

    @property
    def origins(self) -> list[str]:
        return demonstration.origins_of(self.scheme, self.port, self.hosts)

    @property
    def local(self) -> str:
        return self.origins[0]


def _place(listener: socket.socket, settings: Settings, *, tls: bool) -> Place:
    port = int(listener.getsockname()[1])
    network = local_addresses()
    if settings.host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        hosts = ("localhost", "127.0.0.1", *network)
    elif _is_loopback(settings.host):
        hosts = ("localhost", "127.0.0.1")
    else:
        hosts = (settings.host,)
    if tls:
        certificate = ensure_certificate(settings.data_dir / "tls", network)
        return Place("https", port, hosts, certificate)
    return Place("http", port, hosts)


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


async def _run(
    settings: Settings, listener: socket.socket, place: Place, *, demo: bool, with_bot: bool
) -> None:
    """Everything that runs, from the first line printed to the last child ended."""
    from orchestrator.estate import reach_servers  # noqa: PLC0415 - media and rules take a second to load
    from orchestrator.main import build  # noqa: PLC0415

    bot_port = free_port() if with_bot else None
    password = demonstration.demo_password(settings.data_dir) if demo else ""

    async def prepare(runtime: Runtime) -> None:
        if demo:
            await demonstration.seed_people(runtime.platform.accounts, password)
            await runtime.put_demo_site(DEMO_SHOP, place.origins, bot=with_bot)

    try:
        await reach_servers(settings)
        runtime = build(
            settings,
            demo=demo,
            bot_port=bot_port,
            loopback=demo or _is_loopback(settings.host),
            prepare=prepare,
        )
        await runtime.prepare()
        notice = await runtime.revisions.notice()
        if notice is not None:
            err.print(f"[yellow]{escape(notice)}[/]", soft_wrap=True, highlight=False)
    except PolicyError as error:
        fail_with(error)
    except (SettingError, Unreachable) as error:
        err.print(str(error), style="red", markup=False, soft_wrap=True, highlight=False)
        raise typer.Exit(1) from error
    async with contextlib.AsyncExitStack() as cleanup:

        async def started() -> None:
            if demo:
                out.print(_demo_panel(place, password, with_bot=with_bot))
            else:
                out.print(await _greeting(runtime, place))
            if not runtime.pages_built:
                err.print(
                    "[yellow]The pages are not built yet:[/] run `make pages`, then load the page again."
                )
            if bot_port is not None:
                await _start_bot(runtime, place, bot_port, cleanup)

        server = Server(server_config(runtime.app, settings, place.certificate), started)
        await server.serve(sockets=[listener])
    if server.failed:
        raise typer.Exit(1)


async def _callback_address(runtime: Runtime, place: Place, cleanup: contextlib.AsyncExitStack) -> str:
    """Where the bot posts its turns: with TLS on an extra listener of this machine, since Rasa would rightly refuse
    a certificate that nobody vouches for."""
    path = "/api/bot/rasa/turns"
    if place.certificate is None:
        host = "127.0.0.1" if "127.0.0.1" in place.hosts else place.hosts[0]
        return f"http://{host}:{place.port}{path}"
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(
        uvicorn.Config(
            runtime.app, log_config=None, access_log=False, lifespan="off", loop="none", proxy_headers=False
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]), name="bot callback listener")

    async def end() -> None:
        server.should_exit = True
        await task

    cleanup.push_async_callback(end)
    return f"http://127.0.0.1:{listener.getsockname()[1]}{path}"


async def _start_bot(
    runtime: Runtime, place: Place, bot_port: int, cleanup: contextlib.AsyncExitStack
) -> None:
    """Start Rasa behind it all; the site answers already."""

    async def without_bot() -> None:
        # There will be no bot: new visitors shall ask for a person instead of waiting for it.
        await runtime.put_demo_site(DEMO_SHOP, place.origins, bot=False)

    bot = demonstration.BotChild(
        port=bot_port,
        secret=runtime.settings.bot_secret,
        callback_url=await _callback_address(runtime, place, cleanup),
        log_file=runtime.settings.data_dir / "logs" / "bot.log",
        progress=demonstration.show_progress(out),
        on_state=runtime.bot.keeper_says,
        on_give_up=without_bot,
    )
    runtime.bot.keeper_says("starting")
    cleanup.push_async_callback(bot.stop)
    bot.start()


def _demo_panel(place: Place, password: str, *, with_bot: bool) -> Panel:
    network = [origin for origin in place.origins if not _is_loopback(urlsplit(origin).hostname or "")]
    certificate = place.certificate
    return demonstration.demo_panel(
        # Without TLS a phone could open the page, but its browser would not give it the camera.
        demonstration.Address(place.local, tuple(network) if certificate else ()),
        password,
        bot=with_bot,
        fingerprint=certificate.fingerprint if certificate else None,
    )


async def _greeting(runtime: Runtime, place: Place) -> Panel:
    """What a person who deploys it needs next."""
    lines = [
        f"Desk   {place.local}/desk/",
        f"API    {place.local}/docs",
        f"Data   {runtime.settings.data_dir}",
    ]
    if not await runtime.platform.accounts.list_users():
        lines += ["", "Nobody has an account yet. Make the first administrator:"]
        lines += ["  visavis user add you@example.org --role admin"]
    if not await runtime.platform.sites.list():
        lines += ["", "No site carries the widget yet:"]
        lines += ["  visavis site add shop --origin https://shop.example.org"]
    return Panel(Text("\n".join(lines)), title="Vis-à-vis", border_style="cyan", expand=False, padding=(1, 2))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def listen(host: str, port: int) -> socket.socket:
    """Bind before anything is started, so that a port in use costs nothing."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.set_inheritable(False)
    except OSError as error:
        fail(_why_not_listening(host, port, error))
    return listener


def _why_not_listening(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {port} is in use. Take another one: --port {port + 1}, or --port 0 for any free one."
            )
        case errno.EACCES:
            return f"Port {port} may not be used by this account. Ports from 1024 on may: --port 8080."
        case errno.EADDRNOTAVAIL:
            return f"{host} is no address of this machine. --host 0.0.0.0 listens on all of them."
        case _:
            return f"Cannot listen on {host}:{port}: {error.strerror or error}."
