"""English: what is written, as it is spoken."""

import re

from tts_worker.front_end.addresses import address_rules
from tts_worker.front_end.comparisons import comparison_rules
from tts_worker.front_end.digits import american_phone_rules, code_rules, phone_rules
from tts_worker.front_end.english import abbreviations, dates, money, numbers, times
from tts_worker.front_end.latin import latin_rules
from tts_worker.front_end.names import ENGLISH
from tts_worker.front_end.scan import Rule, rule

_CODE = re.compile(
    r"\b(?:code|password|PIN|ID|reference|(?:order|customer|account|invoice|tracking|card|booking) number|flight|ending in|"
    r"digits|call|dial)(?:\s+(?:is|are|number|we|I|just|sent|texted|you))*[\s:]*$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s+(?:[a-z]+s|people|men|women|children)(?!\w)")


def _counts(text: str, at: int) -> bool:
    return bool(_COUNTED.match(text, at))


RULES: list[Rule] = [
    *address_rules(ENGLISH),
    *times.RULES,
    *money.RULES,
    *dates.RULES,
    *phone_rules(ENGLISH),
    *american_phone_rules(ENGLISH),
    *code_rules(ENGLISH, _CODE, _counts),
    *abbreviations.RULES,
    rule(r"(?<!\w)OK(?!\w)", "okay"),
    rule(r"(?<=[Vv]itamin )([A-Z])-?(\d{1,2})(?!\w)", lambda found: f"{found[1]} {numbers.cardinal(int(found[2]))}"),
    *latin_rules(ENGLISH),
    *numbers.RULES,
    *comparison_rules(ENGLISH),
    rule(r"\s\+\s+", f" {ENGLISH.plus} "),
    rule(r"(?<=\d)\+(?!\w)", " plus"),
    rule(r"\s+&(?:amp;)?\s+", " and "),
]
