"""What a tool may be used for, decided outside of the model (sans-I/O).

A caller can talk a model into anything. So what an agent's file does not list is not offered and not run, and what it limits is checked
here, where no words reach: how often in a call, which arguments, and which telephone numbers. A call that was made before is none more:
it is answered with what came of it.

A telephone number that somebody only spoke is nobody's: a tool that does something elsewhere takes the ones that the file lists. Beside
those and a date each, all arguments together hold six digits at most, however written and in words, too: a number may be in parts, and a
part may look like a time.

A pattern is the owner's, and one like ``(a|aa)+[bc]`` may take hours for sixty letters: what is not decided in time is refused.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Any

import msgspec
import regex

from common.agents.agent import Limit

_MOST_DIGITS = 6
"""A telephone number has seven at the least."""
_DECIDED_S = 0.02
"""In that time no other call of this worker gets an answer; a pattern as people write them takes microseconds."""
_DATE = re.compile(r"^20\d\d-[01]\d-[0-3]\d(?=[T ]|$)")
_WORDS = (
    "zero oh אפס", "one אחת אחד", "two שתיים שתים שניים שנים", "three שלוש שלושה", "four ארבע ארבעה", "five חמש חמישה", "six שש שישה ששה",
    "seven שבע שבעה", "eight שמונה", "nine תשע תשעה",
)  # fmt: skip
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = (
    "twenty עשרים", "thirty שלושים שלשים", "forty ארבעים", "fifty חמישים חמשים", "sixty שישים ששים", "seventy שבעים", "eighty שמונים",
    "ninety תשעים",
)  # fmt: skip
_DIGITS_OF = {
    **{word: str(digit) for digit, words in enumerate(_WORDS) for word in words.split()},
    **{word: str(number) for number, word in enumerate(_TEENS.split(), 10)},
    **{word: f"{tens}0" for tens, words in enumerate(_TENS, 2) for word in words.split()},
    "עשר": "1",
    "עשרה": "1",
    "double": "0",
    "triple": "00",
    "hundred": "00",
    "מאה": "00",
    "מאות": "00",
}
"""Enough to count digits by: behind another word "עשרה" adds one to it, "double" doubles the one to come, a hundred adds two."""
_WORD = re.compile(r"[^\W\d_]+|\d")


def refusal(limit: Limit, taken: msgspec.Struct, spelling: str, made: Collection[str], *, spoken_numbers: bool = True) -> str:
    """Why a tool may not be used so; "" if it may.

    Args:
        taken: the arguments; ``spelling``: all of them as one text.
        made: the spellings of what the tool was used for in this call.
        spoken_numbers: whether the tool takes any telephone number where the limit lists none.
    """
    for name, pattern in limit.arguments.items():
        value = getattr(taken, name, "")
        if value is not None and not _matches(pattern, str(value)):  # None: the model left it out, as it may
            return f"{name} may not be that here"
    listed = limit.numbers if limit.numbers is not None else ("*",) if spoken_numbers else ()
    if "*" not in listed and _spoken_digits(taken, {number.lstrip("+") for number in listed}) > _MOST_DIGITS:
        return "a telephone number may not be that here, whoever said it"
    others = set(made) - {spelling}
    return f"it was used {len(others)} times in this call, and may not be again" if len(others) >= limit.times else ""


def _matches(pattern: str, text: str) -> bool:
    """Whether all of the text does; no, where that takes too long."""
    try:
        return regex.fullmatch(pattern, text, regex.DOTALL, timeout=_DECIDED_S) is not None
    except TimeoutError:
        return False


def _spoken_digits(taken: msgspec.Struct, listed: Collection[str]) -> int:
    """How many digits the arguments have that may be of a telephone number."""
    given = msgspec.to_builtins(taken).values()
    digits = (_digits(_DATE.sub("", text, count=1)) for each in given for text in _texts(each))
    return sum(len(found) for found in digits if found not in listed)


def _texts(value: Any) -> Iterable[str]:
    """All that stands in a value, each by itself; the items of a list together, as they might be a number's parts."""
    if isinstance(value, dict):
        return [text for key, each in value.items() for text in (str(key), *_texts(each))]
    return [str(value)]


def _digits(text: str) -> str:
    """The digits of a text, in any script or in words, whatever stands between them."""
    plain = "".join(str(unicodedata.decimal(letter, letter)) for letter in unicodedata.normalize("NFKC", text))
    shown = "".join(letter for letter in plain if unicodedata.category(letter) not in ("Mn", "Cf"))
    words = [_digits_of(word) for word in _WORD.findall(shown.casefold())]
    return "".join(word[0] if _is_tens(word) and len(after) == 1 else word for word, after in pairwise([*words, ""]))


def _is_tens(digits: str) -> bool:
    return len(digits) == 2 and digits[0] > "1"


def _digits_of(word: str) -> str:
    """The digits that a word is, with the Hebrew "and" before it, too; "" if none."""
    return word if word.isdigit() else _DIGITS_OF.get(word, _DIGITS_OF.get(word.removeprefix("ו"), ""))
