"""Which gender a counted Hebrew noun has (sans-I/O).

The plural tells it mostly: -im is masculine, -ot feminine. The exceptions that a line talks about stand here, the singulars that are
counted, too, and plurals in the construct state (-ey), which look like many other words. A word of no known kind is not taken for a noun.
"""

import re
from dataclasses import dataclass
from typing import Literal

Gender = Literal["m", "f"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FEMININE_PLURALS = _set(
    "שנים פעמים ערים מילים נשים ביצים דרכים אבנים נמלים דבורים לבנים שיניים עיניים רגליים ידיים אוזניים נעליים כתפיים ברכיים "
    "ציפורים עדשים תאנים שעורים חיטים שעתיים"
)
_MASCULINE_PLURALS = _set(
    "שולחנות מקומות רחובות חלונות ארונות כיסאות חשבונות רצונות לילות אבות קולות כוחות מקורות אוצרות אורות קירות לוחות שמות סודות "
    "וילונות חלומות ניירות פתרונות רעיונות יתרונות חסרונות זיכרונות שבועות מוסדות ארמונות עקרונות נהרות מטבעות דורות מעונות צינורות "
    "מזלגות עפרונות גיליונות שטרות אסונות מחנות מחזות מראות שדות קצוות יסודות סולמות מקצועות ניסיונות ראיונות פיקדונות מזונות משקלות "
    "לקוחות תינוקות זוגות מפתחות פירות מלונות משקאות אולמות רישיונות דוחות כישרונות ביטחונות גגות עופות"
)
_CONSTRUCTS = _set(
    "ימי חודשי אחוזי חדרי כדורי טיפולי ביקורי מפגשי שיעורי תשלומי כרטיסי ילדי הורי אחי בני נכדי תלמידי חברי עובדי תושבי אנשי נציגי רופאי "
    "מטופלי מוצרי פריטי ספרי תורי סניפי בתי גני בגדי שקלי מטרי סוגי שלבי מבחני מסמכי טפסי אישורי מכשירי תיקי שירי סרטי ניתוחי חיסוני "
    "צילומי משרדי בנייני בקבוקי אירועי תחומי נושאי סעיפי פרקי דפי צוותי כלי"
)
"""Masculine ones; before an ending that says whose (ילדיך), too."""
_WHOSE = "(?:ך|כם|כן|ו|ה|נו|הם|הן|י)"
_POSSESSED = re.compile(rf"(?P<plural>[א-ת]+ות)י{_WHOSE}|(?P<construct>[א-ת]+י){_WHOSE}")
_FEMININE_ONES = _set(
    "נפש שעה דקה שנייה שנה פעם אגורה ילדה אישה הודעה פגישה הזמנה בקשה לירה מעלה קומה דירה בדיקה יחידה מנה חבילה שאלה נקודה ספרה "
    "תשובה שיחה סדנה משפחה מכונית תוכנית אפשרות טיפה עיר מילה תרופה זריקה כוס כף כפית תמונה הפניה מרפאה "
    "כיכר אחות רופאה נציגה לקוחה מטופלת עובדת מזכירה תלמידה אורחת חולצה שמלה"
)
_MASCULINE_ONES = _set(
    "שקל אחוז יום חודש שבוע תור איש ילד אדם מחיר דולר אירו סנט קילומטר מטר סנטימטר מילימטר קילוגרם קילו גרם טון ליטר כרטיס חדר מקום לקוח "
    "משלוח מנוי תשלום מוצר אורח שולחן רופא נציג עובד תושב סועד נוסע כדור מרשם חיסון ביקור טיפול צילום טופס מסמך מיליון אלף "
    "מטופל תינוק תלמיד סניף פריט ספר"
)
_MEASURED = _set("כדור שקל אחוז דולר סנט גרם קילו קילוגרם ליטר מטר קילומטר")
_ONE_OF = {
    "שעות": "שעה",
    "ימים": "יום",
    "שבועות": "שבוע",
    "חודשים": "חודש",
    "שנים": "שנה",
    "דקות": "דקה",
    "חדרים": "חדר",
    "מטרים": "מטר",
    "קילומטרים": "קילומטר",
    "אחוזים": "אחוז",
    "כוסות": "כוס",
    "כפות": "כף",
    "כפיות": "כפית",
}
"""What may be halved."""
_MEASURES = _MEASURED | set(_ONE_OF.values()) | _set("מחיר אירו טון סנטימטר מילימטר לירה מעלה שנייה נקודה")
"""Singulars that a number with a decimal point may stand before: 2.5 liters."""
_NO_NOUNS = _set("צהריים בצהריים לצהריים הצהריים לפעמים לפנים עלות בעלות")
_BEGIN_WITH_HE = _set(
    "הודעות הזמנות הנחות הורים הצעות הגדרות החזרים הפסקות המלצות הרצאות הופעות הטבות העברות התקנות הלוואות הסעות הקלטות הזדמנויות "
    "הרשמות הפקדות הוראות החלטות הערות הבדלים הריונות הסכמים הסברים הודעה הזמנה הולדת הגרלה הוראה הוראת הסעה היעדרות הסתגלות הלבשה "
    "המתנה הכשרה היריון הריון הפסקה התאמה הרצאה הדרכה החלמה הבראה הנחה הצטיינות הגנה הגעה הובלה הרשמה הקלטה הפעלה"
)
_BEGIN_WITH_MEHE = _set("מהנדסים מהנדסות מהגרים מהגרות מהלכים מהדורות מהפכות מהירים מהירות")
_LABELS = re.compile(
    r"(?:^|[\s(])[ובלמהש]*-?(?:קו|אוטובוס|קומה|דירה|חדר|שלוחה|סניף|בית|עמוד|עמ'|פרק|טרמינל|רציף|מספר|מס'|כניסה|עמדה|דלפק|שער|ערוץ|כביש|"
    r"גרסה|דגם|רחוב|רח'|שלב|צעד|סעיף|חלק|תשלום|מפגש|שיעור)\s+(?:מספר\s+)?$"
)
_NAMED_NEXT = re.compile(r"\s+(?:קומה|דירה|חדר|כניסה)\s+(?:\d|[א-ת]['׳])")
"""What stands behind the number of a house: another thing with a number."""
_NOUN = re.compile(r"\s+([א-ת]+(?:[\"״][א-ת]*(?:ים|ות))?)(?![א-ת\"״'׳])")
"""An abbreviation, too, if its ending tells what it is: reports."""


@dataclass(frozen=True, slots=True)
class Noun:
    """What a number counts."""

    word: str
    gender: Gender
    end: int
    """Where it ends in the text."""
    owned: bool = False
    """Whether it is known whose: ילדי הגן, ילדיך."""

    @property
    def definite(self) -> bool:
        """As in שלושת הימים."""
        return self.owned or _has_article(self.word)

    @property
    def singular(self) -> bool:
        """Whether it is a singular that 1 may follow."""
        return self.word in _FEMININE_ONES | _MASCULINE_ONES

    @property
    def divisible(self) -> bool:
        """Whether 2.5 may count it; before others it is a date: on 24.11 an appointment, until 20.12 the office."""
        return not _has_article(self.word) and (not self.singular or self.word in _MEASURES)

    @property
    def one(self) -> str | None:
        """The singular, of what may be halved."""
        return self.word if self.singular else _ONE_OF.get(self.word)


def noun_at(text: str, at: int) -> Noun | None:
    """The counted noun that follows at once."""
    found = _NOUN.match(text, at)
    if found is None or _NAMED_NEXT.match(text, at):
        return None
    word, end = re.sub('["״]', "", found[1]), found.end()
    if gender := _possessed(word):
        return Noun(word, gender, end, owned=True)
    gender = _listed(word) or (_listed(word[1:]) if word[0] == "ה" else None) or _by_ending(word)
    return Noun(word, gender, end, owned=word in _CONSTRUCTS and _article_at(text, end)) if gender else None


def of_them(text: str, at: int) -> Gender | None:
    """The gender of those of whom a number names a part: two of the children."""
    found = _NOUN.match(text, at)
    if found is None or not found[1].startswith("מה") or found[1] in _BEGIN_WITH_MEHE:
        return None
    noun = noun_at(f" {found[1][2:]}", 0)
    return noun.gender if noun else None


def gender_of(word: str | None) -> Gender:
    """Of a noun in the singular that an ordinal follows, with particles before it or not."""
    if not word:
        return "m"
    for listed in (_listed(word[at:]) for at in range(min(3, len(word)))):
        if listed:
            return listed
    return "f" if word[-1] in "הת" else "m"


def counted_one(word: str) -> Gender | None:
    """Of a singular that is known to be counted, perhaps behind a particle."""
    return next((gender for each in (word, word[1:]) if (gender := _listed_one(each))), None)


def labelled(before: str) -> bool:
    """Whether a number behind ``before`` names a thing and counts none: bus 1, floor 3."""
    return bool(_LABELS.search(before))


def measured(word: str) -> bool:
    """Whether a 1 behind this masculine noun counts it and is no name of it: one pill, but room number one."""
    return word in _MEASURED


def _possessed(word: str) -> Gender | None:
    found = _POSSESSED.fullmatch(word)
    if found is None:
        return None
    if found["plural"]:
        return _listed(found["plural"]) or "f"
    return "m" if found["construct"] in _CONSTRUCTS else None


def _has_article(word: str) -> bool:
    return word.startswith("ה") and word not in _BEGIN_WITH_HE


def _article_at(text: str, at: int) -> bool:
    found = _NOUN.match(text, at)
    return found is not None and _has_article(found[1])


def _listed(word: str) -> Gender | None:
    if word in _FEMININE_PLURALS or word in _FEMININE_ONES:
        return "f"
    return "m" if word in _MASCULINE_PLURALS | _CONSTRUCTS | _MASCULINE_ONES else None


def _listed_one(word: str) -> Gender | None:
    return "f" if word in _FEMININE_ONES else "m" if word in _MASCULINE_ONES else None


def _by_ending(word: str) -> Gender | None:
    if len(word) <= 3 or word in _NO_NOUNS:
        return None
    return "m" if word.endswith("ים") else "f" if word.endswith("ות") else None
