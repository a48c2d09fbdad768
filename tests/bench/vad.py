"""``python -m tests.bench.vad``: how soon, how surely and at what cost each detector hears a caller.

    python -m tests.bench.vad [--choose]

``--choose`` prints what rules of an onset do instead, without the voices that ``tests.bench.turns`` holds out.

Each recording of tests/data/callers runs through the detector and the floor, frame by frame, at three levels.
Times are of the sound and do not depend on the machine; the cost does.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from common import catalogue, config, models
from common.audio import rms
from gateway.vad.base import Detector
from gateway.vad.hangover import OnsetRule
from gateway.vad.silero import SileroDetector, SileroModel
from gateway.vad.webrtc import WebrtcDetector
from tests.bench.callers import (
    HELD_OUT,
    LEVELS_DB,
    NOISE,
    SPOKEN,
    Answer,
    NewDetector,
    false_onsets,
    listen_to,
    reaches_asr,
    recording,
    short_answers,
)

_LENGTHS_MS = range(120, 301, 20)
_PLACES_MS = range(0, 20, 4)
_CHOSEN_AT_MS = range(0, 20, 8)
"""Places within a frame that are enough for a choice."""
_ROUNDS = 5
_RULES = {"silero": ((2, 3), (3, 4), (4, 5), (5, 6)), "webrtc": ((4, 5), (5, 6))}


def main(arguments: list[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.vad", description="How soon and how surely each detector hears a caller.")
    parser.add_argument("--choose", action="store_true", help="rules of an onset, without the held-out voices")
    model = SileroModel(models.ensure(catalogue.SILERO, config.load().torim_cache, _say))
    detectors: dict[str, NewDetector] = {"silero": lambda: SileroDetector(model), "webrtc": WebrtcDetector}
    measured = (_onsets(detectors), _noise(detectors), _short(detectors), _cost(detectors))
    for lines in (_choice(detectors),) if parser.parse_args(arguments).choose else measured:
        for line in lines:
            _say(line)
        _say("")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    names = list(head)
    yield _row(*names)
    yield _row(*["---"] * len(names))
    for row in rows:
        yield _row(*row)


def _onsets(detectors: dict[str, NewDetector]) -> Iterator[str]:
    def row(name: str, new: NewDetector, level_db: float) -> tuple[object, ...]:
        findings = [listen_to(entry, level_db, new()) for entry in SPOKEN]
        delays = sorted(finding.delay_ms for finding in findings if finding.delay_ms is not None)
        missed, early = len(findings) - len(delays), sum(finding.early for finding in findings)
        return name, level_db, statistics.median_low(delays), _p95(delays), delays[-1], missed, early

    yield f"Onset: {len(SPOKEN)} recordings of speech, ms from the labelled begin of the voice"
    head = ("detector", "level, dB", "p50", "p95", "latest", "missed", "ended early")
    yield from _table(head, (row(name, new, level_db) for name, new in detectors.items() for level_db in LEVELS_DB))


def _p95(delays: list[int]) -> int:
    return delays[-1 - len(delays) // 20]


def _noise(detectors: dict[str, NewDetector]) -> Iterator[str]:
    yield "False onsets in recordings without speech"
    head = ("recording", *(f"{name} {level_db} dB" for name in detectors for level_db in LEVELS_DB))
    rows = ((file, *(false_onsets(file, level_db, new()) for new in detectors.values() for level_db in LEVELS_DB)) for file in NOISE)
    yield from _table(head, rows)


def _short(detectors: dict[str, NewDetector]) -> Iterator[str]:
    answers = list(short_answers(_LENGTHS_MS, _PLACES_MS))

    def row(name: str, new: NewDetector, *, over_the_bot: bool) -> tuple[object, ...]:
        missed = [answer for answer in answers if not reaches_asr(answer, new(), over_the_bot=over_the_bot)]
        shares = [_share(missed, answers, level_db) for level_db in LEVELS_DB]
        under_160 = sum(answer.ms < 160 for answer in missed)
        when = "over the bot" if over_the_bot else "to a silent bot"
        return name, when, f"{100 - 100 * len(missed) / len(answers):.1f} %", *shares, f"{under_160} of {len(missed)}"

    yield f"Short answers, {_LENGTHS_MS[0]}-{_LENGTHS_MS[-1]} ms, whole in one piece for ASR: {len(answers)} of each kind"
    head = ("detector", "said", "whole", *(f"at {level_db} dB" for level_db in LEVELS_DB), "of the lost under 160 ms")
    yield from _table(head, (row(name, new, over_the_bot=over) for name, new in detectors.items() for over in (False, True)))


def _share(missed: list[Answer], answers: list[Answer], level_db: float) -> str:
    return f"{100 - 100 * sum(a.level_db == level_db for a in missed) / sum(a.level_db == level_db for a in answers):.1f} %"


@dataclass(frozen=True, slots=True)
class _Ruled:
    """A detector under another rule of an onset."""

    detector: Detector
    onset: OnsetRule

    def is_speech(self, pcm: bytes, level: int) -> bool:
        return self.detector.is_speech(pcm, level)


def _choice(detectors: dict[str, NewDetector]) -> Iterator[str]:
    voices = [entry for entry in SPOKEN if entry["file"] not in HELD_OUT]
    answers = [answer for answer in short_answers(_LENGTHS_MS, _CHOSEN_AT_MS) if answer.word not in HELD_OUT]

    def row(name: str, rule: OnsetRule) -> tuple[object, ...]:
        def new() -> Detector:
            return _Ruled(detectors[name](), rule)

        findings = [listen_to(entry, level_db, new()) for entry in voices for level_db in LEVELS_DB]
        delays = sorted(finding.delay_ms for finding in findings if finding.delay_ms is not None)
        false = sum(false_onsets(file, level_db, new()) for file in NOISE for level_db in LEVELS_DB)
        whole = [all(reaches_asr(answer, new(), over_the_bot=over) for over in (False, True)) for answer in answers]
        missed, early = len(findings) - len(delays), sum(finding.early for finding in findings)
        share = f"{100 * sum(whole) / len(whole):.1f} %"
        return name, f"{rule.speech} of {rule.window}", statistics.median_low(delays), _p95(delays), missed, early, false, share

    yield f"Rules of an onset: {len(voices)} recordings and {len(NOISE)} noises at {len(LEVELS_DB)} levels, {len(answers)} short answers"
    head = ("detector", "onset", "p50", "p95", "missed", "ended early", "false onsets", "answers whole")
    yield from _table(head, (row(name, OnsetRule(*rule)) for name, rules in _RULES.items() for rule in rules))


def _cost(detectors: dict[str, NewDetector]) -> Iterator[str]:
    yield f"Cost: CPU time of this process on {platform.machine()}, {platform.processor() or 'one core'}; best of {_ROUNDS} rounds"
    sounds = {"voice": [pcm for entry in SPOKEN for pcm in recording(entry["file"])], "silent line": recording(SPOKEN[0]["file"])[:20] * 50}
    rows = ((name, what, f"{_us_per_frame(new, sound):.1f}") for name, new in detectors.items() for what, sound in sounds.items())
    yield from _table(("detector", "sound", "us a frame of 20 ms"), rows)


def _us_per_frame(new: NewDetector, sound: list[bytes]) -> float:
    levels = [rms(pcm) for pcm in sound]

    def seconds() -> float:
        detector, began = new(), time.process_time()
        for pcm, level in zip(sound, levels, strict=True):
            detector.is_speech(pcm, level)
        return time.process_time() - began

    return 1e6 * min(seconds() for _ in range(_ROUNDS)) / len(sound)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
