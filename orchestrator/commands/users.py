"""``visavis user …``: accounts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from orchestrator.application.accounts import RoleName
from orchestrator.commands.shared import DataDir, fail, in_office, out

if TYPE_CHECKING:
    from orchestrator.main import BackOffice

users = typer.Typer(help="Accounts.", no_args_is_help=True)


@users.command("add")
def add_user(
    email: str,
    role: Annotated[str, typer.Option(help="agent, supervisor, designer or admin.")] = "agent",
    name: Annotated[
        str | None, typer.Option(help="What visitors see.", show_default="from the address")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make an account. The password is asked for."""
    roles: dict[str, RoleName] = {
        "agent": "agent", "supervisor": "supervisor", "designer": "designer", "admin": "admin",
    }  # fmt: skip
    if role not in roles:
        fail(f"There is no role {role!r}: use one of {', '.join(roles)}.")
    if "@" not in email[1:-1]:
        fail(f"{email!r} is no e-mail address.")
    password = _password(from_stdin=password_stdin)
    shown = name or email.split("@", maxsplit=1)[0].replace(".", " ").title()

    async def add(office: BackOffice) -> None:
        user = await office.accounts.create_user(email=email, name=shown, role=roles[role], password=password)
        out.print(f"{escape(user.email)} may sign in as [bold]{user.role}[/].")

    in_office(data_dir, add)


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
        table = Table("E-mail", "Name", "Role", "Id", box=None)
        for user in await office.accounts.list_users():
            table.add_row(escape(user.email), escape(user.name), user.role, user.id)
        out.print(table)

    in_office(data_dir, show)


@users.command("reset")
def reset_user(email: str, data_dir: DataDir = None) -> None:
    """Print a link with which somebody sets a new password, once and within an hour."""

    async def make(office: BackOffice) -> None:
        wanted = email.strip().lower()
        found = [user for user in await office.accounts.list_users() if user.email.lower() == wanted]
        if not found:
            fail(f"Nobody has the address {email}. `visavis user list` shows who has an account.")
        token, until = await office.accounts.make_reset_link(found[0].id)
        address = office.settings.public_url or f"http://{office.settings.host}:{office.settings.port}"
        out.print(
            f"{address.rstrip('/')}/desk/reset?token={token}", soft_wrap=True, markup=False, highlight=False
        )
        out.print(f"[dim]Works once, until {until:%H:%M} UTC.[/]")

    in_office(data_dir, make)
