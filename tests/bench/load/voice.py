"""What the callers say: recordings cut to their voice, and the frame at which each utterance is over.

A detector's errors are no matter here: where the voice ends for it, and so which frame ends the utterance, is found
beforehand by the gateway's own detector and floor. What a call takes longer than from that frame on is not the detector's.
"""

from base64 import b64encode
from dataclasses import dataclass

from common.audio import BYTES_PER_MS, FRAME_BYTES, SILENCE_BYTE, mulaw_to_pcm, rms, wav_to_mulaw
from gateway.turn.endpointing import Floor, Heard
from gateway.vad.webrtc import WebrtcDetector
from tests.bench.callers import CALLERS, MANIFEST

FRAME_S = 0.02
END_FRAMES = 40
"""Silence that ends an utterance here: 0.8 s, as in the systems that are compared."""
_SILENT_FRAME = bytes([SILENCE_BYTE]) * FRAME_BYTES
SILENT_PAYLOAD = b64encode(_SILENT_FRAME)
FIRST, OVER_THE_BOT = "medium_en_one-moment-please.wav", "short_es_privacy-thankyou.wav"


@dataclass(frozen=True, slots=True)
class Voice:
    """Something a caller says; frames of it count from its first one."""

    payloads: tuple[bytes, ...]
    """Frames in base64, with silence behind them up to the end of the utterance."""
    last: int
    """The last frame that counts as voice."""

    @property
    def decides(self) -> int:
        """The frame with which the utterance is over."""
        return self.last + END_FRAMES


def voice(name: str) -> Voice:
    """A recording, from its labelled begin."""
    entry = next(entry for entry in MANIFEST if entry["file"] == name)
    sound = wav_to_mulaw(CALLERS / name)[entry["speech_start_ms"] * BYTES_PER_MS : entry["speech_end_ms"] * BYTES_PER_MS]
    frames = [sound[at : at + FRAME_BYTES].ljust(FRAME_BYTES, bytes([SILENCE_BYTE])) for at in range(0, len(sound), FRAME_BYTES)]
    frames += [_SILENT_FRAME] * (2 * END_FRAMES)
    last = _end_of(frames) - END_FRAMES
    return Voice(tuple(b64encode(frame) for frame in frames[: last + END_FRAMES + 1]), last)


def _end_of(frames: list[bytes]) -> int:
    """With which frame the utterance is over."""
    detector = WebrtcDetector()
    floor = Floor(END_FRAMES, len(frames), detector.onset)
    ends = [number for number, frame in enumerate(frames) if _hears(floor, detector, mulaw_to_pcm(frame)) is Heard.ENDED]
    return ends[-1]


def _hears(floor: Floor, detector: WebrtcDetector, pcm: bytes) -> Heard:
    level = rms(pcm)
    return floor.push(detector.is_speech(pcm, level), level)
