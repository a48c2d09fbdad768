"""The same loudness from every vendor."""

from pathlib import Path

import numpy as np
import pytest

from common.audio import mulaw_to_pcm, pcm_to_mulaw, silence, wav_to_mulaw
from tts_worker.evenness import Evenness, level_db


def voice(db: float, ms: int = 400) -> bytes:
    """A pitch whose level is so many dBFS."""
    at = np.arange(8 * ms)
    samples = 32768 * 10 ** (db / 20) * np.sqrt(2) * np.sin(2 * np.pi * 200 * at / 8000)
    return pcm_to_mulaw(np.clip(samples, -32767, 32767).astype("<i2").tobytes())


def loud(mulaw: bytes) -> float:
    level = level_db(mulaw)
    assert level is not None
    return level


def sentence(even: Evenness, *pieces: bytes) -> bytes:
    take = even.take()
    return b"".join(map(take.push, pieces)) + take.end()


@pytest.mark.parametrize("db", [-30, -25, -20, -12])
def test_a_sound_that_is_all_there_comes_out_at_20_dbfs(db: float) -> None:
    assert loud(Evenness().whole(voice(db))) == pytest.approx(-20, abs=0.5)


@pytest.mark.parametrize("db", [-30, -20, -12])
def test_a_first_sentence_goes_by_its_first_piece(db: float) -> None:
    assert loud(sentence(Evenness(), voice(db, 100), voice(db))) == pytest.approx(-20, abs=0.5)


def test_silence_before_the_voice_says_nothing_of_it() -> None:
    assert loud(sentence(Evenness(), silence(200), voice(-29))) == pytest.approx(-20, abs=0.5)


def test_the_first_pieces_of_an_unknown_voice_are_weighed_together() -> None:
    out = sentence(Evenness(), *(voice(-29, 500)[at : at + 80] for at in range(0, 4000, 80)))
    assert loud(out[:1600]) == pytest.approx(loud(out[-1600:]), abs=0.3)


def test_no_more_than_half_a_second_is_held_back() -> None:
    take, out = Evenness().take(), 0
    for piece in (voice(-20, 100), *[silence(100)] * 4):
        out += len(take.push(piece))
    assert out == 500 * 8


def test_a_short_sentence_is_whole() -> None:
    assert len(sentence(Evenness(), voice(-29, 50))) == 400


def test_a_later_sentence_goes_by_those_before_it_and_is_as_soft_as_it_was_meant() -> None:
    even = Evenness()
    sentence(even, voice(-26))
    assert loud(sentence(even, voice(-30))) == pytest.approx(-24, abs=0.5)


def test_a_voice_that_became_softer_is_followed() -> None:
    even = Evenness()
    sentence(even, voice(-12))
    for _ in range(20):
        sentence(even, voice(-28))
    assert loud(sentence(even, voice(-28))) == pytest.approx(-20, abs=0.5)


def test_the_gain_does_not_change_in_mid_sentence() -> None:
    out = sentence(Evenness(), voice(-30, 200), voice(-20, 200))
    assert loud(out[1600:]) - loud(out[:1600]) == pytest.approx(10, abs=1.5)


def test_a_sentence_that_was_left_says_nothing_of_the_voice() -> None:
    even = Evenness()
    even.take().push(voice(-8))
    assert loud(sentence(even, voice(-30))) == pytest.approx(-20, abs=0.5)


def test_noise_far_below_speech_is_not_lifted_beyond_12_db() -> None:
    assert loud(Evenness().whole(voice(-40))) == pytest.approx(-28, abs=1)


def test_silence_stays_silence() -> None:
    even = Evenness()
    assert (even.whole(silence(300)), sentence(even, silence(300))) == (silence(300), silence(300))


def test_silence_within_a_sentence_stays_silence() -> None:
    assert sentence(Evenness(), voice(-30), silence(100))[-800:] == silence(100)


def test_nothing_clips() -> None:
    samples = np.frombuffer(mulaw_to_pcm(sentence(Evenness(), voice(-30, 200), voice(-6, 200))), "<i2")
    assert np.abs(samples.astype(int)).max() < 0.75 * 32768


CALLERS = Path(__file__).parents[1] / "data" / "callers"
SPEECH = sorted(path for kind in ("hebrew", "short", "medium", "long") for path in CALLERS.glob(f"{kind}_*.wav"))


@pytest.mark.parametrize("piece_ms", [20, 100, 200])
@pytest.mark.parametrize("path", SPEECH, ids=lambda path: path.stem)
def test_the_first_sentence_of_a_voice_is_about_as_loud_as_the_line_wants_it_however_it_begins(path: Path, piece_ms: int) -> None:
    for lead_ms in (0, 30, 60, 90):
        sound = silence(lead_ms) + wav_to_mulaw(path)[: 3000 * 8]
        out = sentence(Evenness(), *(sound[at : at + 8 * piece_ms] for at in range(0, len(sound), 8 * piece_ms)))
        assert loud(out) == pytest.approx(loud(Evenness().whole(sound)), abs=4)
