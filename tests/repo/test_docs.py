"""What the documents point at is there: files, headings, commands."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.e2e.gateway_process import ROOT

DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def anchors(document: Path) -> set[str]:
    """Where a link into it may lead: its headings, as GitHub makes anchors of them, and those that it names itself."""
    text = document.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(re.findall(r'<a id="([^"]+)"', text))


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    return target.exists() and (not anchor or anchor in anchors(target))


def commands(document: Path, pattern: str) -> list[str]:
    """What the pattern finds in the code of a document."""
    return [found for code in _CODE.findall(document.read_text(encoding="utf-8")) for found in re.findall(pattern, code)]


def is_a_program(module: str) -> bool:
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


@pytest.mark.parametrize("document", DOCS, ids=name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", _CODE.sub("", document.read_text(encoding="utf-8")))
    assert [link for link in links if not link.startswith("https://") and not leads_somewhere(document, link)] == []


@pytest.mark.parametrize("document", DOCS, ids=name)
def test_every_target_of_make_is_one(document: Path) -> None:
    assert set(commands(document, r"\bmake ([a-z][a-z-]*)")) <= TARGETS


@pytest.mark.parametrize("document", DOCS, ids=name)
def test_every_program_is_there(document: Path) -> None:
    named = commands(document, r"python -m ([\w.]+\w)")
    assert [module for module in named if not is_a_program(module)] == []
