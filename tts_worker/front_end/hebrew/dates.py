"""Dates and days of the week in Hebrew (sans-I/O).

A day of the month is a masculine cardinal, a year a feminine one. Two numbers with a point or a stroke
are a date where the text says so: behind a particle (ב-3.5), a day of the week or the words day and date, before a day of the week,
before a time of day if they are unlike most decimals, and beside another date (24.11, 25.11); else they are a decimal or a fraction.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tts_worker.front_end.hebrew.nouns import labelled, noun_at
from tts_worker.front_end.hebrew.numbers import START, TO, cardinal
from tts_worker.front_end.scan import Rule, before, lists, rule

MONTHS = ("ינואר", "פברואר", "מרץ", "אפריל", "מאי", "יוני", "יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר", "דצמבר")
_DAYS = {"א": "ראשון", "ב": "שני", "ג": "שלישי", "ד": "רביעי", "ה": "חמישי", "ו": "שישי"}
_DAY_NAMES = "|".join([*_DAYS.values(), "שבת"])
_IN_MONTH = rf"(?P<month>\s+[בל](?:{'|'.join(MONTHS)}|מרס)(?![א-ת]))(?:,?\s+(?P<year>(?:19|20)\d\d)(?!\d))?"
_DATE_BEFORE = re.compile(
    r"(?:(?:^|\s)[ובלמהכש]{1,3}[-־]?|(?:תאריך|תאריכים|יום):?\s+"
    rf"|(?:{_DAY_NAMES}|היום|מחר|מחרתיים|[א-ו]['׳]|יום [א-ו])(?:\s+ה(?:קרוב|בא|זה))?,?\s+\(?)$"
)
_TIME_BEHIND = re.compile(r",?\s+(?:ב[-־]?|[בל]?שעה\s+)?\d{1,2}:\d\d")
_DAY_BEHIND = re.compile(rf",?\s+\(?[בל]?יום\s+(?:{_DAY_NAMES}|[א-ו]['׳]?)(?![א-ת])")
_UNTIL = re.compile(r"(?:^|\s)(?:עד|לפני|אחרי)\s+$")
"""Behind these it is rather a date if it is unlike most decimals."""
_AMOUNT_BEHIND = re.compile(
    r"\s?(?:[%₪$€£°℃℉]|ש[\"״]ח|(?:אלף|מיליון|מיליארד|אחוז)(?![א-ת])|[קסמ][\"״][מגרלק]|מק[\"״]ג|קמ[\"״]ש"
    r"|(?:[מל]|גר|דק|שע|חד|יח)['׳]|(?:km|kg|cm|mm|mg|ml|GB|MB)(?!\w))"
)
_NO_DATE_BEHIND = r"(?![\w/:]|[.-]\d)"
_DAY = r"(?P<day>\d{1,2})"
_SHORT = re.compile(rf"{START}{_DAY}(?P<sign>[./])(?P<month>\d{{1,2}}){_NO_DATE_BEHIND}")
_LISTED = re.compile(r"(?:,|\s+(?:או|עד|ועד))\s+")
_JOINED = re.compile(rf"{_LISTED.pattern}|\s+[לו][-־]?")
"""What stands between two dates, or between two amounts."""
_NO_YEAR_BEHIND = r"(?![\w/:]|\.\d|-\d(?!\d?[./]\d))"
"""But another date."""
_HEBREW_MONTHS = "תשרי|חשוון|חשון|מרחשוון|כסלו|טבת|שבט|אדר|ניסן|אייר|סיוון|סיון|תמוז|אב|אלול"
_LETTERS = {letter: number for number, letter in enumerate("אבגדהוזחט", 1)} | {"י": 10, "כ": 20, "ל": 30}


def _full(found: re.Match[str]) -> str | None:
    return _date(int(found["day"]), int(found["month"]), found["year"])


def _short(found: re.Match[str]) -> str | None:
    return _day_of_month(found) if found.start() in _places(found.string).dates else None


def _day_of_month(found: re.Match[str]) -> str | None:
    return _date(int(found["day"]), int(found["month"]), None)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where short dates begin, and amounts that look like them."""

    dates: frozenset[int]
    amounts: frozenset[int]


@lru_cache(maxsize=1)
def _places(text: str) -> _Places:
    """Once a text, since what one is depends on the others of its list: between 2.5 and 3.5 hours are two amounts."""
    dates, amounts = list[re.Match[str]](), list[re.Match[str]]()
    for listed in lists(text, _SHORT, _joined):
        others = max((at for at, found in enumerate(listed, 1) if _is_amount(found)), default=0)
        amounts += listed[:others]
        if listed[0]["sign"] == "." or all(map(_day_of_month, listed)):
            dates += _dates_of(listed[others:])
    return _Places(*(frozenset(found.start() for found in each) for each in (dates, amounts)))


def _joined(first: re.Match[str], second: re.Match[str], by: re.Pattern[str] = _JOINED) -> bool:
    return first["sign"] == second["sign"] and by.fullmatch(first.string, first.end(), second.start()) is not None


def _dates_of(listed: list[re.Match[str]]) -> Iterator[re.Match[str]]:
    """Those that are told, those behind a date, and those before one that are unlike most decimals or between it and another."""
    told = [_is_told(found) and _day_of_month(found) is not None for found in listed]
    last_told = max((at for at, each in enumerate(told) if each), default=0)
    is_date = False
    for at, found in enumerate(listed):
        behind = is_date and _joined(listed[at - 1], found, _LISTED)
        is_date = told[at] or behind or (at < last_told and (_is_late(found) or before(found).endswith("בין ")))
        if is_date:
            yield found


def _is_told(found: re.Match[str]) -> bool:
    """Whether the words round it say that it is a date."""
    if _says_date(found) or (_is_late(found) and _UNTIL.search(before(found))):
        return True
    return (_is_late(found) or found["sign"] == "/") and _TIME_BEHIND.match(found.string, found.end()) is not None


def _says_date(found: re.Match[str]) -> bool:
    return (_DATE_BEFORE.search(before(found)) or _DAY_BEHIND.match(found.string, found.end())) is not None


def _is_late(found: re.Match[str]) -> bool:
    """Whether it is unlike most decimals."""
    return int(found["day"]) > 12 or len(found["month"]) > 1


def _is_amount(found: re.Match[str]) -> bool:
    noun = noun_at(found.string, found.end())
    return _AMOUNT_BEHIND.match(found.string, found.end()) is not None or (noun is not None and noun.divisible)


def _date(day: int, month: int, year: str | None) -> str | None:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    return f"{cardinal(day, 'm')} ב{MONTHS[month - 1]}{_year(year)}"


def _in_month(found: re.Match[str]) -> str:
    until = f" עד {cardinal(int(found['to']), 'm')}" if found["to"] else ""
    return f"{cardinal(int(found['day']), 'm')}{until}{found['month']}{_year(found['year'])}"


def _days_of_month(found: re.Match[str]) -> str | None:
    """Two days that share their month: 15-20.12."""
    first, last = int(found["first"]), int(found["day"])
    if first >= last or found.start("day") in _places(found.string).amounts or not (_says_date(found) or _is_late(found)):
        return None
    return f"{cardinal(first, 'm')} עד {date}" if (date := _date(last, int(found["month"]), None)) else None


def _from_to(found: re.Match[str]) -> str | None:
    text, end, days = found.string, found.end(), (int(found["day"]), int(found["last"]))
    decimals = found["between"] == "." and max(days) <= 12 and max(len(found["month"]), len(found["last_month"])) < 2
    if decimals or _AMOUNT_BEHIND.match(text, end) or noun_at(text, end):
        return None
    first, last = _date(days[0], int(found["month"]), None), _date(days[1], int(found["last_month"]), None)
    return f"{first} עד {last}" if first and last else None


def _in_letters(found: re.Match[str]) -> str:
    """A day of a Hebrew month: its letters are a number."""
    return cardinal(sum(_LETTERS[letter] for letter in found[0] if letter in _LETTERS), "m")


def _listed_day(found: re.Match[str]) -> str | None:
    return None if labelled(before(found)) else cardinal(int(found[0]), "m")


def _year(written: str | None) -> str:
    return f" {cardinal(int(written) if len(written) > 2 else 2000 + int(written))}" if written else ""


def _days(found: re.Match[str]) -> str:
    """Days and spans of them, and what joins them."""
    return "".join(part.rstrip("-־") if number % 2 else _span(part) for number, part in enumerate(_BETWEEN.split(found[0])))


def _span(days: str) -> str:
    return " עד ".join(_DAYS[letter] for letter in re.findall(r"(?<![א-ת])[א-ו](?![א-ת])", days))


def _letters(found: re.Match[str]) -> str | None:
    """Days in a list, the last one perhaps behind its "and"."""
    days = [_DAYS[letter] for letter in re.findall(r"[א-ו](?![-־א-ת])", found[0])]
    if len(days) < 2:
        return None
    return f"{', '.join(days[:-1])} ו{days[-1]}" if found["and"] else ", ".join(days)


_NAMES = "|".join([_DAY_NAMES, *MONTHS])
_BEHIND_NAMES = "|".join(f"(?<={name})" for name in _NAMES.split("|"))
_SPAN = rf"[א-ו](?:['׳]?{TO}[א-ו]['׳]?|['׳])(?!\w)"
_BETWEEN = re.compile(r"(,\s*|,?\s+ו[-־]?(?=[א-ו]['׳]))")
FULL: list[Rule] = [
    rule(rf"{START}(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d){_NO_DATE_BEHIND}", _full),
    rule(rf"{START}{_DAY}([./-])(?P<month>\d{{1,2}})\2(?P<year>(?:19|20)\d\d|\d\d){_NO_YEAR_BEHIND}", _full),
    rule(rf"(?:(?<=[./]\d\d)|(?<=[./]\d{{4}})){TO}(?=\d{{1,2}}([./])\d{{1,2}}\1\d)", " עד "),
    rule(rf"{START}{_DAY}(?:{TO}(?P<to>\d{{1,2}}))?{_IN_MONTH}", _in_month),
    rule(
        rf"(?<!שעה ){START}\d{{1,2}}(?=(?:,\s+\d{{1,2}}){{,9}},?\s+(?:ו[-־]?|או\s+)\d{{1,2}}\s+[בל](?:{'|'.join(MONTHS)})(?![א-ת]))",
        _listed_day,
    ),
    rule(r"(?<![א-ת])ט[\"״]ו(?=\s+ב(?:שבט|אב)(?![א-ת]))", "טו"),
    rule(r"(?<![א-ת])כ[\"״]ט(?=\s+בנובמבר)", "כט"),
    rule(r"(?<![א-ת])ל[\"״]ג(?=\s+[בל]עומר)", "לג"),
    rule(rf"(?<![א-ת])(?:[א-יכל]['׳]|[יכל][\"״][א-ט]|ט[\"״][וז])(?=\s+ב(?:{_HEBREW_MONTHS})(?![א-ת]))", _in_letters),
    rule(r"(?<![א-ת'׳])(ת[רש][א-ת]?)[\"״]([א-ת])(?![א-ת])", lambda found: found[1] + found[2]),
]
"""Dates that nothing else looks like."""
SHORT: list[Rule] = [
    rule(
        rf"{START}{_DAY}(?P<between>[./])(?P<month>\d{{1,2}}){TO}(?P<last>\d{{1,2}})(?P=between)(?P<last_month>\d{{1,2}}){_NO_DATE_BEHIND}",
        _from_to,
    ),
    rule(rf"{START}(?P<first>\d{{1,2}}){TO}{_DAY}(?P<sign>[./])(?P<month>\d{{1,2}}){_NO_DATE_BEHIND}", _days_of_month),
    rule(_SHORT.pattern, _short),
    rule(rf"{START}(\d{{1,2}})(?=\s+לחודש(?![א-ת]))", lambda found: cardinal(int(found[1]), "m")),
    rule(rf"(?:{_BEHIND_NAMES}){TO}(?=(?:{_NAMES})(?![א-ת]))", " עד "),
    rule(r"(?<=יום )[א-ו](?=,?\s+\d{1,2}[./]\d{1,2}(?![\d:]))", _days),
    rule(r"(?:(?<=ימים )|(?<=ימי ))[א-ו](?:,\s*[א-ו](?![-־א-ת'׳]))*(?P<and>,?\s+ו[-־]?[א-ו](?![-־א-ת'׳]))?", _letters),
    rule(r"(?<!\w)[א-ו]['׳](?=\s+וערבי? ה?חג)", _days),
    rule(rf"(?:(?<=יום )|(?<=ימים )|(?<=ימי )){_SPAN}(?:{_BETWEEN.pattern}{_SPAN}){{,6}}", _days),
    rule(rf"(?:(?<=כיתות )|(?<=כיתה ))([א-ת]['׳]){TO}([א-ת]['׳])", lambda found: f"{found[1]} עד {found[2]}"),
    rule(rf"(?<!\w){_SPAN}(?:{_BETWEEN.pattern}{_SPAN}){{,6}}(?=[:,]?\s+\d{{1,2}}(?::\d\d|{TO}\d))", _days),
    rule(rf"(?<!\w)[א-ו]['׳](?:{TO}[א-ו]['׳](?!\w)|(?=\s+\d{{1,2}}:\d\d))", _days),
]
