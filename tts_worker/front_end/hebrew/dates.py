"""Dates and days of the week in Hebrew (sans-I/O).

A day of the month is a masculine cardinal, a year a feminine one. Two numbers with a point or a stroke
are a date where the text says so: behind a particle (ב-3.5), a day of the week or the words day and date, before a day of the week,
before a time of day if they are unlike most decimals, and beside another date (24.11, 25.11); else they are a decimal or a fraction.
"""

import re

from tts_worker.front_end.hebrew.nouns import noun_at
from tts_worker.front_end.hebrew.numbers import START, TO, cardinal
from tts_worker.front_end.scan import Rule, rule

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
_ONE_BEFORE = re.compile(r"(?<!\d)(?P<first>\d{1,2}(?P<sign>[./])\d{1,2})(?:,|\s+(?:או|עד|ועד))\s+$")
_ONE_BEHIND = re.compile(r"(?:,|\s+(?:או|עד|ועד))\s+|\s+[לו][-־]?")
"""What stands between two dates, or between two amounts."""
_NO_YEAR_BEHIND = r"(?![\w/:]|\.\d|-\d(?!\d?[./]\d))"
"""But another date."""
_HEBREW_MONTHS = "תשרי|חשוון|חשון|מרחשוון|כסלו|טבת|שבט|אדר|ניסן|אייר|סיוון|סיון|תמוז|אב|אלול"
_LETTERS = {letter: number for number, letter in enumerate("אבגדהוזחט", 1)} | {"י": 10, "כ": 20, "ל": 30}


def _full(found: re.Match[str]) -> str | None:
    return _date(int(found["day"]), int(found["month"]), found["year"])


def _short(found: re.Match[str]) -> str | None:
    return _date(int(found["day"]), int(found["month"]), None) if _is_date(found) else None


def _is_date(found: re.Match[str]) -> bool:
    return not _measures(found) and (_is_told(found) or _is_beside_a_date(found))


def _is_told(found: re.Match[str]) -> bool:
    """Whether the words round it say that it is a date."""
    if _says_date(found) or (_is_late(found) and _UNTIL.search(found.string[: found.start()])):
        return True
    return (_is_late(found) or found["sign"] == "/") and _TIME_BEHIND.match(found.string, found.end()) is not None


def _says_date(found: re.Match[str]) -> bool:
    text = found.string
    return (_DATE_BEFORE.search(text[: found.start()]) or _DAY_BEHIND.match(text, found.end())) is not None


def _is_late(found: re.Match[str]) -> bool:
    """Whether it is unlike most decimals."""
    return int(found["day"]) > 12 or len(found["month"]) > 1


def _is_beside_a_date(found: re.Match[str]) -> bool:
    """In a list behind one, or before one if it is unlike most decimals; or between one and another."""
    text = found.string
    listed = _ONE_BEFORE.search(text[: found.start()])
    if listed and listed["sign"] == found["sign"] and (before := _SHORT.match(text, listed.start())) and _is_date(before):
        return True
    return (text[: found.start()].endswith("בין ") or _is_late(found)) and _is_told_behind(found)


def _is_told_behind(found: re.Match[str]) -> bool:
    behind = _one_behind(found)
    return behind is not None and (_is_told(behind) or _is_told_behind(behind))


def _measures(found: re.Match[str]) -> bool:
    """Whether it is an amount, by itself or as one of two: between 2.5 and 3.5 hours."""
    noun = noun_at(found.string, found.end())
    if _AMOUNT_BEHIND.match(found.string, found.end()) or (noun and noun.divisible):
        return True
    behind = _one_behind(found)
    return behind is not None and _measures(behind)


def _one_behind(found: re.Match[str]) -> re.Match[str] | None:
    between = _ONE_BEHIND.match(found.string, found.end())
    behind = _SHORT.match(found.string, between.end()) if between else None
    return behind if behind and behind["sign"] == found["sign"] else None


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
    if first >= last or _measures(found) or not (_says_date(found) or _is_late(found)):
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


def _year(written: str | None) -> str:
    return f" {cardinal(int(written) if len(written) > 2 else 2000 + int(written))}" if written else ""


def _days(found: re.Match[str]) -> str:
    """Days and spans of them, and what joins them."""
    return "".join(part.rstrip("-־") if number % 2 else _span(part) for number, part in enumerate(_BETWEEN.split(found[0])))


def _span(days: str) -> str:
    return " עד ".join(_DAYS[letter] for letter in re.findall(r"(?<![א-ת])[א-ו](?![א-ת])", days))


_NAMES = "|".join([_DAY_NAMES, *MONTHS])
_BEHIND_NAMES = "|".join(f"(?<={name})" for name in _NAMES.split("|"))
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
    rule(rf"{START}(?P<first>\d{{1,2}}){TO}{_DAY}(?P<sign>[./])(?P<month>\d{{1,2}}){_NO_DATE_BEHIND}", _days_of_month),
    rule(_SHORT.pattern, _short),
    rule(rf"{START}(\d{{1,2}})(?=\s+לחודש(?![א-ת]))", lambda found: cardinal(int(found[1]), "m")),
    rule(rf"(?:{_BEHIND_NAMES}){TO}(?=(?:{_NAMES})(?![א-ת]))", " עד "),
    rule(r"(?<=יום )[א-ו](?=,?\s+\d{1,2}[./]\d{1,2}(?![\d:]))", _days),
    rule(rf"(?:(?<=יום )|(?<=ימים )|(?<=ימי )){_SPAN}(?:{_BETWEEN.pattern}{_SPAN})*", _days),
    rule(rf"(?:(?<=כיתות )|(?<=כיתה ))([א-ת]['׳]){TO}([א-ת]['׳])", lambda found: f"{found[1]} עד {found[2]}"),
    rule(rf"(?<!\w){_SPAN}(?:{_BETWEEN.pattern}{_SPAN})*(?=[:,]?\s+\d{{1,2}}(?::\d\d|{TO}\d))", _days),
    rule(rf"(?<!\w)[א-ו]['׳](?:{TO}[א-ו]['׳](?!\w)|(?=\s+\d{{1,2}}:\d\d))", _days),
]
