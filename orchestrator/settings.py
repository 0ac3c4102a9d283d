"""Settings of the service, from the environment (``VISAVIS_…``)."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parent.parent


class SettingError(Exception):
    """A setting cannot be used; says which and what to do, without a secret in it."""


class Settings(BaseSettings):
    """``ice_servers`` are those given to browsers, in the shape of ``RTCIceServer``; none is contacted by default."""

    model_config = SettingsConfigDict(
        env_prefix="VISAVIS_",
        extra="ignore",
        frozen=True,
        # What is not acceptable may be a secret.
        hide_input_in_errors=True,
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    data_dir: Path = Path("var")
    database_url: str | None = Field(default=None, repr=False)
    """``postgresql://user:password@host:5432/database``, which several processes may share. None: a SQLite file in
    ``data_dir``, for one process."""
    bus_url: str = Field(default="memory:", repr=False)
    """``nats://host:4222``, by which several processes hear of each other. ``memory:``: there is only this one."""
    policy_dir: Path = REPOSITORY / "rules" / "policies"
    public_url: str | None = None
    bot_url: str = "http://127.0.0.1:5005"
    bot_secret: str = Field(default_factory=lambda: secrets.token_urlsafe(32), min_length=16, repr=False)
    """Shared with the bot. Made up for each run unless set: right for a bot that is our child, for no other."""
    private_bots: bool = False
    """Connected bots may be in this service's own network, and need no TLS there. Else such addresses are refused."""
    secret: str | None = Field(default=None, min_length=32, repr=False)
    """Signs tokens. None: made once and kept in ``data_dir``. Processes that share a database share it, too."""
    ice_servers: tuple[dict[str, object], ...] = ()
    turn_secret: str | None = Field(default=None, repr=False)
    """Shared with the TURN servers among them (coturn's ``static-auth-secret``), which then need no credentials there:
    each page gets its own, for some hours."""
    ice_relay_only: bool = False
    """Browsers connect by TURN servers alone."""
    media_loopback: bool = False
    media_public_address: str | None = None
    """The public IPv4 address by which browsers reach the media relay behind a 1:1 NAT or in a container."""
    media_udp_ports: tuple[int, int] | None = None
    """First and last UDP port of the media relay; None: the system's choice. A firewall must let them in."""
    media_fast: bool = False
    """Forward packets below aiortc's transport objects, at about half the cost, where a trial at the start succeeds."""
    smtp_url: str | None = Field(default=None, repr=False)
    """``smtp://user:password@host:587?starttls=require`` or ``smtps://…``. None or empty: no e-mail is sent."""
    mail_from: str | None = None
    """Who answers by e-mail: ``Shop <help@shop.example>``. Needed with ``smtp_url``."""
    mail_reply_to: str | None = None
    """Where replies to these e-mails go; None: to ``mail_from``."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics_token: str | None = Field(default=None, min_length=16, repr=False)
    trusted_proxies: tuple[str, ...] = ()

    @property
    def database(self) -> str:
        """The address of the database."""
        if self.database_url is not None:
            return self.database_url
        return f"sqlite+aiosqlite:///{(self.data_dir / 'visavis.db').absolute()}"

    @property
    def shared(self) -> bool:
        """Whether the database is one that several processes may share."""
        return self.database.startswith("postgres")

    @property
    def has_bus(self) -> bool:
        """Whether processes hear of each other."""
        return not self.bus_url.startswith("memory:")

    def check(self) -> None:
        """Raises:
        SettingError: the addresses are none, or do not fit the rest.
        """
        if _scheme(self.database) not in ("sqlite", "postgresql", "postgres"):
            raise SettingError(
                "VISAVIS_DATABASE_URL is not an address of a database that can be used: "
                "it is postgresql://user:password@host:5432/database, or nothing for a SQLite file."
            )
        if _scheme(self.bus_url) not in ("memory", "nats", "tls"):
            raise SettingError(
                "VISAVIS_BUS_URL is not an address of a bus: it is nats://host:4222, or memory:."
            )
        if self.shared and self.secret is None:
            raise SettingError(
                "VISAVIS_DATABASE_URL is a database that several processes can share: set VISAVIS_SECRET, the same "
                "in each of them, or the one refuses what the other signed. `openssl rand -hex 32` makes one."
            )


def _scheme(url: str) -> str:
    return url.partition(":")[0].partition("+")[0]
