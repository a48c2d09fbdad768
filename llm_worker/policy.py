"""What a tool may be used for, decided outside of the model (sans-I/O).

A caller can talk a model into anything. So what an agent's file does not list is not offered and not run, and what it limits is checked
here, where no words reach: how often in a call, which arguments, and which telephone numbers. A call that was made before is none more:
it is answered with what came of it.

A telephone number that somebody only spoke is nobody's: a tool that does something elsewhere takes the ones that the file lists. Beside
those and one date, all arguments together hold six digits at most, however written and in words, too (``number_words.py``): a number may be
in parts, and a part may look like a date or a time. So a date has to be a real one, and each time counts for three digits.

A pattern is the owner's, and one like ``(a|aa)+[bc]`` may take hours for sixty letters: what is not decided in time is refused.
"""

import datetime
import re
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
import regex

from common.agents.agent import Limit
from llm_worker.number_words import digits_in, plain

_MOST_DIGITS = 6
"""A telephone number has seven at the least."""
_DECIDED_S = 0.02
"""In that time no other call of this worker gets an answer; a pattern as people write them takes microseconds."""
_DATE = re.compile(r"(?<!\d)20\d\d-\d\d-\d\d(?!\d)")
_TIME = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5][05](?::00)?(?![\d:])")
_DIGITS_OF_A_TIME = 3
"""There are fewer than a thousand times of full five minutes."""


def refusal(limit: Limit, taken: msgspec.Struct, spelling: str, made: Collection[str], *, spoken_numbers: bool = True) -> str:
    """Why a tool may not be used so; "" if it may.

    Args:
        taken: the arguments; ``spelling``: all of them as one text.
        made: the spellings of what the tool was used for in this call.
        spoken_numbers: whether the tool takes any telephone number where the limit lists none.
    """
    for name, pattern in limit.arguments.items():
        value = getattr(taken, name, "")
        if value is not None and not _matches(pattern, _spelled(value)):  # None: the model left it out, as it may
            return f"{name} may not be that here"
    listed = limit.numbers if limit.numbers is not None else ("*",) if spoken_numbers else ()
    if "*" not in listed and _spoken_digits(taken, {number.lstrip("+") for number in listed}) > _MOST_DIGITS:
        return "a telephone number may not be that here, whoever said it"
    others = len(set(made) - {spelling})
    return too_often(others) if others >= limit.times else ""


def too_often(times: int) -> str:
    """Why a tool may not be used that was used so often with other arguments."""
    return f"it was used {times} times in this call, and may not be again"


def _spelled(value: Any) -> str:
    """An argument as a pattern sees it: a text as it is, all else as JSON."""
    given = msgspec.to_builtins(value)
    return given if isinstance(given, str) else msgspec.json.encode(given).decode()


def _matches(pattern: str, text: str) -> bool:
    """Whether all of the text does; no, where that takes too long."""
    try:
        return regex.fullmatch(pattern, text, regex.DOTALL, timeout=_DECIDED_S) is not None
    except TimeoutError:
        return False


def _spoken_digits(taken: msgspec.Struct, listed: Collection[str]) -> int:
    """How many digits the arguments have that may be of a telephone number."""
    given = msgspec.to_builtins(taken).values()
    texts = [plain(text) for each in given for text in _texts(each)]
    date = next((found for text in texts for found in _DATE.findall(text) if _is_real(found)), "")
    return sum(_counted(text, date) for text in texts if digits_in(text) not in listed)


def _counted(text: str, date: str) -> int:
    """The digits of a text but for that date."""
    rest = _DATE.sub(lambda found: " " if found[0] == date else found[0], text)
    return _DIGITS_OF_A_TIME * len(_TIME.findall(rest)) + len(digits_in(_TIME.sub(" ", rest)))


def _is_real(date: str) -> bool:
    try:
        datetime.date.fromisoformat(date)
    except ValueError:
        return False
    return True


def _texts(value: Any) -> Iterable[str]:
    """All that stands in a value, each by itself; the items of a list together, as they might be a number's parts."""
    if isinstance(value, dict):
        return [text for key, each in value.items() for text in (str(key), *_texts(each))]
    return [str(value)]
