"""The words of each language that matter for whose turn it is: one TOML file a language beside this one."""

import tomllib
from functools import cache
from pathlib import Path

from common.phrases import base_language
from gateway.turn.words import Lexicon, normalise


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language (BCP 47); an empty one where there is no file for it."""
    path = Path(__file__).parent / f"{Path(base_language(language)).name}.toml"
    if not path.is_file():
        return Lexicon()
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    return Lexicon(**{name: frozenset(map(normalise, words)) for name, words in lists.items()})
