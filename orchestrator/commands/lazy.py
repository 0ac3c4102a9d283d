"""Commands that are imported when they are used: `visavis policy check` need not wait for the web server."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group


def group_of(places: Mapping[str, str]) -> type[TyperGroup]:
    """A group whose commands are at these places, ``module:name`` of a function or of a Typer, by the command's name.

    The group's help imports them all.
    """

    class Lazy(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return list(places)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            # A name that is not there may be misspelt: all of them are needed to say what was meant.
            for name in [cmd_name] if cmd_name in places else places:
                if name not in self.commands:
                    self.commands[name] = _command(name, places[name])
            return self.commands.get(cmd_name)

    return Lazy


def _command(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        command = get_group(found)
        command.name = name
        return command
    single = typer.Typer(add_completion=False)
    single.command(name)(found)
    return get_command(single)
