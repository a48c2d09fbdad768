"""The words of each language that matter for whose turn it is: one TOML file a language beside this one.

A file has one list a rule; the lists and what they mean are the fields of ``gateway.turn.words.Lexicon``.
Any list may be missing. ``number_lengths`` is a table: what a number is called, and how many digits it may have.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path

from common.errors import ConfigError
from common.language import base_language
from gateway.turn.words import Lexicon, normalise

_FOLDER = Path(__file__).parent
_LENGTHS = "number_lengths"
_LISTS = frozenset(rule.name for rule in fields(Lexicon)) - {_LENGTHS}


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language (BCP 47); an empty one where there is no file for it.

    Raises:
        ConfigError: the file is no lexicon; says which list and which entry is bad.
    """
    path = _FOLDER / f"{Path(base_language(language)).name}.toml"
    return load(path) if path.is_file() else Lexicon()


def check() -> list[str]:
    """Load every file, so that a bad one ends the start and not a call; the languages there are.

    Raises:
        ConfigError: a file is no lexicon; says which list and which entry is bad.
    """
    languages = sorted(path.stem for path in _FOLDER.glob("*.toml"))
    for language in languages:
        lexicon(language)
    return languages


def load(path: Path) -> Lexicon:
    """The lexicon in a file.

    Raises:
        ConfigError: the file is no lexicon; says which list and which entry is bad.
    """
    try:
        rules = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
    unknown = sorted(rules.keys() - _LISTS - {_LENGTHS})
    if unknown:
        raise ConfigError(f"{path.name}: there is no list {unknown[0]!r}; there are {', '.join(sorted(_LISTS | {_LENGTHS}))}")
    lengths = _table(path.name, rules.pop(_LENGTHS, {}))
    return Lexicon(number_lengths=lengths, **{name: _words(path.name, name, entries) for name, entries in rules.items()})


def _words(file: str, name: str, entries: object) -> frozenset[str]:
    if not isinstance(entries, list):
        raise ConfigError(f"{file}: {name} is a list of words")
    return frozenset(_word(file, name, entry) for entry in entries)


def _word(file: str, name: str, entry: object) -> str:
    words = normalise(entry) if isinstance(entry, str) else ""
    if not words:
        raise ConfigError(f"{file}: {name} has {entry!r}, which is no word")
    return words


def _table(file: str, table: object) -> Mapping[str, frozenset[int]]:
    if not isinstance(table, dict):
        raise ConfigError(f"{file}: {_LENGTHS} is a table")
    return {_word(file, _LENGTHS, kind): _digits(file, kind, lengths) for kind, lengths in table.items()}


def _digits(file: str, kind: str, lengths: object) -> frozenset[int]:
    whole = isinstance(lengths, list) and lengths and all(type(length) is int and length > 0 for length in lengths)
    if not isinstance(lengths, list) or not whole:
        raise ConfigError(f"{file}: {_LENGTHS} has {kind!r} = {lengths!r}; it takes a list of numbers of digits")
    return frozenset(lengths)
