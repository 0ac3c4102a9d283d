"""``/docs``: the interface to read, made from the OpenAPI document. No scripts, and nothing from other servers."""

from __future__ import annotations

from html import escape
from json import dumps
from typing import Any

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
code, pre { font: 0.875rem/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid var(--line); border-radius: 6px; }
details { border-bottom: 1px solid var(--line); padding: 0.4rem 0; } summary { cursor: pointer; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0;
vertical-align: top; } th { border-bottom: 1px solid var(--line); }
"""


def install(app: FastAPI) -> None:
    """Serve the page and its style (the page's own policy forbids inline ones)."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:  # pyright: ignore[reportUnusedFunction]
        return HTMLResponse(render(app.openapi()), headers={"cache-control": "no-cache"})

    @app.get("/docs/style.css", include_in_schema=False)
    async def style() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(_STYLE, media_type="text/css", headers={"cache-control": "no-cache"})


def render(document: dict[str, Any]) -> str:
    """Make the page of a document."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{escape(info['title'])} · interface</title>",
        "<link rel='icon' href='data:,'><link rel='stylesheet' href='docs/style.css'>",
        f"<h1>{escape(info['title'])}</h1><p>Version {escape(info['version'])} · ",
        "<a href='openapi.json'>openapi.json</a></p>",
        f"<p>{_words(info.get('description', ''))}</p>",
    ]
    for tag in document.get("tags", []):
        parts.append(f"<h2>{escape(tag['name'])}</h2><p>{_words(tag['description'])}</p>")
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation.get("tags", []):
                    parts.append(_operation(method, path, operation))
    parts.append("<h2>Schemas</h2>")
    parts += [_schema(name, schema) for name, schema in document["components"]["schemas"].items()]
    return "".join(parts) + "</html>"


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    needs = ", ".join(name for one in operation.get("security", []) for name in one) or "nobody in particular"
    body = operation.get("requestBody", {}).get("content", {})
    rows = [("Who", escape(needs))]
    rows += [
        ("Body", f"{escape(media)}: {_type(content.get('schema', {}))}") for media, content in body.items()
    ]
    for status, answer in operation["responses"].items():
        shapes = [_type(content.get("schema", {})) for content in answer.get("content", {}).values()]
        rows.append((escape(status), ", ".join(shapes) or escape(answer.get("description", ""))))
    table = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows)
    return (
        f"<details><summary><span class='method'>{method.upper()}</span><code>{escape(path)}</code></summary>"
        f"<p>{_words(operation.get('description', ''))}</p><table>{table}</table></details>"
    )


def _schema(name: str, schema: dict[str, Any]) -> str:
    examples = "".join(f"<p>Example</p><pre>{_json(one)}</pre>" for one in schema.get("examples", []))
    bare = {key: value for key, value in schema.items() if key not in ("examples", "description", "title")}
    return (
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>"
        f"<p>{_words(schema.get('description', ''))}</p>{examples}<pre>{_json(bare)}</pre></details>"
    )


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f"<a href='#{name}'><code>{name}</code></a>"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("type", "anything")))


def _json(value: object) -> str:
    return escape(dumps(value, indent=2, ensure_ascii=False))


def _words(text: str) -> str:
    """Plain words with code in backquotes."""
    pieces = escape(text).split("`")
    return "".join(piece if index % 2 == 0 else f"<code>{piece}</code>" for index, piece in enumerate(pieces))
