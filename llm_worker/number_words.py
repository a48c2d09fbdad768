"""Digits in a text, in any script or in words, whatever stands between them (sans-I/O).

In words of Hebrew, English, Russian, Arabic and French, in all spellings and forms that are told here, with what Hebrew and Arabic put
before a word, with letters said twice (fiive) and run together (zerofivefour). It is enough to count digits by: behind another word
"עשרה" adds one to it, "double" doubles the one to come, a hundred adds two. What it can't see: letters in the place of digits (OS4), Roman
and Hebrew numerals, words that only sound like numbers (won, too), and French "un", which is an article first of all.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import pairwise

_DIGITS = (
    "o oh zero nought naught nil null אפס ноль нуль صفر",
    "one אחת אחד один одна одно واحد واحدة",
    "two שתיים שתים שניים שנים שתי שני два две اثنان اثنين اثنتان اتنين deux",
    "three שלוש שלש שלושה שלשה שלושת שלשת три ثلاثة ثلاث تلاتة trois",
    "four ארבע ארבעה ארבעת четыре أربعة أربع quatre",
    "five חמש חמישה חמשה חמשת пять خمسة خمس cinq",
    "six שש שישה ששה ששת שישת шесть ستة ست",
    "seven שבע שבעה שבעת семь سبعة سبع sept",
    "eight שמונה שמנה שמונת שמנת восемь ثمانية ثماني تمانية huit",
    "nine תשע תשעה תשעת девять تسعة تسع neuf",
)
_FROM_TEN = (
    "ten десять dix",
    "eleven одиннадцать onze",
    "twelve двенадцать douze",
    "thirteen тринадцать treize",
    "fourteen четырнадцать quatorze",
    "fifteen пятнадцать quinze",
    "sixteen шестнадцать seize",
    "seventeen семнадцать",
    "eighteen восемнадцать",
    "nineteen девятнадцать",
)
_TENS = (
    "twenty עשרים двадцать عشرون عشرين vingt",
    "thirty שלושים שלשים тридцать ثلاثون ثلاثين trente",
    "forty fourty ארבעים сорок أربعون أربعين quarante",
    "fifty חמישים חמשים пятьдесят خمسون خمسين cinquante",
    "sixty שישים ששים шестьдесят ستون ستين soixante",
    "seventy שבעים семьдесят سبعون سبعين septante",
    "eighty שמונים שמנים восемьдесят ثمانون ثمانين huitante octante",
    "ninety תשעים девяносто تسعون تسعين nonante",
)
_HUNDREDS = ("сто", "מאתיים מאתים двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот")
_OTHERS = {"1": "עשר עשרה עשרת عشرة عشر", "0": "double פעמיים", "00": "triple hundred hundreds מאה מאות مئة مائة cent cents", "2": "אלפיים"}
_WORD = re.compile(r"[^\W\d_]+|\d")
_TWICE = re.compile(r"(\w)\1+")
_BEFORE = re.compile(r"و|[ובלכמשה]{0,2}")
"""A particle of Hebrew or two, or the Arabic "and"."""


def plain(text: str) -> str:
    """The text in small letters without marks and points, its digits 0 to 9."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(
        str(unicodedata.decimal(letter, letter)) for letter in parts if unicodedata.category(letter) not in ("Mn", "Cf")
    ).casefold()


def digits_in(text: str) -> str:
    """All of them, one after the other."""
    words = [digits for word in _WORD.findall(plain(text)) for digits in _digits_of(word)]
    return "".join(word[0] if _is_tens(word) and len(after) == 1 else word for word, after in pairwise([*words, ""]))


def _is_tens(digits: str) -> bool:
    return len(digits) == 2 and digits[0] > "1"


def _digits_of(word: str) -> tuple[str, ...]:
    """The digits of each number that a word is made of; ("",) if it is none, which stands between those beside it."""
    if word.isdigit():
        return (word,)
    return next((found for spelling in _spellings(word) if (found := _run_together(spelling))), ("",))


def _spellings(word: str) -> Iterator[str]:
    """It, without what is put before a word, and with no letter twice in a row."""
    before = _BEFORE.match(word)
    assert before is not None
    bare = [word[at:] for at in range(before.end() + 1)]
    yield from bare
    yield from (_TWICE.sub(r"\1", each) for each in bare)


def _run_together(word: str) -> tuple[str, ...]:
    """The numbers that make up the whole word; () if they don't."""
    begin_of, reached = {0: 0}, 0  # where a number begins, by where it ends
    for end in range(1, len(word) + 1):
        if end - reached > _LONGEST:
            return ()
        begins = (begin for begin in range(max(0, end - _LONGEST), end) if begin in begin_of and word[begin:end] in _DIGITS_OF)
        if (begin := next(begins, None)) is not None:
            begin_of[end], reached = begin, end
    return tuple(_numbers(word, begin_of)) if reached == len(word) else ()


def _numbers(word: str, begin_of: Mapping[int, int]) -> list[str]:
    found, end = [], len(word)
    while end:
        found.append(_DIGITS_OF[word[begin_of[end] : end]])
        end = begin_of[end]
    return found[::-1]


def _table() -> dict[str, str]:
    numbers = dict(enumerate(_DIGITS)) | dict(enumerate(_FROM_TEN, 10))
    numbers |= {10 * tens: words for tens, words in enumerate(_TENS, 2)}
    numbers |= {100 * hundreds: words for hundreds, words in enumerate(_HUNDREDS, 1)}
    listed = [(str(number), words) for number, words in numbers.items()] + list(_OTHERS.items())
    table = {plain(word): digits for digits, words in listed for word in words.split()}
    short = {_TWICE.sub(r"\1", word): digits for word, digits in table.items()}
    return {word: digits for word, digits in short.items() if len(word) > 2} | table


_DIGITS_OF = _table()
_LONGEST = max(map(len, _DIGITS_OF))
