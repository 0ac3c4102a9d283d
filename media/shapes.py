"""Whether the installed aiortc and aioice have the shape that :mod:`media.hooks` was written for."""

import inspect
from importlib.metadata import version
from types import CodeType
from typing import Final

import aioice.ice
from aiortc import RTCDtlsTransport, RTCIceGatherer

from media.errors import HookMismatch

AIORTC_VERSIONS: Final = ((1, 16), (1, 17))
"""Supported: from the first, up to and without the second."""
AIOICE_VERSIONS: Final = ((0, 13), (0, 14))

_SHAPES: Final[tuple[tuple[type, str, tuple[str, ...], bool], ...]] = (
    (RTCDtlsTransport, "_handle_rtp_data", ("self", "data", "arrival_time_ms"), True),
    (RTCDtlsTransport, "_handle_rtcp_data", ("self", "data"), True),
    (RTCDtlsTransport, "_send_rtp", ("self", "data"), True),
    (aioice.ice.Connection, "data_received", ("self", "data", "component"), False),
    (aioice.ice.Connection, "check_incoming", ("self", "message", "addr", "protocol"), False),
    (aioice.ice.Connection, "build_request", ("self", "pair", "nominate"), False),
    (
        aioice.ice.Connection,
        "get_component_candidates",
        ("self", "component", "addresses", "timeout"),
        True,
    ),
)
"""(class, method, its parameters, whether it is a coroutine function)."""

_CALLS: Final[tuple[tuple[type, str, str], ...]] = (
    (RTCDtlsTransport, "_recv_next", "_handle_rtp_data"),
    (RTCDtlsTransport, "_recv_next", "_handle_rtcp_data"),
    (aioice.ice.StunProtocol, "datagram_received", "data_received"),
    (aioice.ice.Connection, "request_received", "check_incoming"),
    (aioice.ice.Connection, "gather_candidates", "get_component_candidates"),
)
"""(class, method, name it must use): that an overridden method is still the one that is called."""


def check_hooks() -> None:
    """Compare the installed aiortc and aioice with what the hooks need.

    :raises HookMismatch: with every difference.
    """
    problems = [
        *_version_problem("aiortc", AIORTC_VERSIONS),
        *_version_problem("aioice", AIOICE_VERSIONS),
    ]
    for owner, name, expected, is_coroutine in _SHAPES:
        found = getattr(owner, name, None)
        where = f"{owner.__module__}.{owner.__name__}.{name}"
        if found is None:
            problems.append(f"{where} does not exist")
            continue
        if inspect.iscoroutinefunction(found) is not is_coroutine:
            problems.append(f"{where} is {'no longer' if is_coroutine else 'now'} a coroutine function")
        signature = inspect.signature(found)
        if tuple(signature.parameters) != expected:
            problems.append(f"{where} has the signature {signature}, expected {', '.join(expected)}")
    for owner, name, used in _CALLS:
        code = getattr(getattr(owner, name, None), "__code__", None)
        if code is None or used not in _names_used(code):
            problems.append(f"{owner.__module__}.{owner.__name__}.{name} does not call {used}")
    connection = getattr(RTCIceGatherer(iceServers=[]), "_connection", None)
    for attribute in ("_queue", "_nominated", "_protocols", "remote_password"):
        if not hasattr(connection, attribute):
            problems.append(f"aioice.Connection.{attribute} does not exist")
    if problems:
        raise HookMismatch("the installed aiortc/aioice cannot be used: " + "; ".join(problems))


def _names_used(code: CodeType) -> set[str]:
    """Names a function uses, its comprehensions and inner functions included."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names_used(constant)
    return names


def _version_problem(package: str, supported: tuple[tuple[int, int], tuple[int, int]]) -> list[str]:
    installed = version(package)
    major_minor = tuple(int(part) for part in installed.split(".")[:2])
    if supported[0] <= major_minor < supported[1]:
        return []
    low, high = (".".join(map(str, bound)) for bound in supported)
    return [f"{package} {installed} is installed, {low} up to but not {high} is needed"]
