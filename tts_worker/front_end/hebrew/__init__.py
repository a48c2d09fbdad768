"""Hebrew: what is written, as it is spoken.

A particle and its hyphen before a number are one word with it (ב-15: בחמישה עשר), before Latin letters a word of its own.
"""

import re

from tts_worker.front_end.addresses import address_rules
from tts_worker.front_end.comparisons import comparison_rules
from tts_worker.front_end.digits import code_rules, phone_rules
from tts_worker.front_end.hebrew import abbreviations, dates, fractions, money, numbers, strokes, times
from tts_worker.front_end.hebrew.nouns import noun_at
from tts_worker.front_end.latin import latin_rules
from tts_worker.front_end.names import HEBREW
from tts_worker.front_end.scan import Rule, rule

_CODE = re.compile(
    r"(?:קוד|הקוד|טיסה|פנייה|פניה|פוליסה|סיסמ[הא]|הסיסמ[הא]|הזמנה|ההזמנה|אסמכתא|לקוח|מיקוד|חשבון|החשבון|אישור|האישור|רכב|כרטיס|זהות|ת[\"״]ז|ת\.ז\.?|חשבונית|החשבונית|דרכון|הדרכון|ספרות|הספרות|"
    r"ש?מסתיי(?:ם|מת)|PIN|SMS)"
    r"(?:\s+(?:שלך|שלכם|שלי|הוא|היא|הן|אימות|האימות|סודי|הסודי|חדש|החדש|מספר|מס'|הבניין|לבניין|כניסה|הכניסה|הדלת|לדלת|אחרונות|האחרונות))*[\s:]*(?:(?<=\s)ב[-־])?$"
)
_PARTICLE = rule(
    r"(?<![א-ת])([ובכלמשה]{1,3})(?:[-־–](?=[\d₪$€£*+#(½⅓¼¾A-Za-z]|[א-ת]{1,4}[\"״'׳]|[א-ת]{2})|(?=\d))", lambda found: found[1], joins=True
)

ABBREVIATIONS: list[Rule] = abbreviations.RULES
RULES: list[Rule] = [
    *address_rules(HEBREW),
    _PARTICLE,
    *times.RULES,
    *money.RULES,
    *dates.FULL,
    *phone_rules(HEBREW),
    *dates.SHORT,
    *abbreviations.RULES,
    *strokes.RULES,
    money.BARE,
    rule(r"(?<![^\Wא-ת])(?<![.,:/+])1\s?\+\s?1(?![\w.,+]*\d)", "אחד פלוס אחד"),
    *code_rules(HEBREW, _CODE, noun_at),
    rule(r"(?<![א-ת])([א-ת]['׳])(?=\d)", lambda found: f"{found[1]} "),
    rule(r"(?<!\w)OK(?!\w)", "אוקיי"),
    rule(r"(?<=ויטמין )([A-Z])-?(\d{1,2})(?!\w)", lambda found: f"{found[1]} {numbers.cardinal(int(found[2]))}"),
    rule(r"(?<!\w)(HPV)-?(\d{1,2})(?!\w)", lambda found: f"{' '.join(found[1])} {numbers.cardinal(int(found[2]))}"),
    *latin_rules(HEBREW),
    *numbers.COUNTED,
    *fractions.RULES,
    *numbers.RULES,
    *comparison_rules(HEBREW),
    rule(r"\s\+\s+", f" {HEBREW.plus} "),
    rule(r"(?<=\d)\+(?!\w)", " ומעלה"),
    rule(r"\s+&(?:amp;)?\s+(?=[א-ת])", " ו"),
]
