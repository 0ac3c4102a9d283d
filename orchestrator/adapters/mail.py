"""Mail over SMTP (RFC 5321): one connection a letter, nothing kept open between two.

A letter has one recipient, a fixed Message-ID and plain text in UTF-8. What a visitor or an agent wrote reaches a
header only through `email.headerregistry`, which encodes it and refuses line breaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from typing import Literal
from unicodedata import category
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from orchestrator.application.ports import Mail, MailRefused, MailTrouble

SECONDS = 40.0
"""How long one letter may take: less than the lease of an effect, and less than it takes to lose patience."""
GOODBYE_SECONDS = 3.0

StartTls = Literal["auto", "require", "never"]
_OPTIONS: tuple[StartTls, ...] = ("auto", "require", "never")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over. ``implicit_tls``: encrypted from the first byte (RFC 8314), the scheme ``smtps``."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    implicit_tls: bool = False
    starttls: StartTls = "auto"
    ca_file: str | None = None

    def __repr__(self) -> str:
        return f"SmtpServer({self.host!r}, {self.port})"

    @staticmethod
    def parse(url: str) -> SmtpServer:
        """Read ``smtp://user:password@host:587?starttls=require&ca=/file`` or ``smtps://…``.

        Without ``starttls`` encryption is used when the server offers it; with a password it is required.

        Raises:
            ValueError: says what is wrong, without repeating the address: there is a password in it.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps"):
            raise ValueError("the address of a mail server begins with smtp:// or smtps://")
        if not parts.hostname or parts.path not in ("", "/") or parts.fragment:
            raise ValueError("write it as smtp://user:password@host:port")
        options = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        unknown = sorted(options.keys() - {"starttls", "ca"})
        if unknown:
            raise ValueError(f"unknown options: {', '.join(unknown)}; there are starttls and ca")
        asked = options.get("starttls", ["auto"])[-1]
        starttls: StartTls | None = next((one for one in _OPTIONS if one == asked), None)
        if starttls is None:
            raise ValueError("starttls is one of auto, require, never")
        username = unquote(parts.username) if parts.username else None
        if username and starttls == "auto":
            # Offered encryption can be hidden by whoever is in between; a password must not go to them.
            starttls = "require"
        implicit = parts.scheme == "smtps"
        return SmtpServer(
            host=parts.hostname,
            port=_port(parts) or (465 if implicit else 587 if username else 25),
            username=username,
            password=unquote(parts.password or "") if username else None,
            implicit_tls=implicit,
            starttls=starttls,
            ca_file=options["ca"][-1] if "ca" in options else None,
        )


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("the port is a number up to 65535") from None


def address_of(text: str) -> Address:
    """``Shop <help@shop.example>`` or the bare address.

    Raises:
        ValueError: it is neither.
    """
    name, spec = parseaddr(text)
    try:
        address = Address(display_name=" ".join(name.split()), addr_spec=spec)
    except (ValueError, IndexError, MessageError):
        address = Address()
    if not address.username or not address.domain or not spec.isascii() or not text.isprintable():
        raise ValueError("write it as Shop <help@shop.example>")
    return address


class SmtpMailer:
    """See `ports.Mailer`."""

    def __init__(
        self, server: SmtpServer, sender: str, *, reply_to: str | None = None, seconds: float = SECONDS
    ) -> None:
        """Raises:
        ValueError: ``sender`` or ``reply_to`` is no address, or the server's certificates cannot be read.
        """
        self._server = server
        self._sender = address_of(sender)
        self._reply_to = address_of(reply_to) if reply_to is not None else None
        self._seconds = seconds
        try:
            self._tls = ssl.create_default_context(cafile=server.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ValueError("the file of ca= cannot be read as certificates") from error

    async def send(self, mail: Mail) -> None:
        message = self._letter(mail)
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.implicit_tls,
            start_tls={"auto": None, "require": True, "never": False}[server.starttls]
            if not server.implicit_tls
            else False,
            tls_context=self._tls,
            timeout=self._seconds,
        )
        try:
            async with asyncio.timeout(self._seconds):
                await client.connect()
                await client.sendmail(self._sender.addr_spec, [mail.to_address], message.as_bytes())
        except Exception as error:
            client.close()
            raise _refusal(error) from error
        # It is delivered: whatever goes wrong while saying goodbye must not make it be sent again.
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                with contextlib.suppress(SMTPException, OSError, TimeoutError):
                    await client.quit()
        except TimeoutError:
            pass
        finally:
            client.close()

    def _letter(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP_POLICY)
        try:
            message["From"] = self._sender
            message["To"] = Address(display_name=_line(mail.to_name), addr_spec=mail.to_address)
            if self._reply_to is not None:
                message["Reply-To"] = self._reply_to
            message["Subject"] = _line(mail.subject)
            message["Date"] = format_datetime(mail.at)
            message["Message-ID"] = f"<{mail.id}@{self._sender.domain}>"
        except (ValueError, IndexError, MessageError) as error:
            raise MailRefused("address_invalid", for_good=True) from error
        # Quoted-printable passes through servers that know no 8-bit text.
        message.set_content(_printable(mail.text), charset="utf-8", cte="quoted-printable")
        message["Content-Language"] = _line(mail.language)
        return message


def _line(text: str) -> str:
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Without control characters, apart from line breaks and tabs. Joiners stay: many scripts and emoji need them."""
    plain = text.replace("\r\n", "\n")
    return "".join(one for one in plain if one in "\n\t" or category(one) not in ("Cc", "Cs"))


_BY_KIND: tuple[tuple[type[BaseException], MailTrouble], ...] = (
    (SMTPTimeoutError, "timeout"),
    (TimeoutError, "timeout"),
    (ssl.SSLError, "not_secure"),
    (SMTPServerDisconnected, "disconnected"),
    (SMTPConnectError, "unreachable"),
    (ConnectionError, "disconnected"),
    (OSError, "unreachable"),
)


def _refusal(error: Exception) -> MailRefused:
    """What went wrong, in one of our words. Only what is wrong with this very letter is wrong for good: a password
    or a certificate can be put right meanwhile."""
    if isinstance(error, MailRefused):
        return error
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, SMTPResponseException):
        permanent = 500 <= error.code < 600
        if isinstance(error, SMTPAuthenticationError):
            return MailRefused("sign_in_refused")
        if isinstance(error, SMTPRecipientRefused):
            return MailRefused("recipient_refused", for_good=permanent)
        if isinstance(error, SMTPSenderRefused):
            return MailRefused("sender_refused")
        if not isinstance(error, SMTPDataError):
            return MailRefused("unreachable")
        return MailRefused("content_refused", for_good=permanent)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return MailRefused("not_secure")
        cause = cause.__cause__
    for kind, code in _BY_KIND:
        if isinstance(error, kind):
            return MailRefused(code)
    # Encryption that was required and is not offered comes as the bare base class.
    return MailRefused("not_secure" if isinstance(error, SMTPException) else "unreachable")
