"""Hebrew fractions and numbers with a fraction (sans-I/O).

    1/2 חצי      2/3 שני שלישים      3/4 שלושה רבעים      2/5 שתי חמישיות      1/12 אחת חלקי שתים עשרה

Halves, thirds and quarters are masculine, fifths to tenths feminine. Before what they are of, three quarters are construct (שלושת רבעי
כוס), and two thirds take של: without points שני שלישי would be read as two days of the week.
"""

import re

from tts_worker.front_end.hebrew.nouns import Gender, noun_at
from tts_worker.front_end.hebrew.numbers import END, START, cardinal
from tts_worker.front_end.names import HEBREW
from tts_worker.front_end.scan import Rule, before, rule

_NAMES: dict[int, tuple[str, str, Gender]] = {
    2: ("חצי", "חצאים", "m"),
    3: ("שליש", "שלישים", "m"),
    4: ("רבע", "רבעים", "m"),
    5: ("חמישית", "חמישיות", "f"),
    6: ("שישית", "שישיות", "f"),
    7: ("שביעית", "שביעיות", "f"),
    8: ("שמינית", "שמיניות", "f"),
    9: ("תשיעית", "תשיעיות", "f"),
    10: ("עשירית", "עשיריות", "f"),
}
_BEFORE_A_NOUN = {"שלושה רבעים": "שלושת רבעי", "שני שלישים": "שני שלישים של"}
_SIGNS = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8)}
_SIGN = f"[{''.join(_SIGNS)}]"
_STREET = re.compile(r"(?:רחוב|רח['׳]|שדרות|שד['׳]|סמטת)\s+(?:[א-ת\"״'׳-]+\s+){1,3}$")
_UNIT = re.compile(r"\s?(?:[קסמ][\"״][מגלר]|[למ]['׳])")
_SCALE = re.compile(r"\s+(?:אלף|מיליון|מיליארד)(?![א-ת])")


def fraction(above: int, below: int) -> str:
    """A fraction that counts nothing."""
    if above == below:
        return f"{cardinal(above)} {cardinal(below)}"
    if above > below or below not in _NAMES:
        return f"{cardinal(above)} חלקי {cardinal(below)}"
    one, many, gender = _NAMES[below]
    return one if above == 1 else f"{cardinal(above, gender, construct=above == 2)} {many}"


def _fraction(found: re.Match[str]) -> str | None:
    above, below = _SIGNS[found["sign"]] if found["sign"] else (int(found["above"]), int(found["below"]))
    if found["whole"]:
        return _with_whole(found, above, below)
    if _STREET.search(before(found)):  # a house and a flat
        return f"{cardinal(above)} {HEBREW.slash} {cardinal(below)}"
    spoken = fraction(above, below)
    noun = noun_at(found.string, found.end())
    before_a_noun = _UNIT.match(found.string, found.end()) or (noun and noun.singular)
    return _BEFORE_A_NOUN.get(spoken, spoken) if before_a_noun else spoken


def _with_whole(found: re.Match[str], above: int, below: int) -> str | None:
    if above >= below:
        return None
    noun = noun_at(found.string, found.end())
    return f"{cardinal(int(found['whole']), noun.gender if noun else 'f')} ו{fraction(above, below)}"


def _before_a_part(found: re.Match[str]) -> str:
    """The whole number in "3 and a half days"."""
    noun = noun_at(found.string, found.end("part"))
    scaled = _SCALE.match(found.string, found.end("part"))
    return cardinal(int(found["whole"]), noun.gender if noun else "m" if scaled else "f") + found["part"]


RULES: list[Rule] = [
    rule(rf"{START}(?P<whole>\d{{1,3}})(?P<part>\s+ו(?:חצי|רבע|שליש)(?![א-ת]))", _before_a_part),
    rule(
        rf"{START}(?:(?P<whole>\d{{1,3}})(?:\s+(?=\d)|\s?(?={_SIGN})))?"
        rf"(?:(?P<sign>{_SIGN})|(?P<above>\d{{1,2}})/(?P<below>\d{{1,3}}){END})",
        _fraction,
    ),
]
