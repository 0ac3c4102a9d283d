"""``visavis user …``: accounts."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from orchestrator.application.accounts import RoleName, UserChanges
from orchestrator.commands.shared import DataDir, fail, in_office, out
from rules.languages import canonical_tag
from rules.schema.base import SLUG

if TYPE_CHECKING:
    from orchestrator.application.records import User
    from orchestrator.main import BackOffice

_ROLES: dict[str, RoleName] = {
    "agent": "agent", "supervisor": "supervisor", "designer": "designer", "admin": "admin",
}  # fmt: skip

Groups = Annotated[
    list[str] | None,
    typer.Option("--group", help="A group and the rank in it (`advisors`, `experts:2`); may be repeated."),
]
Languages = Annotated[
    list[str] | None, typer.Option("--language", help="A language the agent speaks (`fr`); may be repeated.")
]
Skills = Annotated[
    list[str] | None,
    typer.Option("--skill", help="A skill and its level, 1 to 10 (`billing:3`); may be repeated."),
]

Chats = Annotated[
    int | None,
    typer.Option(min=0, max=100, help="How many chats at a time.", show_default="as the group says"),
]
Videos = Annotated[
    int | None,
    typer.Option(min=0, max=10, help="How many videos at a time.", show_default="as the group says"),
]

users = typer.Typer(help="Accounts.", no_args_is_help=True)


@users.command("add")
def add_user(
    email: str,
    role: Annotated[str, typer.Option(help="agent, supervisor, designer or admin.")] = "agent",
    name: Annotated[
        str | None, typer.Option(help="What visitors see.", show_default="from the address")
    ] = None,
    group: Groups = None,
    language: Languages = None,
    skill: Skills = None,
    chats: Chats = None,
    videos: Videos = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make an account. The password is asked for. Without groups an agent serves all, without languages everybody."""
    if "@" not in email[1:-1]:
        fail(f"{email!r} is no e-mail address.")
    wanted = _role(role)
    groups, skills = _pairs(group, "group"), _pairs(skill, "skill")
    languages = _languages(language)
    password = _password(from_stdin=password_stdin)
    shown = name or email.split("@", maxsplit=1)[0].replace(".", " ").title()

    async def add(office: BackOffice) -> None:
        user = await office.accounts.create_user(
            email=email,
            name=shown,
            role=wanted,
            password=password,
            languages=languages,
            groups=groups,
            skills=skills,
            slots=(chats, videos),
        )
        out.print(f"{escape(user.email)} may sign in as [bold]{user.role}[/].")

    in_office(data_dir, add)


@users.command("set")
def set_user(
    email: str,
    role: Annotated[str | None, typer.Option(help="agent, supervisor, designer or admin.")] = None,
    name: Annotated[str | None, typer.Option(help="What visitors see.")] = None,
    group: Groups = None,
    language: Languages = None,
    skill: Skills = None,
    chats: Chats = None,
    videos: Videos = None,
    no_groups: Annotated[bool, typer.Option("--no-groups", help="Serve every group.")] = False,
    no_languages: Annotated[bool, typer.Option("--no-languages", help="Serve every language.")] = False,
    no_skills: Annotated[bool, typer.Option("--no-skills", help="Take all skills away.")] = False,
    no_capacity: Annotated[
        bool, typer.Option("--no-capacity", help="Take as many conversations as the group says.")
    ] = False,
    may_propose_video: Annotated[
        bool | None, typer.Option("--video-proposals/--no-video-proposals", help="May offer video.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Change an account. What is named replaces what was there; the rest stays. A running service follows at once."""
    for option, given, none in (
        ("group", group, no_groups),
        ("language", language, no_languages),
        ("skill", skill, no_skills),
    ):
        if given and none:
            fail(f"--{option} and --no-{option}s contradict each other: use one of them.")
    if no_capacity and (chats is not None or videos is not None):
        fail("--no-capacity contradicts --chats and --videos: use one of them.")
    changes = UserChanges(
        name=name,
        role=None if role is None else _role(role),
        may_propose_video=may_propose_video,
        languages=_languages(language) if language or no_languages else None,
        groups=_pairs(group, "group") if group or no_groups else None,
        skills=_pairs(skill, "skill") if skill or no_skills else None,
    )

    async def change(office: BackOffice) -> None:
        before = await _find(office, email)
        slots = None
        if no_capacity:
            slots = (None, None)
        elif chats is not None or videos is not None:
            kept = before.chat_slots, before.video_slots
            slots = (kept[0] if chats is None else chats, kept[1] if videos is None else videos)
        user = await office.accounts.update_user(before.id, replace(changes, slots=slots))
        out.print(_table([user]))

    in_office(data_dir, change)


def _role(name: str) -> RoleName:
    if name not in _ROLES:
        fail(f"There is no role {name!r}: use one of {', '.join(_ROLES)}.")
    return _ROLES[name]


def _pairs(given: list[str] | None, what: str) -> tuple[tuple[str, int], ...]:
    """``experts:2`` as (experts, 2); without a number, 1."""
    pairs: list[tuple[str, int]] = []
    for text in given or ():
        name, colon, number = text.partition(":")
        if not re.fullmatch(SLUG, name) or (colon and not re.fullmatch(r"[0-9]{1,3}", number)):
            fail(f"{text!r} is no {what}: write for instance `--{what} name` or `--{what} name:2`.")
        pairs.append((name, int(number) if colon else 1))
    return tuple(pairs)


def _languages(given: list[str] | None) -> tuple[str, ...]:
    for tag in given or ():
        if canonical_tag(tag) is None:
            fail(f"{tag!r} is no language tag: write for instance `fr` or `en`.")
    return tuple(given or ())


async def _find(office: BackOffice, email: str) -> User:
    wanted = email.strip().lower()
    for user in await office.accounts.list_users():
        if user.email.lower() == wanted:
            return user
    fail(f"Nobody has the address {email}. `visavis user list` shows who has an account.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password (10 characters or more)", hide_input=True, confirmation_prompt=True)
    if not 10 <= len(password) <= 256:
        fail("A password has 10 to 256 characters.")
    return password


@users.command("list")
def list_users(data_dir: DataDir = None) -> None:
    """Everybody with an account."""

    async def show(office: BackOffice) -> None:
        out.print(_table(await office.accounts.list_users()))

    in_office(data_dir, show)


def _table(found: Sequence[User]) -> Table:
    table = Table(
        "E-mail", "Name", "Role", "Groups", "Languages", "Skills", "At a time", "Account", "Id", box=None
    )
    for user in found:
        table.add_row(
            escape(user.email),
            escape(user.name),
            user.role,
            _numbered(user.groups) or "every group",
            ", ".join(user.languages) or "any",
            _numbered(user.skills),
            _slots(user),
            "open" if user.deactivated_at is None else f"closed {user.deactivated_at:%Y-%m-%d}",
            user.id,
        )
    return table


def _slots(user: User) -> str:
    """How many conversations at a time, where it is not as the group says."""
    named = (("chats", user.chat_slots), ("videos", user.video_slots))
    return ", ".join(f"{number} {what}" for what, number in named if number is not None)


def _numbered(pairs: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{name}:{number}" for name, number in pairs)


@users.command("deactivate")
def deactivate_user(email: str, data_dir: DataDir = None) -> None:
    """Close an account: it is signed out at once, its conversations go back to the line, what it did stays."""

    async def close(office: BackOffice) -> None:
        user = await office.accounts.deactivate((await _find(office, email)).id)
        out.print(
            f"Nobody can sign in as {escape(user.email)} any more. `visavis user reactivate` undoes it."
        )

    in_office(data_dir, close)


@users.command("reactivate")
def reactivate_user(email: str, data_dir: DataDir = None) -> None:
    """Open an account again, with the password it had."""

    async def reopen(office: BackOffice) -> None:
        user = await office.accounts.reactivate((await _find(office, email)).id)
        out.print(f"{escape(user.email)} may sign in again as [bold]{user.role}[/].")

    in_office(data_dir, reopen)


@users.command("reset")
def reset_user(email: str, data_dir: DataDir = None) -> None:
    """Print a link with which somebody sets a new password, once and within an hour."""

    async def make(office: BackOffice) -> None:
        token, until = await office.accounts.make_reset_link((await _find(office, email)).id)
        address = office.settings.public_url or f"http://{office.settings.host}:{office.settings.port}"
        out.print(
            f"{address.rstrip('/')}/desk/reset?token={token}", soft_wrap=True, markup=False, highlight=False
        )
        out.print(f"[dim]Works once, until {until:%H:%M} UTC.[/]")

    in_office(data_dir, make)
