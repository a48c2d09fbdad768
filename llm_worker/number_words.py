"""Digits in a text, in any script or in words, whatever stands between them (sans-I/O).

In words of Hebrew, English, Russian, Arabic and French, in all spellings and forms that are told here, with what Hebrew and Arabic put
before a word, with letters said twice (fiive) and run together (zerofivefour), with marks within (f'ive) and with each letter by itself
(f i v e). Words and text are folded alike before they are compared: letters that look like Latin ones are those, Hebrew's final letters are
the others, ة is ه. No package was taken for that: those that know all of Unicode's look-alikes fold 1, l and I, too; two scripts do here.

It is enough to count digits by: behind another word "עשרה" adds one to it, "double" doubles the one to come, a hundred adds two. What it
can't see: letters in the place of digits (OS4), words in pieces (fi ve), other spellings than these, look-alikes of more scripts, Roman and
Hebrew numerals, words that only sound like numbers (won, too), and French "un", which is an article first of all.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import pairwise

_DIGITS = (
    "o oh zero nought naught nil null אפס אפסים ноль ноля нолю нолем нуль нуля нулю нулем нули нулей صفر",
    "one אחת אחד один одна одно одну одного одной одному одним единица единицу единицы واحد واحدة",
    "two שתיים שתים שניים שנים שתי שני два две двух двум двумя двойка двойки двойку اثنان اثنين اثنتان اتنين deux",
    "three שלוש שלש שלושה שלשה שלושת שלשת три трех трем тремя тройка тройки тройку ثلاثة ثلاث تلاتة trois",
    "four ארבע ארבעה ארבעת четыре четырех четырем четырьмя четверка четверки четверку أربعة أربع quatre",
    "five חמש חמישה חמשה חמשת пять пятерка пятерки пятерку خمسة خمس cinq",
    "six שש שישה ששה ששת שישת шесть шестерка шестерки шестерку ستة ست",
    "seven שבע שבעה שבעת семь семерка семерки семерку سبعة سبع sept",
    "eight שמונה שמנה שמונת שמנת восемь восьми восьмью восьмерка восьмерки восьмерку ثمانية ثماني تمانية huit",
    "nine תשע תשעה תשעת девять девятка девятки девятку تسعة تسع neuf",
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
    "forty fourty ארבעים сорок сорока أربعون أربعين quarante",
    "fifty חמישים חמשים пятьдесят пятидесяти خمسون خمسين cinquante",
    "sixty שישים ששים шестьдесят шестидесяти ستون ستين soixante",
    "seventy שבעים семьдесят семидесяти سبعون سبعين septante",
    "eighty שמונים שמנים восемьдесят восьмидесяти ثمانون ثمانين huitante octante",
    "ninety תשעים девяносто девяноста تسعون تسعين nonante",
)
_HUNDREDS = (
    "сто ста",
    "מאתיים מאתים двести двухсот",
    "триста трехсот",
    "четыреста четырехсот",
    "пятьсот пятисот",
    "шестьсот шестисот",
    "семьсот семисот",
    "восемьсот восьмисот",
    "девятьсот девятисот",
)
_OTHERS = {"1": "עשר עשרה עשרת عشرة عشر", "0": "double פעמיים", "00": "triple hundred hundreds מאה מאות مئة مائة cent cents", "2": "אלפיים"}
_LETTER = r"[^\W\d_]"
_MARKS = r"(?:[^\w\s]|_)+"
_WORD = re.compile(_LETTER + "+")
_SPELLED = rf"(?<!{_LETTER}){_LETTER}(?:[\W_]+{_LETTER}(?!{_LETTER}|{_MARKS}{_LETTER}{{2}}))+"
_CHUNK = re.compile(rf"(?P<spelled>{_SPELLED})|(?P<word>{_LETTER}+(?:{_MARKS}{_LETTER}+)*)|(?P<digit>\d)")
"""Letters by themselves; words with nothing but marks between them; a digit."""
_FOLDED = str.maketrans(
    "аеорсухіѕјԛԝһԁѵгптвкмнΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεικνοπρτυχωγηıɑɡøךםןףץةى",
    "aeopcyxisjqwhdvrntbkmhABEZHIKMNOPTYXaeikvonptuxwyniagoכמנפצهي",
)
_TWICE = re.compile(r"(\w)\1+")
_BEFORE = re.compile(r"وال|و|ال|[ובלכמשה]{0,4}")
"""Particles of Hebrew (וכשהשש), or the Arabic "and" and article."""


def plain(text: str) -> str:
    """The text in small letters without points, each folded to the one it looks like, its digits 0 to 9."""
    parts = unicodedata.normalize("NFKD", text)
    kept = "".join(_in_ascii(letter) for letter in parts if unicodedata.category(letter) not in ("Mn", "Cf"))
    return kept.translate(_FOLDED).casefold().translate(_FOLDED)


def _in_ascii(letter: str) -> str:
    """A letter that is a number below a hundred (٣, ➂, 三, ⓴) in digits; any other as it is."""
    number = unicodedata.numeric(letter, -1)
    return str(int(number)) if 0 <= number < 100 and number == int(number) else letter


def digits_in(text: str) -> str:
    """All of them, one after the other."""
    words = [digits for chunk in _CHUNK.finditer(plain(text)) for digits in _digits_of(chunk)]
    return "".join(word[0] if _is_tens(word) and len(after) == 1 else word for word, after in pairwise([*words, ""]))


def _is_tens(digits: str) -> bool:
    return len(digits) == 2 and digits[0] > "1"


def _digits_of(chunk: re.Match[str]) -> tuple[str, ...]:
    """The digits of each number in it; "" for a word that is none, which stands between those beside it."""
    if chunk["digit"]:
        return (chunk["digit"],)
    words = _WORD.findall(chunk[0])
    if chunk["spelled"]:
        return _among("".join(words)) or ("",)
    return _in_word("".join(words)) or tuple(digits for word in words for digits in _in_word(word) or ("",))


def _among(letters: str) -> tuple[str, ...]:
    """The numbers that stand anywhere in what somebody spelled."""
    return tuple(_DIGITS_OF[found] for found in _ANY.findall(letters))


def _in_word(word: str) -> tuple[str, ...]:
    """The numbers that a word is made of; () if it is none."""
    return next((found for spelling in _spellings(word) if (found := _run_together(spelling))), ())


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


def _forms(word: str) -> tuple[str, ...]:
    """With the plural of English, and the cases of Russian words that end in ь."""
    if word.endswith("ь"):
        return word, word[:-1] + "и", word + "ю"
    if not word.isascii() or len(word) < 3:
        return (word,)
    return (word, word[:-1] + "ies") if word.endswith("y") else (word, word + "s", word + "es")


def _table() -> dict[str, str]:
    numbers = dict(enumerate(_DIGITS)) | dict(enumerate(_FROM_TEN, 10))
    numbers |= {10 * tens: words for tens, words in enumerate(_TENS, 2)}
    numbers |= {100 * hundreds: words for hundreds, words in enumerate(_HUNDREDS, 1)}
    listed = [(str(number), words) for number, words in numbers.items()] + list(_OTHERS.items())
    table = {plain(form): digits for digits, words in listed for word in words.split() for form in _forms(word)}
    short = {_TWICE.sub(r"\1", word): digits for word, digits in table.items()}
    return {word: digits for word, digits in short.items() if len(word) > 2} | table


_DIGITS_OF = _table()
_LONGEST = max(map(len, _DIGITS_OF))
_ANY = re.compile("|".join(sorted((word for word in _DIGITS_OF if len(word) > 1), key=len, reverse=True)))
