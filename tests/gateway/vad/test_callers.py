"""What the detectors hear of recorded callers, at three levels; ``python -m tests.bench.vad`` prints the figures."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from gateway.vad.webrtc import WebrtcDetector
from tests.bench.callers import LEVELS_DB, NOISE, SPOKEN, Finding, NewDetector, false_onsets, listen_to, reaches_asr, sample, short_answers

if TYPE_CHECKING:
    from gateway.vad.silero import SileroDetector, SileroModel

LATEST_ONSET_MS = 460
"""After the labelled begin: quiet beginnings of read speech at -20 dB."""
USUAL_ONSET_MS = 140
ANSWERS = sample(list(short_answers(range(120, 301, 20), range(0, 20, 4))), 400)
WHOLE_ENOUGH = 0.99


@pytest.fixture(scope="session")
def new_silero(silero: "SileroModel") -> Callable[[], "SileroDetector"]:
    """What makes silero's detectors."""
    from gateway.vad.silero import SileroDetector

    return lambda: SileroDetector(silero)


def findings(level_db: float, new: NewDetector) -> list[Finding]:
    return [listen_to(entry, level_db, new()) for entry in SPOKEN]


def share_whole(new: NewDetector, *, over_the_bot: bool = False, levels_db: tuple[float, ...] = LEVELS_DB) -> float:
    answers = [answer for answer in ANSWERS if answer.level_db in levels_db]
    return sum(reaches_asr(answer, new(), over_the_bot=over_the_bot) for answer in answers) / len(answers)


@pytest.mark.speech
@pytest.mark.parametrize("level_db", LEVELS_DB)
@pytest.mark.parametrize("file", NOISE)
def test_silero_hears_no_voice_in_noise_music_and_tones(file: str, level_db: float, new_silero: NewDetector) -> None:
    assert false_onsets(file, level_db, new_silero()) == 0


@pytest.mark.speech
@pytest.mark.parametrize("level_db", LEVELS_DB)
@pytest.mark.parametrize("entry", SPOKEN, ids=lambda entry: entry["file"])
def test_silero_hears_every_voice_to_its_end(entry: dict[str, Any], level_db: float, new_silero: NewDetector) -> None:
    finding = listen_to(entry, level_db, new_silero())
    assert finding.delay_ms is not None
    assert (finding.delay_ms <= LATEST_ONSET_MS, finding.early) == (True, False)


@pytest.mark.speech
@pytest.mark.parametrize("level_db", LEVELS_DB)
def test_silero_hears_half_of_the_voices_at_once(level_db: float, new_silero: NewDetector) -> None:
    delays = sorted(finding.delay_ms or 0 for finding in findings(level_db, new_silero))
    assert delays[len(delays) // 2] <= USUAL_ONSET_MS


@pytest.mark.speech
@pytest.mark.parametrize("over_the_bot", [False, True])
def test_short_answers_that_silero_hears_reach_asr_whole(over_the_bot: bool, new_silero: NewDetector) -> None:
    assert share_whole(new_silero, over_the_bot=over_the_bot) >= WHOLE_ENOUGH


@pytest.mark.parametrize("level_db", [0, -12])
def test_webrtcvad_misses_no_voice_that_is_not_faint(level_db: float) -> None:
    assert [finding for finding in findings(level_db, WebrtcDetector) if finding.delay_ms is None or finding.early] == []


def test_short_answers_that_are_not_quiet_reach_asr_whole_with_webrtcvad_too() -> None:
    assert share_whole(WebrtcDetector, levels_db=(0,)) >= WHOLE_ENOUGH
