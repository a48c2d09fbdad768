"""Languages as calls and settings name them: BCP 47 tags like ``he`` and ``en-US``."""

import re

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
