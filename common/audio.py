"""Sound: the phone line's format, and the ways into and out of it.

Inside the house sound is what the line carries: mu-law (ITU-T G.711), 8,000 Hz, mono, one byte
a sample, in frames of 20 ms. Speech models want linear 16-bit PCM at their own rate; everything
that converts between the two stands here.

    line --mulaw_to_pcm--> 8 kHz PCM --Resampler--> 16 kHz PCM --> a recogniser
    line <--pcm_to_mulaw-- 8 kHz PCM <--Resampler-- 22.05 or 24 kHz PCM <-- a voice

PCM is always signed 16-bit little-endian, as bytes.
"""

import array
import math
import struct
import warnings
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

with warnings.catch_warnings():
    # Deprecated in 3.11 and 3.12, gone from 3.13, where the package audioop-lts keeps it alive.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

SAMPLE_RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = SAMPLE_RATE_HZ * FRAME_MS // 1000
BYTES_PER_MS = SAMPLE_RATE_HZ // 1000
SILENCE_BYTE = 0xFF
"""Mu-law of a sample of 0."""

BEEP_HZ = 440
BEEP_MS = 300
_BEEP_PEAK = 8000
_BEEP_FADE_MS = 10
_SAMPLE_BYTES = 2
_RIFF_BYTES = 12
_ENDLESS_BYTES = 0x7FFF_0000


def mulaw_to_pcm(mulaw: bytes) -> bytes:
    """Mu-law as 16-bit PCM of the same rate."""
    return audioop.ulaw2lin(mulaw, _SAMPLE_BYTES)


def pcm_to_mulaw(pcm: bytes) -> bytes:
    """16-bit PCM as mu-law of the same rate; an odd last byte is dropped."""
    return audioop.lin2ulaw(pcm[: len(pcm) & ~1], _SAMPLE_BYTES)


def rms(pcm: bytes) -> int:
    """Root mean square of the samples: 0 for silence, 32,767 at most."""
    return audioop.rms(pcm, _SAMPLE_BYTES)


def duration_ms(mulaw: bytes) -> int:
    """How long a piece of mu-law sounds."""
    return len(mulaw) // BYTES_PER_MS


def attenuation(db: float) -> bytes:
    """The table for ``bytes.translate`` that makes mu-law quieter by ``db``."""
    return pcm_to_mulaw(audioop.mul(mulaw_to_pcm(bytes(range(256))), _SAMPLE_BYTES, 10 ** (-db / 20)))


def silence(ms: int) -> bytes:
    """Mu-law silence."""
    return bytes([SILENCE_BYTE]) * (ms * BYTES_PER_MS)


def beep() -> bytes:
    """440 Hz for 300 ms as mu-law, whole frames, faded at both ends: what is heard where speech failed (S13)."""
    count, fade = BEEP_MS * BYTES_PER_MS, _BEEP_FADE_MS * BYTES_PER_MS
    samples = array.array("h", (round(_BEEP_PEAK * min(1.0, i / fade, (count - i) / fade) * _sine(BEEP_HZ, i)) for i in range(count)))
    return pcm_to_mulaw(samples.tobytes())


def _sine(hz: float, sample: int) -> float:
    return math.sin(2 * math.pi * hz * sample / SAMPLE_RATE_HZ)


# --- Changing the rate


class Resampler:
    """16-bit PCM of one rate to another, piece by piece, without seams and without aliases.

    It keeps some milliseconds to itself, so what ``push`` returns is late; ``flush`` returns the rest.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")

    def push(self, pcm: bytes) -> bytes:
        """The next piece, of whole samples; returns what is ready."""
        return self._resample(np.frombuffer(pcm, "<i2"), last=False)

    def flush(self) -> bytes:
        """What is left; nothing may be pushed afterwards."""
        return self._resample(np.zeros(0, "<i2"), last=True)

    def _resample(self, samples: "np.ndarray[tuple[int], np.dtype[np.int16]]", *, last: bool) -> bytes:
        # In float, since soxr dithers what it writes as int16: silence would come out as noise.
        out = self._stream.resample_chunk(samples.astype(np.float32), last=last)
        return bytes(np.clip(np.rint(out), -32768, 32767).astype("<i2"))


def resample(pcm: bytes, from_hz: int, to_hz: int) -> bytes:
    """All of a piece of PCM at another rate."""
    if from_hz == to_hz:
        return pcm
    resampler = Resampler(from_hz, to_hz)
    return resampler.push(pcm) + resampler.flush()


# --- WAV


@dataclass(frozen=True, slots=True)
class WavHeader:
    """What stands in front of a WAV file's sound; the first four are 0 where that is not told."""

    encoding: int
    """1: PCM; 7: mu-law; 0xFFFE: told further on, PCM where samples have 16 bits."""
    channels: int
    rate_hz: int
    bits: int
    """Of a sample."""
    length: int
    """Bytes in front of the sound."""
    sound_bytes: int | None
    """None: all that follows, as of a writer that streams, which does not know the length and writes 0, or as much as it can."""


def is_wav(data: bytes) -> bool:
    """Whether a WAV file begins so, as 12 bytes tell."""
    return data[:4] == b"RIFF" and data[8:_RIFF_BYTES] == b"WAVE"


def wav_header(data: bytes) -> WavHeader | None:
    """The header of the WAV file that begins with ``data``; None: its sound is not reached."""
    at, form = _RIFF_BYTES, (0, 0, 0, 0)
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data":
            return WavHeader(*form, at, size if 0 < size < _ENDLESS_BYTES else None)
        if name == b"fmt " and at + 16 <= len(data):
            form = struct.unpack_from("<HHI6xH", data, at)
        at += size + size % 2  # chunks begin at even places
    return None


def strip_wav_header(data: bytes) -> bytes:
    """The sound of a WAV file that is there as a whole; ``data`` itself if it is none."""
    if not is_wav(data):
        return data
    header = wav_header(data)
    return b"" if header is None else data[header.length :][: header.sound_bytes]


def wav_to_mulaw(path: str | Path) -> bytes:
    """A 16-bit PCM WAV file of any rate, mono or stereo (mixed), as mu-law at 8 kHz.

    Raises:
        wave.Error: not such a file.
    """
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != _SAMPLE_BYTES:
            raise wave.Error(f"{path}: {8 * file.getsampwidth()} bits a sample; 16 are needed")
        pcm = file.readframes(file.getnframes())
        rate_hz, channels = file.getframerate(), file.getnchannels()
    if channels == 2:
        pcm = audioop.tomono(pcm, _SAMPLE_BYTES, 0.5, 0.5)
    elif channels != 1:
        raise wave.Error(f"{path}: {channels} channels; one or two are needed")
    return pcm_to_mulaw(resample(pcm, rate_hz, SAMPLE_RATE_HZ))
