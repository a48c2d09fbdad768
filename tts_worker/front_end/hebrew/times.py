"""Times of day in Hebrew (sans-I/O).

    9:00  תשע      9:15  תשע ורבע      9:30  תשע וחצי      9:05  תשע וחמש דקות      9:45  תשע ארבעים וחמש

Hours up to 12 are said as they are written. Later ones are said on a clock of twelve with their part of the day, as CLDR divides it,
unless the text says it itself.
"""

import re

from tts_worker.front_end.hebrew.nouns import noun_at
from tts_worker.front_end.hebrew.numbers import START, TO, amount, cardinal
from tts_worker.front_end.scan import Rule, rule

_TIME = rf"{START}([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(?![\d:])"
_PARTS = ((3, "בלילה"), (6, "לפנות בוקר"), (12, "בבוקר"), (16, "בצהריים"), (18, "אחר הצהריים"), (22, "בערב"), (25, "בלילה"))
_PART_BEHIND = re.compile(r"\s+(?:ב(?:בוקר|צהריים|ערב|לילה)|אחרי? הצהריים|לפנות בוקר|לפני הצהריים|אחה[\"״]צ|לפנה[\"״]צ|[AaPp]\.?[Mm])")

_QUARTER = r"(0?[1-9]|1\d|2[0-4])\.(00|15|30|45)"
_MEASURE_BEHIND = re.compile(r"\s?(?:[%₪$€£°A-Za-z]|[א-ת]{1,2}[\"״][א-ת]|(?:[מל]|גר)['׳]|(?:אלף|מיליון|מיליארד)(?![א-ת]))")
_LASTING = "|".join(f"(?<={word} )" for word in ("כל", "תוך", "משך", "לפני", "אחרי", "כעבור", "עוד"))


def _time(found: re.Match[str]) -> str:
    told = _PART_BEHIND.match(found.string, found.end())
    return _spoken(int(found[1]) % 24, int(found[2]), part=not told)


def _hour(found: re.Match[str]) -> str | None:
    """A number behind the word hour that no time of twelve hours has."""
    return None if noun_at(found.string, found.end()) else _spoken(int(found[1]), 0, part=True)


def _quarters(found: re.Match[str]) -> str | None:
    """Two times with points between hours and minutes, if they measure nothing."""
    if _MEASURE_BEHIND.match(found.string, found.end()) or noun_at(found.string, found.end()):
        return None
    told = _PART_BEHIND.match(found.string, found.end())
    first, last = ((int(hour) % 24, int(minute)) for hour, minute in (found.group(1, 2), found.group(3, 4)))
    return f"{_spoken(*first, part=True)} עד {_spoken(*last, part=not told)}"


def _hours(found: re.Match[str]) -> str:
    return f"{_spoken(int(found[1]) % 24, 0, part=True)} עד {_spoken(int(found[2]) % 24, 0, part=True)}"


def _spoken(hour: int, minute: int, *, part: bool) -> str:
    if hour == 0 and minute == 0:
        return "חצות"
    spoken = cardinal(hour % 12 or 12) + _minutes(minute)
    if 1 <= hour <= 12 or not part:
        return spoken
    return f"{spoken} {next(name for before, name in _PARTS if hour < before)}"


def _minutes(minute: int) -> str:
    if minute in (0, 15, 30):
        return {0: "", 15: " ורבע", 30: " וחצי"}[minute]
    if minute == 1:
        return " ודקה"
    if minute < 20:
        return f" ו{cardinal(minute, construct=minute == 2)} דקות"
    return f" {cardinal(minute)}" if minute % 10 else f" ו{cardinal(minute)}"


RULES: list[Rule] = [
    rule(r"(?<![\w/])24/7(?![\w/])", "עשרים וארבע שבע"),
    rule(_TIME, _time),
    rule(r"(?:(?<=שעה )|(?<=שעות ))([01]?\d|2[0-4])\.([0-5]\d)(?![\d.])", _time),
    rule(rf"(?:(?<=בשעות )|(?<=השעות ))([01]?\d|2[0-4]){TO}([01]?\d|2[0-4])(?![\d:.])", _hours),
    rule(r"(?:(?<=בשעה )|(?<=לשעה )|(?<=השעה ))(1[3-9]|2[0-3])(?![\d:.,/]|\s?[₪$€£%-])", _hour),
    rule(rf"{START}{_QUARTER}{TO}{_QUARTER}(?![\w:/]|[.,-]\d)", _quarters),
    rule(rf"(?:{_LASTING})(\d{{1,3}})\s?ש['׳](?!\w)", lambda found: amount(found[1], "שעה", "שעות", "f")),
    rule(rf"(?<=:[0-5]\d){TO}(?=\d{{1,2}}:\d\d)", " עד "),
]
