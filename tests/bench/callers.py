"""Recordings of callers as a bench needs them: at any level, cut to short answers, and what a detector makes of them.

A level is reached by scaling the samples and coding them in mu-law again, as a quiet line would: its noise
goes down with the voice, and the steps of mu-law do not.

A short answer is made of a word: as many ms as are wanted around the loudest place of its first 400 ms,
faded in and out over 5 ms, on line noise, beginning anywhere within a frame.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from common.audio import FRAME_BYTES, mulaw_to_pcm, pcm_to_mulaw, rms, wav_to_mulaw
from gateway.turn.endpointing import Floor, Heard
from gateway.turn.events import FrameHeard
from gateway.vad.base import Detector
from tests.sim.desk import Desk, speaking_desk
from tests.sim.rules import RULES

CALLERS = Path(__file__).parents[1] / "data" / "callers"
MANIFEST: list[dict[str, Any]] = json.loads((CALLERS / "manifest.json").read_text())
SPOKEN = [entry for entry in MANIFEST if entry["category"] != "noise"]
HELD_OUT = frozenset(entry["file"] for entry in MANIFEST if entry.get("held_out"))
"""Voices of the held-out half of ``tests.bench.turns``: heard by tests, and by no choice of a rule."""
NOISE = [entry["file"] for entry in MANIFEST if entry["category"] == "noise"]
LEVELS_DB = (0, -12, -20)
SHORT_WORDS = (
    "backchannel_en_vm-no.wav",
    "short_en_hello.wav",
    "short_en_please-try-again.wav",
    "short_es_privacy-thankyou.wav",
    "short_fr_auth-thankyou.wav",
    "short_it_do-not-disturb.wav",
    "backchannel_it_auth-thankyou.wav",
    "medium_ru_please-try-again.wav",
    "medium_ru_demo-nomatch.wav",
    "hebrew_h-yes.wav",
    "backchannel_he_aha-espeak.wav",
)

_PCM_FRAME_BYTES = 2 * FRAME_BYTES
_SAMPLES_PER_MS = 8
END_FRAMES, _CUT_FRAMES = 35, 300
_EARLY_MS = 250
"""An end before the last voiced 250 ms is early: labels favour energy, and words fade."""
_LINE_NOISE_RMS = 6
_QUIET_MS = 600
"""Line before a short answer."""
_WORD_MS = 400
_FADE_MS = 5

NewDetector = Callable[[], Detector]
Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


# --- Sound


@cache
def _samples(file: str) -> Samples:
    return np.frombuffer(mulaw_to_pcm(wav_to_mulaw(CALLERS / file)), "<i2").astype(np.float64)


def frames(samples: Samples, level_db: float = 0) -> list[bytes]:
    """What the line delivers of ``samples``: frames of 20 ms of PCM."""
    scaled = np.clip(np.rint(samples * 10 ** (level_db / 20)), -32768, 32767).astype("<i2")
    pcm = mulaw_to_pcm(pcm_to_mulaw(scaled.tobytes()))
    return [pcm[at : at + _PCM_FRAME_BYTES] for at in range(0, len(pcm) - _PCM_FRAME_BYTES + 1, _PCM_FRAME_BYTES)]


def recording(file: str, level_db: float = 0) -> list[bytes]:
    """A recording in frames."""
    return frames(_samples(file), level_db)


# --- What a detector hears


@dataclass(frozen=True, slots=True)
class Finding:
    """What was heard of one recording of speech."""

    delay_ms: int | None
    """From the labelled begin of the voice to the onset; None: missed."""
    early: bool
    """Whether the floor ended in mid-voice."""


def floor_events(pcm_frames: list[bytes], detector: Detector) -> list[tuple[Heard, int]]:
    """Onsets and ends, with the moment of each in ms."""
    floor = Floor(END_FRAMES, _CUT_FRAMES, detector.onset)
    found: list[tuple[Heard, int]] = []
    for number, pcm in enumerate(pcm_frames, start=1):
        level = rms(pcm)
        what = floor.push(detector.is_speech(pcm, level), level)
        if what in (Heard.ONSET, Heard.ENDED):
            found.append((what, number * 20))
    return found


def listen_to(entry: dict[str, Any], level_db: float, detector: Detector) -> Finding:
    """What ``detector`` hears of a recording of speech; its onset in noise before the voice counts as one without delay."""
    events = floor_events(recording(entry["file"], level_db), detector)
    onsets = [at for what, at in events if what is Heard.ONSET and at < entry["speech_end_ms"]]
    ends = [at - 20 * END_FRAMES for what, at in events if what is Heard.ENDED]
    early = any(end < entry["speech_end_ms"] - _EARLY_MS for end in ends)
    return Finding(max(0, onsets[0] - entry["speech_start_ms"]) if onsets else None, early)


def false_onsets(file: str, level_db: float, detector: Detector) -> int:
    """Onsets in a recording without speech."""
    return sum(what is Heard.ONSET for what, _ in floor_events(recording(file, level_db), detector))


# --- Short answers


@dataclass(frozen=True, slots=True)
class Answer:
    """A short answer on a line, and where its voice truly is."""

    word: str
    ms: int
    level_db: float
    frames: list[bytes]
    first_sample: int
    last_sample: int


def short_answers(lengths_ms: range, places_ms: range, seed: int = 1) -> Iterator[Answer]:
    """Every word, length, place within a frame, and level."""
    noise = np.random.default_rng(seed)
    for word in SHORT_WORDS:
        for ms in lengths_ms:
            for place_ms in places_ms:
                for level_db in LEVELS_DB:
                    yield _answer(word, ms, place_ms, level_db, noise)


def _answer(word: str, ms: int, place_ms: int, level_db: float, noise: np.random.Generator) -> Answer:
    cut = _cut(word, ms)
    line = noise.normal(0, _LINE_NOISE_RMS, _SAMPLES_PER_MS * (_QUIET_MS + ms + 1200))
    first = _SAMPLES_PER_MS * (_QUIET_MS + place_ms)
    line[first : first + len(cut)] += cut
    return Answer(word, ms, level_db, frames(line, level_db), first, first + len(cut) - 1)


@cache
def _cut(word: str, ms: int) -> Samples:
    entry = next(entry for entry in MANIFEST if entry["file"] == word)
    voice = _samples(word)[_SAMPLES_PER_MS * entry["speech_start_ms"] : _SAMPLES_PER_MS * entry["segments_ms"][0][1]]
    loudness = np.convolve(voice**2, np.ones(20 * _SAMPLES_PER_MS), "same")[: _SAMPLES_PER_MS * _WORD_MS]
    count = _SAMPLES_PER_MS * ms
    start = max(0, min(int(loudness.argmax()) - count // 2, len(voice) - count))
    cut = voice[start : start + count].copy()
    fade = np.linspace(0, 1, _SAMPLES_PER_MS * _FADE_MS)
    cut[: len(fade)] *= fade
    cut[-len(fade) :] *= fade[::-1]
    return cut


def reaches_asr(answer: Answer, detector: Detector, *, over_the_bot: bool) -> bool:
    """Whether one piece that the core publishes has the whole voice of the answer; maybe said while the bot speaks."""
    rules = replace(RULES, onset=detector.onset)
    desk = speaking_desk(rules, seconds=4.0) if over_the_bot else Desk(rules)
    before, first_frame = len(desk.published), desk.machine.call.floor.frame + 1
    for pcm in answer.frames:
        desk.tick()
        level = rms(pcm)
        desk.do(FrameHeard(detector.is_speech(pcm, level), level))
    first = first_frame + answer.first_sample // FRAME_BYTES
    last = first_frame + answer.last_sample // FRAME_BYTES
    return any(piece.start <= first and last < piece.end for piece in desk.published[before:])


def sample(answers: list[Answer], count: int) -> list[Answer]:
    """Some of the answers, the same ones each time."""
    return random.Random(count).sample(answers, count)
