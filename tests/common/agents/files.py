"""Agents' files for tests."""

import re
from pathlib import Path

from common.agents.agent import Snapshot
from common.agents.file import read
from common.agents.folder import Folder
from common.config import Settings

DOCS = Path(__file__).parents[3] / "docs" / "agents.md"
CLINIC = """name = "Galil clinic"
languages = ["he", "en"]
switch = { he = ["Hebrew", "עברית"], en = ["English please", "אנגלית"] }
gender = "female"
address = "plural"
"""
"""What every agent needs."""

RULES = """
[[rule]]
name = "bye"
hears = ["bye"]
says = ["Goodbye!"]
ends_call = true

%s
[[rule]]
name = "rest"
hears = ["*"]
says = ["%s"]
"""
"""What an agent answers by: a rule of the test's own, and what it says to anything else."""


def write(folder: Path, text: str = CLINIC, key: str = "clinic") -> Path:
    """An agent's file."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{key}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def snapshot(folder: Path, more: str = "", settings: Settings | None = None) -> Snapshot:
    """The agent of ``CLINIC`` and more."""
    return read(write(folder, CLINIC + more), settings or Settings())


def folder_of(path: Path) -> Folder:
    """The agents in a folder; they are spoken for by a tone, so that no voice is told to be of the other gender."""
    return Folder(Settings(agents_dir=path, tts_vendor="tone"))


def blocks(language: str = "toml") -> list[str]:
    """The pieces of code in the docs."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]
