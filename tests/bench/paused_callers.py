"""Recordings of callers, and the same with a pause put between two words.

::

    source   |~~~~ lead-in ~~~~|### ####|## ######|~~~~~~~~|
    paused   |~~~~ lead-in ~~~~|### ####|~ pause ~|## ######|~~~~~~~~|
                                        ^ place: the source's frame

The silence put in is the recording's own line noise, taken from its lead-in.
"""

import json
import random
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from common.audio import FRAME_BYTES, wav_to_mulaw

FRAMES_PER_S = 50
DATA = Path(__file__).parents[1] / "data"
RECORDINGS = DATA / "callers"
_FRAME_MS = 20
_NOISE = slice(2, 18)
"""Frames of the lead-in: 400 ms of line noise, without its edges."""
_TRAILING_S = 4.0
"""Silence behind a recording, so that whatever waits comes to its end."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of one caller."""

    file: str
    language: str
    text: str
    """What is said in it."""
    frames: tuple[bytes, ...]
    """Mu-law, 20 ms each."""
    speech_start: int
    """First frame of the speech."""
    speech_end: int
    """First frame after it."""


@dataclass(frozen=True, slots=True)
class Paused:
    """A recording with at most one pause in it."""

    recording: Recording
    place: int
    """Frame of the source before which the pause is; the end of its speech if there is none."""
    pause_frames: int

    @property
    def frames(self) -> list[bytes]:
        """What the line brings."""
        source = self.recording.frames
        trailing = self._noise(round(_TRAILING_S * FRAMES_PER_S))
        return [*source[: self.place], *self._noise(self.pause_frames), *source[self.place :], *trailing]

    @property
    def resumes(self) -> int:
        """The frame with which the voice goes on."""
        return self.place + self.pause_frames

    @property
    def speech_end(self) -> int:
        """First frame after the true end of the speech."""
        return self.recording.speech_end + self.pause_frames

    def source_frame(self, frame: int) -> int:
        """Which frame of the source a frame of the line is; within the pause, the place."""
        return frame if frame <= self.place else max(self.place, frame - self.pause_frames)

    def _noise(self, count: int) -> list[bytes]:
        noise = self.recording.frames[_NOISE]
        start = random.Random(f"{self.recording.file} {self.place} {self.pause_frames}").randrange(len(noise))
        return list(islice(cycle(noise), start, start + count))


def recordings() -> list[Recording]:
    """The callers with a lexicon, on a quiet line: pauses in noise are the detector's affair (``tests.bench.vad``).

    Waits are chosen on them, so those of the held-out half of ``tests.bench.turns`` are left out.
    """
    manifest: list[dict[str, Any]] = json.loads((RECORDINGS / "manifest.json").read_text(encoding="utf-8"))
    return [_read(entry) for entry in manifest if _serves(entry)]


def _serves(entry: dict[str, Any]) -> bool:
    return entry["language"] in ("en", "he") and entry["category"] != "noisy" and not entry.get("held_out")


def without_pause(recording: Recording) -> Paused:
    """The recording as it is."""
    return Paused(recording, recording.speech_end, 0)


def _read(entry: dict[str, Any]) -> Recording:
    sound = wav_to_mulaw(RECORDINGS / entry["file"])
    frames = tuple(sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES))
    start, end = entry["speech_start_ms"] // _FRAME_MS, -(-entry["speech_end_ms"] // _FRAME_MS)
    return Recording(entry["file"], entry["language"], entry["text"], frames, start, end)
