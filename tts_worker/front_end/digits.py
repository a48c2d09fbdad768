"""Digits that are no amount: telephone numbers and codes, one by one, with a pause between groups (sans-I/O).

Groups are those of the plan that the number belongs to: Israel's (054-123-4567, 03-123-4567, 1-800-123-456, *2700), North
America's (212-555-0123), or ITU-T E.123's: none of more than four digits. A code's own hyphens and blanks divide it, too.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from tts_worker.front_end.names import Names
from tts_worker.front_end.scan import Rule, before, rule

_START = r"(?<![^\Wא-ת])(?<![.,:/])(?<!\d-)"
"""Perhaps glued to a Hebrew particle."""
_END = r"(?!\d|[.,:/-]\d|%|\s?[₪$€£])"
_GAP = r"[-\s–]?"
_ISRAEL = rf"{_START}\(?(0(?:[23489]|[57]\d))\)?{_GAP}(\d{{3}}){_GAP}(\d{{4}}){_END}"
_AMERICA = rf"{_START}\(?([2-9]\d\d)\)?{_GAP}(\d{{3}}){_GAP}(\d{{4}}){_END}"
_AMERICA_DOTTED = rf"{_START}([2-9]\d\d)\.(\d{{3}})\.(\d{{4}}){_END}"
_AMERICA_LOCAL = rf"{_START}(555)-(\d{{4}}){_END}"
_FREE = rf"{_START}1{_GAP}([5-9])00{_GAP}(?:(\d{{3}}){_GAP}(\d{{3,4}})|(\d\d)[-\s](\d\d)[-\s](\d\d)){_END}"
_LETTERED = rf"{_START}1-([5-9])00-([A-Z]{{3,9}})(?!\w)"
_ABROAD = rf"{_START}\+(\d[\d\s().-]{{6,17}}\d){_END}"
_STAR = rf"(?:(?<![\w*])\*(\d{{3,6}})(\#?)(?![\d*])|{_START}(\d{{4}})()\*(?![\w*]))"
_COUNTRIES = re.compile(r"(972|1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(\d*)")
_LEADING_ZERO = rf"{_START}0\d+{_END}"
_LONG = rf"{_START}(?!\d*000(?!\d))\d{{5,}}{_END}"
"""Not one that is round, which is rather an amount."""
_DIVIDED = rf"{_START}(?:\d{{4}}(?: \d{{4}}){{3}}|\d+(?:-\d+){{2,}}){_END}"


def phone_rules(names: Names) -> list[Rule]:
    """How telephone numbers are read."""

    def grouped(found: re.Match[str]) -> str:
        return spoken_groups(found.groups(), names)

    def free(found: re.Match[str]) -> str:
        hundreds = f"{names.digits[1]} {names.digits[int(found[1])]} {names.hundreds}"
        return f"{hundreds}, {spoken_groups(found.groups()[1:], names)}"

    def abroad(found: re.Match[str]) -> str | None:
        country = _COUNTRIES.fullmatch("".join(filter(str.isdigit, found[1])))
        return f"{names.plus} {spoken_groups(_abroad(*country.groups()), names)}" if country else None

    def star(found: re.Match[str]) -> str:
        code = found[1] or found[3]
        return f"{names.star} {names.digit_by_digit(code)}{f' {names.hash}' if found[2] else ''}"

    return [
        rule(_ABROAD, abroad),
        rule(_FREE, free),
        rule(_ISRAEL, grouped),
        rule(r"(?<!\w)#(\d{3,})\*(?![\w*])", lambda found: f"{names.hash} {names.digit_by_digit(found[1])} {names.star}"),
        rule(_STAR, star),
        rule(r"#(\d+(?:-\d+)+|\d{4,})(?!\w)", lambda found: f"{names.number} {spoken_groups(groups(found[1]), names)}"),
        rule(r"#(?=(?:[A-Z]{1,3}-?)?\d)", f"{names.number} "),
        rule(r"(?<!\w)(\d{3,})#(?!\w)", lambda found: f"{names.digit_by_digit(found[1])} {names.hash}"),
        rule(r"(?<=\d)#(?!\w)", f" {names.hash}"),
        rule(r"(?<!\S)#(?!\S)", names.hash),
    ]


def american_phone_rules(names: Names) -> list[Rule]:
    """Those that look like any number elsewhere."""

    def lettered(found: re.Match[str]) -> str:
        return f"{names.digits[1]} {names.digits[int(found[1])]} {names.hundreds}, {found[2]}"

    grouped = [rule(pattern, lambda found: spoken_groups(found.groups(), names)) for pattern in (_AMERICA, _AMERICA_DOTTED, _AMERICA_LOCAL)]
    return [*grouped, rule(_LETTERED, lettered)]


def code_rules(names: Names, behind: re.Pattern[str], counts: Callable[[str, int], object]) -> list[Rule]:
    """How codes are read.

    ``behind`` finds the words, at a text's end, behind which any number is a code; ``counts`` tells whether
    the number that ends at a place of a text counts what follows.
    """

    def code(found: re.Match[str]) -> str | None:
        return None if counts(found.string, found.end()) else spoken_groups(groups(found[0]), names)

    def named(found: re.Match[str]) -> str | None:
        return code(found) if behind.search(before(found)) else None

    return [
        rule(rf"{_START}(?:\d{{8}}-\d|\d{{2,}}(?:-\d+)*){_END}", named),
        rule(rf"{_DIVIDED}|{_LEADING_ZERO}|{_LONG}", code),
        rule(rf"{_START}\d+(?:\.\d+){{2,}}", lambda found: f" {names.dot} ".join(map(names.digit_by_digit, found[0].split(".")))),
        rule(r"(?<=\d)/(?=\d)", f" {names.slash} "),
        rule(r"(?<=\d)\s*\+\s*(?=\d)", f" {names.plus} "),
    ]


def groups(written: str) -> Iterator[str]:
    """A code in groups of at most four digits."""
    if re.fullmatch(r"\d{8}-\d", written):  # an identity number and its check digit are one
        written = written.replace("-", "")
    for part in re.split(r"[-\s]", written):
        yield from _short(part)


def spoken_groups(parts: Iterable[str | None], names: Names) -> str:
    """Digit by digit, with a pause between groups."""
    return ", ".join(names.digit_by_digit(part) for part in parts if part)


def _short(digits: str) -> Iterator[str]:
    """Groups of four where that leaves nothing over, else of three; the last one may be of four or two."""
    size = 3 if len(digits) % 4 else 4
    while len(digits) > 4:
        yield digits[:size]
        digits = digits[size:]
    yield digits


def _abroad(country: str, rest: str) -> list[str]:
    if country == "1":
        return [country, rest[:3], rest[3:6], rest[6:]]
    if country == "972":
        area = 2 if rest[:1] in "57" else 1
        return [country, rest[:area], rest[area : area + 3], rest[area + 3 :]]
    return [country, *_short(rest)]
