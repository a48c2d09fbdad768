"""Dates and days of the week in English (sans-I/O).

Between strokes the month comes first, as in America, unless it cannot be one; between points the day does.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from math import gcd

from tts_worker.front_end.english.numbers import START, TO, cardinal, ordinal, year
from tts_worker.front_end.scan import Rule, before, lists, rule

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_MONTH_NAME = rf"(?:{'|'.join(_MONTHS)}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?!\w)"
_MONTH = rf"(?:{'|'.join(_MONTHS)}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?!\w)\.?)(?!\w)"
_DAYS = {day[:3]: day for day in ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")}
_NAMES = (*_DAYS.values(), *_MONTHS)
_BEHIND_NAMES = "|".join(f"(?<={name})" for name in _NAMES)
_DAY = r"(?:Sun|Mon|Tues?|Wed|Thurs?|Thu|Fri|Sat)"
_DATE_BEFORE = re.compile(
    r"(?:on|by|until|before|after|since|from|closed|day|dates?:?|Sun|Mon|Tues?|Wed|Thu|Fri|Sat),?\.?\s+(?:on\s+)?(?:the\s+)?\(?$",
    re.IGNORECASE,
)
_TIME_BEHIND = re.compile(r",?\s+(?:at\s+)?\d{1,2}(?::\d\d|\s?[AaPp]\.?[Mm])")
_DAY_BEHIND = re.compile(r",?\s+\(?(?:on\s+)?(?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day")
_MEASURE_BEHIND = re.compile(
    r"\s+(?:an?|of|cups?|inch|inches|teaspoons?|tablespoons?|pounds?|ounces?|hours?|miles?|days?|full|price|off)(?!\w)"
)
_LISTED = re.compile(r"(?:,|,?\s+(?:and|or|to|through|&))\s+")
_OF_ONE_MEASURE = re.compile(r"\s+(?:and|or|to)\s+")
_AND = re.compile(r"\s+and\s+")
_RULED = (2, 3, 4, 8, 16)
"""Into how many parts measures are divided."""
_NO_DATE_BEHIND = r"(?![\w/:]|[.-]\d)"
_SHORT = re.compile(rf"{START}(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}}){_NO_DATE_BEHIND}")
_NO_YEAR_BEHIND = r"(?![\w/:]|\.\d|-\d(?!\d?[./]\d))"
"""But another date."""
_MONTH_OF_YEAR = rf"(?<!\w)(?P<month>{_MONTH}),?\s+(?P<year>(?:19|20)\d\d)(?!\d)"
_YEAR = r"(?:,?\s+(?P<year>(?:19|20)\d\d)(?!\d))?"
_ENDING = r"(?:st|nd|rd|th)?"


def _strokes(found: re.Match[str]) -> str | None:
    first, second = int(found["first"]), int(found["second"])
    return _date(first, second, found["year"]) or _date(second, first, found["year"])


def _points(found: re.Match[str]) -> str | None:
    return _date(int(found["month"]), int(found["day"]), found["year"])


def _short(found: re.Match[str]) -> str | None:
    return _day_of_month(found) if found.start() in _dates(found.string) else None


def _day_of_month(found: re.Match[str]) -> str | None:
    first, second = int(found["first"]), int(found["second"])
    return _date(first, second, None) or _date(second, first, None)


@lru_cache(maxsize=1)
def _dates(text: str) -> frozenset[int]:
    """Where short dates begin: once a text, since what one is depends on the others of its list."""
    possible = (listed for listed in lists(text, _SHORT, _joined) if all(map(_day_of_month, listed)))
    return frozenset(found.start() for listed in possible for found in _dates_of(listed))


def _joined(first: re.Match[str], second: re.Match[str], by: re.Pattern[str] = _LISTED) -> bool:
    return by.fullmatch(first.string, first.end(), second.start()) is not None


def _dates_of(listed: list[re.Match[str]]) -> Iterator[re.Match[str]]:
    """Those that are told, those behind a date, and the first of two."""
    measures = _measures(listed)
    is_date = False
    for at, found in enumerate(listed):
        is_date = not measures[at] and (is_date or _is_told(found) or _is_first_of_two(listed[at : at + 2], measures[at : at + 2]))
        if is_date:
            yield found


def _measures(listed: list[re.Match[str]]) -> list[bool]:
    """Which of them measure something, by themselves or together with the next one: from 1/4 to 1/2 cup."""
    measures: list[bool] = []
    for at in reversed(range(len(listed))):
        together = bool(measures) and measures[-1] and _joined(listed[at], listed[at + 1], _OF_ONE_MEASURE) and _is_of_a_rule(listed[at])
        measures.append(together or _MEASURE_BEHIND.match(listed[at].string, listed[at].end()) is not None)
    return measures[::-1]


def _is_of_a_rule(found: re.Match[str]) -> bool:
    """Whether it is a fraction as it stands on a ruler or a cup."""
    above, below = int(found["first"]), int(found["second"])
    return above < below and below in _RULED and gcd(above, below) == 1


def _is_told(found: re.Match[str]) -> bool:
    """Whether the words round it say that it is a date."""
    text, end = found.string, found.end()
    return any((_DATE_BEFORE.search(before(found)), _TIME_BEHIND.match(text, end), _DAY_BEHIND.match(text, end)))


def _is_first_of_two(both: list[re.Match[str]], measures: list[bool]) -> bool:
    """Dates, if they are unlike most fractions."""
    if len(both) < 2 or any(measures) or not before(both[0]).endswith("between ") or not _joined(both[0], both[1], _AND):
        return False
    return max(int(part) for each in both for part in each.group("first", "second")) > 12


def _from_to(found: re.Match[str]) -> str | None:
    first, last = _date(int(found[1]), int(found[2]), None), _date(int(found[3]), int(found[4]), None)
    return f"{first} to {last}" if first and last else None


def _date(month: int, day: int, written_year: str | None) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{_MONTHS[month - 1]} {ordinal(day)}{_year(written_year)}"


def _year(written: str | None) -> str:
    return f", {year(int(written) if len(written) > 2 else 2000 + int(written))}" if written else ""


def _month(written: str) -> str:
    return next(month for month in _MONTHS if month.startswith(written[:3]))


def _month_first(found: re.Match[str]) -> str:
    until = f" to {ordinal(int(found['to']))}" if found["to"] else ""
    return f"{_month(found['month'])} {ordinal(int(found['day']))}{until}{_year(found['year'])}"


def _month_of_year(found: re.Match[str]) -> str:
    return f"{_month(found['month'])} {year(int(found['year']))}"


def _months(found: re.Match[str]) -> str:
    of_year = f" {year(int(found['year']))}" if found["year"] else ""
    return f"{_month(found['month'])} to {_month(found['last'])}{of_year}"


def _days(found: re.Match[str]) -> str:
    return " to ".join(_DAYS[day[:3]] for day in found.groups() if day)


def _day_first(found: re.Match[str]) -> str:
    article = "" if re.search(r"(?i:(?:^|\s)the\s+)$", before(found)) else "the "
    return f"{article}{ordinal(int(found['day']))} of {_month(found['month'])}{_year(found['year'])}"


def _decade(found: re.Match[str]) -> str:
    written = int(found[1])
    return re.sub("y$", "ie", year(written) if written > 100 else cardinal(written)) + "s"


RULES: list[Rule] = [
    rule(rf"{START}(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d){_NO_DATE_BEHIND}", _points),
    rule(rf"{START}(?P<first>\d{{1,2}})([/-])(?P<second>\d{{1,2}})\2(?P<year>(?:19|20)\d\d|\d\d){_NO_YEAR_BEHIND}", _strokes),
    rule(rf"{START}(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>(?:19|20)\d\d|\d\d){_NO_YEAR_BEHIND}", _points),
    rule(rf"(?:(?<=[./]\d\d)|(?<=[./]\d{{4}})){TO}(?=\d{{1,2}}([./])\d{{1,2}}\1\d)", " to "),
    rule(rf"{START}(\d{{1,2}})/(\d{{1,2}}){TO}(\d{{1,2}})/(\d{{1,2}}){_NO_DATE_BEHIND}", _from_to),
    rule(_SHORT.pattern, _short),
    rule(rf"(?<!\w)(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}}){_ENDING}(?![\d:])(?:{TO}(?P<to>\d{{1,2}})(?![\d:]))?{_YEAR}", _month_first),
    rule(rf"{START}(?P<day>\d{{1,2}}){_ENDING}\s+(?:of\s+)?(?P<month>{_MONTH}){_YEAR}", _day_first),
    rule(_MONTH_OF_YEAR, _month_of_year),
    rule(
        rf"(?<!\w)(?P<month>{_MONTH_NAME})\.?{TO}(?P<last>{_MONTH_NAME})(?!\.?\s+\d{{1,2}}(?!\d))"
        rf"(?:\.?,?\s+(?P<year>(?:19|20)\d\d)(?!\d)|\.(?=\s+[a-z]))?",
        _months,
    ),
    rule(rf"(?<!\w)({_DAY})\.?{TO}({_DAY})(?!\w)(?:\.(?=\s+[a-z\d]))?", _days),
    rule(r"(?<!\w)M\s?[-–]\s?F(?!\w)", "Monday to Friday"),
    rule(rf"(?<!\w){_DAY}(?:/{_DAY})+(?!\w)", lambda found: ", ".join(_DAYS[day[:3]] for day in found[0].split("/"))),
    rule(rf"(?:{_BEHIND_NAMES}){TO}(?=(?:{'|'.join(_NAMES)})(?!\w))|(?<=\d){TO}(?={_MONTH}\s+\d)", " to "),
    rule(rf"(?<!\w)({_DAY})(?=(?:,|\s*&|\s+and|\s+or)\s*(?:and\s+|or\s+|&\s+)?{_DAY}(?!\w))", _days),
    rule(rf"(?:(?<=& )|(?<=and )|(?<=or ))({_DAY})(?![\w.])", _days),
    rule(rf"(?<!\w)({_DAY})(?:\.|(?=,?\s+{_MONTH}\s+\d)|(?=,?\s+\d))", _days),
    rule(r"(?:(?<=[Ii]n )|(?<=[Ss]ince )|(?<=[Uu]ntil )|(?<=[Bb]y )|(?<=year ))((?:1[5-9]|20)\d\d)(?![\w,:/]|\.\d)",
         lambda found: year(int(found[1]))),
    rule(r"(?<!\w)['’]?((?:1[5-9]|20)?[1-9]0)s(?!\w)", _decade),
]  # fmt: skip
