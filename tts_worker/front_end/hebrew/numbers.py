"""Hebrew numbers in words, with the gender and the state that what they count demands (sans-I/O).

    nothing counted     feminine: קומה שלוש, שבע
    before a noun       in its gender; 2 in the construct state: שני חודשים, שתי דקות
    before a definite   2 to 10 in the construct state: שלושת הימים
    1                   behind its noun: שעה אחת, כדור אחד
    again               in the gender of what was counted: שני כדורים בבוקר ואחד בערב
    of several          in the gender of those: אחד מכל עשרה לקוחות

Rules of the Academy of the Hebrew Language; the words themselves are num2words', whose order of members follows them.
"""

import re

from num2words import num2words

from tts_worker.front_end.hebrew.nouns import Gender, Noun, counted_one, gender_of, labelled, measured, noun_at, of_them
from tts_worker.front_end.names import HEBREW
from tts_worker.front_end.scan import Rule, apart, before, rule

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
START = r"(?<![^\Wא-ת])(?<![.,:/])"
"""Perhaps glued to a particle."""
END = r"(?![\w:/]|[.,]\d)"
TO = r"\s*[-–־]\s*"
BY = r"\s?[×xX]\s?"
_SCALES = {"אלף": 1000, "מיליון": 10**6, "מיליארד": 10**9}
SCALE = "|".join(_SCALES)
_LONGEST = 10**15
"""Nobody follows a longer number in words."""
_ONES = {"m": "אחד", "f": "אחת"}
_PARTS = {"25": "רבע", "5": "חצי", "50": "חצי"}
_PARTS_OF_ONE = {**_PARTS, "1/2": "חצי", "½": "חצי", "1/3": "שליש", "⅓": "שליש", "1/4": "רבע", "¼": "רבע"}
_ORDERED = re.compile(r"(?:^|([א-ת]+)\s+)ה[-־]$")
_BLOOD_PRESSURE = re.compile(r"לחץ ה?דם(?:\s+(?:של|שלך|שלכם|הוא|היה|עד|מעל|תקין))*[\s:]*$")
_AGE = re.compile(r"(?:^|\s)[ובלמהש]?(?:בן|בת|בני|בנות|גיל)\s+$")
_OF_AGES = frozenset(("ימים", "שבועות", "חודשים", "שנים"))
"""What ages are counted in."""
_RATED = re.compile(r"(?:ציון|דירוג)(?:\s+(?:של|הוא))?\s+$")
_MEASURE = re.compile(r"(?:^|[\s(])([א-ת]+)\s+$")
_PART_OF_DAY = r"\s+ב(?:בוקר|צהריים|ערב|לילה)(?![א-ת])"
_AGAIN = re.compile(rf"(?:(?<![א-ת])(?P<one>[א-ת]+)\s+1|\d(?P<many>\s+[א-ת]+)){_PART_OF_DAY},?\s+(?:ו[-־]?)?$")
_TO_A_NOUN = re.compile(
    rf"(?:,\s+(?:{NUMBER})){{,9}}(?:{TO}|\s+(?:עד|או|מתוך|מכל)\s+|\s+[לומ][-־])(?:{NUMBER})(?=\s)|\s+(?:מתוך|מכל)(?=\s)"
)


def cardinal(number: int, gender: Gender = "f", *, construct: bool = False) -> str:
    """A whole number in words; 1 to 10 may be construct."""
    if number >= _LONGEST:
        return HEBREW.digit_by_digit(str(number))
    return str(num2words(number, lang="he", gender=gender, construct=construct and 1 < number <= 10))


def plain(written: str, gender: Gender = "f") -> str:
    """A number as it is written, perhaps with a decimal point, which counts nothing or stands apart from what it counts."""
    whole, _, decimals = written.replace(",", "").partition(".")
    if not decimals:
        return cardinal(int(whole), gender)
    return f"{cardinal(int(whole))} {HEBREW.dot} {HEBREW.digit_by_digit(decimals)}"


def mixed(written: str, gender: Gender) -> str:
    """A number before what it counts, but not next to it: two and a half."""
    whole, _, decimals = written.replace(",", "").partition(".")
    if decimals not in _PARTS:
        return plain(written, gender)
    return f"{cardinal(int(whole), gender)} ו{_PARTS[decimals]}" if int(whole) else _PARTS[decimals]


def counted(written: str, noun: Noun) -> str:
    """A number next to the noun that it counts."""
    if "." in written:
        return mixed(written, noun.gender)
    number = int(written.replace(",", ""))
    return cardinal(number, noun.gender, construct=number == 2 or noun.definite)


def amount(written: str, one: str, many: str, gender: Gender, after_ten: str = "") -> str:
    """So many of something, which has its own words for one and for several, and perhaps for more than ten."""
    whole, _, decimals = written.replace(",", "").partition(".")
    if decimals in _PARTS and int(whole) <= 1:
        return f"{one} ו{_PARTS[decimals]}" if int(whole) else f"{_PARTS[decimals]} {one}"
    if decimals:
        return f"{mixed(written, gender)} {many}"
    number = int(whole)
    if number == 1:
        return f"{one} {_ONES[gender]}"
    return f"{cardinal(number, gender, construct=number == 2)} {after_ten or many if number > 10 else many}"


def scaled(written: str, scale: str, gender: Gender) -> str:
    """So many thousands, millions: one and a half million, three million."""
    whole, _, decimals = written.replace(",", "").partition(".")
    if not decimals:
        return cardinal(int(whole) * _SCALES[scale], gender)
    if decimals not in _PARTS:
        return f"{plain(written)} {scale}"
    half = f"ו{_PARTS[decimals]}"
    if int(whole) <= 1:
        return f"{scale} {half}" if int(whole) else f"{_PARTS[decimals]} {scale}"
    return f"{cardinal(int(whole), 'm')} {half} {scale}"


# --- Rules


def _scaled(found: re.Match[str]) -> str:
    noun = noun_at(found.string, found.end())
    return scaled(found[1], found[2], noun.gender if noun else "f")


def _pressure(found: re.Match[str]) -> str | None:
    return f"{plain(found[1])} על {plain(found[2])}" if _BLOOD_PRESSURE.search(before(found)) else None


def _range(found: re.Match[str]) -> str:
    noun = noun_at(found.string, found.end())
    first, second = (mixed(found[1], noun.gender), counted(found[2], noun)) if noun else (plain(found[1]), plain(found[2]))
    return f"{first} עד {second}"


def _sides(found: re.Match[str]) -> str:
    noun = noun_at(found.string, found.end())
    return sides(found[0], noun.gender if noun else "f")


def sides(written: str, gender: Gender) -> str:
    """What stands between the sides of a thing is said between them."""
    return " על ".join(mixed(side, gender) for side in re.findall(NUMBER, written))


def _times(found: re.Match[str]) -> str:
    return {"1": "פעם", "2": "פעמיים"}.get(found[1]) or f"{cardinal(int(found[1]))} פעמים"


def _rating(found: re.Match[str]) -> str | None:
    rated = "." in found[1] or _RATED.search(before(found))
    return f"{plain(found[1])} מתוך {plain(found[2])}" if rated else None


def _one(found: re.Match[str]) -> str | None:
    noun = noun_at(found.string, found.end("number"))
    if noun is None or noun.definite or labelled(before(found)):
        return None
    one = noun.one if found["part"] else noun.word if noun.singular else None
    return f"{one} {'ו' + _PARTS_OF_ONE[found['part']] if found['part'] else _ONES[noun.gender]}" if one else None


def _signed(found: re.Match[str]) -> str:
    noun = noun_at(found.string, found.end())
    return f"{'מינוס' if found[1] != '+' else HEBREW.plus} {counted(found[2], noun) if noun else plain(found[2])}"


def _number(found: re.Match[str]) -> str:
    text, written, so_far = found.string, found[0], before(found)
    if re.search(r"(?:^|\s)פי\s+$", so_far):
        return plain(written, "m")
    if labelled(so_far):
        return plain(written)
    noun, later = noun_at(text, found.end()), _counted_later(text, found.end())
    if _AGE.search(so_far) and not any(each.word in _OF_AGES for each in (noun, later) if each):
        return mixed(written, "f")
    if gender := _counted_before(found) or of_them(text, found.end()):
        return mixed(written, gender)
    if noun:
        return counted(written, noun)
    if later:
        return mixed(written, _of_the_one_before(so_far, written) or later.gender)
    if (ordered := _ORDERED.search(so_far)) and written.isdigit():
        return _ordinal(int(written), gender_of(ordered[1]))
    return plain(written)


def _counted_later(text: str, at: int) -> Noun | None:
    """What a number counts together with another one behind it: two or three days."""
    following = _TO_A_NOUN.match(text, at)
    return noun_at(text, following.end()) if following else None


def _counted_before(found: re.Match[str]) -> Gender | None:
    """The gender of what a number counts that stands before it: one pill in the morning, and two in the evening."""
    so_far = before(found)
    if found[0] == "1" and (measure := _MEASURE.search(so_far)) and measured(measure[1]):
        return "m"
    again = re.compile(_PART_OF_DAY).match(found.string, found.end()) and _AGAIN.search(so_far)
    if not again:
        return None
    if again["one"]:
        return "m" if measured(again["one"]) else "f"
    noun = noun_at(so_far, again.start("many"))
    return noun.gender if noun else None


def _of_the_one_before(so_far: str, written: str) -> Gender | None:
    """One nurse and two doctors: the 1 counts what stands before it."""
    own = _MEASURE.search(so_far) if written == "1" else None
    return counted_one(own[1]) if own else None


def _ordinal(number: int, gender: Gender) -> str:
    """Behind the article, which stands before it already: the third item."""
    return str(num2words(number, lang="he", to="ordinal", gender=gender, definite=True))[1:]


COUNTED: list[Rule] = [
    rule(rf"{START}(\d{{1,2}})[xX×](?=\s+[בל](?:יום|שבוע|חודש|שנה)(?![א-ת]))", _times),
    rule(rf"{START}({NUMBER})/(5|10|100){END}", _rating),
    rule(rf"{START}({NUMBER})\s+({SCALE})(?![א-ת])", _scaled),
    rule(rf"{START}(\d{{2,3}})/(\d{{2,3}}){END}", _pressure),
    rule(rf"{START}(?P<number>1(?:(?:\.|\s+(?=\d/)|\s?(?=[½⅓¼]))(?P<part>{'|'.join(_PARTS_OF_ONE)}))?)\s+[א-ת]+(?![א-ת\"״'׳])", _one),
]
"""What goes before fractions."""
RULES: list[Rule] = [
    rule(rf"{START}({NUMBER}){TO}({NUMBER}){END}", _range),
    rule(rf"{START}(?:{NUMBER})(?:{BY}(?:{NUMBER})){{1,2}}{END}", _sides),
    rule(rf"(?<![\w)])([-−+])({NUMBER}){END}", _signed),
    rule(rf"{START}(?:{NUMBER})(?!\w|[.,]\d)", _number),
    rule(NUMBER, lambda found: apart(found, plain(found[0]))),
]
