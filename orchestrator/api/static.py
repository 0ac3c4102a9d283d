"""The built pages: the widget, the desk and the demo shop. Served from `orchestrator/static`, made by the web build."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).resolve().parent.parent / "static"

# Vite puts a hash of the content into the names of what a page loads: such a file never changes.
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
_FOR_EVER = "public, max-age=31536000, immutable"
# Asked again every time and answered 304 mostly: a new build shows at once, in particular the widget on
# customers' pages, whose address cannot change.
_ASK_AGAIN = "no-cache"

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Pages not built</title>
<h1>The pages are not built yet</h1>
<p>The service runs, but its folder of pages is empty. In a checkout, build them with
<code>npm --prefix web ci</code> and <code>npm --prefix web run build</code>, then load this page again.
A released package has them inside.</p></html>"""


class Pages(StaticFiles):
    """One folder of built pages, with caching that fits how the build names its files."""

    def __init__(self, folder: Path) -> None:
        # Not checked here: the folder may be built while the service runs.
        super().__init__(directory=folder, html=True, check_dir=False)
        self.config_checked = True
        self._folder = folder

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not (self._folder / "index.html").is_file():
            return not_built()
        try:
            response = await super().get_response(path, scope)
        except HTTPException as missing:
            # A page may have addresses of its own below its folder; a file with an ending is just missing.
            if missing.status_code != 404 or "." in Path(path).name:
                raise
            response = await super().get_response("index.html", scope)
        response.headers["cache-control"] = _FOR_EVER if _HASHED.search(path) else _ASK_AGAIN
        return response


def not_built() -> Response:
    return HTMLResponse(
        _NOT_BUILT, status_code=503, headers={"cache-control": "no-store", "retry-after": "5"}
    )


def is_built(static: Path = STATIC) -> bool:
    """Say whether the pages are there."""
    return all((static / name).is_file() for name in ("widget.js", "desk/index.html"))


def install(app: FastAPI, static: Path = STATIC, *, demo: bool = True) -> None:
    """Mount the pages. The shop is there for demonstrations only."""
    files = StaticFiles(directory=static, check_dir=False)

    @app.get("/widget.js", include_in_schema=False)
    async def widget(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        if not (static / "widget.js").is_file():
            return not_built()
        response = await files.get_response("widget.js", request.scope)
        response.headers["cache-control"] = _ASK_AGAIN
        return response

    @app.get("/", include_in_schema=False)
    async def home() -> Response:  # pyright: ignore[reportUnusedFunction]
        return RedirectResponse("demo/" if demo else "desk/", status_code=307)

    app.mount("/desk", Pages(static / "desk"), name="desk")
    if demo:
        app.mount("/demo", Pages(static / "demo"), name="demo")
