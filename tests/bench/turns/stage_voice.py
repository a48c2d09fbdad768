"""What the bot says on the stage: a reply of some 25 s in the voice of the product, and its fixed phrases.

The sound was made once by the local voice (``make_voice.py``) and is kept, since a voice model is random and an outcome must not
be. Each turn's sound has faint noise of its own, so that any 20 ms of it tell which turn they are of, and where
in it they stand: what was heard is judged by the bytes on the wire alone.

    turn 1   [sentence 1][sentence 2] ... [sentence 0]        another order each turn: no reply repeats the last one
    turn 2   [sentence 2][sentence 3] ... [sentence 1]
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from common.agents.in_use import InUse
from common.audio import beep, mulaw_to_pcm, pcm_to_mulaw
from common.phrases import phrases
from gateway.fixed_phrases import FixedPhrases
from gateway.turn.phrases import Phrase, PhraseBook
from tests.bench.turns.outcome import HeardKind
from tests.bench.turns.stage_settings import PLAIN

FOLDER = Path(__file__).parents[2] / "data" / "bot"
SENTENCES = (
    "You can reach the office from Sunday to Thursday between eight in the morning and six in the evening.",
    "The front desk closes a little earlier on the day before a holiday.",
    "There is parking behind the building and the first two hours cost nothing.",
    "Please bring the letter that you received from us and a document with your picture.",
    "Most visits take about twenty minutes and you will get a summary by mail on the same day.",
    "If you would like to change the date it is enough to call us one day before.",
)
PHRASES: dict[str, HeardKind] = {
    "repeat": "reprompt",
    "filler": "filler",
    "fallback": "fallback",
    "still_there": "reprompt",
    "goodbye": "goodbye",
}
"""Each fixed phrase, and what hearing it is."""
_NOISE_RMS = 6
_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a reply."""

    text: str
    sound: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Something that may be heard."""

    kind: HeardKind
    turn: int | None
    """None: of any."""
    offset: int
    """Where it begins in all sound of its reply."""
    sound: bytes


@cache
def reply(turn: int, sentences: int = len(SENTENCES)) -> tuple[Sentence, ...]:
    """What the bot answers in a turn."""
    numbers = [(turn + place) % len(SENTENCES) for place in range(sentences)]
    return tuple(Sentence(SENTENCES[number], _marked(_kept(f"sentence_{number}"), turn, number)) for number in numbers)


@cache
def sounds_of_reply(turn: int, sentences: int) -> tuple[Sound, ...]:
    """The same, sentence by sentence, as it may be heard."""
    said, offset = [], 0
    for sentence in reply(turn, sentences):
        said.append(Sound("reply", turn, offset, sentence.sound))
        offset += len(sentence.sound)
    return tuple(said)


@cache
def sounds_of_phrases() -> tuple[Sound, ...]:
    """What may be heard in any turn."""
    return (*(Sound(kind, None, 0, _phrase(name).audio) for name, kind in PHRASES.items()), Sound("beep", None, 0, beep()))


class KeptPhrases(FixedPhrases):
    """The fixed phrases, and no greeting: the caller speaks first."""

    def book(self, language: str, agent: InUse | None = None) -> PhraseBook:
        """The same in every language."""
        repeat, filler, fallback, still_there, goodbye = map(_phrase, PHRASES)
        return PhraseBook(None, repeat, filler, fallback, still_there, goodbye, beep())


@cache
def _phrase(name: str) -> Phrase:
    return Phrase(getattr(phrases(PLAIN, _LANGUAGE), name), _marked(_kept(name), 0, sum(name.encode())))


def _kept(name: str) -> bytes:
    return (FOLDER / f"{name}.ulaw").read_bytes()


def _marked(sound: bytes, *seed: int) -> bytes:
    samples = np.frombuffer(mulaw_to_pcm(sound), "<i2") + np.random.default_rng(seed).normal(0, _NOISE_RMS, len(sound))
    return pcm_to_mulaw(np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes())
