"""One event of each kind: what is taken, what is done to it, how loud it is beside the caller's own voice.

::

    kind          made of                                                  dB beside the caller
    utterance     a sentence, 0-2 pauses of 0.4-1.0 s between its words    0
    answer        120-300 ms around the loudest place of a word            0
    interruption  a thing said whole                                       -3 to +3
    short one     one or two words that are no nod; one in four dulled     -8 to +3
    backchannel   a nod: as it is, shortened, dulled, or hummed "mm-hm"    -8 to -2
    vocal         cough, throat, sneeze; breath                            -4 to +3; -16 to -10
    side talk     another speaker, dulled, in a room                       -8
    radio         another speaker over music, low-passed                   -15
    babble        six voices, low-passed                                   -15
    music         hold music                                               -10 to 0
    street        made by rule                                             -20 to -6
    dtmf, clicks  made by rule                                             -6 to +2
    echo          nothing: the line returns the bot                        -
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from common.audio import SAMPLE_RATE_HZ
from tests.bench.turns.material import noises
from tests.bench.turns.material.sound import (
    PER_MS,
    Samples,
    Sound,
    at_level,
    faded,
    filtered,
    in_a_room,
    low_pass,
    nothing,
    piece,
    sounding,
    with_pause,
)
from tests.bench.turns.material.studio import Caller, Studio
from tests.bench.turns.material.vocal_noises import VOCAL_NOISES
from tests.bench.turns.scene import Kind

PAUSES_S = (0.4, 0.6, 0.8, 1.0)
ANSWERS_MS = range(120, 301, 20)
TO_A_SILENT_BOT = (Kind.UTTERANCE, Kind.ANSWER)
_PAUSES_OF_AN_UTTERANCE = (0, 1, 1, 1, 1, 2)
_SHORTEST_PIECE = 240 * PER_MS
"""Voice on either side of a pause."""
_BACKGROUND_S = 6.0
_WORD_MS = 400
_VOICES_OF_BABBLE = 6
_KEYS = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Draw:
    """What one event is drawn with."""

    studio: Studio
    caller: Caller
    number: int
    """Which of this speaker's events of the kind."""
    rng: random.Random

    def one_of(self, sounds: Sequence[Sound]) -> Sound:
        """The next one, so that none comes twice before all came."""
        return sounds[self.number % len(sounds)]

    def loud(self, samples: Samples, db: float) -> Samples:
        """At the caller's level and ``db``."""
        return at_level(samples, self.caller.level_dbfs + db)


# --- What is said to the bot


def utterance(draw: Draw) -> Sound:
    """A sentence with as many pauses as were drawn."""
    sentence = draw.one_of(draw.studio.voice(draw.caller.speaker).sentences)
    wanted = draw.rng.choice(_PAUSES_OF_AN_UTTERANCE)
    for _ in range(wanted):
        places = _between_words(sentence)
        if places:
            sentence = with_pause(sentence, draw.rng.choice(places), round(draw.rng.choice(PAUSES_S) * SAMPLE_RATE_HZ))
    return replace(sentence, samples=draw.loud(sentence.samples, 0))


def _between_words(sound: Sound) -> list[int]:
    """Places with enough voice on both sides, up to the next pause."""
    walls = [sound.voice[0], *(edge for pause in sound.pauses for edge in pause), sound.voice[1]]
    starts = [word.start for word in sound.words[1:]]
    return [at for at in starts if all(abs(at - wall) >= _SHORTEST_PIECE for wall in walls)]


def answer(draw: Draw) -> Sound:
    """A part of a word, or all of a short one."""
    word = draw.one_of(draw.studio.voice(draw.caller.speaker).short_words)
    ms = draw.rng.choice(ANSWERS_MS)
    cut = around_the_loudest(word, ms)
    return Sound(f"{ms}ms-{word.name}", draw.loud(cut, 0), (0, len(cut)), word.text, word.source)


def around_the_loudest(word: Sound, ms: int) -> Samples:
    """So many ms around the loudest place of its first 400 ms, faded over 5 ms."""
    voice = word.samples[word.voice[0] : word.voice[1]]
    loudness = np.convolve(voice**2, np.ones(20 * PER_MS), "same")[: _WORD_MS * PER_MS]
    start = max(0, min(int(loudness.argmax()) - ms * PER_MS // 2, len(voice) - ms * PER_MS))
    return faded(voice[start : start + ms * PER_MS])


# --- What is said over the bot


def interruption(draw: Draw) -> Sound:
    """Said whole."""
    phrase = draw.one_of(draw.studio.voice(draw.caller.speaker).phrases)
    return replace(phrase, samples=draw.loud(phrase.samples, draw.rng.uniform(-3, 3)))


def short_interruption(draw: Draw) -> Sound:
    """As loud and as dull as a nod may be: nothing but the words tells the two apart."""
    phrase = draw.one_of(draw.studio.voice(draw.caller.speaker).short_phrases)
    variant, vary = draw.rng.choice(SHORT_VARIANTS)
    made = vary(phrase, draw.rng)
    return replace(made, name=f"{variant}-{made.name}", samples=draw.loud(made.samples, draw.rng.uniform(-8, 3)))


def backchannel(draw: Draw) -> Sound:
    """A nod, in one of its variants."""
    voice = draw.studio.voice(draw.caller.speaker)
    variant, vary = draw.rng.choice(tuple(NOD_VARIANTS.items())) if voice.nods else ("hummed", hummed)
    made = vary(draw.one_of(voice.nods or voice.short_words), draw.rng)
    return replace(made, name=f"{variant}-{made.name}", samples=draw.loud(made.samples, draw.rng.uniform(-8, -2)))


def whole(nod: Sound, rng: random.Random) -> Sound:
    """As it is."""
    return nod


def shortened(nod: Sound, rng: random.Random) -> Sound:
    """Its first 180 to 300 ms."""
    return piece(nod, nod.voice[0], min(nod.voice[1], nod.voice[0] + rng.randint(180, 300) * PER_MS), nod.name, nod.text)


def dulled(nod: Sound, rng: random.Random) -> Sound:
    """Said away from the phone, or with the hand before the mouth."""
    return sounding(nod.name, filtered(nod.samples, low_pass(rng.uniform(800, 1500), 3)), nod.text, nod.source)


def hummed(nod: Sound, rng: random.Random) -> Sound:
    """ "mm-hm": the loudest 120-260 ms twice, through a closed mouth (24 dB an octave above 300 Hz)."""
    parts: list[Samples] = []
    for ms in (rng.randint(120, 180), rng.randint(180, 260)):
        vowel = around_the_loudest(nod, ms)
        parts += [vowel * np.hanning(len(vowel)), nothing(rng.uniform(0.02, 0.06))]
    return sounding(nod.name, filtered(np.concatenate(parts), low_pass(300, 4)), "", nod.source)


NOD_VARIANTS: dict[str, Callable[[Sound, random.Random], Sound]] = {
    "whole": whole,
    "shortened": shortened,
    "dulled": dulled,
    "hummed": hummed,
}
SHORT_VARIANTS = (("whole", whole), ("whole", whole), ("whole", whole), ("dulled", dulled))
"""One in four is dulled, as of nods: so dullness alone proves nothing."""


def vocal(draw: Draw) -> Sound:
    """Made by rule, each kind as often."""
    name = tuple(VOCAL_NOISES)[draw.number % len(VOCAL_NOISES)]
    db = draw.rng.uniform(-16, -10) if name == "breath" else draw.rng.uniform(-4, 3)
    return sounding(name, draw.loud(VOCAL_NOISES[name](draw.rng), db), "", "made by rule")


# --- Who does not speak to the bot


def side_talk(draw: Draw) -> Sound:
    """Somebody else in the caller's room."""
    phrase = draw.one_of(draw.studio.phrases_of_others(draw.caller.speaker))
    in_room = in_a_room(filtered(phrase.samples, low_pass(1500, 2)), draw.rng)
    return replace(phrase, samples=draw.loud(in_room, -8), words=(), source=f"{phrase.source}; dulled, in a room")


def radio(draw: Draw) -> Sound:
    """A voice over music."""
    voices = _talking(draw, 1)
    bed = noises.window(draw.rng, draw.studio.tracks, len(voices) / SAMPLE_RATE_HZ)
    mixed = filtered(at_level(voices, -20) + at_level(bed, -30), low_pass(1500, 2))
    return sounding("radio", draw.loud(mixed, -15), "", "prompts of other speakers over hold music")


def babble(draw: Draw) -> Sound:
    """Many voices."""
    mixed = filtered(_talking(draw, _VOICES_OF_BABBLE), low_pass(1200, 2))
    return sounding("babble", draw.loud(mixed, -15), "", f"{_VOICES_OF_BABBLE} voices of other speakers")


def _talking(draw: Draw, voices: int) -> Samples:
    """Other speakers at a time, each with one thing after the other."""
    length, others = round(_BACKGROUND_S * SAMPLE_RATE_HZ), draw.studio.phrases_of_others(draw.caller.speaker)
    mixed = np.zeros(length)
    for _ in range(voices):
        said = np.zeros(0)
        while len(said) < length:
            said = np.concatenate((said, at_level(draw.rng.choice(others).samples, -20)))
        mixed += said[:length]
    return faded(mixed, 50)


# --- What is no voice


def music(draw: Draw) -> Sound:
    """Hold music."""
    samples = noises.window(draw.rng, draw.studio.tracks, _BACKGROUND_S)
    return _noise("music", draw.loud(samples, draw.rng.uniform(-10, 0)), "asterisk-moh-opsound-wav")


def street(draw: Draw) -> Sound:
    """Traffic."""
    return _noise("street", draw.loud(noises.street(draw.rng, _BACKGROUND_S), draw.rng.uniform(-20, -6)))


def dtmf(draw: Draw) -> Sound:
    """One to three keys."""
    pressed = "".join(draw.rng.choices(_KEYS, k=draw.rng.randint(1, 3)))
    return replace(_noise("keys", draw.loud(noises.keys(draw.rng, pressed), draw.rng.uniform(-6, 2))), text=pressed)


def clicks(draw: Draw) -> Sound:
    """A line that crackles."""
    return _noise("clicks", draw.loud(noises.clicks(draw.rng, _BACKGROUND_S / 2), draw.rng.uniform(-6, 2)))


def echo(draw: Draw) -> Sound:
    """Nobody: the line returns what the bot says."""
    return Sound("echo", nothing(0.02), (0, 0), "", "drawn by tests.bench.phone_line")


def _noise(name: str, samples: Samples, source: str = "made by rule") -> Sound:
    return Sound(name, samples, (0, len(samples)), "", source)


EVENTS: dict[Kind, Callable[[Draw], Sound]] = {
    Kind.UTTERANCE: utterance,
    Kind.ANSWER: answer,
    Kind.INTERRUPTION: interruption,
    Kind.SHORT_INTERRUPTION: short_interruption,
    Kind.BACKCHANNEL: backchannel,
    Kind.VOCAL: vocal,
    Kind.SIDE_TALK: side_talk,
    Kind.RADIO: radio,
    Kind.BABBLE: babble,
    Kind.MUSIC: music,
    Kind.STREET: street,
    Kind.DTMF: dtmf,
    Kind.CLICKS: clicks,
    Kind.ECHO: echo,
}
