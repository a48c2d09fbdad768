"""What digits and signs are called in a language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """Names of digits, and of the signs in telephone numbers and addresses."""

    digits: tuple[str, ...]
    hundreds: str
    """As in 1-800, behind the digit."""
    plus: str
    star: str
    hash: str
    at: str
    dot: str
    dash: str
    underscore: str
    slash: str
    number: str
    """Before a number that has a # before it."""
    about: str
    at_least: str
    at_most: str
    plus_or_minus: str

    def digit_by_digit(self, written: str) -> str:
        """The digits in ``written``, one after the other."""
        return " ".join(self.digits[int(digit)] for digit in written if digit.isdigit())


HEBREW = Names(
    digits=("אפס", "אחת", "שתיים", "שלוש", "ארבע", "חמש", "שש", "שבע", "שמונה", "תשע"),
    hundreds="מאות",
    plus="פלוס",
    star="כוכבית",
    hash="סולמית",
    at="שטרודל",
    dot="נקודה",
    dash="מקף",
    underscore="קו תחתון",
    slash="לוכסן",
    number="מספר",
    about="בערך",
    at_least="לפחות",
    at_most="לכל היותר",
    plus_or_minus="פלוס מינוס",
)
ENGLISH = Names(
    digits=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    hundreds="hundred",
    plus="plus",
    star="star",
    hash="pound",
    at="at",
    dot="dot",
    dash="dash",
    underscore="underscore",
    slash="slash",
    number="number",
    about="about",
    at_least="at least",
    at_most="at most",
    plus_or_minus="plus or minus",
)
