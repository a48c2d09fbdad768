"""The golden table of the text front end: ``tests/data/front_end``.

An item says how a written text is spoken, and which named source says so. The table was written from its
sources before any code of the front end, and is not to be changed to what the code happens to say.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path("tests/data/front_end")
LANGUAGES = ("he", "en")
_NOTHING = "∅"


@dataclass(frozen=True, slots=True)
class Item:
    language: str
    kind: str
    written: str
    spoken: str
    source: str


def items() -> list[Item]:
    """The whole table."""
    return [_item(language, line) for language in LANGUAGES for line in _lines(FOLDER / f"{language}.tsv")]


@cache
def classes() -> dict[tuple[str, str], list[Item]]:
    """The table by language and class."""
    by_class: dict[tuple[str, str], list[Item]] = {}
    for item in items():
        by_class.setdefault((item.language, item.kind), []).append(item)
    return by_class


def sources() -> dict[str, dict[str, str]]:
    """By language, what each key of a source stands for."""
    return tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))


def pronunciations() -> dict[str, dict[str, str]]:
    """By language, those with which the items of the class ``dictionary`` are read."""
    return tomllib.loads((FOLDER / "dictionary.toml").read_text(encoding="utf-8"))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def _item(language: str, line: str) -> Item:
    kind, written, spoken, source = line.split("\t")
    return Item(language, kind, written, "" if spoken == _NOTHING else spoken, source)
