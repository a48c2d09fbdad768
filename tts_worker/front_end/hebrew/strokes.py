"""Hebrew words with a stroke between them (sans-I/O).

Two forms of one word, the second of which may be its ending alone (רופא/ה, מוזמן/ת, תרצה/י), or two words (כן/לא): one or the other.
"""

import re

from tts_worker.front_end.scan import Rule, before, rule

_OR = " או "
_INSTEAD_OF = {"ת": "", "ה": "", "ית": "ה", "י": "ה", "ו": "ה", "ות": "ים", "ים": "ות", "ן": "ם"}
"""Endings, and what they stand in place of, if the word has it."""
_MEDIAL = str.maketrans("ךםןףץ", "כמנפצ")


def _either(found: re.Match[str]) -> str | None:
    if re.search(r"\d\s+$", before(found)):  # so much of something for each of something else
        return None
    first, *others = found[0].split("/")
    return _OR.join([first, *(_form(first, other) for other in others)])


def _form(word: str, written: str) -> str:
    """The word that is meant by another, or by its ending."""
    if written not in _INSTEAD_OF:
        return written
    ending = _INSTEAD_OF[written]
    stem = word.removesuffix(ending) if ending else word
    return stem[:-1] + stem[-1].translate(_MEDIAL) + written


RULES: list[Rule] = [
    rule(r"(?<![א-ת])ו/או(?![א-ת])", "או"),
    rule(r"(?<![א-ת\"״'׳])[א-ת]{2,}(?:/[א-ת]+)+(?![א-ת\"״'׳]|\.[א-ת])", _either),
]
