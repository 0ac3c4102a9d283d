"""What ``visavis up --demo`` adds: a site, accounts, the addresses to open, and the real Rasa as a child process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

import httpx
import structlog
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from orchestrator.application.accounts import Accounts, RoleName
from orchestrator.application.errors import Conflict, Unauthenticated
from orchestrator.application.records import User

log = structlog.get_logger(__name__)

REPOSITORY = Path(__file__).resolve().parent.parent


# --- people ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Without memberships: the demo may run on anybody's policy, and its people serve every group of it."""

    email: str
    name: str
    role: RoleName
    languages: tuple[str, ...] = ("fr", "en")


PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("claire@demo.visavis", "Claire", "agent"),
    DemoPerson("marc@demo.visavis", "Marc", "agent"),
    DemoPerson("sofia@demo.visavis", "Sofia", "supervisor"),
    DemoPerson("dev@demo.visavis", "Dev", "designer"),
    DemoPerson("ada@demo.visavis", "Ada", "admin"),
)


def demo_password(data_dir: Path) -> str:
    """The password of all demo accounts: the one in ``VISAVIS_DEMO_PASSWORD``, else made once and kept.

    A published one would open every demo that a network can reach.
    """
    if chosen := os.environ.get("VISAVIS_DEMO_PASSWORD"):
        return chosen
    file = data_dir / "demo-password"
    with contextlib.suppress(OSError):
        kept = file.read_text(encoding="utf-8").strip()
        if kept:
            return kept
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(password + "\n")
    return password


async def seed_people(accounts: Accounts, password: str) -> None:
    """See to it that everybody can sign in with this password, side by side: hashing takes a moment on purpose."""
    known = {user.email: user for user in await accounts.list_users()}
    await asyncio.gather(*(_seed(accounts, person, known.get(person.email), password) for person in PEOPLE))


async def _seed(accounts: Accounts, person: DemoPerson, known: User | None, password: str) -> None:
    if known is not None:
        try:
            await accounts.authenticate(person.email, password)
        except Unauthenticated:
            # Made with another password, by an earlier run: the one that is printed has to work.
            token, _ = await accounts.make_reset_link(known.id)
            await accounts.reset_password(token, new=password)
        return
    with contextlib.suppress(Conflict):
        await accounts.create_user(
            email=person.email,
            name=person.name,
            role=person.role,
            password=password,
            languages=person.languages,
        )


# --- what is printed ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service answers: on this machine, and for others in the network."""

    local: str
    network: tuple[str, ...] = ()


def origins_of(scheme: str, port: int, hosts: Sequence[str]) -> list[str]:
    """The origins under which a browser may see this service."""
    default = {"http": 80, "https": 443}[scheme]
    suffix = "" if port == default else f":{port}"
    return [f"{scheme}://{host}{suffix}" for host in dict.fromkeys(hosts)]


def demo_panel(address: Address, password: str, *, bot: bool, fingerprint: str | None = None) -> Panel:
    """The addresses and accounts, as a person needs them."""
    places = Table.grid(padding=(0, 2))
    places.add_row("[bold]Shop[/]", f"{address.local}/demo/", "[dim]the visitor: chat, then video[/]")
    places.add_row(
        "[bold]Desk[/]", f"{address.local}/desk/", "[dim]the agent: another browser or a private window[/]"
    )
    places.add_row("[bold]API[/]", f"{address.local}/docs", "[dim]the interface, documented[/]")
    for other in address.network:
        places.add_row(
            "[bold]Phone[/]", f"{other}/demo/", "[dim]same network; accept the certificate once[/]"
        )
    people = Table.grid(padding=(0, 2))
    for person in PEOPLE:
        people.add_row(person.email, f"[dim]{person.role}[/]")
    parts: list[Table | Text] = [
        places,
        Text(),
        people,
        Text.from_markup(f"Password of all: [bold]{password}[/]"),
    ]
    if fingerprint:
        parts += [Text(), Text(f"Certificate SHA-256 {fingerprint}", style="dim")]
    note = (
        "The bot is starting; the shop already answers."
        if bot
        else "Without the bot: ask for a person in the chat."
    )
    parts += [Text(), Text(f"{note} Ctrl-C ends everything.", style="dim")]
    return Panel(Group(*parts), title="Vis-à-vis demo", border_style="cyan", expand=False, padding=(1, 2))


# --- the bot -----------------------------------------------------------------------------------------

BotState = Literal["starting", "ready", "down"]

# Runs `bot.environment serve` such that it cannot outlive us, even if we are killed: the kernel then sends it SIGTERM
# (Linux only). The parent is compared, because it may have ended before the kernel was asked.
_CHILD = """
import os, signal, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None, use_errno=True).prctl(1, int(signal.SIGTERM))
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
from bot.environment import main
sys.exit(main(sys.argv[2:]))
"""

_PROGRESS = "[bot] "
_SERVING = "serving on "
_STEADY_SECONDS = 60.0
_MAX_BACKOFF = 60.0


@dataclass
class BotChild:
    """Rasa, installed, trained and served in a process group of its own; started again when it ends by itself.

    Everything slow happens in the child, so that Ctrl-C ends an installation as well as a running bot.
    """

    port: int
    secret: str
    callback_url: str
    log_file: Path
    progress: Callable[[str], None]
    command: Sequence[str] = (sys.executable, "-c", _CHILD)
    health_path: str = "/webhooks/visavis/health"
    on_state: Callable[[BotState], None] = lambda _: None
    on_give_up: Callable[[], Awaitable[None]] | None = None
    first_backoff: float = 1.0
    state: BotState = field(default="starting", init=False)
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._keep_running(), name="bot child")

    async def stop(self) -> None:
        """End the child and everything it started."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._end()

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        backoff = self.first_backoff
        while True:
            self._become("starting")
            started = loop.time()
            served, last_words = await self._run_once()
            self._become("down")
            if not served:
                # Nothing to run: Python 3.10 or uv is missing, or the training failed. Trying again cannot help.
                self.progress(last_words or "the bot could not be installed or trained.")
                self.progress(
                    "The rest works without it. Run `python -m bot.environment train` to see it all."
                )
                if self.on_give_up is not None:
                    await self.on_give_up()
                return
            if loop.time() - started > _STEADY_SECONDS:
                backoff = self.first_backoff
            self.progress(f"the bot ended; it is started again in {backoff:.0f} s (see {self.log_file})")
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, _MAX_BACKOFF)

    def _become(self, state: BotState) -> None:
        if state != self.state:
            self.state = state
            self.on_state(state)

    async def _run_once(self) -> tuple[bool, str]:
        """Run the child until it ends. Returns whether it ever served, and its last progress lines."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log_file:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                str(os.getpid()),
                "serve",
                "--port",
                str(self.port),
                "--callback-url",
                self.callback_url,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                stdin=asyncio.subprocess.DEVNULL,
                cwd=REPOSITORY,
                env=os.environ | {"VISAVIS_BOT_SECRET": self.secret, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
            self._process = process
            served, tail = await self._read(process, log_file)
            await process.wait()
        self._process = None
        return served, "\n".join(tail)

    async def _read(self, process: asyncio.subprocess.Process, log_file: IO[bytes]) -> tuple[bool, list[str]]:
        """Show the progress, keep the rest in the log, and watch for the moment at which the bot answers."""
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        served = False
        tail: list[str] = []
        watcher: asyncio.Task[None] | None = None
        try:
            async for raw in _lines(process.stdout):
                line = raw.decode("utf-8", "replace").rstrip()
                log_file.write(raw)
                log_file.flush()
                if line.startswith(_PROGRESS):
                    line = line.removeprefix(_PROGRESS)
                    if line.startswith(_SERVING):
                        served = True
                        self.progress("the bot is loading …")
                        watcher = asyncio.create_task(self._watch())
                        continue
                    tail = [line]
                    self.progress(line)
                elif not served and line:
                    # What follows the last progress line without its mark belongs to the error it tells.
                    tail = [*tail[-12:], line]
        finally:
            if watcher is not None:
                watcher.cancel()
        return served, tail

    async def _watch(self) -> None:
        """Ask every half second until the bot answers."""
        address = f"http://127.0.0.1:{self.port}{self.health_path}"
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(address)).status_code == 200:
                        self._become("ready")
                        self.progress("the bot is ready")
                        return
                await asyncio.sleep(0.5)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        _signal_group(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(8):
                await process.wait()
        except TimeoutError:
            log.warning("bot.killed")
        # Also after an orderly end: a training it had started would go on.
        _signal_group(process.pid, signal.SIGKILL)
        self._process = None


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Lines, or pieces of lines that are too long for the reader's buffer."""
    while True:
        try:
            line = await stream.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            line = end.partial
        except asyncio.LimitOverrunError as long:
            line = await stream.read(long.consumed)
        if not line:
            return
        yield line


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def show_progress(console: Console) -> Callable[[str], None]:
    """Print what the bot's child reports, apart from the service's own lines."""

    def show(line: str) -> None:
        console.print(Text.assemble(("bot  ", "magenta"), line), soft_wrap=True)

    return show
