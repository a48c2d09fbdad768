"""What the callers say: recordings cut to their voice, and the frame at which each utterance is over.

A detector's errors are no matter here: the voice is cut off where it is loud, so that no detector doubts which frame is its last,
and which one ends the utterance. What passes from that one to the answer is the vendors' and ours.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import cache

from common.audio import BYTES_PER_MS, FRAME_BYTES, SILENCE_BYTE, mulaw_to_pcm, rms, wav_to_mulaw
from gateway.turn.endpointing import Floor, Heard
from gateway.vad.webrtc import WebrtcDetector
from tests.bench.callers import CALLERS, MANIFEST

FRAME_S = 0.02
END_FRAMES = 40
"""Silence that ends an utterance here: 0.8 s, as in the systems that are compared."""
_SILENT_FRAME = bytes([SILENCE_BYTE]) * FRAME_BYTES
SILENT_PAYLOAD = b64encode(_SILENT_FRAME)
FIRST, OVER_THE_BOT = "medium_en_one-moment-please.wav", "medium_fr_something-terribly-wrong.wav"


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


@cache
def voice(name: str) -> Voice:
    """A recording, from its labelled begin to the loudest frame of its second half: a voice that fades ends at another frame each time.

    Raises:
        ValueError: the gateway's detector has the end elsewhere.
    """
    entry = next(entry for entry in MANIFEST if entry["file"] == name)
    sound = wav_to_mulaw(CALLERS / name)[entry["speech_start_ms"] * BYTES_PER_MS : entry["speech_end_ms"] * BYTES_PER_MS]
    spoken = [sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES)]
    last = max(range(len(spoken) // 2, len(spoken)), key=lambda number: rms(mulaw_to_pcm(spoken[number])))
    frames = [*spoken[: last + 1], *[_SILENT_FRAME] * END_FRAMES]
    if _end_of(frames) != last + END_FRAMES:
        raise ValueError(f"{name}: the detector hears its end elsewhere")
    return Voice(tuple(b64encode(frame) for frame in frames), last)


def _end_of(frames: list[bytes]) -> int:
    """With which frame the utterance is over; -1: it is not."""
    detector = WebrtcDetector()
    floor = Floor(END_FRAMES, len(frames), detector.onset)
    ends = [number for number, frame in enumerate(frames) if _hears(floor, detector, mulaw_to_pcm(frame)) is Heard.ENDED]
    return ends[-1] if ends else -1


def _hears(floor: Floor, detector: WebrtcDetector, pcm: bytes) -> Heard:
    level = rms(pcm)
    return floor.push(detector.is_speech(pcm, level), level)
