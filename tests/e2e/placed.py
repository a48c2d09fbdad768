"""A call that was placed, as the caller heard it and as the gateway told it."""

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from common.audio import pcm_to_mulaw
from tests.e2e.house import House
from tts_worker.front_end import speakable
from tts_worker.tones import HeardTone, heard_tones

_EAR_MS = 120
"""So much the ear may be wrong about the length of a sound."""


@dataclass(frozen=True)
class Placed:
    """A call that was placed: what the caller's side saw, what was heard, what the gateway told."""

    result: dict[str, Any]
    tones: list[HeardTone]
    events: list[str]

    @property
    def sentences(self) -> list[tuple[int, int]]:
        """(turn, sentence) as heard, in order, the greeting left out."""
        return [(tone.turn, tone.sentence) for tone in self.tones if tone.turn]


def place(running: House, out: Path, *arguments: str | Path) -> Placed:
    """Place a call and listen to it."""
    result = running.call("--out", out, *arguments)
    running.await_told(result["call"])
    return Placed(result, heard_tones(bot_side(out)), running.events(result["call"]))


def sentences_heard(tones: Sequence[HeardTone], texts: Sequence[str], ms_per_char: int) -> list[tuple[int, ...]]:
    """(turn, sentence) of replies, in order; with how much of it was heard, in ms, where that is not all of its text of any turn."""
    grouped = groupby((tone for tone in tones if tone.turn), lambda tone: (tone.turn, tone.sentence))
    found: list[tuple[int, ...]] = []
    for (turn, sentence), stretch in grouped:  # one with a gap in it is one
        ms = sum(tone.end_ms - tone.start_ms for tone in stretch)
        whole_ms = len(speakable(texts[sentence].format(turn=turn), "en").text) * ms_per_char  # with its number in words
        found.append((turn, sentence) if abs(ms - whole_ms) < _EAR_MS else (turn, sentence, ms))
    return found


def bot_side(recording: Path) -> bytes:
    """The bot's side of a recorded call, as mu-law."""
    with wave.open(str(recording), "rb") as file:
        both = file.readframes(file.getnframes())
    return pcm_to_mulaw(b"".join(both[at + 2 : at + 4] for at in range(0, len(both), 4)))
