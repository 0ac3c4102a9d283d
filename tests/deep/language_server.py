"""The language server that editors run for YAML, spoken to as an editor would (Language Server Protocol, by stdio).

Installed from npm into a folder of its own: the product does not need it.
"""

from __future__ import annotations

import itertools
import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from web.pages import environment, npm_program

VERSION = "1.25.0"
"""Of yaml-language-server: https://www.npmjs.com/package/yaml-language-server"""
TIMEOUT = 60.0

Json = dict[str, Any]


def installed(folder: Path) -> Path:
    """The server's program, installed below ``folder``.

    Raises:
        subprocess.CalledProcessError: npm could not install it.
    """
    program = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if not program.is_file():
        command = [*npm_program(), "install", "--no-progress", "--prefix", str(folder)]
        subprocess.run(
            [*command, f"yaml-language-server@{VERSION}"],
            env=environment(),
            check=True,
            capture_output=True,
            timeout=300,
        )
    return program


class Editor:
    """What an editor does: opens a file, and asks about places of it."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._answers: dict[int, queue.SimpleQueue[Any]] = {}
        self._findings: queue.SimpleQueue[Json] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "capabilities": {
                    "workspace": {"configuration": True},
                    "textDocument": {"completion": {"completionItem": {"documentationFormat": ["markdown"]}}},
                },
            },
        )
        self._tell("initialized", {})

    def open(self, file: Path, text: str) -> list[str]:
        """What the editor underlines, as ``line: message``, counted from 1."""
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        while True:
            found = self._findings.get(timeout=TIMEOUT)
            if found["uri"] == file.as_uri():
                return [
                    f"{each['range']['start']['line'] + 1}: {each['message']}"
                    for each in found["diagnostics"]
                ]

    def completions(self, file: Path, line: int, column: int) -> dict[str, str]:
        """What can be written at a place (counted from 0), each with its explanation."""
        found = self.ask("textDocument/completion", _at(file, line, column))
        return {item["label"]: str(item.get("documentation") or "") for item in found["items"]}

    def hover(self, file: Path, line: int, column: int) -> str:
        """What is told when the pointer rests on a place (counted from 0)."""
        found = self.ask("textDocument/hover", _at(file, line, column))
        return "" if found is None else str(found["contents"])

    def ask(self, method: str, params: Json) -> Any:
        number = next(self._numbers)
        answer = self._answers[number] = queue.SimpleQueue()
        self._send({"id": number, "method": method, "params": params})
        return answer.get(timeout=TIMEOUT)

    def _tell(self, method: str, params: Json) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1])
            while stream.readline().strip():
                pass
            message: Json = json.loads(stream.read(length))
            if "method" not in message:
                self._answers.pop(message["id"]).put(message.get("result"))
            elif message["method"] == "textDocument/publishDiagnostics":
                self._findings.put(message["params"])
            elif "id" in message:  # it asks for the editor's settings: there are none
                items = message["params"].get("items", [])
                self._send({"id": message["id"], "result": [None for _ in items]})


def _at(file: Path, line: int, column: int) -> Json:
    return {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": column}}


@contextmanager
def editor(program: Path, root: Path) -> Iterator[Editor]:
    """An editor with the server behind it, in a folder."""
    process = subprocess.Popen(
        ["node", str(program), "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    try:
        yield Editor(process, root)
    finally:
        process.kill()
        process.wait()
