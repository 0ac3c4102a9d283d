"""``visavis``: run the service, manage accounts and sites, check a policy."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn
from urllib.parse import urlsplit

import typer
import uvicorn
import uvloop
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from orchestrator import demo as demonstration
from orchestrator.application.accounts import RoleName
from orchestrator.application.errors import ApplicationError
from orchestrator.observability import configure_logs
from orchestrator.settings import Settings
from orchestrator.tls import Certificate, ensure_certificate, local_addresses
from rules.findings import PolicyError

if TYPE_CHECKING:
    from orchestrator.main import BackOffice, Runtime

app = typer.Typer(
    name="visavis",
    help="A website visitor chats with a bot, is handed over to a person, and goes from chat to video.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
users = typer.Typer(help="Accounts.", no_args_is_help=True)
sites = typer.Typer(help="Sites that carry the widget.", no_args_is_help=True)
policies = typer.Typer(help="The YAML rules.", no_args_is_help=True)
database = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(users, name="user")
app.add_typer(sites, name="site")
app.add_typer(policies, name="policy")
app.add_typer(database, name="db")

out = Console()
err = Console(stderr=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where the database and the secrets are kept.", show_default=False),
]


# --- visavis up ----------------------------------------------------------------------------------------


@app.command()
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
    settings = _settings(data_dir, host=host, port=port)
    # A person is watching the demo: what goes on there is on the pages.
    quiet = demo and "log_level" not in settings.model_fields_set
    configure_logs("WARNING" if quiet else settings.log_level)
    with _listen(settings.host, settings.port) as listener:
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
    from orchestrator.main import build  # noqa: PLC0415 - media and rules take a second to load

    bot_port = _free_port() if with_bot else None
    password = demonstration.demo_password(settings.data_dir) if demo else ""

    async def prepare(runtime: Runtime) -> None:
        if demo:
            await demonstration.seed_people(runtime.platform.accounts, password)
            await runtime.put_demo_site("Demo shop", place.origins, bot=with_bot)

    try:
        runtime = build(
            settings,
            demo=demo,
            bot_port=bot_port,
            loopback=demo or _is_loopback(settings.host),
            prepare=prepare,
        )
    except PolicyError as error:
        _fail_with(error)
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

        server = Server(_server_config(runtime, settings, place), started)
        await server.serve(sockets=[listener])
    if server.failed:
        raise typer.Exit(1)


def _server_config(runtime: Runtime, settings: Settings, place: Place) -> uvicorn.Config:
    return uvicorn.Config(
        runtime.app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies) or None,
        loop="none",
        # Frames have a limit of their own, with an answer that says so; this one is for what is absurd.
        ws_max_size=256 * 1024,
        # Pages cannot see the protocol's pings: the sockets have their own.
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=65,
        ssl_certfile=place.certificate.cert_file if place.certificate else None,
        ssl_keyfile=place.certificate.key_file if place.certificate else None,
    )


class Server(uvicorn.Server):
    """Uvicorn, ended by a signal without dying of it, and with something to do once it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], Awaitable[None]] | None = None) -> None:
        super().__init__(config)
        self._started = started
        self.failed = False

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Uvicorn's own raises the signal again when it is done, before our children are ended.
        if self._started is None:
            yield  # a second server in this process: the first one hears the signals
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.should_exit:
            self.failed = True
        elif self._started is not None:
            await self._started()


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
        await runtime.put_demo_site("Demo shop", place.origins, bot=False)

    bot = demonstration.BotChild(
        port=bot_port,
        secret=runtime.settings.bot_secret,
        callback_url=await _callback_address(runtime, place, cleanup),
        log_file=runtime.settings.data_dir / "logs" / "bot.log",
        progress=demonstration.show_progress(out),
        on_give_up=without_bot,
    )
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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _listen(host: str, port: int) -> socket.socket:
    """Bind before anything is started, so that a port in use costs nothing."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.set_inheritable(False)
    except OSError as error:
        _fail(_why_not_listening(host, port, error))
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


# --- visavis user … --------------------------------------------------------------------------------------


@users.command("add")
def add_user(
    email: str,
    role: Annotated[str, typer.Option(help="agent, supervisor, designer or admin.")] = "agent",
    name: Annotated[
        str | None, typer.Option(help="What visitors see.", show_default="from the address")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make an account. The password is asked for."""
    roles: dict[str, RoleName] = {
        "agent": "agent", "supervisor": "supervisor", "designer": "designer", "admin": "admin",
    }  # fmt: skip
    if role not in roles:
        _fail(f"There is no role {role!r}: use one of {', '.join(roles)}.")
    if "@" not in email[1:-1]:
        _fail(f"{email!r} is no e-mail address.")
    password = _password(from_stdin=password_stdin)
    shown = name or email.split("@", maxsplit=1)[0].replace(".", " ").title()

    async def add(office: BackOffice) -> None:
        user = await office.accounts.create_user(email=email, name=shown, role=roles[role], password=password)
        out.print(f"{escape(user.email)} may sign in as [bold]{user.role}[/].")

    _in_office(data_dir, add)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password (10 characters or more)", hide_input=True, confirmation_prompt=True)
    if not 10 <= len(password) <= 256:
        _fail("A password has 10 to 256 characters.")
    return password


@users.command("list")
def list_users(data_dir: DataDir = None) -> None:
    """Everybody with an account."""

    async def show(office: BackOffice) -> None:
        table = Table("E-mail", "Name", "Role", "Id", box=None)
        for user in await office.accounts.list_users():
            table.add_row(escape(user.email), escape(user.name), user.role, user.id)
        out.print(table)

    _in_office(data_dir, show)


@users.command("reset")
def reset_user(email: str, data_dir: DataDir = None) -> None:
    """Print a link with which somebody sets a new password, once and within an hour."""

    async def make(office: BackOffice) -> None:
        wanted = email.strip().lower()
        found = [user for user in await office.accounts.list_users() if user.email.lower() == wanted]
        if not found:
            _fail(f"Nobody has the address {email}. `visavis user list` shows who has an account.")
        token, until = await office.accounts.make_reset_link(found[0].id)
        address = office.settings.public_url or f"http://{office.settings.host}:{office.settings.port}"
        out.print(
            f"{address.rstrip('/')}/desk/reset?token={token}", soft_wrap=True, markup=False, highlight=False
        )
        out.print(f"[dim]Works once, until {until:%H:%M} UTC.[/]")

    _in_office(data_dir, make)


# --- visavis site … --------------------------------------------------------------------------------------


@sites.command("add")
def add_site(
    site_id: str,
    origin: Annotated[list[str], typer.Option(help="https://shop.example.org; may be given several times.")],
    name: Annotated[str | None, typer.Option(help="What agents see.", show_default="the id")] = None,
    language: Annotated[str, typer.Option(help="The language of the site.")] = "fr",
    no_bot: Annotated[bool, typer.Option("--no-bot", help="Visitors ask for a person at once.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a site that carries the widget, and print the lines to put into its pages."""

    async def add(office: BackOffice) -> None:
        site = await office.sites.create(
            site_id=site_id, name=name or site_id, allowed_origins=origin, language=language, bot=not no_bot
        )
        address = (office.settings.public_url or "https://your-visavis.example.org").rstrip("/")
        out.print("Put this before </body> of the pages:", markup=False)
        snippet = f'<script src="{address}/widget.js" data-site="{site.key}" async></script>'
        out.print(snippet, markup=False, highlight=False, soft_wrap=True)

    _in_office(data_dir, add)


@sites.command("list")
def list_sites(data_dir: DataDir = None) -> None:
    """The sites that carry the widget."""

    async def show(office: BackOffice) -> None:
        table = Table("Id", "Name", "Key", "Origins", "Bot", box=None)
        for site in await office.sites.list():
            origins = "\n".join(site.allowed_origins)
            table.add_row(site.id, escape(site.name), site.key, origins, "yes" if site.bot else "no")
        out.print(table)

    _in_office(data_dir, show)


# --- the rest ----------------------------------------------------------------------------------------------


@policies.command("check")
def check_policy(folder: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Check the rules of a folder: every mistake with its file and line. Exit code 1 when there is one."""
    from rules.load import load_policy  # noqa: PLC0415 - the guard compiler takes a moment to load

    try:
        policy = load_policy(folder)
    except PolicyError as error:
        _fail_with(error)
    for warning in policy.warnings:
        err.print(f"warning: {warning}", style="yellow", markup=False, soft_wrap=True, highlight=False)
    out.print(f"No mistakes. Revision {policy.revision}.", highlight=False)


def _fail_with(error: PolicyError) -> NoReturn:
    for finding in error.findings:
        err.print(str(finding), style="red", markup=False, soft_wrap=True, highlight=False)
    err.print(f"{len(error.findings)} mistake(s); this policy cannot be used.")
    raise typer.Exit(1)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from orchestrator.api.openapi import create_api_schema  # noqa: PLC0415

    typer.echo(json.dumps(create_api_schema(), indent=2, ensure_ascii=False, sort_keys=True))


@app.command()
def version() -> None:
    """Print the version."""
    from orchestrator.api.version import VERSION  # noqa: PLC0415

    typer.echo(VERSION)


@database.command("upgrade")
def upgrade(data_dir: DataDir = None) -> None:
    """Bring the database to the current schema (`up` does this by itself)."""
    from orchestrator.main import upgrade_database  # noqa: PLC0415

    settings = _settings(data_dir)
    configure_logs("WARNING")
    asyncio.run(upgrade_database(settings))
    out.print("The database is up to date.")


# --- shared --------------------------------------------------------------------------------------------------


def _settings(data_dir: Path | None, *, host: str | None = None, port: int | None = None) -> Settings:
    """The settings from the environment, with what the command line says on top."""
    given = {"data_dir": data_dir.absolute() if data_dir else None, "host": host, "port": port}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        _fail(f"A setting is not acceptable:\n{error}")
    _prepare(settings.data_dir)
    return settings


def _prepare(folder: Path) -> None:
    """Make the data folder, readable by this account only."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not writable")
    except OSError as error:
        why = "This account may not write there" if isinstance(error, PermissionError) else error.strerror
        _fail(f"The data folder {folder} cannot be used: {why}. Choose another one with --data-dir.")


def _in_office(data_dir: Path | None, act: Callable[[BackOffice], Awaitable[None]]) -> None:
    """Run something on accounts and sites, with the database open and nothing else started."""
    from orchestrator.main import open_back_office  # noqa: PLC0415

    settings = _settings(data_dir)
    configure_logs("WARNING")

    async def run() -> None:
        async with open_back_office(settings) as office:
            await act(office)

    try:
        asyncio.run(run())
    except ApplicationError as error:
        _fail(error.detail)


def _fail(message: str) -> NoReturn:
    err.print(f"[bold red]visavis:[/] {escape(message)}", soft_wrap=True, highlight=False)
    raise typer.Exit(1)
