"""Latin letters that are no word: what is spelled, and letters with digits (sans-I/O).

Words in Latin letters stay as they are, in a Hebrew sentence, too, and with the digits in them (mp3): every voice speaks them.
Capitals without a vowel are spelled, and those with one that nobody says as a word; a voice spells what stands as single letters.
"""

import re

from tts_worker.front_end.digits import groups, spoken_groups
from tts_worker.front_end.names import Names
from tts_worker.front_end.scan import Rule, rule

_SPELLED = re.compile("AI|API|ATM|BMI|CEO|CIA|EU|FAQ|FBI|HIV|IBM|ID|IP|ISO|IT|MRI|OTP|QA|UAE|UFO|UK|UN|URL|USA|USB|USD|VIP")


def latin_rules(names: Names) -> list[Rule]:
    """How they are read; what stands for a word is left to the rules behind."""

    def capitals(found: re.Match[str]) -> str | None:
        word = found[0]
        return " ".join(word) if _SPELLED.fullmatch(word) or not set("AEIOUY") & set(word) else None

    def model(found: re.Match[str]) -> str:
        return f"{' '.join(found[1])} {spoken_groups(groups(found[2]), names)}"

    def version(found: re.Match[str]) -> str:
        return f"V {f' {names.dot} '.join(map(names.digit_by_digit, found[1].split('.')))}"

    return [
        rule(r"(?<!\w)[vV](\d+(?:\.\d+)+)(?!\w)", version),
        rule(r"(?<![\w-])([A-Z]{1,3})-?(\d+(?:-\d+)*)(?![\w%]|-\d)", model),
        rule(r"(?<!\w)[A-Z]*[a-z]\w*\d\w*", lambda found: found[0]),
        rule(r"(?<=[A-Za-z])-(?=\d{1,3}(?!\w))", " "),
        rule(r"(?<!\w)[A-Z]{2,5}(?!\w)", capitals),
    ]
