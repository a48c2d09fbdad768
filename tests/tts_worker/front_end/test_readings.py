"""Every item of the golden table is read as its source says."""

import pytest

from tests.tts_worker.front_end.golden import classes, pronunciations
from tts_worker.front_end import speakable


@pytest.mark.parametrize(("language", "kind"), classes())
def test_each_item_of_a_class_is_read_right(language: str, kind: str) -> None:
    entries = pronunciations()[language] if kind == "dictionary" else {}
    read = {item.written: speakable(item.written, language, entries).text for item in classes()[language, kind]}
    assert read == {item.written: item.spoken for item in classes()[language, kind]}


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("הטיפול נמשך 1.5 שעות", "הטיפול נמשך שעה וחצי"),
        ('1.25 ק"מ', "קילומטר ורבע"),
        ("1 השעה", "אחת השעה"),
        ("1 כלשהו", "אחת כלשהו"),
        ("1.5 כלשהו", "אחת נקודה חמש כלשהו"),
        ("1.5 ילדים", "אחד וחצי ילדים"),
        ("קומה 1 שעה", "קומה אחת שעה"),
        ("בפעם ה-3", "בפעם השלישית"),
        ("הפריט ה-2", "הפריט השני"),
        ("ה-2 בחודש", "השני בחודש"),
        ("בקומה ה-12", "בקומה השתים עשרה"),
        ("הישיבה ה-4", "הישיבה הרביעית"),
        ("ימים א-ה 9:00-17:00", "ימים ראשון עד חמישי תשע עד חמש אחר הצהריים"),
        ("א'-ה' 9:00, ו' 10:00", "ראשון עד חמישי תשע, שישי עשר"),
        ("גיל 18+", "גיל שמונה עשרה ומעלה"),
        ("1+1", "אחת פלוס אחת"),
        ("קוד הבניין 1234#", "קוד הבניין אחת שתיים שלוש ארבע סולמית"),
        ("גרסה 2.0.1", "גרסה שתיים נקודה אפס נקודה אחת"),
        ("2024/15", "אלפיים עשרים וארבע לוכסן חמש עשרה"),
        ("12 בצהריים", "שתים עשרה בצהריים"),
        ("10-12", "עשר עד שתים עשרה"),
        ("ב-3.5 שעות", "בשלוש וחצי שעות"),
        ("ב-3.5%", "בשלושה וחצי אחוזים"),
        ("ב-3.15", "בשלוש נקודה אחת חמש"),
        ("35/13/2026", "שלושים וחמש לוכסן שלוש עשרה לוכסן אלפיים עשרים ושש"),
        ("2.5 מיליון", "שניים וחצי מיליון"),
        ("0.5 מיליון", "חצי מיליון"),
        ("1.7 מיליון", "אחת נקודה שבע מיליון"),
        ("₪1.555", "אחת נקודה חמש חמש חמש שקלים"),
        ("8:00 PM", "שמונה P M"),
        ("4:00", "ארבע"),
        ("+44 20 7946 0958", "פלוס ארבע ארבע, שתיים אפס שבע, תשע ארבע שש, אפס תשע חמש שמונה"),
        ("+2100000000", "פלוס שתיים אחת אפס, אפס אפס אפס, אפס אפס אפס אפס"),
        ("9" * 20 + " שקלים", " ".join(["תשע"] * 20) + " שקלים"),
        ("12500 שקלים", "שנים עשר אלף וחמש מאות שקלים"),
        ("בחשבון 120 שקלים", "בחשבון מאה ועשרים שקלים"),
        ("50000", "חמישים אלף"),
        ("ב9:00 ב3.5 ל5 ילדים", "בתשע בשלושה במאי לחמישה ילדים"),
        ("ה23 בנובמבר", "העשרים ושלושה בנובמבר"),
        ("5G", "חמש G"),
        ("קובץ mp3", "קובץ mp3"),
        ("ABCD5", "ABCD חמש"),
        ("30.11.2026-2.12.2026", "שלושים בנובמבר אלפיים עשרים ושש עד שניים בדצמבר אלפיים עשרים ושש"),
        ("1/12/26-5/12/26", "אחד בדצמבר אלפיים עשרים ושש עד חמישה בדצמבר אלפיים עשרים ושש"),
        ("1.5-2.5 שעות", "אחת וחצי עד שתיים וחצי שעות"),
        ("3.10-4.20 ₪", "שלוש נקודה אחת אפס עד ארבעה שקלים ועשרים אגורות"),
        ("1.5-2.5", "אחת נקודה חמש עד שתיים נקודה חמש"),
        ("45/13-46/13", "ארבעים וחמש חלקי שלוש עשרה-ארבעים ושש חלקי שלוש עשרה"),
        ('3.5-4.5 ש"ח', "שלושה וחצי עד ארבעה שקלים וחמישים אגורות"),
        ('3/4 ק"ג', "שלושת רבעי קילוגרם"),
        ("2 5/4 כוסות", "שתיים חמש חלקי ארבע כוסות"),
        ("הפגישה ב-ה' בטבת", "הפגישה בחמישה בטבת"),
        ('אצל ל-ד"ר כהן', "אצל לדוקטור כהן"),
        ("בשעה 20 דקות", "בשעה עשרים דקות"),
        ("12 לילה/יום", "שתים עשרה לילה/יום"),
        ("הרצל 2 כניסה ב'", "הרצל שתיים כניסה ב'"),
        ("כיתה ל'", "כיתה ל'"),
        ("בין 20° ל-25°", "בין עשרים מעלות לעשרים וחמש מעלות"),
        ("5 < 7", "חמש < שבע"),
        ("3/10", "שלוש עשיריות"),
        ("ב-תל אביב ו-חיפה", "בתל אביב וחיפה"),
        ("עד 2.5 ליטר", "עד שניים וחצי ליטר"),
        ("בגיל 18", "בגיל שמונה עשרה"),
        ("2x3", "שתיים על שלוש"),
        ("12 לקוחות", "שנים עשר לקוחות"),
        ("155x", "מאה חמישים וחמש x"),
        ("#3 בתור", "מספר שלוש בתור"),
        ("יום א', 9:00", "יום ראשון, תשע"),
        ("כיתה א'", "כיתה א'"),
        ("ו', 8:00-12:30", "שישי, שמונה עד שתים עשרה וחצי"),
    ],
)
def test_hebrew_beyond_the_table(written: str, spoken: str) -> None:
    assert speakable(written, "he").text == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("on 11/24", "on November twenty-fourth"),
        ("on 24/11", "on November twenty-fourth"),
        ("on 24/13", "on twenty-four slash thirteen"),
        ("50/50", "fifty fifty"),
        ("Mon-Fri", "Monday to Friday"),
        ("May 1990", "May nineteen ninety"),
        ("10-12-2026", "October twelfth, twenty twenty-six"),
        ("10/12/26", "October twelfth, twenty twenty-six"),
        ("35.13.2026", "three five dot one three dot two zero two six"),
        ("AB-1234", "A B one two three four"),
        ("#3 in line", "number three in line"),
        ("ages 18+", "ages eighteen plus"),
        ("We close at 5 p.m.", "We close at five P M"),
        ("$5/box", "five dollars/box"),
        ("5 h. Then 2 oz. of it", "five hours. Then two ounces of it"),
        ("$1.555", "one point five five five dollars"),
        ("$0.01", "one cent"),
        ("1,250.5", "one thousand two hundred fifty point five"),
        ("9" * 20, ", ".join(["nine nine nine nine"] * 5)),
        ("9" * 20 + " people", " ".join(["nine"] * 20) + " people"),
        ("11/30/2026-12/2/2026", "November thirtieth, twenty twenty-six to December second, twenty twenty-six"),
        ("5/6-7/8", "May sixth to July eighth"),
        ("50/60-70/80", "fifty sixtieths-seventy eightieths"),
        ("1 5/4 cups", "one five slash four cups"),
        ("wait 12 sec. please", "wait twelve seconds please"),
        ("2 x 4 ft", "two by four feet"),
        ("and/or", "and/or"),
        ("3/10 of it", "three tenths of it"),
        ("name + number, 5 + 5", "name plus number, five plus five"),
        ("enter 2580#", "enter two five eight zero pound"),
        ("a score of 4/5", "a score of four out of five"),
        ("2x3", "two by three"),
        ("$5M-$6M", "five million dollars-six million dollars"),
        ("the 1990s and '80s", "the nineteen nineties and eighties"),
        ("5' 11\" tall", "five foot eleven tall"),
        ("He sat and ate.", "He sat and ate."),
        ("Sat or Sun", "Saturday or Sunday"),
        ("AT&T", "AT&T"),
        ("May 3-May 5", "May third to May fifth"),
        ("99999999999999999999.5", " ".join(["nine"] * 20) + " point five"),
        ("12345 people", "twelve thousand three hundred forty-five people"),
        ("50000", "fifty thousand"),
    ],
)
def test_english_beyond_the_table(written: str, spoken: str) -> None:
    assert speakable(written, "en").text == spoken


def test_in_a_language_that_it_does_not_know_only_marks_are_taken_out() -> None:
    assert speakable("**Il est** 9:30 😀", "fr").text == "Il est 9:30"
