"""Which voices are a woman's and which a man's: a bot that says "אני בודקת" shall not sound like one who would say "אני בודק".

Source: Google's list of voices (https://cloud.google.com/text-to-speech/docs/list-voices-and-types). Chirp 3 HD voices bear the same
names in all languages; of the older kinds the letters of he-IL and en-US are known here. What is not known is not checked.
"""

import re
from typing import Literal

Gender = Literal["female", "male"]

_CHIRP = {
    "female": "Achernar Aoede Autonoe Callirrhoe Despina Erinome Gacrux Kore Laomedeia Leda Pulcherrima Sulafat Vindemiatrix Zephyr",
    "male": "Achird Algenib Algieba Alnilam Charon Enceladus Fenrir Iapetus Orus Puck Rasalgethi Sadachbia Sadaltager Schedar Umbriel "
    "Zubenelgenubi",
}
_GENDERS: dict[str, Gender] = {name: gender for gender, names in _CHIRP.items() for name in names.split()}  # type: ignore[misc]
_LETTERS: dict[str, str] = {"he-IL": "AC BD", "en-US": "CEFGH ABDIJ"}
"""Of Standard and Wavenet voices: a woman's, a man's."""
_LETTERED = re.compile(r"(?P<language>\w\w-\w\w)-(Standard|Wavenet)-(?P<letter>[A-Z])")


def gender_of(voice: str) -> Gender | None:
    """Whose voice it is; None: that is not known."""
    found = _LETTERED.fullmatch(voice)
    if found is None:
        return _GENDERS.get(voice.rpartition("-")[2])
    women, men = _LETTERS.get(found["language"], " ").split(" ")
    return "female" if found["letter"] in women else "male" if found["letter"] in men else None


def of_gender(voice: str, whose: Gender | None) -> str:
    """The voice; where it is known to be another's, the first of its language and kind that is theirs."""
    found = _LETTERED.fullmatch(voice)
    if found is None or whose is None or gender_of(voice) in (None, whose):
        return voice
    women, men = _LETTERS[found["language"]].split(" ")
    return voice.removesuffix(found["letter"]) + (women if whose == "female" else men)[0]
