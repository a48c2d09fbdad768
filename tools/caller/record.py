"""What happened in a call, as it happened: facts in samples since its begin, and both sides' sound."""

import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from common.audio import BYTES_PER_MS, SAMPLE_RATE_HZ, SILENCE_BYTE, mulaw_to_pcm
from tools.caller.webhook import Dial

Tell = Callable[[int, str], None]
"""Takes a line of the live timeline: when, and what."""


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """The caller spoke, or pressed keys."""

    begin: int
    """First sample of the voice, not of the recording."""
    end: int
    interrupts: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """A media message of the bot came."""

    at: int
    size: int
    audible: bool
    begins: bool
    """Nothing was buffered, nor heard a moment before: the bot begins to speak."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of the bot came."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """A clear of the bot came."""

    at: int
    dropped: int
    """Bytes that were not yet played."""


@dataclass(slots=True)
class Record:
    """One call."""

    call: str
    turns: list[CallerTurn] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    clears: list[Clear] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    dials: list[Dial] = field(default_factory=list)
    """Telephones that the call was put through to."""
    heard: list[tuple[int, int]] = field(default_factory=list)
    """Spans (begin, end) in which sound of the bot was played."""
    underruns: int = 0
    sent_frames: int = 0
    slowest_tick: int = 0
    """How late this program itself was, at worst, in samples."""
    caller_track: bytearray = field(default_factory=bytearray)
    bot_track: bytearray = field(default_factory=bytearray)

    def caller_spoke(self, at: int, sound: bytes) -> None:
        """The caller's side of the line."""
        _lay(self.caller_track, at, sound)
        self.sent_frames += 1

    def bot_heard(self, at: int, sound: bytes) -> None:
        """The bot's side, as played to the caller."""
        _lay(self.bot_track, at, sound)
        if self.heard and self.heard[-1][1] == at:
            self.heard[-1] = (self.heard[-1][0], at + len(sound))
        else:
            self.heard.append((at, at + len(sound)))

    @property
    def length(self) -> int:
        """How long the call was, in samples."""
        return max(len(self.caller_track), len(self.bot_track))


def _lay(track: bytearray, at: int, sound: bytes) -> None:
    track.extend(bytes([SILENCE_BYTE]) * max(0, at - len(track)))
    track[at : at + len(sound)] = sound


def milliseconds(samples: int) -> int:
    """A time as it is shown."""
    return round(samples / BYTES_PER_MS)


def write_wav(record: Record, path: Path) -> None:
    """The call as heard, stereo: caller left, bot right."""
    tracks = [bytes(track).ljust(record.length, bytes([SILENCE_BYTE])) for track in (record.caller_track, record.bot_track)]
    samples = np.stack([np.frombuffer(mulaw_to_pcm(track), "<i2") for track in tracks], axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(samples.tobytes())
