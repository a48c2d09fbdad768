"""Prices and percentages in English (sans-I/O)."""

import re
from dataclasses import dataclass

from tts_worker.front_end.english.numbers import NUMBER, SCALE, START, TO, amount, plain
from tts_worker.front_end.scan import Rule, rule


@dataclass(frozen=True, slots=True)
class _Money:
    one: str
    many: str
    part: str
    parts: str


_SHEKEL = _Money("shekel", "shekels", "agora", "agorot")
_DOLLAR = _Money("dollar", "dollars", "cent", "cents")
_EURO = _Money("euro", "euros", "cent", "cents")
_CURRENCIES = {
    "₪": _SHEKEL,
    "NIS": _SHEKEL,
    "ILS": _SHEKEL,
    "$": _DOLLAR,
    "USD": _DOLLAR,
    "€": _EURO,
    "EUR": _EURO,
    "£": _Money("pound", "pounds", "penny", "pence"),
}
_EACH = {
    **dict.fromkeys(("hour", "day", "night", "week", "month", "year", "person", "unit", "item"), ""),
    "hr": "hour", "wk": "week", "mo": "month", "yr": "year", "lb": "pound", "kg": "kilogram", "oz": "ounce", "sq ft": "square foot",
}  # fmt: skip
"""What a price may be for, and how it is said where it is short."""
_SIGN = "[₪$€£]"
_MINUS = r"(?P<minus>(?<![\w)])[-−])?"
_SCALES = {"K": "thousand", "M": "million", "B": "billion"}
_NUMBERS = rf"(?P<number>{NUMBER})(?:{TO}{_SIGN}?(?P<to>{NUMBER}))?(?:\s+(?P<scale>{SCALE})(?!\w)|(?P<letter>[KMB])(?!\w))?"


def _price(found: re.Match[str]) -> str:
    spoken = _sum(_CURRENCIES[found["sign"]], found["to"] or found["number"], found["scale"] or _SCALES.get(found["letter"]))
    if found["to"]:
        spoken = f"{plain(found['number'])} to {spoken}"
    return f"minus {spoken}" if found["minus"] else spoken


def _sum(money: _Money, written: str, scale: str | None) -> str:
    if scale:
        return f"{plain(written)} {scale} {money.many}"
    whole, _, decimals = written.partition(".")
    if len(decimals) > 2:
        return f"{plain(written)} {money.many}"
    parts = int(decimals.ljust(2, "0")) if decimals else 0
    spoken_parts = amount(str(parts), money.part, money.parts)
    if parts and not int(whole.replace(",", "")):
        return spoken_parts
    spoken = amount(whole, money.one, money.many)
    return f"{spoken} and {spoken_parts}" if parts else spoken


def _parts(found: re.Match[str]) -> str:
    """A sum without its nought: $.99."""
    return _sum(_CURRENCIES[found["sign"]], f"0.{found['parts']}", None)


def _percent(found: re.Match[str]) -> str:
    until = f" to {plain(found['to'])}" if found["to"] else ""
    sign = {"-": "minus ", "−": "minus ", "+": "plus "}.get(found["sign"] or "", "")
    return f"{sign}{plain(found['number'])}{until} percent"


RULES: list[Rule] = [
    rule(rf"(?<![\w.,:/])(?P<sign>{_SIGN})\.(?P<parts>\d\d)(?!\d|[.,]\d)", _parts),
    rule(rf"{_MINUS}(?<![\w.,:/])(?P<sign>{_SIGN})\s?{_NUMBERS}(?!\d|[.,]\d)", _price),
    rule(rf"{_MINUS}(?<![\w.,:/]){_NUMBERS}\s?(?P<sign>{_SIGN}|(?:NIS|ILS|USD|EUR)(?!\w))", _price),
    rule(rf"{START}({NUMBER})\s?¢", lambda found: amount(found[1], "cent", "cents")),
    rule(rf"(?:(?<=[\d₪$€£])|(?<=[SRL]))/({'|'.join(_EACH)})(?!\w)", lambda found: f" per {_EACH[found[1]] or found[1]}"),
    rule(rf"(?P<sign>(?<![\w)%])[-−+])?{START}(?P<number>{NUMBER})(?:%?{TO}(?P<to>{NUMBER}))?\s?%", _percent),
]
