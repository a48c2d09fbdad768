"""Hysteresis: on made-up frames, and on recordings of callers and noise."""

import json
from pathlib import Path

import pytest

from common.audio import FRAME_BYTES, mulaw_to_pcm, rms, wav_to_mulaw
from gateway.turn.endpointing import Floor, Heard
from gateway.vad.hangover import Activity, Hangover, OnsetRule
from gateway.vad.webrtc import WebrtcDetector

CALLERS = Path(__file__).parents[2] / "data" / "callers"
MANIFEST = json.loads((CALLERS / "manifest.json").read_text())
CLEAN = [entry for entry in MANIFEST if entry["category"] not in ("noise", "noisy")]
NOISE_WITHOUT_VOICE = ["noise_street-like_brown-hum_rms400.wav", "noise_white_rms300.wav"]

LATEST_ONSET_MS = 380
"""After the labelled start; quiet beginnings of read speech take longest."""
USUAL_ONSET_MS = 120


def activities(pattern: str, level: int = 1000) -> str:
    """What a hangover makes of frames, ``#`` being speech."""
    hangover = Hangover()
    return "".join(".OVp"[hangover.push(frame == "#", level)] for frame in pattern)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ("....", "...."),
        ("####", "...."),
        ("#####", "....O"),
        ("###.##", ".....O"),
        ("##..###", "......."),
        ("#.####", ".....O"),
        ("#####.", "....Op"),
        ("######", "....OV"),
        ("#####...#...", "....Oppppppp"),
        ("#####...##..", "....OppppVpp"),
        ("#####...#.#.", "....OpppppVp"),
    ],
)
def test_frames_become_a_voice(frames: str, expected: str) -> None:
    assert activities(frames) == expected


@pytest.mark.parametrize(("frames", "expected"), [("##..", "...."), ("###.", "..Op"), ("#.##", "...O"), ("##..##", "......")])
def test_a_detector_may_ask_for_fewer_frames(frames: str, expected: str) -> None:
    hangover = Hangover(OnsetRule(3, 4))
    assert "".join(".OVp"[hangover.push(frame == "#", 1000)] for frame in frames) == expected


@pytest.mark.parametrize(("frames", "lead"), [("#####", 4), ("#.####", 5), (".#####", 4), ("...###.##", 5)])
def test_a_voice_began_with_the_first_frame_of_its_onset(frames: str, lead: int) -> None:
    hangover = Hangover()
    for frame in frames:
        hangover.push(frame == "#", 1000)
    assert hangover.lead == lead


def test_a_faint_sound_does_not_end_a_pause() -> None:
    hangover = Hangover()
    for _ in range(10):
        hangover.push(True, 1000)
    hangover.push(False, 5)
    assert [hangover.push(True, 90) for _ in range(3)] == [Activity.PAUSE] * 3


def test_the_level_of_the_voice_follows_it() -> None:
    hangover = Hangover()
    for level in [1000] * 10 + [300] * 200:
        hangover.push(True, level)
    hangover.push(False, 5)
    assert hangover.push(True, 90) is Activity.VOICED


def test_a_released_voice_needs_an_onset_again() -> None:
    hangover = Hangover()
    for _ in range(6):
        hangover.push(True, 1000)
    hangover.release()
    assert [hangover.push(True, 1000) for _ in range(5)] == [Activity.QUIET] * 4 + [Activity.ONSET]


# -- Recordings -------------------------------------------------------------------------------


def heard(file: str) -> list[tuple[Heard, int]]:
    """Onsets and ends in a recording, and the moment of each in ms."""
    sound = wav_to_mulaw(CALLERS / file)
    detector, floor = WebrtcDetector(), Floor(wait_frames=35, cut_frames=300)
    found: list[tuple[Heard, int]] = []
    for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES):
        pcm = mulaw_to_pcm(sound[at : at + FRAME_BYTES])
        level = rms(pcm)
        what = floor.push(detector.is_speech(pcm, level), level)
        if what in (Heard.ONSET, Heard.ENDED):
            found.append((what, (at + FRAME_BYTES) // 8))
    return found


@pytest.mark.parametrize("file", NOISE_WITHOUT_VOICE)
def test_noise_is_no_onset(file: str) -> None:
    assert heard(file) == []


@pytest.mark.parametrize("entry", CLEAN, ids=lambda entry: entry["file"])
def test_an_onset_is_found_soon_after_the_voice_begins(entry: dict[str, int]) -> None:
    found = heard(str(entry["file"]))
    assert 0 <= found[0][1] - entry["speech_start_ms"] <= LATEST_ONSET_MS


def test_four_onsets_of_five_are_found_within_six_frames() -> None:
    delays = [heard(entry["file"])[0][1] - entry["speech_start_ms"] for entry in CLEAN]
    assert sorted(delays)[int(0.8 * len(delays))] <= USUAL_ONSET_MS


@pytest.mark.parametrize("entry", CLEAN, ids=lambda entry: entry["file"])
def test_an_utterance_is_one_and_ends_seven_hundred_ms_after_its_voice(entry: dict[str, int]) -> None:
    ends = [at for what, at in heard(str(entry["file"])) if what is Heard.ENDED]
    assert [-200 <= at - 700 - entry["speech_end_ms"] <= 60 for at in ends] == [True]


@pytest.mark.parametrize("entry", [entry for entry in MANIFEST if entry["category"] == "noisy"], ids=lambda entry: entry["file"])
def test_a_voice_in_noise_is_found(entry: dict[str, int]) -> None:
    assert heard(str(entry["file"]))[0][0] is Heard.ONSET


def test_a_quiet_frame_right_after_an_accepted_one_is_voice() -> None:
    hangover = Hangover()
    for _ in range(10):
        hangover.push(True, 1000)
    assert hangover.push(True, 10) is Activity.VOICED
