"""``python -m tests.bench.self_echo``: does the bot interrupt itself, and does it still hear the caller?

Each call has a line drawn from the printed seed and five replies, so that a fifth of them is heard by
a guard that knows nothing of the line yet. A reply is up to 4 s of a recorded voice; it goes through the
real playout and turn machine as a greeting, whose onset rule is that of every reply. What the line returns
goes through the detector, the guard and the machine, with frames that come late and in bursts.
A *self-interruption* is an onset from the reply's first frame to 1 s after its last, with nobody on
the line. An interruption is another recorded voice, drawn, over the reply from a drawn moment on, without
the breath before it; it is *seen* if the onset falls between its start and 200 ms after its end; its delay
is compared with the same frames on the same line without echo and without guard.
"""

import argparse
import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from common import catalogue, config, models
from common.audio import FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, mulaw_to_pcm, rms
from gateway.playout import Mark
from gateway.turn.events import CallAnswered, FrameHeard, MarkEchoed
from gateway.turn.machine import TurnMachine
from gateway.turn.phrases import Phrase, PhraseBook
from gateway.turn.words import Lexicon
from gateway.vad.base import Detector
from gateway.vad.self_echo import EchoGuard, NoGuard, SelfEcho
from gateway.vad.silero import SileroDetector, SileroModel
from gateway.vad.webrtc import WebrtcDetector
from tests.bench.phone_line import PhoneLine, as_the_bot_says_it, draw_line, from_first_voice, mulaw, voices
from tests.sim.rules import RULES

REPLIES_A_CALL = 5
LEVELS_DB = (0, -6, -12, -20)
_REPLY_SAMPLES = 4 * SAMPLE_RATE_HZ
_CALLER_SAMPLES = 2 * SAMPLE_RATE_HZ
_TAIL_S = 1.0
_FRAME_S = FRAME_MS / 1000
_SEEN_AFTER_FRAMES = 10
_QUIET = Phrase("", b"")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot says, and what comes of the line meanwhile."""

    said: bytes
    heard: tuple[bytes, ...]
    """The caller's frames, from the first one said on."""
    arrivals: tuple[float, ...]
    """When they come, from then on."""
    starts: int | None = None
    """Frame in which the caller's voice starts."""
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """A voice over a reply."""

    voice: str
    level_db: float
    moment: float
    """From 0, just after the reply's start, to 1, half a second before its end."""


def draw_replies(rng: random.Random, line: PhoneLine, *, echo: bool, talks: Sequence[Talk | None]) -> list[Reply]:
    """The replies of one call."""
    return [_draw_reply(random.Random(rng.random()), line, echo=echo, talk=talk) for talk in talks]


def _draw_reply(rng: random.Random, line: PhoneLine, *, echo: bool, talk: Talk | None) -> Reply:
    noise = np.random.default_rng(rng.randrange(2**32))
    names = sorted(name for name in voices() if (talk is None or name != talk.voice) and len(voices()[name]) >= SAMPLE_RATE_HZ)
    voice = voices()[rng.choice(names)]
    at = rng.randrange(max(1, len(voice) - _REPLY_SAMPLES))
    said = as_the_bot_says_it(voice[at : at + _REPLY_SAMPLES])
    length = len(said) + int(_TAIL_S * SAMPLE_RATE_HZ)
    sound = line.hiss(length, noise)
    if echo:
        sound += line.returns(said, length, noise)
    starts = ends = None
    if talk is not None:
        over = from_first_voice(voices()[talk.voice])[:_CALLER_SAMPLES] * 10 ** (talk.level_db / 20)
        start = int((0.3 + talk.moment * max(0.0, len(said) / SAMPLE_RATE_HZ - 0.8)) * SAMPLE_RATE_HZ)
        over = over[: length - start]
        sound[start : start + len(over)] += over
        starts, ends = start // FRAME_BYTES, (start + len(over)) // FRAME_BYTES
    line_sound = mulaw(sound)
    heard = tuple(line_sound[at : at + FRAME_BYTES] for at in range(0, len(line_sound) - FRAME_BYTES + 1, FRAME_BYTES))
    return Reply(said, heard, tuple(_arrivals(rng, len(heard))), starts, ends)


def _arrivals(rng: random.Random, frames: int) -> Iterator[float]:
    """Some ms late each; one of 200 stalls for up to 120 ms, those behind it come with it."""
    last = 0.0
    for number in range(1, frames + 1):
        late = rng.uniform(0.04, 0.12) if rng.random() < 0.005 else rng.expovariate(200)
        last = max(last, number * _FRAME_S + late)
        yield last


class Gateway:
    """What of a gateway hears: detector, guard and turn machine, on a clock that is a number."""

    def __init__(self, guard: EchoGuard, detector: Detector) -> None:
        self.guard_s = 0.0
        """CPU time spent in the guard."""
        self.detector_s = 0.0
        """CPU time spent in the detector."""
        self.frames = 0
        self._guard = guard
        self._detector = detector
        self._start = 100.0

    def first_onset(self, reply: Reply) -> int | None:
        """The frame with which a voice began, as the bot says ``reply``; the next one follows after it."""
        phrases = PhraseBook(Phrase("reply", reply.said), _QUIET, _QUIET, _QUIET, _QUIET, _QUIET, beep=b"")
        machine, marks = TurnMachine(replace(RULES, onset=self._detector.onset), phrases, Lexicon()), list[tuple[float, str]]()
        machine.handle(CallAnswered(), self._start)
        self._send(machine, marks, self._start)
        onset = None
        for number, (frame, arrival) in enumerate(zip(reply.heard, reply.arrivals, strict=True)):
            now = self._start + arrival
            if onset is None:
                self._send(machine, marks, now)
            if self._hear(machine, frame, now) and onset is None:
                onset = number
                self._guard.cleared(now)
        self._start += len(reply.heard) * _FRAME_S
        return onset

    def _send(self, machine: TurnMachine, marks: list[tuple[float, str]], now: float) -> None:
        playout = machine.call.playout
        due = playout.take(now)
        began = time.thread_time()
        if frames := [item for item in due if isinstance(item, bytes)]:
            self._guard.played(frames, playout.plays_until)
        self.guard_s += time.thread_time() - began
        marks += [(playout.plays_until, item.name) for item in due if isinstance(item, Mark)]
        while marks and marks[0][0] <= now:
            machine.handle(MarkEchoed(marks.pop(0)[1]), now)

    def _hear(self, machine: TurnMachine, frame: bytes, now: float) -> bool:
        pcm = mulaw_to_pcm(frame)
        level = rms(pcm)
        began = time.thread_time()
        speech = self._detector.is_speech(pcm, level)
        detected = time.thread_time()
        echo = self._guard.is_echo(pcm, level, speech, now)
        self.detector_s += detected - began
        self.guard_s += time.thread_time() - detected
        self.frames += 1
        machine.handle(FrameHeard(speech and not echo, level), now)
        return machine.call.caller_speaks


def without_guard(detector: Detector) -> Gateway:
    """A gateway with SELF_ECHO_GUARD=false."""
    return Gateway(NoGuard(), detector)


def with_guard(detector: Detector) -> Gateway:
    """A gateway as it is."""
    return Gateway(SelfEcho(detector.onset), detector)


NewGateway = Callable[[], Gateway]


@dataclass(frozen=True, slots=True)
class Seen:
    """How interruptions were heard."""

    level_db: float
    echo: bool
    total: int
    seen: int
    too_early: int
    """An onset before the caller's."""
    later_ms: tuple[float, ...]
    """Onset later than without echo and guard."""

    @property
    def share(self) -> float:
        """Seen of all."""
        return self.seen / self.total


@dataclass(frozen=True, slots=True)
class Echoes:
    """How the bot heard itself."""

    replies: int
    interrupted: int
    guard_us: float
    """CPU time in the guard per frame of the caller."""
    detector_us: float
    """CPU time in the detector per frame of the caller."""


def self_interruptions(seed: int, replies: int, new_gateway: NewGateway) -> Echoes:
    """Replies to callers who say nothing."""
    rng, interrupted, gateways = random.Random(seed), 0, list[Gateway]()
    for _ in range(-(-replies // REPLIES_A_CALL)):
        gateway, line = new_gateway(), draw_line(rng)
        onsets = [gateway.first_onset(reply) for reply in draw_replies(rng, line, echo=True, talks=[None] * REPLIES_A_CALL)]
        interrupted += sum(onset is not None for onset in onsets)
        gateways.append(gateway)
    frame_us = 1e6 / sum(gateway.frames for gateway in gateways)
    guard_s, detector_s = (sum(spent) for spent in zip(*((each.guard_s, each.detector_s) for each in gateways), strict=True))
    return Echoes(replies, interrupted, frame_us * guard_s, frame_us * detector_s)


def interruptions(seed: int, replies: int, level_db: float, new_gateway: NewGateway, plain_gateway: NewGateway, *, echo: bool) -> Seen:
    """Callers who talk over every reply, heard by a gateway, and by a plain one on the same line without echo."""
    rng, counts, later = random.Random(seed), [0, 0, 0], list[float]()
    for _ in range(-(-replies // REPLIES_A_CALL)):
        line, seed_of_call = draw_line(rng), rng.random()
        talks = [Talk(rng.choice(sorted(voices())), level_db, rng.random()) for _ in range(REPLIES_A_CALL)]
        told, plain = new_gateway(), plain_gateway()
        with_echo = draw_replies(random.Random(seed_of_call), line, echo=echo, talks=talks)
        without = draw_replies(random.Random(seed_of_call), line, echo=False, talks=talks)
        for reply, clean in zip(with_echo, without, strict=True):
            onset, reference = told.first_onset(reply), plain.first_onset(clean)
            counts[0] += 1
            counts[1] += _is_seen(reply, onset)
            counts[2] += onset is not None and reply.starts is not None and onset < reply.starts
            if onset is not None and reference is not None and _is_seen(reply, onset) and _is_seen(clean, reference):
                later.append((onset - reference) * FRAME_MS)
    return Seen(level_db, echo, counts[0], counts[1], counts[2], tuple(later))


def _is_seen(reply: Reply, onset: int | None) -> bool:
    if onset is None or reply.starts is None or reply.ends is None:
        return False
    return reply.starts <= onset <= reply.ends + _SEEN_AFTER_FRAMES


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.self_echo", description=__doc__)
    parser.add_argument("--replies", type=int, default=1000, help="replies without a caller; an eighth as many with one, at each level")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vad", choices=("webrtc", "silero"), default="webrtc")
    chosen = parser.parse_args()
    new_detector = WebrtcDetector if chosen.vad == "webrtc" else _silero()
    plain, guarded = (lambda: without_guard(new_detector())), (lambda: with_guard(new_detector()))
    _tell(f"seed {chosen.seed}, {chosen.replies} replies, {REPLIES_A_CALL} a call, {chosen.vad}")
    for name, new_gateway in (("off", plain), ("on", guarded)):
        heard = self_interruptions(chosen.seed, chosen.replies, new_gateway)
        cost = f"{heard.guard_us:.1f} us a frame, the detector {heard.detector_us:.1f}"
        _tell(f"guard {name:3}: {heard.interrupted} self-interruptions in {heard.replies} replies; {cost}")
    _tell("level dB  echo  guard  seen   too early  later than without echo and guard, ms: p50  p90  p95")
    for level, (echo, name, new_gateway) in itertools.product(
        LEVELS_DB, ((False, "on", guarded), (True, "off", plain), (True, "on", guarded))
    ):
        seen = interruptions(chosen.seed, chosen.replies // 8, level, new_gateway, plain, echo=echo)
        p50, p90, p95 = np.percentile(seen.later_ms or [0.0], (50, 90, 95))
        _tell(
            f"{level:8}  {'yes' if echo else 'no':4}  {name:5}  {seen.share:.3f}  {seen.too_early:9}  {p50:43.0f}  {p90:3.0f}  {p95:3.0f}"
        )


def _silero() -> Callable[[], Detector]:
    model = SileroModel(models.ensure(catalogue.SILERO, config.load().torim_cache, _tell))
    return lambda: SileroDetector(model)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
