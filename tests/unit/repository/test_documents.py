"""The documents lead where they say, and every decision has a number and a form of its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "bot/*.md", "media/*.md")
    for path in ROOT.glob(pattern)
    if ".venv" not in path.parts
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


def anchors(document: Path) -> set[str]:
    """The headings of a document as addresses, as they are made on the pages where it is read."""
    found: set[str] = set()
    for line in CODE.sub(lambda code: "`" + code[0].strip("`") + "`", document.read_text()).splitlines():
        if line.startswith("#"):
            plain = line.lstrip("#").strip().lower().replace("`", "")
            found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def links() -> Iterator[tuple[Path, str]]:
    for document in DOCUMENTS:
        for target in LINK.findall(CODE.sub("", document.read_text())):
            if not re.match(r"[a-z]+:", target):
                yield document, target


@pytest.mark.parametrize(
    ("document", "target"), [pytest.param(*link, id=f"{link[0].name}-{link[1]}") for link in links()]
)
def test_a_link_leads_somewhere(document: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    there = (document.parent / path).resolve() if path else document
    assert there.exists(), f"{document.relative_to(ROOT)} links to {target}, which is not there"
    if anchor and there.suffix == ".md":
        assert anchor in anchors(there)


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = Counter(path.name[:4] for path in DECISIONS)
    assert [number for number, count in numbers.items() if count > 1] == []


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_says_why_what_and_what_follows(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"# {path.name[:4]} - ")
    for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
        assert part in text
