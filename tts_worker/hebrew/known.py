"""Words of numbers, money, times and units whose points are certain, where the vowel model reads them wrong.

The front end writes these words itself, so they are frequent, and what they mean is known: of the 80 words of 28 such phrases, those
of ``test_hebrew_numbers.py``, the model alone has 44 right. Eight is written alike in both genders, and what follows tells which
it is: shmona before a masculine noun and in dates, else shmone.
"""

import re

from tts_worker.front_end.hebrew.dates import MONTHS
from tts_worker.front_end.hebrew.nouns import noun_at

_POINTED = {
    "שתיים": "שְׁתַּיִים",
    "שניים": "שְׁנַיִים",
    "תשע": "תֵּ֫שַׁע",
    "תשעים": "תִּשְׁעִים",
    "עשרים": "עֶשְׂרִים",
    "שישים": "שִׁישִׁים",
    "שבעים": "שִׁבְעִים",
    "שמונים": "שְׁמוֹנִים",
    "מאתיים": "מָאתַיִים",
    "שמיניות": "שְׁמִינִיּוֹת",
    "מינוס": "מִ֫ינוּס",
    "סולמית": "סוּלָמִית",
    "שטרודל": "שְׁטְר֫וּדֶל",
    "דולר": "דּ֫וֹלָר",
    "מעלות": "מַעֲלוֹת",
    "צלזיוס": "צֶ֫לְזְיוּס",
    "ליטר": "לִ֫יטֶר",
    "מיליליטר": "מִילִילִ֫יטֶר",
    "גרם": "גְרַם",
    "מיליגרם": "מִילִיגְרַם",
    "רבוע": "רָב֫וּעַ",
    "אלף": "אֶלֶף",
    "אלפים": "אֲלָפִים",
    "שקל": "שֶׁקֶל",
    "שקלים": "שְׁקָלִים",
    "שנים עשר": "שְׁנֵים עָשָׂר",
    "שתים עשרה": "שְׁתֵּים עֶשְׂרֵה",
    "שמונה עשר": "שְׁמוֹנָה עָשָׂר",
    "שמונה עשרה": "שְׁמוֹנֶה עֶשְׂרֵה",
    "אחר הצהריים": "אַחַר הַצָּהֳרַיִים",
    "וחצי": "וָחֵ֫צִי",
    "ורבע": "וָרֶבַע",
    # particles that stand alone, before a word in Latin letters
    "ב": "בֶּ",
    "ה": "הַ",
    "ו": "וֶ",
    "כ": "כֶּ",
    "ל": "לֶ",
    "מ": "מִ",
    "ש": "שֶׁ",
}
_MASCULINE_EIGHT, _FEMININE_EIGHT = "שְׁמוֹנָה", "שְׁמוֹנֶה"
_DATE = re.compile(rf"\s+(?:ב(?:{'|'.join(MONTHS)})|לחודש)(?![א-ת])")
_POINTS = "[\u05ab\u05b0-\u05bd\u05bf\u05c1\u05c2\u05c7]"
_STRIPPED = re.compile(_POINTS)


def _any_points(word: str) -> str:
    return "".join(f"{letter}{_POINTS}*" if "א" <= letter <= "ת" else r"\s+" for letter in word)


_KNOWN = re.compile(
    rf"(?<![א-ת])(?<!{_POINTS})(?P<particles>(?:[ובכלמשה]{_POINTS}*){{0,2}}?)"
    rf"(?P<word>{'|'.join(map(_any_points, sorted([*_POINTED, 'שמונה'], key=len, reverse=True)))})(?![א-ת]|{_POINTS})"
)


def repointed(text: str) -> str:
    """Pointed text with these words as they are known to be."""
    return _KNOWN.sub(_repointed, text)


def _repointed(found: re.Match[str]) -> str:
    word = " ".join(_STRIPPED.sub("", found["word"]).split())
    if len(word) == 1 and found["particles"]:
        return found[0]  # שש is no ש behind another one
    return found["particles"] + (_POINTED.get(word) or _eight(_STRIPPED.sub("", found.string[found.end() :])))


def _eight(following: str) -> str:
    noun = noun_at(following, 0)
    masculine = noun.gender == "m" if noun else bool(_DATE.match(following))
    return _MASCULINE_EIGHT if masculine else _FEMININE_EIGHT
