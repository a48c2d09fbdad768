"""``python -m tests.bench.pauses``: does the bot wait when a caller pauses, and how long after the true end?

    python -m tests.bench.pauses [--write | --waits] [--vad silero webrtc] [--min-utt S] [--asr-ms MS ...]

Pauses of 0.4 to 1.0 s are put between the words of recordings, one a run, and each runs through the real turn machine
on a virtual clock. A *cut-off* is a pause in which the turn was committed before the voice went on. ``--write`` makes
``tests/data/pauses.json`` anew: the gaps between words, and what Whisper base reads up to each. ``--waits`` prints what the wait
behind words that may be all (``OPEN_FRAMES``) was chosen from, by these readings: pauses of the first 5 s, where all is one piece.
"""

import argparse
import asyncio
import itertools
import json
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from statistics import quantiles
from typing import Literal

from asr_worker.vendors.whisper import WhisperTranscriber
from common import catalogue, config, models
from gateway.turn import patience
from gateway.turn.state import Rules
from gateway.vad.base import Detector
from gateway.vad.silero import SileroDetector, SileroModel
from gateway.vad.webrtc import WebrtcDetector
from tests.bench.ears import Ear, TableEar, TextEar, WhisperEar, read_to_gaps
from tests.bench.endpointing_run import Outcome, run
from tests.bench.paused_callers import DATA, FRAMES_PER_S, Paused, Recording, recordings, without_pause
from tests.bench.word_gaps import Aligner, gaps_by_letters_s, weakest_frame
from tests.sim.rules import RULES, SILENCE_ALONE

PAUSES_S = (0.4, 0.6, 0.8, 1.0)
MODES: tuple[tuple[Literal["fixed", "words"], Literal["off", "asr", "full"]], ...] = (
    ("fixed", "off"),
    ("words", "off"),
    ("fixed", "full"),
    ("words", "full"),
)
"""``ENDPOINTING`` and ``SPECULATE``."""
TABLE = DATA / "pauses.json"
NewDetector = Callable[[], Detector]
_ONE_PIECE_S = 5
_WAITS = (0, 5, 10, 15, 16, 17, 20)
"""``OPEN_FRAMES`` that are tried."""
_TAIL_FRAMES = 10
_SHORTEST_PIECE = 12
"""Frames of speech on either side of a pause."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is known of the recordings before any run."""

    gaps: dict[str, list[int]]
    """Frames at which a word ends and the next begins."""
    readings: dict[str, dict[int, str]]
    """What Whisper reads up to each gap, and to the end."""


def read_table() -> Table:
    """The committed table."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    readings = {file: {int(gap): text for gap, text in read.items()} for file, read in table["readings"].items()}
    return Table(table["gaps"], readings)


def paused_lines(callers: Iterable[Recording], gaps: dict[str, list[int]]) -> list[Paused]:
    """Two pauses at each gap between words: 0.4 and 0.8 s, or 0.6 and 1.0 s, by turns."""
    lengths = itertools.cycle((PAUSES_S[::2], PAUSES_S[1::2]))
    return [
        Paused(caller, gap, round(length * FRAMES_PER_S))
        for caller in callers
        for gap, both in zip(_usable(caller, gaps[caller.file]), lengths, strict=False)
        for length in both
    ]


def _usable(caller: Recording, gaps: list[int]) -> list[int]:
    return [gap for gap in gaps if caller.speech_start + _SHORTEST_PIECE <= gap <= caller.speech_end - _SHORTEST_PIECE]


# -- Measuring --------------------------------------------------------------------------------


def measure(lines: Iterable[Paused], rules: Rules, new_detector: NewDetector, ears: dict[str, Ear], asr_delay_s: float) -> list[Outcome]:
    """Each line in a call of its own; ``ears`` by language."""
    return [run(line, rules, new_detector(), ears[line.recording.language], asr_delay_s) for line in lines]


def cut_offs(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """Pauses in which the turn was committed, of how many."""
    cut = [outcome.cut_off for outcome in outcomes if outcome.line.pause_frames]
    return sum(cut), len(cut)


def delays_s(outcomes: Iterable[Outcome]) -> list[float]:
    """From the true ends to the commits, where there was no cut-off before."""
    return sorted(outcome.delay_s for outcome in outcomes if outcome.delay_s is not None and not outcome.cut_off)


def row(name: str, outcomes: list[Outcome]) -> str:
    """A line of the table."""
    lengths = [[outcome for outcome in outcomes if outcome.line.pause_frames == round(length * FRAMES_PER_S)] for length in PAUSES_S]
    by_length = " | ".join("{} / {}".format(*cut_offs(some)) for some in lengths)
    cut, pauses = cut_offs(outcomes)
    twentieths = quantiles(delays_s(outcomes), n=20)
    talked_over = sum(outcome.talked_over for outcome in outcomes)
    return f"| {name} | {by_length} | {cut / pauses:.3f} | {talked_over} | {twentieths[9]:.2f} / {twentieths[18]:.2f} |"


def head() -> str:
    """The head of the table."""
    lengths = " | ".join(f"{length} s" for length in PAUSES_S)
    columns = f"| settings | {lengths} | cut off | talked over | end to commit, p50 / p95 s |"
    return f"{columns}\n|{'---|' * (columns.count('|') - 1)}"


# -- Choosing a wait ----------------------------------------------------------------------------


def _choose(new_detector: NewDetector) -> None:
    table, callers = read_table(), recordings()
    ears: dict[str, Ear] = {"en": TableEar(table.readings), "he": TextEar(table.gaps)}
    lines = [line for line in paused_lines(callers, table.gaps) if line.place < _ONE_PIECE_S * FRAMES_PER_S]

    def cut(rules: Rules) -> str:
        rules = replace(rules, speculate="off", onset=new_detector().onset)
        heard = (run(line, rules, new_detector(), ears[line.recording.language], 0.0, line.resumes) for line in lines)
        hits, of = cut_offs(heard)
        return f"{hits} / {of} | {hits / of:.3f} |"

    _say(f"| wait | cut off | |\n|---|---|---|\n| silence alone, {SILENCE_ALONE.min_utt_s:g} s | {cut(SILENCE_ALONE)}")
    for patience.OPEN_FRAMES in _WAITS:
        _say(f"| {RULES.min_utt_s + patience.OPEN_FRAMES / FRAMES_PER_S:.2f} s | {cut(RULES)}")


# -- Making the table ---------------------------------------------------------------------------


def write_table(callers: list[Recording], ear: Ear, aligner: Aligner) -> None:
    """Find the gaps between words, and read what is before them."""
    gaps = {caller.file: list(_gaps(caller, aligner)) for caller in callers}
    readings = {
        caller.file: read_to_gaps(ear, caller, _usable(caller, gaps[caller.file]), _TAIL_FRAMES)
        for caller in callers
        if caller.language == "en"
    }
    TABLE.write_text(json.dumps({"gaps": gaps, "readings": readings}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _gaps(caller: Recording, aligner: Aligner) -> Iterator[int]:
    sound = b"".join(caller.frames)
    spoken = (caller.speech_start / FRAMES_PER_S, caller.speech_end / FRAMES_PER_S)
    starts = aligner.word_starts_s(sound) if caller.language == "en" else gaps_by_letters_s(caller.text, *spoken)
    for at in starts:
        yield weakest_frame(sound, at)


# -- The command ------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Measure and print."""
    asked = _parse(arguments)
    settings = config.load()
    cache = settings.torim_cache.expanduser()
    silero = SileroModel(models.ensure(catalogue.SILERO, cache, _say))
    if asked.waits:
        _choose(lambda: SileroDetector(silero))
        return 0
    transcriber = WhisperTranscriber(settings)
    ear = WhisperEar(transcriber, cache / "bench" / "pauses.json")
    try:
        if asked.write:
            write_table(recordings(), ear, Aligner(models.whisper_folder(settings)))
        _report(ear, silero, asked)
    finally:
        ear.close()
        asyncio.run(transcriber.close())
    return 0


def _report(ear: Ear, network: SileroModel, asked: argparse.Namespace) -> None:
    table, callers = read_table(), recordings()
    detectors: dict[str, NewDetector] = {"silero": lambda: SileroDetector(network), "webrtc": WebrtcDetector}
    ears: dict[str, Ear] = {"en": ear, "he": TextEar(table.gaps)}
    lines = [*paused_lines(callers, table.gaps), *map(without_pause, callers)]
    _say(f"{sum(line.pause_frames > 0 for line in lines)} pauses, {len(lines)} true ends, on {platform.node()}\n\n{head()}")
    for detector, asr_ms, (endpointing, speculate) in itertools.product(asked.vad, asked.asr_ms, MODES):
        onset = detectors[detector]().onset
        rules = replace(RULES, min_utt_s=asked.min_utt, endpointing=endpointing, speculate=speculate, onset=onset)
        outcomes = measure(lines, rules, detectors[detector], ears, asr_ms / 1000)
        _say(row(f"{detector}, ASR {asr_ms} ms, {endpointing}, drafts {speculate}", outcomes))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pauses", description="Cut-offs in pauses, and waits after the true end.")
    parser.add_argument("--write", action="store_true", help="make tests/data/pauses.json anew")
    parser.add_argument("--waits", action="store_true", help="what OPEN_FRAMES was chosen from")
    parser.add_argument("--vad", nargs="+", choices=("silero", "webrtc"), default=["silero", "webrtc"])
    parser.add_argument("--min-utt", type=float, default=0.7, metavar="S", help="MIN_UTT_SEC")
    parser.add_argument("--asr-ms", nargs="+", type=int, default=[0, 250], metavar="MS")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
