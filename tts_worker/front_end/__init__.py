"""The text front end: what the model writes, as a voice is to speak it (sans-I/O).

    text -> marks for the eye out -> the agent's pronunciations -> addresses, times, money, dates, telephone numbers,
            abbreviations, codes, numbers, by the call's language -> words

Every voice is given the same words, whichever vendor it is of: what one of them makes of "3.5" is not left to it. Rules are
asked in order and the first that reads what stands there wins (``scan``), so the order tells a date from a decimal. ``Spoken``
keeps which spoken words stand for which written ones. What each reading rests on: ``tests/data/front_end``.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from common.language import base_language
from common.marks import INVISIBLE, MARKS
from tts_worker.front_end import english, hebrew
from tts_worker.front_end.dictionary import dictionary_rules
from tts_worker.front_end.scan import Rule, rule, scan
from tts_worker.front_end.spoken import Spoken, put_together

_MARKS: list[Rule] = [
    rule(rf"\s*{INVISIBLE.pattern}(?=\s*[.,!?;:])|{INVISIBLE.pattern}", ""),
    *(Rule(mark.pattern, mark.left) for mark in MARKS),
]
NOT_ANY: Mapping[str, str] = MappingProxyType({})
_LANGUAGES: dict[str, Sequence[Rule]] = {
    "he": hebrew.RULES,
    "en": [*english.RULES, *hebrew.ABBREVIATIONS],
}


def speakable(text: str, language: str, pronunciations: Mapping[str, str] = NOT_ANY) -> Spoken:
    """``text`` as it is spoken in ``language``; in one that is not known, only its marks and pronunciations are heeded.

    ``pronunciations`` are the agent's own, and go before all rules.
    """
    rules = _LANGUAGES.get(base_language(language), ())
    text = " ".join(text.split())
    return put_together(text, scan(text, [*_MARKS, *dictionary_rules(pronunciations), *rules]))
