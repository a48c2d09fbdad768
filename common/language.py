"""Languages as calls and settings name them, BCP 47 tags like ``he`` and ``en-US``, and words as they are compared."""

import re
import unicodedata

LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
"""What may be one: language, then script, region or variant."""


def base_language(language: str) -> str:
    """The language of a BCP 47 tag without script and region: ``he`` of ``he-IL`` and of the old code ``iw``."""
    base = language.replace("_", "-").split("-")[0].lower()
    return {"iw": "he"}.get(base, base)


_NAMES = {"he": "Hebrew", "en": "English", "ar": "Arabic", "ru": "Russian", "fr": "French", "es": "Spanish", "de": "German"}


def named(language: str) -> str:
    """What a model is told that it is to write in."""
    return _NAMES.get(base_language(language), f"the language {language}")


def normalised(text: str) -> str:
    """``text`` for comparison: without case, points, punctuation and repeated blanks."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(
        " " if unicodedata.category(letter)[0] in "PZC" else letter for letter in letters if unicodedata.category(letter) != "Mn"
    )
    return " ".join(kept.split())
