"""A certificate for trying things out: self-signed, for this machine's names and addresses.

Browsers give a page the camera on https or on localhost only, so a phone in the same network needs this. It warns
once, because nobody vouches for the certificate; for real use, put a proxy with a real one in front.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Phones refuse a certificate that is valid for longer than 825 days.
_VALID = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two PEM files, and the fingerprint a person can compare with what the browser shows."""

    cert_file: Path
    key_file: Path
    fingerprint: str


def local_addresses() -> list[str]:
    """The addresses of this machine in its network, the usual one first; empty when it has none."""
    found: list[str] = []
    # Connecting a datagram socket sends nothing: it only asks the routing table which address would be used.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found.append(str(probe.getsockname()[0]))
    with contextlib.suppress(OSError):
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [address for address in dict.fromkeys(found) if not _is_useless(address)]


def _is_useless(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.is_loopback or parsed.is_unspecified or parsed.is_link_local


def ensure_certificate(folder: Path, addresses: list[str], *, now: datetime | None = None) -> Certificate:
    """Return the kept certificate, or a new one when it would soon end or lacks an address of this machine.

    It is kept because everybody who accepted it would have to accept a new one.
    """
    now = now or datetime.now(UTC)
    cert_file, key_file = folder / "certificate.pem", folder / "key.pem"
    wanted = ["127.0.0.1", "::1", *addresses]
    kept = _load(cert_file, key_file)
    if kept is None or not _is_good(kept, wanted, now):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = _make(cert_file, key_file, wanted, now)
    return Certificate(cert_file, key_file, kept.fingerprint(hashes.SHA256()).hex(":").upper())


def _load(cert_file: Path, key_file: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(cert_file.read_bytes()) if key_file.exists() else None
    except (OSError, ValueError):
        return None


def _is_good(certificate: x509.Certificate, wanted: list[str], now: datetime) -> bool:
    if certificate.not_valid_after_utc - _RENEW_BEFORE < now:
        return False
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    held = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    return held >= set(wanted)


def _make(cert_file: Path, key_file: Path, addresses: list[str], now: datetime) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Vis-à-vis (self-signed)")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in dict.fromkeys(addresses)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks of phones differ a little
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # The file is made unreadable for others before anything secret is in it.
    key_file.unlink(missing_ok=True)
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate
