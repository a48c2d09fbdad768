"""Dates and days of the week in Hebrew (sans-I/O).

A day of the month is a masculine cardinal, a year a feminine one. Two numbers with a point or a stroke
are a date where the text says so: behind a particle (ב-3.5), a day of the week or the word date, or with a stroke
before a time of day; else they are a decimal or a fraction.
"""

import re

from tts_worker.front_end.hebrew.nouns import noun_at
from tts_worker.front_end.hebrew.numbers import START, TO, cardinal
from tts_worker.front_end.scan import Rule, rule

MONTHS = ("ינואר", "פברואר", "מרץ", "אפריל", "מאי", "יוני", "יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר", "דצמבר")
_DAYS = {"א": "ראשון", "ב": "שני", "ג": "שלישי", "ד": "רביעי", "ה": "חמישי", "ו": "שישי"}
_DAY_NAMES = "|".join([*_DAYS.values(), "שבת"])
_IN_MONTH = rf"(?P<month>\s+[בל](?:{'|'.join(MONTHS)}|מרס)(?![א-ת]))(?:,?\s+(?P<year>(?:19|20)\d\d)(?!\d))?"
_DATE_BEFORE = re.compile(rf"(?:(?:^|\s)[ובלמהכש]{{1,3}}[-־]?|תאריך:?\s+|(?:{_DAY_NAMES}|[א-ו]['׳]|יום [א-ו]),?\s+)$")
_TIME_BEHIND = re.compile(r",?\s+(?:ב[-־]?|[בל]?שעה\s+)?\d{1,2}:\d\d")
_UNTIL = re.compile(r"(?:^|\s)(?:עד|לפני|אחרי)\s+$")
"""Behind these it is rather a date if it is unlike most decimals."""
_AMOUNT_BEHIND = re.compile(r"\s?(?:[%₪$€£]|ש[\"״]ח|(?:אלף|מיליון|מיליארד|אחוז)(?![א-ת])|[קסמ][\"״][מגר])")
_NO_DATE_BEHIND = r"(?![\w/:]|[.-]\d)"
_NO_YEAR_BEHIND = r"(?![\w/:]|\.\d|-\d(?!\d?[./]\d))"
"""But another date."""
_HEBREW_MONTHS = "תשרי|חשוון|חשון|מרחשוון|כסלו|טבת|שבט|אדר|ניסן|אייר|סיוון|סיון|תמוז|אב|אלול"
_LETTERS = {letter: number for number, letter in enumerate("אבגדהוזחט", 1)} | {"י": 10, "כ": 20, "ל": 30}


def _full(found: re.Match[str]) -> str | None:
    return _date(int(found["day"]), int(found["month"]), found["year"])


def _short(found: re.Match[str]) -> str | None:
    text, end = found.string, found.end()
    late = int(found["day"]) > 12 or len(found["month"]) > 1
    dated = _DATE_BEFORE.search(text[: found.start()]) or (late and _UNTIL.search(text[: found.start()]))
    dated = dated or (text[found.end("day")] == "/" and _TIME_BEHIND.match(text, end))
    if not dated or _AMOUNT_BEHIND.match(text, end) or noun_at(text, end):
        return None
    return _date(int(found["day"]), int(found["month"]), None)


def _date(day: int, month: int, year: str | None) -> str | None:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    return f"{cardinal(day, 'm')} ב{MONTHS[month - 1]}{_year(year)}"


def _in_month(found: re.Match[str]) -> str:
    until = f" עד {cardinal(int(found['to']), 'm')}" if found["to"] else ""
    return f"{cardinal(int(found['day']), 'm')}{until}{found['month']}{_year(found['year'])}"


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


def _year(written: str | None) -> str:
    return f" {cardinal(int(written) if len(written) > 2 else 2000 + int(written))}" if written else ""


def _days(found: re.Match[str]) -> str:
    """Days and spans of them, and what joins them."""
    return "".join(part.rstrip("-־") if number % 2 else _span(part) for number, part in enumerate(_BETWEEN.split(found[0])))


def _span(days: str) -> str:
    return " עד ".join(_DAYS[letter] for letter in re.findall(r"(?<![א-ת])[א-ו](?![א-ת])", days))


_NAMES = "|".join([_DAY_NAMES, *MONTHS])
_BEHIND_NAMES = "|".join(f"(?<={name})" for name in _NAMES.split("|"))
_DAY = r"(?P<day>\d{1,2})"
_SPAN = rf"[א-ו](?:['׳]?{TO}[א-ו]['׳]?|['׳])(?!\w)"
_BETWEEN = re.compile(r"(,\s*|,?\s+ו[-־]?(?=[א-ו]['׳]))")
FULL: list[Rule] = [
    rule(rf"{START}(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d){_NO_DATE_BEHIND}", _full),
    rule(rf"{START}{_DAY}([./-])(?P<month>\d{{1,2}})\2(?P<year>(?:19|20)\d\d|\d\d){_NO_YEAR_BEHIND}", _full),
    rule(rf"(?:(?<=[./]\d\d)|(?<=[./]\d{{4}})){TO}(?=\d{{1,2}}([./])\d{{1,2}}\1\d)", " עד "),
    rule(rf"{START}{_DAY}(?:{TO}(?P<to>\d{{1,2}}))?{_IN_MONTH}", _in_month),
    rule(r"(?<![א-ת])ט[\"״]ו(?=\s+ב(?:שבט|אב)(?![א-ת]))", "טו"),
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
    rule(rf"{START}{_DAY}[./](?P<month>\d{{1,2}}){_NO_DATE_BEHIND}", _short),
    rule(rf"{START}(\d{{1,2}})(?=\s+לחודש(?![א-ת]))", lambda found: cardinal(int(found[1]), "m")),
    rule(rf"(?:{_BEHIND_NAMES}){TO}(?=(?:{_NAMES})(?![א-ת]))", " עד "),
    rule(r"(?<=יום )[א-ו](?=,?\s+\d{1,2}[./]\d{1,2}(?![\d:]))", _days),
    rule(rf"(?:(?<=יום )|(?<=ימים )|(?<=ימי )){_SPAN}(?:{_BETWEEN.pattern}{_SPAN})*", _days),
    rule(rf"(?:(?<=כיתות )|(?<=כיתה ))([א-ת]['׳]){TO}([א-ת]['׳])", lambda found: f"{found[1]} עד {found[2]}"),
    rule(rf"(?<!\w){_SPAN}(?:{_BETWEEN.pattern}{_SPAN})*(?=[:,]?\s+\d{{1,2}}:\d\d)", _days),
    rule(rf"(?<!\w)[א-ו]['׳](?:{TO}[א-ו]['׳](?!\w)|(?=\s+\d{{1,2}}:\d\d))", _days),
]
