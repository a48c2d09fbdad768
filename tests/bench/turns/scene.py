"""What is played to the bot, and the truth about it. Times in seconds; no logic.

A usual scene is an utterance, so that the bot has something to say, and one event over its reply. Whoever
builds a scene knows where its voices begin and end, since it put them there.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from tests.bench.phone_line import PhoneLine

Half = Literal["tuning", "held-out", "third"]


class Kind(StrEnum):
    """What a sound of the caller's side is."""

    UTTERANCE = "utterance"
    """A whole thing said to a bot that is silent; may hold pauses."""
    ANSWER = "answer"
    """120-300 ms, to a silent bot."""
    INTERRUPTION = "interruption"
    """Said over the bot, wants the floor."""
    SHORT_INTERRUPTION = "short_interruption"
    """The same in one or two words that are no nod."""
    BACKCHANNEL = "backchannel"
    """Over the bot, wants nothing."""
    VOCAL = "vocal"
    """Cough, throat, sneeze, breath over the bot: synthesised."""
    SIDE_TALK = "side_talk"
    """Somebody else near the phone: 8 dB softer, duller, with reflections."""
    RADIO = "radio"
    """A voice with music, 15 dB softer, low-passed."""
    BABBLE = "babble"
    """Many voices, 15 dB softer, low-passed."""
    MUSIC = "music"
    STREET = "street"
    DTMF = "dtmf"
    """The tones of keys; ``text`` has the keys, which the wire tells as events, too."""
    CLICKS = "clicks"
    ECHO = "echo"
    """The bot's own sound comes back; nobody speaks."""


class After(StrEnum):
    """What a cue's delay counts from."""

    START = "start"
    """The call's first frame."""
    BOT_BEGINS = "bot_begins"
    """The first frame of the bot's next reply."""
    BOT_ENDS = "bot_ends"
    """The end of its sound."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One sound of the caller's side."""

    name: str
    """Stable: "en/interruption/vm-instructions/7"."""
    kind: Kind
    sound: bytes
    """Mu-law, whole frames of 20 ms, at its level."""
    after: After
    delay_s: float
    voice_s: tuple[float, float]
    """Where in ``sound`` the voice starts and ends."""
    pauses_s: tuple[tuple[float, float], ...] = ()
    """Pauses put between words, within ``sound``."""
    text: str = ""
    """What is said, as far as it is known; for looking only: words come from a real recogniser."""
    source: str = ""
    """The recordings, and how it was made."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One call."""

    name: str
    language: str
    half: Half
    word_rules: bool
    """Whether the bot has word rules for the end of a turn in this language; lists of nods it has for all."""
    cues: tuple[Cue, ...]
    """Played in order."""
    line: bytes
    """Mu-law, whole frames: the line's own noise, repeated under everything."""
    echo: PhoneLine | None = None
    """Returns what the bot says."""
