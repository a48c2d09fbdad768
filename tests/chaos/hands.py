"""Who made what is heard: of a stage's two workers the one that halts by order can be told by ear.

    LLM    it says some words more in each sentence, so that this is longer
    TTS    it sings the sentences of replies higher; not the fixed phrases, which are known by their pitch

So it is heard where one worker went on with what the other one began, and whether their words, or their sounds, met elsewhere.
"""

from dataclasses import replace

from tts_worker.vendors.base import SpeechRequest

HIGHER = 4
"""By so many sentences' pitches; replies have fewer sentences."""
MORE_WORDS = " as far as it goes"
"""Behind each sentence; without a comma, where the first one might be cut."""
_TURNS = 16
"""Told apart by pitch; the first one is that of the fixed phrases."""


def sung_higher(request: SpeechRequest) -> SpeechRequest:
    """The same, by the other voice."""
    return replace(request, sentence=request.sentence + HIGHER) if request.turn % _TURNS else request


def said_longer(token: str) -> str:
    """A piece of a model's words, by the other model."""
    return token.replace(".", f"{MORE_WORDS}.")
