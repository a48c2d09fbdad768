"""Who tells the words of a piece of a paused recording: the local recogniser, the recording's text, or a table.

Whisper base reads the English recordings. The Hebrew ones were made by rule and no recogniser reads them back, so
their words come from the text, up to where the piece ends, without marks. The table (``tests/data/pauses.json``) has what Whisper
read in the pieces that end in a pause: with it a test needs no model and no minutes.
"""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Protocol

from asr_worker import gates
from asr_worker.vendors.whisper import WhisperTranscriber
from common.audio import duration_ms
from gateway.turn.words import normalise
from tests.bench.paused_callers import Paused, Recording

_PLACE_TOLERANCE = 10
"""Frames by which a piece's end may miss a gap between words, for its words to be those before the gap."""


class Ear(Protocol):
    """Hears a piece of a line."""

    def words(self, line: Paused, start: int, end: int) -> str:
        """The words in frames ``start`` to ``end`` (exclusive) of the line."""


class WhisperEar:
    """The local recogniser; what it read once it remembers on disk, by the sha256 of the sound."""

    def __init__(self, transcriber: WhisperTranscriber, cache: Path) -> None:
        self._transcriber = transcriber
        self._cache = cache
        self._loop = asyncio.Runner()
        self._known: dict[str, str] = json.loads(cache.read_text(encoding="utf-8")) if cache.is_file() else {}

    def words(self, line: Paused, start: int, end: int) -> str:
        """The words that Whisper reads."""
        sound = b"".join(line.frames[start:end])
        key = hashlib.sha256(sound).hexdigest()
        if key not in self._known:
            reading = self._transcriber.transcribe(sound, language=line.recording.language, turn=0)
            self._known[key] = gates.passed(self._loop.run(reading), duration_ms(sound), line.recording.language).text
        return self._known[key]

    def close(self) -> None:
        """Write down what was read."""
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        self._cache.write_text(json.dumps(self._known, ensure_ascii=False, indent=0, sort_keys=True), encoding="utf-8")
        self._loop.close()


class TextEar:
    """The recording's text, word by word as its gaps pass."""

    def __init__(self, gaps: dict[str, list[int]]) -> None:
        self._gaps = gaps

    def words(self, line: Paused, start: int, end: int) -> str:
        """The words that begin within the piece and are over before it ends."""
        gaps, words = self._gaps[line.recording.file], normalise(line.recording.text).split()
        begins = [line.recording.speech_start, *gaps]
        ends = [*gaps, line.recording.speech_end]
        first, last = line.source_frame(start), line.source_frame(end) + 1
        return " ".join(word for word, begin, over in zip(words, begins, ends, strict=True) if begin >= first and over <= last)


class TableEar:
    """What Whisper read from the beginning of a recording to each gap between its words, and in all of it."""

    def __init__(self, readings: dict[str, dict[int, str]]) -> None:
        self._readings = readings

    def words(self, line: Paused, start: int, end: int) -> str:
        """The words up to the gap at which the piece ends.

        Raises:
            LookupError: the piece does not begin with the recording, or ends at no gap.
        """
        known, last = self._readings[line.recording.file], line.source_frame(end)
        place = min(known, key=lambda gap: abs(gap - last))
        if start > line.recording.speech_start or not (place <= last or place - last <= _PLACE_TOLERANCE):
            raise LookupError(f"{line.recording.file} was not read from {start} to {end}; python -m tests.bench.pauses --write reads anew")
        return known[place]


def read_to_gaps(ear: Ear, recording: Recording, gaps: list[int], tail_frames: int) -> dict[int, str]:
    """What is read from the recording's beginning to each gap, and to its end, with a little of the silence behind."""
    read = {gap: ear.words(Paused(recording, gap, tail_frames), 0, gap + tail_frames) for gap in gaps}
    whole = Paused(recording, recording.speech_end, 0)
    return read | {recording.speech_end: ear.words(whole, 0, recording.speech_end + tail_frames)}
