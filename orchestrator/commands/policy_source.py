"""Where a command takes a policy from: a folder, or the store, which has what is live and what ever was."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

from rules.findings import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rules.policy import Policy

_REVISION = re.compile(r"[0-9a-f]{12}")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
LIVE = "live"
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
LIVE = "live"


class SourceError(Exception):
    """There is no such policy, or it cannot be read: the message says why, and what to do."""


def policy_from(name: str, data_dir: Path | None) -> Policy:
    """The policy that ``name`` stands for: a folder, or else ``live``, an activation's number or a revision.

    Raises:
        SourceError: there is no policy of that name, or it has mistakes.
    """
    from rules.load import compile_policy, load_policy  # noqa: PLC0415 - the guard compiler takes a moment to load

    try:
        if Path(name).is_dir():
            return load_policy(Path(name))
        if name == LIVE or _NUMBER.fullmatch(name) or _REVISION.fullmatch(name):
            return compile_policy(_files(name, data_dir))
    except PolicyError as error:
        raise SourceError(f"{name} is no policy that can be used:\n{error}") from error
    raise SourceError(
        f"There is no folder {name}, and nothing in the store is called so: write `live`, a number of "
        "`visavis policy revisions`, or a revision, which is 12 digits and letters from a to f."
    )


def _files(name: str, data_dir: Path | None) -> Mapping[str, str]:
    from orchestrator.adapters.store import SqlStore  # noqa: PLC0415
    from orchestrator.adapters.unreachable import Unreachable  # noqa: PLC0415
    from orchestrator.commands.shared import read_settings  # noqa: PLC0415
    from orchestrator.main import upgrade_database  # noqa: PLC0415
    from orchestrator.observability import configure_logs  # noqa: PLC0415
    from orchestrator.settings import SettingError  # noqa: PLC0415

    settings = read_settings(data_dir)
    configure_logs("ERROR")

    async def read() -> Mapping[str, str] | None:
        await upgrade_database(settings)
        store = SqlStore(settings.database)
        try:
            async with store.transaction(read_only=True) as tx:
                revision = name
                if name == LIVE:
                    head = await tx.activations.head()
                    revision = head.revision if head is not None else ""
                elif not _REVISION.fullmatch(name):
                    activation = await tx.activations.get(int(name))
                    revision = activation.revision if activation is not None else ""
                return await tx.policies.files(revision)
        finally:
            await store.close()

    try:
        found = asyncio.run(read())
    except (SettingError, Unreachable) as error:
        raise SourceError(str(error)) from error
    if found is None:
        raise SourceError(
            f"The store has no policy {name}. Check --data-dir and VISAVIS_DATABASE_URL, or name a folder."
        )
    return found
