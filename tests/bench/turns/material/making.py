"""The scenes of each half, drawn from a seed."""

import random
from collections.abc import Iterator

import numpy as np

from common.audio import FRAME_BYTES, SAMPLE_RATE_HZ
from tests.bench.phone_line import draw_line, mulaw
from tests.bench.turns.material.events import EVENTS, TO_A_SILENT_BOT, Draw
from tests.bench.turns.material.sound import Sound, at_level
from tests.bench.turns.material.sources import SEED
from tests.bench.turns.material.studio import Caller, Studio
from tests.bench.turns.scene import After, Cue, Half, Kind, Scene

COUNTS: dict[Kind, int] = {
    Kind.UTTERANCE: 160,
    Kind.ANSWER: 80,
    Kind.INTERRUPTION: 80,
    Kind.SHORT_INTERRUPTION: 80,
    Kind.BACKCHANNEL: 80,
    Kind.VOCAL: 80,
    Kind.SIDE_TALK: 80,
    Kind.RADIO: 80,
    Kind.BABBLE: 80,
    Kind.MUSIC: 80,
    Kind.STREET: 80,
    Kind.DTMF: 80,
    Kind.CLICKS: 80,
    Kind.ECHO: 40,
}
"""Scenes of a half, one event each."""

_FIRST_AT_S = 0.5
_OVER_THE_BOT_S = (1.0, 4.0)


def drawn(studio: Studio, half: Half, kind: Kind) -> Iterator[Scene]:
    """All scenes of a kind."""
    for number in range(COUNTS[kind]):
        yield scene(studio, half, kind, number)


def scene(studio: Studio, half: Half, kind: Kind, number: int) -> Scene:
    """One scene, whatever others there are."""
    rng = random.Random(f"{SEED} {half} {kind} {number}")
    speaker = studio.cast[number % len(studio.cast)]
    turn = sum(studio.cast[earlier % len(studio.cast)] is speaker for earlier in range(number))
    caller = studio.caller(speaker, turn)
    sound = EVENTS[kind](Draw(studio, caller, turn, rng))
    name = f"{speaker.key}/{kind}/{sound.name}/{number}"
    cues = _cues(studio, caller, kind, sound, name, rng)
    return Scene(name, speaker.language, half, speaker.word_rules, cues, caller.line, draw_line(rng) if kind is Kind.ECHO else None)


def _cues(studio: Studio, caller: Caller, kind: Kind, sound: Sound, name: str, rng: random.Random) -> tuple[Cue, ...]:
    within_a_frame = rng.randrange(FRAME_BYTES)
    if kind in TO_A_SILENT_BOT:
        return (cue(name, kind, sound, After.START, _FIRST_AT_S, within_a_frame),)
    first = studio.first_utterance(caller)
    first_name = f"{caller.speaker.key}/first/{first.name}/{caller.number}"
    levelled = Sound(first.name, at_level(first.samples, caller.level_dbfs), first.voice, first.text, first.source)
    delay_s = 0.0 if kind is Kind.ECHO else rng.uniform(*_OVER_THE_BOT_S)
    return (
        cue(first_name, Kind.UTTERANCE, levelled, After.START, _FIRST_AT_S, 0),
        cue(name, kind, sound, After.BOT_BEGINS, delay_s, within_a_frame),
    )


def cue(name: str, kind: Kind, sound: Sound, after: After, delay_s: float, within_a_frame: int) -> Cue:
    """The sound as the line brings it, beginning anywhere within a frame."""
    padded = np.concatenate((np.zeros(within_a_frame), sound.samples))
    whole = np.concatenate((padded, np.zeros(-len(padded) % FRAME_BYTES)))
    voice_s = _seconds(sound.voice, within_a_frame)
    pauses_s = tuple(_seconds(pause, within_a_frame) for pause in sound.pauses)
    return Cue(name, kind, mulaw(whole), after, delay_s, voice_s, pauses_s, sound.text, sound.source)


def _seconds(places: tuple[int, int], later: int) -> tuple[float, float]:
    return (places[0] + later) / SAMPLE_RATE_HZ, (places[1] + later) / SAMPLE_RATE_HZ
