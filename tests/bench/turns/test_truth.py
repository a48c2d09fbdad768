"""How far detectors are from the truth: that both are told from the same moment, and nothing of too few events."""

from dataclasses import replace

from gateway.vad.webrtc import WebrtcDetector
from tests.bench.turns.scene import Kind, Scene
from tests.bench.turns.scored import LEAST_EVENTS
from tests.bench.turns.stage_scenes import ORDER, said, scene
from tests.bench.turns.truth import Found, listened, onsets, times


def spoken() -> Scene:
    return scene(said(ORDER, Kind.UTTERANCE))


def sooner(of: Scene, s: float) -> Scene:
    """The same, with a truth that has the voice begin and end sooner."""
    begin_s, end_s = of.cues[0].voice_s
    return replace(of, cues=(replace(of.cues[0], voice_s=(begin_s - s, end_s - s)),))


def test_onset_and_end_count_from_the_truth() -> None:
    found, moved = (listened(each, WebrtcDetector()) for each in (spoken(), sooner(spoken(), 0.1)))
    assert found.onset_ms is not None
    assert found.end_ms is not None
    assert (moved.onset_ms, moved.end_ms) == (found.onset_ms + 100, found.end_ms + 100)


def test_an_onset_comes_soon_after_a_voice_on_a_quiet_line() -> None:
    found = listened(spoken(), WebrtcDetector())
    assert found.onset_ms is not None
    assert 0 < found.onset_ms < 400  # an onset takes 5 of 6 frames


def heard(events: int) -> dict[str, list[Found]]:
    """So many interruptions of one half, and a cough that nobody heard."""
    return {"silero": [*(Found("tuning", "interruption", at, -at) for at in range(events)), Found("tuning", "cough", None, None)]}


def test_of_few_events_no_spread_is_told() -> None:
    assert f"| interruption, tuning | {LEAST_EVENTS - 1} events | {LEAST_EVENTS - 1} events |" in list(times(heard(LEAST_EVENTS - 1)))


def test_of_enough_the_parts_are_told() -> None:
    assert "| interruption, tuning | 2 / 20 / 38 | -37 / -19 / -1 |" in list(times(heard(40)))


def test_sounds_that_were_heard_are_counted_by_kind_and_half() -> None:
    assert list(onsets(heard(3)))[2:] == ["| interruption | 3 of 3 | 0 of 0 |", "| cough | 0 of 1 | 0 of 0 |"]
