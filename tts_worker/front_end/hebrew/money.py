"""Prices and percentages in Hebrew (sans-I/O)."""

import re
from dataclasses import dataclass

from tts_worker.front_end.hebrew.nouns import Gender, noun_at
from tts_worker.front_end.hebrew.numbers import NUMBER, SCALE, START, TO, amount, mixed, scaled
from tts_worker.front_end.names import HEBREW
from tts_worker.front_end.scan import Rule, rule


@dataclass(frozen=True, slots=True)
class _Money:
    one: str
    many: str
    gender: Gender
    part: str
    parts: str
    part_gender: Gender
    after_ten: str = ""


_SHEKEL = _Money("שקל", "שקלים", "m", "אגורה", "אגורות", "f")
_CURRENCIES = {
    "₪": _SHEKEL,
    "$": _Money("דולר", "דולרים", "m", "סנט", "סנט", "m", after_ten="דולר"),
    "€": _Money("אירו", "אירו", "m", "סנט", "סנט", "m"),
    "£": _Money("לירה שטרלינג", "לירות שטרלינג", "f", "פני", "פני", "m"),
}
_CURRENCIES |= {"USD": _CURRENCIES["$"], "EUR": _CURRENCIES["€"]}
_SIGN = "[₪$€£]"
_SHEKELS = r"ש[\"״]?ח(?![א-ת])|שקלים(?![א-ת])|שקל(?![א-ת])"
_LETTERS = r"(?:NIS|ILS|USD|EUR)(?!\w)"
_MINUS = r"(?P<minus>(?<![\w)])[-−])?"
_NUMBERS = rf"(?P<number>{NUMBER})(?:{TO}{_SIGN}?(?P<to>{NUMBER}))?(?:\s+(?P<scale>{SCALE})(?![א-ת]))?"


def _price(found: re.Match[str]) -> str | None:
    sign = found["sign"]
    if sign.startswith("שקל") and "." not in found["number"]:
        return None  # a number and its noun, like any other
    money = _CURRENCIES.get(sign, _SHEKEL)
    spoken = _sum(money, found["to"] or found["number"], found["scale"])
    if found["to"]:
        spoken = f"{mixed(found['number'], money.gender)} עד {spoken}"
    return f"מינוס {spoken}" if found["minus"] else spoken


def _sum(money: _Money, written: str, scale: str | None) -> str:
    if scale:
        return f"{scaled(written, scale, money.gender)} {money.many}"
    whole, _, decimals = written.partition(".")
    if len(decimals) > 2:
        return f"{mixed(written, money.gender)} {money.many}"
    parts = int(decimals.ljust(2, "0")) if decimals else 0
    spoken_parts = amount(str(parts), money.part, money.parts, money.part_gender)
    if parts and not int(whole.replace(",", "")):
        return spoken_parts
    spoken = amount(whole, money.one, money.many, money.gender, money.after_ten)
    return f"{spoken} ו{spoken_parts}" if parts else spoken


def _bare(found: re.Match[str]) -> str | None:
    """A sum behind the particle of a price, if it can be neither a day, an hour nor a measure."""
    whole, decimals = found[0].replace(",", "").split(".")
    day, hour = int(whole) <= 31 and 1 <= int(decimals) <= 12, int(whole) <= 24 and int(decimals) < 60
    return None if day or hour or noun_at(found.string, found.end()) else _sum(_SHEKEL, found[0], None)


def _parts(found: re.Match[str]) -> str:
    """A sum without its nought: $.99."""
    return _sum(_CURRENCIES[found["sign"]], f"0.{found['parts']}", None)


def _percent(found: re.Match[str]) -> str:
    spoken = amount(found["to"] or found["number"], "אחוז", "אחוזים", "m", after_ten="אחוז")
    if found["to"]:
        spoken = f"{mixed(found['number'], 'm')} עד {spoken}"
    sign = {"-": "מינוס ", "−": "מינוס ", "+": f"{HEBREW.plus} "}.get(found["sign"] or "", "")
    return sign + spoken


RULES: list[Rule] = [
    rule(rf"(?<![\w.,:/])(?P<sign>{_SIGN})\.(?P<parts>\d\d)(?!\d|[.,]\d)", _parts),
    rule(rf"{_MINUS}{START}(?P<sign>{_SIGN})\s?{_NUMBERS}(?!\d|[.,]\d)", _price),
    rule(rf"{_MINUS}{START}{_NUMBERS}\s?(?P<sign>{_SIGN}|{_SHEKELS}|{_LETTERS})", _price),
    rule(r"(?:(?<=[\d₪$€£])|(?<=ש[\"״]ח)|(?<=שקלים))\s?/\s?(?=(?:שעה|יום|לילה|שבוע|חודש|שנה|אדם|יחידה)(?![א-ת]))", " ל"),
    rule(rf"(?P<sign>(?<![\w)%])[-−+])?{START}(?P<number>{NUMBER})(?:%?{TO}(?P<to>{NUMBER}))?\s?%", _percent),
]
BARE = rule(rf"(?<=ב[-־])(?:\d{{1,3}}(?:,\d{{3}})+|\d+)\.\d\d(?![\w:/°]|[.,-]\d|\s+(?:{SCALE})(?![א-ת]))", _bare)
"""Behind dates and measures."""
