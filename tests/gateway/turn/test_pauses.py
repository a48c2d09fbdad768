"""End of turn by words on recordings with pauses: what ``python -m tests.bench.pauses`` measures, with its committed readings."""

import pytest

from gateway.turn.state import Rules
from gateway.vad.webrtc import WebrtcDetector
from tests.bench.ears import Ear, TableEar, TextEar
from tests.bench.endpointing_run import Outcome, run
from tests.bench.paused_callers import FRAMES_PER_S, recordings, without_pause
from tests.bench.pauses import cut_offs, paused_lines, read_table
from tests.sim.rules import RULES, SILENCE_ALONE

_ONE_PIECE_S = 5
"""Up to here an utterance is one piece, which the readings know."""
TABLE = read_table()
CALLERS = recordings()
EARS: dict[str, Ear] = {"en": TableEar(TABLE.readings), "he": TextEar(TABLE.gaps)}
PAUSES = [line for line in paused_lines(CALLERS, TABLE.gaps) if line.place < _ONE_PIECE_S * FRAMES_PER_S]
ENDS = [without_pause(caller) for caller in CALLERS if caller.speech_end < _ONE_PIECE_S * FRAMES_PER_S]
FIXED, WORDS = SILENCE_ALONE, RULES


def in_pauses(rules: Rules, asr_delay_s: float) -> list[Outcome]:
    """What becomes of the pauses, up to where the voice goes on."""
    return [run(line, rules, WebrtcDetector(), EARS[line.recording.language], asr_delay_s, line.resumes) for line in PAUSES]


def delay_s(file: str, rules: Rules) -> float:
    """From the true end of a recording to its commit."""
    line = next(line for line in ENDS if line.recording.file == file)
    outcome = run(line, rules, WebrtcDetector(), EARS[line.recording.language], asr_delay_s=0.0)
    assert outcome.delay_s is not None
    return outcome.delay_s


def test_there_are_a_hundred_pauses() -> None:
    assert len(PAUSES) >= 100


@pytest.mark.parametrize("asr_delay_s", [pytest.param(0.0, marks=pytest.mark.long), 0.25])
def test_words_keep_the_bot_from_cutting_in(asr_delay_s: float) -> None:
    by_words, by_silence = cut_offs(in_pauses(WORDS, asr_delay_s))[0], cut_offs(in_pauses(FIXED, asr_delay_s))[0]
    assert by_words < by_silence / 4


@pytest.mark.parametrize("file", ["medium_en_one-moment-please.wav", "hebrew_h-hours.wav", "hebrew_h-agent.wav"])
def test_the_answer_to_a_text_that_is_surely_all_comes_sooner(file: str) -> None:
    assert delay_s(file, WORDS) < delay_s(file, FIXED)
