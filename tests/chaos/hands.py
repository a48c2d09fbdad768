"""Who made what is heard: each attempt at a reply has words of its own, and each voice a pitch of its own.

    LLM    an attempt ends its sentences with words that are its own, and as long as all others'
    TTS    the pitch of a sentence tells which one it is, in whose words, and who sings it; not that of the fixed phrases

    hand     0..3    two of each worker, which it takes in turns, over its lives, at what may be one and the same turn
    voice    0, 1    a worker's own

So it is heard where one went on with what another one began, and whether two attempts, or their sounds, met elsewhere: were it
the same worker's twice.
"""

from dataclasses import replace

from tts_worker.vendors.base import SpeechRequest

SENTENCES = 4
"""Of a hand; replies have fewer."""
HANDS = (" so far", " by now", " in all", " as yet")
"""How their sentences end; no comma, where the first one might be cut."""
_TURNS = 16
"""Told apart by pitch; the first one is that of the fixed phrases."""


def said_by(hand: int, words: str) -> str:
    """These words, or a part of them, by this hand."""
    return words.replace(".", f"{HANDS[hand]}.")


def hand_in(text: str) -> int:
    """Whose words these are, or the end of; the first one's if nobody's."""
    last = text.rstrip(". ").split(" ")[-1]
    return next((hand for hand, ending in enumerate(HANDS) if ending.split()[-1] == last), 0)


def pitch_of(sentence: int, hand: int = 0, voice: int = 0) -> int:
    """The sentence whose pitch tells all three."""
    return sentence + SENTENCES * (hand + len(HANDS) * voice)


def sung_by(voice: int, request: SpeechRequest) -> SpeechRequest:
    """The same, by this voice."""
    return replace(request, sentence=pitch_of(request.sentence, hand_in(request.text), voice)) if request.turn % _TURNS else request
