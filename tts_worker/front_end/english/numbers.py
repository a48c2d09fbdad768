"""English numbers in words, the American way: no "and", digits one by one behind the point (sans-I/O)."""

import re

from num2words import num2words

from tts_worker.front_end.names import ENGLISH
from tts_worker.front_end.scan import Rule, apart, before, rule

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
START = r"(?<![\w.,:/])"
END = r"(?![\w:/]|[.,]\d)"
TO = r"\s*[-–]\s*"
SCALE = "thousand|million|billion"
_LONGEST = 10**15
"""Nobody follows a longer number in words."""
_BLOOD_PRESSURE = re.compile(r"blood pressure(?: (?:is|was|of|at|below|above|under|over|reads?))*[\s:]*$", re.IGNORECASE)
BY = r"\s?[×xX]\s?"
_RATED = re.compile(r"\b(?:rated|rating|score|scored)(?: (?:of|is))?\s+$", re.IGNORECASE)
_FRACTIONS = {2: ("half", "halves"), 4: ("quarter", "quarters")}
_WITH_A = {(1, 2): "a half", (1, 3): "a third", (1, 4): "a quarter"}
_SIGNS = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8)}
_SIGN = f"[{''.join(_SIGNS)}]"


def cardinal(number: int) -> str:
    """A whole number in words."""
    return _words(number, "cardinal")


def ordinal(number: int) -> str:
    """As of a day or a floor."""
    return _words(number, "ordinal")


def year(number: int) -> str:
    """A year in words: twenty twenty-six, nineteen oh-five."""
    return _words(number, "year")


def _words(number: int, kind: str) -> str:
    if number >= _LONGEST:
        return ENGLISH.digit_by_digit(str(number))
    return str(num2words(number, lang="en", to=kind)).replace(",", "").replace(" and ", " ")


def plain(written: str) -> str:
    """A number as it is written, perhaps with a decimal point."""
    whole, _, decimals = written.replace(",", "").partition(".")
    spoken = cardinal(int(whole))
    return f"{spoken} point {ENGLISH.digit_by_digit(decimals)}" if decimals else spoken


def amount(written: str, one: str, many: str) -> str:
    """So many of something."""
    return f"{plain(written)} {one if written == '1' else many}"


def _pressure(found: re.Match[str]) -> str | None:
    return f"{plain(found[1])} over {plain(found[2])}" if _BLOOD_PRESSURE.search(before(found)) else None


def _fraction(found: re.Match[str]) -> str | None:
    above, below = _SIGNS[found["sign"]] if found["sign"] else (int(found["above"]), int(found["below"]))
    if above >= below or below < 2:
        return f"{cardinal(above)} {cardinal(below)}" if above == below and not found["whole"] else None
    one, many = _FRACTIONS.get(below) or (ordinal(below), f"{ordinal(below)}s")
    spoken = f"{cardinal(above)} {one if above == 1 else many}"
    return f"{cardinal(int(found['whole']))} and {_WITH_A.get((above, below), spoken)}" if found["whole"] else spoken


def sides(written: str) -> str:
    """What stands between the sides of a thing is said between them."""
    return " by ".join(map(plain, re.findall(NUMBER, written)))


def _times(found: re.Match[str]) -> str:
    return {"1": "once", "2": "twice"}.get(found[1]) or f"{cardinal(int(found[1]))} times"


def _rating(found: re.Match[str]) -> str | None:
    rated = "." in found[1] or _RATED.search(before(found))
    return f"{plain(found[1])} out of {plain(found[2])}" if rated else None


def _signed(found: re.Match[str]) -> str:
    return f"{'plus' if found[1] == '+' else 'minus'} {plain(found[2])}"


RULES: list[Rule] = [
    rule(rf"{START}(\d{{1,2}})[xX×](?=\s+(?:daily|weekly|monthly|(?:an?|per|each|every)\s+(?:hour|day|week|month|year))(?!\w))", _times),
    rule(rf"{START}(\d{{1,3}}(?:,\d{{3}})+|\d+)(?:st|nd|rd|th)(?!\w)", lambda found: ordinal(int(found[1].replace(",", "")))),
    rule(rf"(?<=st|nd|rd|th){TO}(?=\d+(?:st|nd|rd|th)(?!\w))", " to "),
    rule(
        rf"{START}(\d)['’′](?:\s?(?P<inches>\d{{1,2}})[\"”″]|(?P<bare>\d{{1,2}})(?!\w))",
        lambda found: f"{cardinal(int(found[1]))} foot {cardinal(int(found['inches'] or found['bare']))}",
    ),
    rule(rf"{START}({NUMBER})/(5|10|100){END}", _rating),
    rule(rf"{START}(\d{{2,3}})/(\d{{2,3}}){END}", _pressure),
    rule(
        rf"{START}(?:(?P<whole>\d{{1,3}})(?:\s+(?=\d)|\s?(?={_SIGN})))?"
        rf"(?:(?P<sign>{_SIGN})|(?P<above>\d{{1,3}})/(?P<below>\d{{1,3}}){END})",
        _fraction,
    ),
    rule(rf"{START}({NUMBER}){TO}({NUMBER}){END}", lambda found: f"{plain(found[1])} to {plain(found[2])}"),
    rule(rf"{START}(?:{NUMBER})(?:{BY}(?:{NUMBER})){{1,2}}{END}", lambda found: sides(found[0])),
    rule(rf"(?<![\w)])([-−+])({NUMBER}){END}", _signed),
    rule(r"(?<![\w.,])\.(\d+)(?![\w.])", lambda found: f"point {ENGLISH.digit_by_digit(found[1])}"),
    rule(NUMBER, lambda found: apart(found, plain(found[0]))),
]
