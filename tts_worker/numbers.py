"""Numbers and times of day as words, in the languages of the local voice."""

import re

from num2words import num2words

NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*")

_LONGEST_NUMBER_DIGITS = 4
"""A longer one without commas is read digit by digit, as a telephone number is."""
_LONGEST_AMOUNT = 15


def number_in_words(written: str, language: str) -> str:
    """What matches ``NUMBER``, spoken: a time (9:30), an amount (1,250.5), or digits one by one (0541234567)."""
    if time := re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", written):
        return _time(int(time[1]), int(time[2]), language)
    plain = written.replace(",", "")
    if re.fullmatch(r"[0-9]+\.[0-9]+", plain) and len(plain) <= _LONGEST_AMOUNT:
        return _words(float(plain), language)
    longest = _LONGEST_AMOUNT if "," in written else _LONGEST_NUMBER_DIGITS
    if plain.isdigit() and len(plain) <= longest and (plain[0] != "0" or plain == "0"):
        return _words(int(plain), language)
    return " ".join(_words(int(digit), language) for digit in plain if digit.isdigit())


def _time(hour: int, minute: int, language: str) -> str:
    spoken = _words(hour, language)
    if language == "he":
        return f"{spoken} ו{_words(minute, language)}" if minute else spoken
    if minute == 0:
        return f"{spoken} o'clock"
    return f"{spoken} {'o ' if minute < 10 else ''}{_words(minute, language)}"


def _words(number: float, language: str) -> str:
    return str(num2words(number, lang=language))
