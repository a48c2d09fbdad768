"""English abbreviations and units (sans-I/O)."""

import re

from tts_worker.front_end.english.numbers import NUMBER, START, amount
from tts_worker.front_end.scan import Rule, rule

_TITLES = {"Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "Prof.": "Professor", "St.": "Saint"}
"""Before a name."""
_PLACES = {"St.": "Street", "Ave.": "Avenue", "Rd.": "Road", "Blvd.": "Boulevard"}
"""Behind one."""
_BEFORE_NUMBERS = {"No.": "Number", "no.": "number", "Apt.": "Apartment", "apt.": "apartment", "ext.": "extension", "Ext.": "Extension"}
_ANYWHERE = {
    "approx.": "approximately",
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "vs.": "versus",
    "Ltd.": "Limited",
    "Inc.": "Incorporated",
    "Ave.": "Avenue",
    "Rd.": "Road",
    "Blvd.": "Boulevard",
    "appt.": "appointment",
    "incl.": "including",
}
_UNITS = {
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "kg": ("kilogram", "kilograms"),
    "lbs": ("pound", "pounds"),
    "lb": ("pound", "pounds"),
    "ft": ("foot", "feet"),
    "min": ("minute", "minutes"),
    "hrs": ("hour", "hours"),
    "hr": ("hour", "hours"),
    "GB": ("gigabyte", "gigabytes"),
    "MB": ("megabyte", "megabytes"),
    "Mbps": ("megabit per second", "megabits per second"),
}


def _any(words: dict[str, str] | dict[str, tuple[str, str]]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _measure(found: re.Match[str]) -> str:
    return amount(found[1], *_UNITS[found[2]])


RULES: list[Rule] = [
    rule(rf"{START}({NUMBER})\s?({_any(_UNITS)})(?!\w)(?:(?<=min|hrs)\.)?", _measure),
    rule(rf"(?<=[a-z] )(?:{_any(_PLACES)})", lambda found: _PLACES[found[0]]),
    rule(rf"(?<!\w)(?:{_any(_TITLES)})(?=\s+[A-Zא-ת])", lambda found: _TITLES[found[0]]),
    rule(rf"(?<!\w)(?:{_any(_BEFORE_NUMBERS)})(?=\s*\d)", lambda found: _BEFORE_NUMBERS[found[0]]),
    rule(rf"(?<!\w)(?:{_any(_ANYWHERE)})", lambda found: _ANYWHERE[found[0]]),
]
