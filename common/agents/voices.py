"""Which voices are a woman's and which a man's: a bot that says "אני בודקת" shall not sound like one who would say "אני בודק".

- Google: its list of voices (https://cloud.google.com/text-to-speech/docs/list-voices-and-types). Chirp 3 HD voices bear the same
  names in all languages; of the older kinds the letters of he-IL and en-US are known here.
- OpenAI says of none of its voices whose it is. Microsoft, which serves them, too, does of seven (its list of voices of Azure Speech, names
  like en-US-OnyxTurboMultilingualNeural): five are taken from there. Of fable it says neutral, of alloy male where others say neutral;
  of ballad, coral, sage, verse, marin and cedar nobody says anything. Those are not checked: listen, and choose.
- The local voice is a man's: its median pitch is 98 Hz in English and 92 Hz in Hebrew (autocorrelation of a sentence each).

What is not known is not checked.
"""

import re
from collections.abc import Iterator
from typing import Literal

from common.agents.agent import Agent
from common.config import Settings
from common.vendors import choose_vendors

Gender = Literal["female", "male"]

LOCAL = "en_US-joe-medium"
_NAMES = {
    "female": "Achernar Aoede Autonoe Callirrhoe Despina Erinome Gacrux Kore Laomedeia Leda Pulcherrima Sulafat Vindemiatrix Zephyr",
    "male": "Achird Algenib Algieba Alnilam Charon Enceladus Fenrir Iapetus Orus Puck Rasalgethi Sadachbia Sadaltager Schedar Umbriel "
    "Zubenelgenubi",
}
_OTHERS = {"female": "nova shimmer", "male": f"ash echo onyx {LOCAL}"}
_GENDERS: dict[str, Gender] = {name: gender for each in (_NAMES, _OTHERS) for gender, names in each.items() for name in names.split()}  # type: ignore[misc]
_LETTERS: dict[str, str] = {"he-IL": "AC BD", "en-US": "CEFGH ABDIJ"}
"""Of Standard and Wavenet voices: a woman's, a man's."""
_LETTERED = re.compile(r"(?P<language>\w\w-\w\w)-(Standard|Wavenet)-(?P<letter>[A-Z])")
_CHIRP = re.compile(r"\w+-\w+-Chirp3-HD-(\w+)")


CHIRPS = tuple(sorted(" ".join(_NAMES.values()).split()))
"""Google's names; a voice of theirs is, say, he-IL-Chirp3-HD-Aoede."""


def chirp_of(voice: str) -> str | None:
    """Which of ``CHIRPS`` a voice says that it is, or what it says instead; None: it is of another kind."""
    found = _CHIRP.fullmatch(voice)
    return found[1] if found else None


def gender_of(voice: str) -> Gender | None:
    """Whose voice it is; None: that is not known."""
    if found := _LETTERED.fullmatch(voice):
        women, men = _LETTERS.get(found["language"], " ").split(" ")
        return "female" if found["letter"] in women else "male" if found["letter"] in men else None
    return _GENDERS.get(chirp_of(voice) or voice)


def of_gender(voice: str, whose: Gender | None) -> str:
    """The voice; where it is known to be another's, the first of its language and kind that is theirs."""
    found = _LETTERED.fullmatch(voice)
    if found is None or whose is None or gender_of(voice) in (None, whose):
        return voice
    women, men = _LETTERS[found["language"]].split(" ")
    return voice.removesuffix(found["letter"]) + (women if whose == "female" else men)[0]


def speakers(agent: Agent, settings: Settings) -> list[tuple[str, str]]:
    """Each TTS vendor in the order in which they are asked, with the voice that speaks for the agent; "" where that is none."""
    return [(vendor, _voice(vendor, agent.voice, settings)) for vendor in choose_vendors(settings)["tts"].names]


def misfits(agent: Agent, settings: Settings) -> Iterator[tuple[str, str, Gender]]:
    """Vendors whose voice is known to be of the other gender, the voice, and whose it is."""
    for vendor, voice in speakers(agent, settings):
        whose = gender_of(voice)
        if whose is not None and whose != agent.gender:
            yield vendor, voice, whose


def _voice(vendor: str, own: str, settings: Settings) -> str:
    """A vendor takes an agent's voice if it is one of its own: Google's begin with a region, OpenAI's are plain words."""
    googles = "-" in own
    match vendor:
        case "google":
            return own if googles else settings.tts_voice
        case "google_unary":
            return of_gender(settings.tts_unary_voice, gender_of(own))
        case "openai":
            return own if own and not googles else settings.tts_openai_voice
        case "local":
            return LOCAL
        case _:
            return ""
