"""Machines of their own for the media node and two participants, and a router between them that can be made bad.

Everything is made inside a private network and mount namespace (`prepared`), so that it is gone with the process that
made it, however that ends, and two runs never meet. Without root, a user namespace gives the same rights in there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

TOOLS = {"ip": "iproute2", "nft": "nftables", "unshare": "util-linux", "mount": "mount"}
ADDRESS = {"media": "10.77.0.2", "visitor": "10.77.1.2", "agent": "10.77.2.2", "turn": "10.77.3.2"}
TABLE = "visavis"


class NoNetworksError(Exception):
    """Says what to do about it."""


@cache
def prepared() -> tuple[str, ...]:
    """The command that gives another one a network of its own, after a look at whether it works here."""
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", *missing]):
            subprocess.run(command, capture_output=True, check=False)
        missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if missing:
        raise NoNetworksError(f"install {' '.join(missing)} (as root this is tried with apt-get)")
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    # With a process namespace, whatever runs in there ends with the first process.
    command = ("unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--")
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise NoNetworksError(
            "network namespaces cannot be made here: run the tests as root, or let users make them "
            f"(sysctl kernel.unprivileged_userns_clone=1), or leave these out with "
            f"--deselect tests/integration/netns. unshare says: {tried.stderr.strip()}"
        )
    return command


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNetworksError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Network:
    """Four machines, ``media``, ``visitor``, ``agent`` and ``turn``, each in a subnet of its own behind one router."""

    def __init__(self) -> None:
        # This process is the router. /run is private here, and `ip netns` keeps its names there.
        run("mount", "-t", "tmpfs", "tmpfs", "/run")
        run("ip", "link", "set", "lo", "up")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self._names = {machine: f"visavis-{machine}-{os.getpid()}" for machine in ADDRESS}
        for machine, address in ADDRESS.items():
            name, gateway = self._names[machine], address.rsplit(".", 1)[0] + ".1"
            run("ip", "netns", "add", name)
            run("ip", "link", "add", machine, "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "addr", "add", f"{gateway}/24", "dev", machine)
            run("ip", "link", "set", machine, "up")
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", name, "link", "set", "lo", "up")
            run("ip", "-n", name, "link", "set", "eth0", "up")
            run("ip", "-n", name, "route", "add", "default", "via", gateway)
        run("nft", "add", "table", "ip", TABLE)
        run("nft", "add", "chain", "ip", TABLE, "way", "{ type filter hook forward priority 0; }")

    def inside(self, machine: str, command: Sequence[str]) -> list[str]:
        """``command`` as it is run on that machine."""
        return ["ip", "netns", "exec", self._names[machine], *command]

    def lose(self, percent: int) -> None:
        """Drop this share of all packets between the machines, by chance, in every direction."""
        self.heal()
        if percent >= 100:
            run("nft", "add", "rule", "ip", TABLE, "way", "counter", "drop")
        elif percent > 0:
            chance = ("numgen", "random", "mod", "100", "<", str(percent))
            run("nft", "add", "rule", "ip", TABLE, "way", *chance, "counter", "drop")

    def heal(self) -> None:
        run("nft", "flush", "chain", "ip", TABLE, "way")

    def lost(self) -> int:
        """Packets dropped by the rule that is in force."""
        words = run("nft", "list", "chain", "ip", TABLE, "way").split()
        return int(words[words.index("packets") + 1]) if "packets" in words else 0

    def translate(self, machine: str) -> None:
        """Put the machine behind a NAT: nobody can begin to talk to it, and it appears under another address."""
        run("nft", "add", "table", "ip", "nat")
        run("nft", "add", "chain", "ip", "nat", "out", "{ type nat hook postrouting priority 100; }")
        run("nft", "add", "rule", "ip", "nat", "out", "iifname", machine, "masquerade", "random")
        run("nft", "add", "chain", "ip", "nat", "in", "{ type filter hook forward priority -10; }")
        run(
            "nft",
            "add",
            "rule",
            "ip",
            "nat",
            "in",
            "oifname",
            machine,
            "ct",
            "state",
            "new",
            "counter",
            "drop",
        )

    def forbid(self, machine: str, *what: str) -> None:
        """A firewall drops what this machine sends and the words of nft name, as ``udp dport 3478``."""
        run("nft", "add", "rule", "ip", TABLE, "way", "iifname", machine, *what, "counter", "drop")

    def take_address(self, machine: str) -> None:
        """The machine's address is gone, as with a phone that leaves its network."""
        run("ip", "-n", self._names[machine], "addr", "flush", "dev", "eth0")

    def give_address(self, machine: str, address: str) -> None:
        """Another address in the machine's subnet, as after a change of network."""
        name, gateway = self._names[machine], ADDRESS[machine].rsplit(".", 1)[0] + ".1"
        run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
        run("ip", "-n", name, "route", "replace", "default", "via", gateway)

    def remove(self) -> None:
        for name in self._names.values():
            run("ip", "netns", "delete", name)


@contextmanager
def network() -> Iterator[Network]:
    made = Network()
    try:
        yield made
    finally:
        made.remove()
