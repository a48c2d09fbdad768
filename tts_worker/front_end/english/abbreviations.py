"""English abbreviations and units (sans-I/O)."""

import re

from tts_worker.front_end.english.numbers import BY, NUMBER, START, TO, amount, plain, sides
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
    "°": ("degree", "degrees"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "℃": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "℉": ("degree Fahrenheit", "degrees Fahrenheit"),
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "m": ("meter", "meters"),
    "m²": ("square meter", "square meters"),
    "sq. ft": ("square foot", "square feet"),
    "sq ft": ("square foot", "square feet"),
    "mi": ("mile", "miles"),
    "mph": ("mile per hour", "miles per hour"),
    "kg": ("kilogram", "kilograms"),
    "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"),
    "mg/dL": ("milligram per deciliter", "milligrams per deciliter"),
    "mcg": ("microgram", "micrograms"),
    "oz": ("ounce", "ounces"),
    "L": ("liter", "liters"),
    "ml": ("milliliter", "milliliters"),
    "mL": ("milliliter", "milliliters"),
    "lbs": ("pound", "pounds"),
    "lb": ("pound", "pounds"),
    "ft": ("foot", "feet"),
    "sec": ("second", "seconds"),
    "min": ("minute", "minutes"),
    "hrs": ("hour", "hours"),
    "h": ("hour", "hours"),
    "tsp": ("teaspoon", "teaspoons"),
    "tbsp": ("tablespoon", "tablespoons"),
    "yr": ("year", "years"),
    "yrs": ("year", "years"),
    "mos": ("month", "months"),
    "hr": ("hour", "hours"),
    "GHz": ("gigahertz", "gigahertz"),
    "GB": ("gigabyte", "gigabytes"),
    "MB": ("megabyte", "megabytes"),
    "Mbps": ("megabit per second", "megabits per second"),
}
_INCHES = ("inch", "inches")
"""Apart from the units: it is rather the word "in"."""


def _any(words: dict[str, str] | dict[str, tuple[str, str]]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _feet(found: re.Match[str]) -> str:
    return f"{amount(found[1], *_UNITS['ft'])} {amount(found[2], *_INCHES)}"


def _measure(found: re.Match[str]) -> str:
    spoken = amount(found["number"], *_UNITS[found["unit"]])
    if found["first"]:
        spoken = f"{plain(found['first'])} to {spoken}"
    if found["sides"]:
        spoken = f"{sides(found['sides'])} by {spoken}"
    return f"minus {spoken}" if found["minus"] else spoken


RULES: list[Rule] = [
    rule(rf"{START}(\d{{1,2}})\s?ft\.?\s+(\d{{1,2}})\s?in(?!\w)(?:\.(?=\s+[a-z]))?", _feet),
    rule(rf"{START}({NUMBER})\s?in\.(?=\s+[a-z])", lambda found: amount(found[1], *_INCHES)),
    rule(rf"(?<=[\d ](?:cm|mm|ft|in)){BY}(?=\d)", " by "),
    rule(r"(?<!\w)w/o(?!\w)", "without"),
    rule(r"(?<!\w)w/(?=\s?[a-z])", "with "),
    rule(
        rf"(?P<minus>(?<![\w)])[-−])?{START}(?:(?P<first>{NUMBER})(?:\s?(?:°|(?P<same>{_any(_UNITS)})(?={TO}(?:{NUMBER})\s?(?P=same))))?{TO}|(?P<sides>(?:(?:{NUMBER}){BY}){{1,2}}))?"
        rf"(?P<number>{NUMBER})\s?"
        rf"(?P<unit>{_any(_UNITS)})(?!\w)(?:(?<=min|hrs|sec|yrs|mos)\.|\.(?=\s+[a-z]))?",
        _measure,
    ),
    rule(rf"(?<=[a-z] )(?:{_any(_PLACES)})", lambda found: _PLACES[found[0]]),
    rule(rf"(?<!\w)(?:{_any(_TITLES)})(?=\s+(?:[A-Zא-ת&]|and\s))", lambda found: _TITLES[found[0]]),
    rule(rf"(?<!\w)(?:{_any(_BEFORE_NUMBERS)})(?=\s*\d)", lambda found: _BEFORE_NUMBERS[found[0]]),
    rule(rf"(?<!\w)(?:{_any(_ANYWHERE)})", lambda found: _ANYWHERE[found[0]]),
]
