"""Times of day in English (sans-I/O).

9:00  nine o'clock      9:05  nine oh five      9:30  nine thirty      17:30  five thirty P M      0:00  midnight
"""

import re

from tts_worker.front_end.english.numbers import TO, cardinal
from tts_worker.front_end.scan import Rule, rule

_HALF = r"\s?(?P<half>[AaPp])(?:\.[Mm]\.|[Mm]\b)"
_TIME = r"(?<![\w.:])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?![\d:])"
_HOUR = r"(?<![\w.:,/])(?P<hour>1[0-2]|0?[1-9])"
_HALVES = {"a": "A M", "p": "P M"}


def _clock(found: re.Match[str]) -> str:
    hour, minute = int(found["hour"]) % 24, int(found["minute"])
    half = found["half"]
    if half:
        return f"{_hour(hour)}{_minutes(minute)} {_HALVES[half.lower()]}"
    if hour == 0 and minute == 0:
        return "midnight"
    if 1 <= hour <= 12:
        return f"{_hour(hour)}{_minutes(minute)}" if minute else f"{_hour(hour)} o'clock"
    return f"{_hour(hour)}{_minutes(minute)} {_HALVES['p' if hour else 'a']}"


def _hour(hour: int) -> str:
    return cardinal(hour % 12 or 12)


def _minutes(minute: int) -> str:
    if minute == 0:
        return ""
    return f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"


def _full_hours(found: re.Match[str]) -> str:
    until = f" to {cardinal(int(found['to']))}" if found["to"] else ""
    return f"{cardinal(int(found['hour']))}{until} {_HALVES[found['half'].lower()]}"


RULES: list[Rule] = [
    rule(r"(?<![\w/])24/7(?![\w/])", "twenty-four seven"),
    rule(rf"{_TIME}(?:{_HALF})?", _clock),
    rule(rf"{_HOUR}(?:{TO}(?P<to>1[0-2]|0?[1-9]))?{_HALF}", _full_hours),
    rule(rf"(?:(?<=:[0-5]\d)|(?<=[AaPp][Mm])|(?<=[Mm]\.)){TO}(?=\d{{1,2}}(?::\d\d|\s?[AaPp]\.?[Mm]))", " to "),
]
