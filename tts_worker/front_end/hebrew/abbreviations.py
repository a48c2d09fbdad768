"""Hebrew abbreviations and units (sans-I/O).

What is said in full is written out; what is said as a word (דו"ח) loses its marks. Particles stay before it: בת"ז; the article
goes to the second word of a construct pair: הת"ז is תעודת הזהות.
"""

import re

from tts_worker.front_end.hebrew.nouns import Gender, noun_at
from tts_worker.front_end.hebrew.numbers import BY, NUMBER, START, TO, amount, mixed, sides
from tts_worker.front_end.scan import Rule, before, rule

_PAIRS = {
    'ת"ז': "תעודת זהות",
    'ת"ד': "תיבת דואר",
    "ת.ד.": "תיבת דואר",
    "ת.ד": "תיבת דואר",
    "ת.ז": "תעודת זהות",
    "ת.ז.": "תעודת זהות",
    'עו"ד': "עורך דין",
    'רו"ח': "רואה חשבון",
    'בי"ח': "בית חולים",
    'בי"ס': "בית ספר",
    'קופ"ח': "קופת חולים",
    'ב"כ': "בא כוח",
    'יו"ר': "יושב ראש",
    'חו"ד': "חוות דעת",
    'ח"כ': "חבר כנסת",
    'מע"מ': "מס ערך מוסף",
}
_PLAIN = {
    'ביה"ח': "בית החולים",
    'ביה"ס': "בית הספר",
    'ד"ר': "דוקטור",
    'ע"י': "על ידי",
    'ע"פ': "על פי",
    'עפ"י': "על פי",
    'ע"ש': "על שם",
    'ע"ג': "על גבי",
    'ע"ס': "על סך",
    'בע"מ': "בעירבון מוגבל",
    'ארה"ב': "ארצות הברית",
    'חו"ל': "חוץ לארץ",
    'בד"כ': "בדרך כלל",
    'בס"ד': "בסיעתא דשמיא",
    'אח"כ': "אחר כך",
    'אחה"צ': "אחר הצהריים",
    'לפנה"צ': "לפני הצהריים",
    'סה"כ': "סך הכול",
    'כ"כ': "כל כך",
    'ת"א': "תל אביב",
    'ר"ג': "רמת גן",
    'פ"ת': "פתח תקווה",
    'ראשל"צ': "ראשון לציון",
    "י-ם": "ירושלים",
    'דוא"ל': "דואר אלקטרוני",
    'מו"מ': "משא ומתן",
    'עו"ש': "עובר ושב",
    'הו"ק': "הוראת קבע",
    'ב"ש': "באר שבע",
    'ש"ח': "שקלים",
    'הנ"ל': "הנזכר לעיל",
    'עו"ס': "עובד סוציאלי",
    'מוצ"ש': "מוצאי שבת",
    'חוה"מ': "חול המועד",
    'מד"א': "מגן דוד אדום",
    "טמפ'": "טמפרטורה",
    'דו"ח': "דוח",
    'מנכ"ל': "מנכל",
    'סמנכ"ל': "סמנכל",
    'צה"ל': "צהל",
    'תנ"ך': "תנך",
    'שב"כ': "שבכ",
    'חז"ל': "חזל",
    'חב"ד': "חבד",
    'או"ם': "אום",
    'בג"ץ': "בגץ",
    'נתב"ג': "נתבג",
    'רמטכ"ל': "רמטכל",
    'דו"חות': "דוחות",
    'מנכ"לית': "מנכלית",
    'סמנכ"לית': "סמנכלית",
    'ביהמ"ש': "בית המשפט",
    "ע.מ.": "עוסק מורשה",
    "רח'": "רחוב",
    "שד'": "שדרות",
    "שכ'": "שכונת",
    "טל'": "טלפון",
    "מס'": "מספר",
    "עמ'": "עמוד",
    "פרופ'": "פרופסור",
    "גב'": "גברת",
    "חב'": "חברת",
    "מח'": "מחלקת",
    "וכו'": "וכולי",
    "וכד'": "וכדומה",
    "וגו'": "וגומר",
    "נ.ב.": "נכתב בצד",
    'ז"א': "זאת אומרת",
    'חברת כ"א': "חברת כוח אדם",
    "ט.ל.ח.": "טעות לעולם חוזרת",
    "ט.ל.ח": "טעות לעולם חוזרת",
    'לפנה"ס': "לפני הספירה",
    'כנ"ל': "כנזכר לעיל",
    'מק"ט': "מקט",
    'אק"ג': "אקג",
}
_UNITS: dict[str, tuple[str, str, Gender]] = {
    'ק"מ': ("קילומטר", "קילומטרים", "m"),
    'ס"מ': ("סנטימטר", "סנטימטרים", "m"),
    'מ"מ': ("מילימטר", "מילימטרים", "m"),
    'מ"ל': ("מיליליטר", "מיליליטר", "m"),
    'מ"ר': ("מטר רבוע", "מטר רבוע", "m"),
    "מ²": ("מטר רבוע", "מטר רבוע", "m"),
    "m²": ("מטר רבוע", "מטר רבוע", "m"),
    'מ"ק': ("מטר מעוקב", "מטר מעוקב", "m"),
    'סמ"ר': ("סנטימטר רבוע", "סנטימטר רבוע", "m"),
    'קמ"ש': ("קילומטר לשעה", "קילומטר לשעה", "m"),
    "מ'": ("מטר", "מטרים", "m"),
    "ל'": ("ליטר", "ליטר", "m"),
    "גר'": ("גרם", "גרם", "m"),
    'ק"ג': ("קילוגרם", "קילוגרם", "m"),
    'מ"ג': ("מיליגרם", "מיליגרם", "m"),
    'מ"ג/ד"ל': ("מיליגרם לדציליטר", "מיליגרם לדציליטר", "m"),
    'מ"ג/ק"ג': ("מיליגרם לקילוגרם", "מיליגרם לקילוגרם", "m"),
    'מק"ג': ("מיקרוגרם", "מיקרוגרם", "m"),
    "חד'": ("חדר", "חדרים", "m"),
    "דק'": ("דקה", "דקות", "f"),
    "שע'": ("שעה", "שעות", "f"),
    "שנ'": ("שנייה", "שניות", "f"),
    "יח'": ("יחידה", "יחידות", "f"),
    "אג'": ("אגורה", "אגורות", "f"),
    "מע'": ("מעלה", "מעלות", "f"),
    "°": ("מעלה", "מעלות", "f"),
    "°C": ("מעלת צלזיוס", "מעלות צלזיוס", "f"),
    "℃": ("מעלת צלזיוס", "מעלות צלזיוס", "f"),
    "°F": ("מעלת פרנהייט", "מעלות פרנהייט", "f"),
    "℉": ("מעלת פרנהייט", "מעלות פרנהייט", "f"),
    "GHz": ("גיגה הרץ", "גיגה הרץ", "m"),
    "GB": ("ג'יגה בייט", "ג'יגה בייט", "m"),
    "MB": ("מגה בייט", "מגה בייט", "m"),
    "Mbps": ("מגה ביט לשנייה", "מגה ביט לשנייה", "m"),
    "km": ("קילומטר", "קילומטרים", "m"),
    "kg": ("קילוגרם", "קילוגרם", "m"),
    "cm": ("סנטימטר", "סנטימטרים", "m"),
}
_MARK = {'"': "[\"״“”]|''", "'": "['׳’]"}


def _key(written: str) -> str:
    return re.sub("[׳’]", "'", re.sub("[״“”]|''", '"', written))


def _any(words: dict[str, str] | dict[str, tuple[str, str, Gender]]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    return "|".join("".join(f"(?:{_MARK[letter]})" if letter in _MARK else re.escape(letter) for letter in word) for word in ordered)


_ONLY_COUNTED = {"מע'"}
"""Alone it may as well be the west."""
_FULL = {
    **_PAIRS,
    **_PLAIN,
    **{unit: one for unit, (one, _, _) in _UNITS.items() if "א" <= unit[0] <= "ת" and len(unit) > 2 and unit not in _ONLY_COUNTED},
}


def _plain(found: re.Match[str]) -> str:
    return _FULL[_key(found[0])]


def _prefixed(found: re.Match[str]) -> str:
    particles, key = found[1], _key(found[2])
    if particles.endswith("ה") and key in _PAIRS:
        first, rest = _PAIRS[key].split(" ", 1)
        return f"{particles[:-1]}{first} ה{rest.replace(' ', ' ה')}"
    return particles + _FULL[key]


def _measure(found: re.Match[str]) -> str:
    one, many, gender = _UNITS[_key(found["unit"])]
    spoken = amount(found["number"], one, many, gender)
    if found["first"]:
        spoken = f"{mixed(found['first'], gender)} עד {spoken}"
    if found["sides"]:
        spoken = f"{sides(found['sides'], gender)} על {spoken}"
    return f"מינוס {spoken}" if found["minus"] else spoken


_SUM = re.compile(rf"[₪$€]?\s?(?:{NUMBER})\D*$")
_BEFORE_WORDS = re.compile(r"(\d?)(?=\s+[א-ת])")


def _each(found: re.Match[str]) -> str:
    """In the gender of the last plural before the sum, or rather of one that is counted there."""
    goods = re.split(r"[.!?;]\s", " " + _SUM.sub("", before(found)))[-1]
    nouns = [(place[1] != "", noun) for place in _BEFORE_WORDS.finditer(goods) if (noun := noun_at(goods, place.end()))]
    return "כל אחת" if nouns and max(reversed(nouns), key=lambda each: each[0])[1].gender == "f" else "כל אחד"


_EACH = rule(r"(?:(?<=ש[\"״]ח )|(?<=[₪$€] )|(?<=שקל )|(?<=שקלים ))כ[\"״]א(?![א-ת])", _each)
"""Behind a price; elsewhere it may be a number (chapter 21)."""
_BEGIN, _BEHIND = r"(?<![א-ת\"״'׳])", r"(?![א-ת\"״])"
RULES: list[Rule] = [
    _EACH,
    rule(
        rf"(?P<minus>(?<![\w)])[-−])?{START}(?:(?P<first>{NUMBER})(?:\s?(?:°|(?P<same>{_any(_UNITS)})(?={TO}(?:{NUMBER})\s?(?P=same))))?{TO}|(?P<sides>(?:(?:{NUMBER}){BY}){{1,2}}))?"
        rf"(?P<number>{NUMBER})\s?"
        rf"(?P<unit>{_any(_UNITS)})(?![\w\"״])",
        _measure,
    ),
    rule(rf"(?:(?<=[קסמ][\"״]מ)|(?<=\dמ['׳])|(?<= מ['׳])){BY}(?=\d)", " על "),
    rule(rf"{_BEGIN}(?:{_any(_FULL)}){_BEHIND}", _plain),
    rule(rf"{_BEGIN}([ובכלמשה]{{1,3}}?)({_any(_FULL)}){_BEHIND}", _prefixed),
]
