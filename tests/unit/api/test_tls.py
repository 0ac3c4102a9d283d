"""The self-signed certificate: kept while it is good, made anew when it is not."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator.tls import ensure_certificate, local_addresses

LAN = ["192.168.1.20"]


def test_kept_while_it_is_good(tmp_path: Path) -> None:
    first = ensure_certificate(tmp_path / "tls", LAN)
    assert ensure_certificate(tmp_path / "tls", LAN) == first
    assert ensure_certificate(tmp_path / "tls", []) == first, "an address less is no reason for a new one"
    assert ensure_certificate(tmp_path / "tls", ["10.0.0.7"]).fingerprint != first.fingerprint


def test_made_anew_before_it_ends(tmp_path: Path) -> None:
    first = ensure_certificate(tmp_path, LAN)
    later = datetime.now(UTC) + timedelta(days=390)
    assert ensure_certificate(tmp_path, LAN, now=later).fingerprint != first.fingerprint


def test_made_anew_when_it_is_broken(tmp_path: Path) -> None:
    first = ensure_certificate(tmp_path, LAN)
    first.cert_file.write_text("not a certificate")
    assert ensure_certificate(tmp_path, LAN).fingerprint != first.fingerprint


def test_can_be_served_and_the_key_is_private(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path / "tls", LAN)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.cert_file, made.key_file)
    assert stat.S_IMODE(made.key_file.stat().st_mode) == 0o600


def test_addresses_of_the_network_are_no_loopback() -> None:
    assert not [address for address in local_addresses() if address.startswith(("127.", "169.254."))]
