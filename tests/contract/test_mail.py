"""The mail adapter against real mail servers that behave, refuse, dawdle and die."""

from __future__ import annotations

import asyncio
import datetime
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd import smtp
from aiosmtpd.smtp import AuthResult, LoginPassword
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.adapters.mail import SmtpMailer, SmtpServer, address_of
from orchestrator.application.ports import Mail, MailRefused
from orchestrator.tls import ensure_certificate

NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)
SENDER = "Boutique « Été » <help@shop.example>"
MAIL = Mail(
    "lm_1", "zoe@visitor.example", "Zoé", "Votre message à Boutique", "Déjà là 👩‍💻.\n.\nÀ bientôt", "fr", NOW
)


@dataclass
class Postbox:
    """What a server was given. ``answers`` are its replies by command instead of the usual ones."""

    answers: dict[str, str] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, _: Any) -> str:  # noqa: N802
        if "RCPT" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, _: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answers.get("DATA") == "die":
            server.transport.abort()
            return "421 gone"
        if self.answers.get("DATA") == "wait":
            await asyncio.sleep(3600)
        if "DATA" in self.answers:
            return self.answers["DATA"]
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append(cast("EmailMessage", parsed))
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answers.get("QUIT") == "die":
            server.transport.abort()
        return "221 Bye"


@asynccontextmanager
async def serving(
    postbox: Postbox, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    """A real SMTP server on loopback; gives its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: smtp.SMTP(postbox, loop=loop, hostname="mail.test", **options), "127.0.0.1", 0, ssl=tls
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def mailer(port: int, *, seconds: float = 5, **server: Any) -> SmtpMailer:
    return SmtpMailer(SmtpServer("localhost", port, **server), SENDER, seconds=seconds)


async def refused(sender: SmtpMailer, mail: Mail = MAIL) -> tuple[str, bool]:
    with pytest.raises(MailRefused) as caught:
        await sender.send(mail)
    return caught.value.code, caught.value.for_good


async def test_a_letter_arrives_as_it_was_written() -> None:
    postbox = Postbox()
    async with serving(postbox) as port:
        await SmtpMailer(SmtpServer("127.0.0.1", port), SENDER, reply_to="answers@shop.example").send(MAIL)
    (letter,) = postbox.letters
    assert postbox.recipients == ["zoe@visitor.example"]
    assert letter["From"].addresses[0].display_name == "Boutique « Été »"
    assert letter["From"].addresses[0].addr_spec == "help@shop.example"
    assert letter["To"].addresses[0].display_name == "Zoé"
    assert letter["Reply-To"] == "answers@shop.example"
    assert letter["Subject"] == "Votre message à Boutique"
    assert letter["Message-ID"] == "<lm_1@shop.example>"
    assert letter["Date"].datetime == NOW
    assert letter["Content-Language"] == "fr"
    assert letter.get_content().replace("\r\n", "\n") == "Déjà là 👩‍💻.\n.\nÀ bientôt\n"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"RCPT": "550 5.1.1 unknown user"}, ("recipient_refused", True)),
        ({"RCPT": "451 4.7.1 greylisted"}, ("recipient_refused", False)),
        ({"MAIL": "550 5.7.1 not you"}, ("sender_refused", False)),
        ({"DATA": "554 5.6.0 no"}, ("content_refused", True)),
        ({"DATA": "452 4.3.1 full"}, ("content_refused", False)),
        ({"DATA": "die"}, ("disconnected", False)),
    ],
)
async def test_a_refusal_says_whether_it_is_for_good(
    answers: dict[str, str], expected: tuple[str, bool]
) -> None:
    postbox = Postbox(answers)
    async with serving(postbox) as port:
        assert await refused(mailer(port)) == expected
    assert postbox.letters == []


async def test_a_slow_server_is_given_up() -> None:
    async with serving(Postbox({"DATA": "wait"})) as port:
        assert await refused(mailer(port, seconds=0.3)) == ("timeout", False)


async def test_nobody_there() -> None:
    async with serving(Postbox()) as port:
        pass
    assert await refused(mailer(port)) == ("unreachable", False)


async def test_a_server_that_is_none() -> None:
    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    async with server:
        code, for_good = await refused(mailer(server.sockets[0].getsockname()[1]))
    assert code in ("unreachable", "disconnected")
    assert not for_good


async def test_delivered_is_delivered_even_if_the_goodbye_fails() -> None:
    postbox = Postbox({"QUIT": "die"})
    async with serving(postbox) as port:
        await mailer(port).send(MAIL)
    assert len(postbox.letters) == 1


# --- encryption -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    file: str
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificate")
    files = ensure_certificate(folder, [])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert_file, files.key_file)
    return Certificate(str(files.cert_file), context)


def check_password(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data == LoginPassword(b"desk", b"p@ss:word")
    return AuthResult(success=right, handled=right)


async def test_starttls_with_a_password(certificate: Certificate) -> None:
    postbox = Postbox()
    options: dict[str, Any] = {
        "tls_context": certificate.context,
        "authenticator": check_password,
        "auth_required": True,
    }
    async with serving(postbox, **options) as port:
        url = f"smtp://desk:p%40ss%3Aword@localhost:{port}?ca={certificate.file}"
        await SmtpMailer(SmtpServer.parse(url), SENDER).send(MAIL)
        wrong = replace(SmtpServer.parse(url), password="wrong")
        assert await refused(SmtpMailer(wrong, SENDER)) == ("sign_in_refused", False)
    assert postbox.encrypted == [True]


async def test_a_certificate_that_nobody_signed_is_not_trusted(certificate: Certificate) -> None:
    postbox = Postbox()
    async with serving(postbox, tls_context=certificate.context) as port:
        assert await refused(mailer(port)) == ("not_secure", False)
    async with serving(postbox, tls=certificate.context) as port:
        assert await refused(mailer(port, implicit_tls=True)) == ("not_secure", False)
    assert postbox.letters == []


async def test_encrypted_from_the_first_byte(certificate: Certificate) -> None:
    postbox = Postbox()
    async with serving(postbox, tls=certificate.context) as port:
        await mailer(port, implicit_tls=True, ca_file=certificate.file).send(MAIL)
    assert len(postbox.letters) == 1


async def test_required_encryption_that_is_not_offered(certificate: Certificate) -> None:
    postbox = Postbox()
    async with serving(postbox) as port:
        assert await refused(mailer(port, starttls="require")) == ("not_secure", False)
        await mailer(port, starttls="auto").send(MAIL)
    assert postbox.encrypted == [False]


# --- what people wrote ------------------------------------------------------------------------------------


@given(text=st.text(max_size=300), name=st.text(max_size=80), subject=st.text(max_size=120))
def test_no_text_makes_a_header(text: str, name: str, subject: str) -> None:
    encodable = text.encode(errors="ignore").decode()
    hostile = replace(MAIL, text=encodable, to_name=name, subject=subject)
    sender = SmtpMailer(SmtpServer("localhost", 25), SENDER)
    letter = sender._letter(hostile)  # pyright: ignore[reportPrivateUsage]
    raw = letter.as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    assert raw.isascii()
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line[:1].isspace()]
    assert names == [
        *(b"From", b"To", b"Subject", b"Date", b"Message-ID"),
        *(b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version", b"Content-Language"),
    ]


@pytest.mark.parametrize(
    "address",
    ["a@x.test\r\nBcc: b@y.test", "a@x.test, b@y.test", "é@x.test\n", "no address", "", "<a@x.test"],
)
async def test_a_forged_address_reaches_no_server(address: str) -> None:
    postbox = Postbox()
    async with serving(postbox) as port:
        assert await refused(mailer(port), replace(MAIL, to_address=address)) == ("address_invalid", True)
    assert postbox.letters == []


# --- settings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.test", SmtpServer("mail.test", 25)),
        ("smtp://u:p%2F@mail.test", SmtpServer("mail.test", 587, "u", "p/", starttls="require")),
        ("smtps://u:p@mail.test", SmtpServer("mail.test", 465, "u", "p", True, "require")),
        ("smtp://u:p@[::1]:2525?starttls=never", SmtpServer("::1", 2525, "u", "p", starttls="never")),
        (
            "smtp://mail.test?starttls=require&ca=/c",
            SmtpServer("mail.test", 25, None, None, False, "require", "/c"),
        ),
    ],
)
def test_the_address_of_a_server(url: str, server: SmtpServer) -> None:
    assert SmtpServer.parse(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.test",
        "http://u:secret@mail.test",
        "smtp://",
        "smtp://u:secret@mail.test:port",
        "smtp://u:secret@mail.test?starttls=maybe",
        "smtp://u:secret@mail.test?tls=1",
        "smtp://u:secret@mail.test/inbox",
    ],
)
def test_a_wrong_address_of_a_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        SmtpServer.parse(url)
    assert "secret" not in str(caught.value)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(SmtpServer.parse("smtp://u:secret@mail.test"))


@pytest.mark.parametrize("text", ["", "Shop", "Shop <>", "a@", "@b", "é@x.test", "a@x.test\nBcc: b@x.test"])
def test_a_sender_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="Shop <help"):
        address_of(text)


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ca="):
        SmtpMailer(SmtpServer("mail.test", 25, ca_file=str(tmp_path / "none.pem")), SENDER)
