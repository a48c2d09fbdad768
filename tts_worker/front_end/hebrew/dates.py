"""Dates and days of the week in Hebrew (sans-I/O).

A day of the month is a masculine cardinal, a year a feminine one. Two numbers with a point or a stroke
are a date where the text says so: behind a particle (ב-3.5), a day of the week or the word date; else they are a decimal or a fraction.
"""

import re

from tts_worker.front_end.hebrew.nouns import noun_at
from tts_worker.front_end.hebrew.numbers import START, TO, cardinal
from tts_worker.front_end.scan import Rule, rule

MONTHS = ("ינואר", "פברואר", "מרץ", "אפריל", "מאי", "יוני", "יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר", "דצמבר")
_DAYS = {"א": "ראשון", "ב": "שני", "ג": "שלישי", "ד": "רביעי", "ה": "חמישי", "ו": "שישי"}
_DAY_NAMES = "|".join([*_DAYS.values(), "שבת"])
_IN_MONTH = rf"(?P<month>\s+ב(?:{'|'.join(MONTHS)}|מרס)(?![א-ת]))(?:,?\s+(?P<year>(?:19|20)\d\d)(?!\d))?"
_DATE_BEFORE = re.compile(rf"(?:(?:^|\s)[ובלמהכש]{{1,3}}[-־]?|תאריך:?\s+|(?:{_DAY_NAMES}|[א-ו]['׳]),?\s+)$")
_AMOUNT_BEHIND = re.compile(r"\s?(?:[%₪$€£]|ש[\"״]ח|(?:אלף|מיליון|מיליארד|אחוז)(?![א-ת])|[קסמ][\"״][מגר])")
_NO_DATE_BEHIND = r"(?![\w/:]|[.-]\d)"


def _full(found: re.Match[str]) -> str | None:
    return _date(int(found["day"]), int(found["month"]), found["year"])


def _short(found: re.Match[str]) -> str | None:
    text, end = found.string, found.end()
    if not _DATE_BEFORE.search(text[: found.start()]) or _AMOUNT_BEHIND.match(text, end) or noun_at(text, end):
        return None
    return _date(int(found["day"]), int(found["month"]), None)


def _date(day: int, month: int, year: str | None) -> str | None:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    return f"{cardinal(day, 'm')} ב{MONTHS[month - 1]}{_year(year)}"


def _in_month(found: re.Match[str]) -> str:
    until = f" עד {cardinal(int(found['to']), 'm')}" if found["to"] else ""
    return f"{cardinal(int(found['day']), 'm')}{until}{found['month']}{_year(found['year'])}"


def _year(written: str | None) -> str:
    return f" {cardinal(int(written) if len(written) > 2 else 2000 + int(written))}" if written else ""


def _days(found: re.Match[str]) -> str:
    """Days and spans of them, and what joins them."""
    return "".join(part.rstrip("-־") if number % 2 else _span(part) for number, part in enumerate(_BETWEEN.split(found[0])))


def _span(days: str) -> str:
    return " עד ".join(_DAYS[letter] for letter in re.findall(r"(?<![א-ת])[א-ו](?![א-ת])", days))


_DAY = r"(?P<day>\d{1,2})"
_SPAN = rf"[א-ו](?:['׳]?{TO}[א-ו]['׳]?|['׳])(?!\w)"
_BETWEEN = re.compile(r"(,\s*|,?\s+ו[-־]?(?=[א-ו]['׳]))")
RULES: list[Rule] = [
    rule(rf"{START}(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d){_NO_DATE_BEHIND}", _full),
    rule(rf"{START}{_DAY}([./-])(?P<month>\d{{1,2}})\2(?P<year>(?:19|20)\d\d|\d\d){_NO_DATE_BEHIND}", _full),
    rule(rf"{START}{_DAY}(?:{TO}(?P<to>\d{{1,2}}))?{_IN_MONTH}", _in_month),
    rule(rf"{START}{_DAY}[./](?P<month>\d{{1,2}}){_NO_DATE_BEHIND}", _short),
    rule(rf"{START}(\d{{1,2}})(?=\s+לחודש(?![א-ת]))", lambda found: cardinal(int(found[1]), "m")),
    rule(rf"(?:(?<=יום )|(?<=ימים )|(?<=ימי )){_SPAN}(?:{_BETWEEN.pattern}{_SPAN})*", _days),
    rule(rf"(?<!\w)[א-ו]['׳](?:{TO}[א-ו]['׳](?!\w)|(?=\s+\d{{1,2}}:\d\d))", _days),
]
