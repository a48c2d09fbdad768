"""A call that was placed, as the caller heard it and as the gateway told it."""

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.audio import pcm_to_mulaw
from tests.e2e.house import House
from tts_worker.tones import HeardTone, heard_tones


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
    return Placed(result, heard_tones(bot_side(out)), running.events(result["call"]))


def bot_side(recording: Path) -> bytes:
    """The bot's side of a recorded call, as mu-law."""
    with wave.open(str(recording), "rb") as file:
        both = file.readframes(file.getnframes())
    return pcm_to_mulaw(b"".join(both[at + 2 : at + 4] for at in range(0, len(both), 4)))
