"""One connection to NATS, made again whenever it ends, with everything that was listened to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from orchestrator.adapters.unreachable import Unreachable

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT = 5
PING_EVERY = 5
AGAIN_AFTER = 0.5
LOOK_EVERY = 2.0
FLUSH_TIMEOUT = 5
DEFAULT_PREFIX = "visavis"

_TROUBLE = (nats.errors.Error, OSError, TimeoutError)

Receiver = Callable[[Msg], Awaitable[None]]


class NoAnswer(Exception):  # noqa: N818
    """Nobody listens there, or who does has not answered in time. ``nobody``: it was the former."""

    def __init__(self, *, nobody: bool) -> None:
        super().__init__("nobody listens" if nobody else "no answer in time")
        self.nobody = nobody


@dataclass(frozen=True, slots=True)
class NatsAddress:
    """``nats://user:password@host:4222/prefix``; several servers of one cluster are separated by commas.

    ``prefix`` begins every subject, so that several estates can share a server.
    """

    servers: tuple[str, ...]
    prefix: str = DEFAULT_PREFIX

    @classmethod
    def parse(cls, url: str) -> NatsAddress:
        """Raises:
        ValueError: it is none.
        """
        servers: list[str] = []
        prefix = ""
        for part in url.split(","):
            found = urlsplit(part.strip())
            if found.scheme not in ("nats", "tls") or not found.hostname or found.query or found.fragment:
                raise ValueError("an address of NATS is written nats://host:4222")
            prefix = found.path.strip("/") or prefix
            servers.append(f"{found.scheme}://{found.netloc}")
        if prefix and not all(sign.isalnum() or sign in "-_" for sign in prefix):
            raise ValueError("what follows the host of a NATS address may have letters, digits, - and _")
        return cls(tuple(servers), prefix or DEFAULT_PREFIX)

    @property
    def where(self) -> str:
        """The hosts, without a secret."""
        return ", ".join(urlsplit(server).netloc.rpartition("@")[2] for server in self.servers)


class NatsConnection:
    """What is sent while the connection is away is lost, as everything else is that nobody hears."""

    def __init__(self, url: str) -> None:
        self.address = NatsAddress.parse(url)
        self._wanted: dict[str, tuple[Receiver, Callable[[], None]]] = {}
        self._held: dict[str, Subscription] = {}
        self._client: Client | None = None
        self._changed = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._while_away: list[Callable[[], None]] = []
        self._asking: set[asyncio.Future[Msg]] = set()
        self._said: Exception | None = None

    # --- its life ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect, and stay connected until `stop`.

        Raises:
            Unreachable: with what, where, and what to do.
        """
        try:
            client = await self._connect()
        except _TROUBLE as error:
            raise Unreachable(self._why(self._said or error)) from error
        self._client = client
        self._keeper = asyncio.create_task(self._keep(client), name="nats")

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        if self._client is not None:
            with contextlib.suppress(*_TROUBLE):
                await self._client.close()
            self._client = None

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    def while_away(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` every two seconds as long as there is no connection."""
        self._while_away.append(listener)

    async def _connect(self) -> Client:
        client = Client()
        await asyncio.wait_for(
            client.connect(
                servers=list(self.address.servers),
                name="visavis",
                # What this process says it hears itself, without the way through the server.
                no_echo=True,
                allow_reconnect=False,
                connect_timeout=CONNECT_TIMEOUT,
                ping_interval=PING_EVERY,
                error_cb=self._note,
                closed_cb=self._closed,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
            ),
            CONNECT_TIMEOUT,
        )
        return client

    async def _closed(self) -> None:
        self._changed.set()

    async def _note(self, error: Exception) -> None:
        self._said = error

    async def _keep(self, client: Client) -> None:
        while True:
            try:
                while client.is_connected:
                    self._changed.clear()
                    await self._listen(client)
                    if client.is_connected:
                        await self._changed.wait()
            except _TROUBLE as error:
                log.warning("bus.trouble", where=self.address.where, error=type(error).__name__)
            log.warning("bus.lost", where=self.address.where)
            self._client = None
            self._held.clear()
            for asking in list(self._asking):
                asking.cancel()  # nobody will answer it any more
            with contextlib.suppress(*_TROUBLE):
                await client.close()
            client = self._client = await self._again()
            log.info("bus.back", where=self.address.where)

    async def _again(self) -> Client:
        look_at = 0.0
        while True:
            now = asyncio.get_running_loop().time()
            if now >= look_at:
                look_at = now + LOOK_EVERY
                for listener in self._while_away:
                    listener()
            try:
                return await self._connect()
            except _TROUBLE as error:
                log.debug("bus.away", where=self.address.where, error=type(error).__name__)
            await asyncio.sleep(AGAIN_AFTER)

    async def _listen(self, client: Client) -> None:
        """Bring what the server sends us in line with what is wanted."""
        for subject in [subject for subject in self._held if subject not in self._wanted]:
            await self._held.pop(subject).unsubscribe()
        fresh = [subject for subject in self._wanted if subject not in self._held]
        for subject in fresh:
            if subject in self._wanted:
                self._held[subject] = await client.subscribe(subject, cb=self._wanted[subject][0])
        if fresh:
            # The client's PING overtakes what it has not written yet. After the first answer everything is written;
            # the second one comes after the server has taken note of it.
            await client.flush(FLUSH_TIMEOUT)
            await client.flush(FLUSH_TIMEOUT)
            for subject in fresh:
                if subject in self._wanted:
                    self._wanted[subject][1]()

    # --- its use ----------------------------------------------------------------------------------------

    def listen(self, subject: str, receive: Receiver, *, held: Callable[[], None]) -> None:
        """Give what is sent to ``subject`` to ``receive``. ``held`` is called when nothing is missed from now on: once
        in the beginning, and each time the connection was made again.
        """
        self._wanted[subject] = (receive, held)
        self._changed.set()

    def ignore(self, subject: str) -> None:
        self._wanted.pop(subject, None)
        self._changed.set()

    async def send(self, subject: str, payload: bytes = b"") -> None:
        """Send, if there is a connection."""
        if self._client is not None:
            with contextlib.suppress(*_TROUBLE):
                await self._client.publish(subject, payload)

    async def ask(self, subject: str, payload: bytes, *, within: float) -> bytes:
        """Send, and wait for the answer.

        Raises:
            NoAnswer: nobody listens, or there is none ``within`` so many seconds.
        """
        if self._client is None:
            raise NoAnswer(nobody=False)
        asking = asyncio.ensure_future(self._client.request(subject, payload, timeout=within))
        self._asking.add(asking)
        try:
            return (await asking).data
        except nats.errors.NoRespondersError as error:
            raise NoAnswer(nobody=True) from error
        except _TROUBLE as error:
            raise NoAnswer(nobody=False) from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise NoAnswer(nobody=False) from error
        finally:
            self._asking.discard(asking)

    def _why(self, error: BaseException) -> str:
        where = self.address.where
        said = str(error).lower()
        if "authorization" in said or "authentication" in said:
            return (
                f"NATS at {where} does not let this process in. "
                "Check the user and the password, or the token, in VISAVIS_BUS_URL."
            )
        if "tls" in said or "ssl" in said:
            return (
                f"NATS at {where} cannot be talked to in secret ({error}). Is it tls:// in VISAVIS_BUS_URL?"
            )
        what = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return f"NATS at {where} cannot be reached ({what}). Is it running, and is VISAVIS_BUS_URL right?"
