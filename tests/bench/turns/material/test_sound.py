"""The truth about a sound, and what becomes of it when something is done to the sound."""

import random

import numpy as np
import pytest

from tests.bench.phone_line import voices
from tests.bench.turns.material.sound import (
    PER_MS,
    Sound,
    Word,
    at_level,
    edges,
    filtered,
    in_a_room,
    inner_pause_s,
    level,
    low_pass,
    nothing,
    piece,
    sounding,
    with_pause,
)

VOICE = voices()["short_en_please-try-again.wav"]


def between_silences(before_ms: int, behind_ms: int) -> Sound:
    tone = 3000 * np.sin(np.arange(1000 * PER_MS))
    samples = np.concatenate((nothing(before_ms / 1000), tone, nothing(behind_ms / 1000)))
    return Sound("tone", samples + np.random.default_rng(1).normal(0, 5, len(samples)), (before_ms * PER_MS, (before_ms + 1000) * PER_MS))


@pytest.mark.parametrize("before_ms", [203, 207, 210, 480])
def test_the_edges_of_a_voice_are_exact_to_5_ms(before_ms: int) -> None:
    sound = between_silences(before_ms, 300)
    assert np.allclose(edges(sound.samples), sound.voice, atol=5 * PER_MS)


def test_a_voice_from_the_first_sample_starts_there() -> None:
    assert edges(between_silences(0, 100).samples)[0] == 0


def test_noise_of_the_recording_is_no_voice_where_it_is_said_so() -> None:
    sound = between_silences(300, 300)
    noisy = sound.samples + np.random.default_rng(2).normal(0, 100, len(sound.samples))
    assert np.allclose(edges(noisy, voice_db=-15), sound.voice, atol=10 * PER_MS)


def test_silence_has_no_edges() -> None:
    with pytest.raises(ValueError, match="no voice"):
        edges(nothing(1))


def test_20_ms_are_left_around_a_voice() -> None:
    sound = sounding("tone", between_silences(500, 500).samples)
    assert np.allclose((sound.voice[0], len(sound.samples) - sound.voice[1]), 20 * PER_MS, atol=5 * PER_MS)


def test_words_move_with_the_silence_that_was_cut_off() -> None:
    sound = sounding("tone", between_silences(500, 500).samples, words=(Word("la", 600 * PER_MS, 900 * PER_MS),))
    assert sound.words[0].start - sound.voice[0] == pytest.approx(100 * PER_MS, abs=5 * PER_MS)


def test_a_pause_is_silent_where_the_truth_says() -> None:
    at = len(VOICE) // 2
    paused = with_pause(sounding("voice", VOICE), at, 600 * PER_MS)
    start, end = paused.pauses[0]
    assert (start, end - start, np.abs(paused.samples[start:end]).max()) == (at, 600 * PER_MS, 0)


def test_a_pause_makes_the_voice_longer_by_itself() -> None:
    sound = sounding("voice", VOICE)
    assert with_pause(sound, len(VOICE) // 2, 600 * PER_MS).voice_s == pytest.approx(sound.voice_s + 0.6)


def test_an_earlier_pause_moves_a_later_one() -> None:
    sound, length = sounding("voice", VOICE), 400 * PER_MS
    both = with_pause(with_pause(sound, 5000, length), 2000, length)
    assert both.pauses == ((2000, 2000 + length), (5000 + length, 5000 + 2 * length))


def test_a_piece_has_the_words_that_are_whole_in_it() -> None:
    words = (Word("a", 1000, 2000), Word("b", 2000, 4000), Word("c", 4000, 6000))
    sound = Sound("voice", VOICE, (0, len(VOICE)), words=words)
    assert [word.text for word in piece(sound, 1000, 4500, "ab").words] == ["a", "b"]


@pytest.mark.parametrize("dbfs", [-20, -28, -44])
def test_a_level_is_that_of_what_is_no_pause(dbfs: int) -> None:
    paused = np.concatenate((VOICE, nothing(2), VOICE))
    assert 20 * np.log10(level(at_level(paused, dbfs)) / 32768) == pytest.approx(dbfs, abs=0.6)


def test_a_filter_moves_nothing() -> None:
    click = nothing(0.5)
    click[2000] = 1000.0
    assert np.abs(filtered(click, low_pass(1500, 2))).argmax() == 2000


def test_a_low_pass_takes_what_is_high() -> None:
    at = np.arange(8000) / 8000
    low, high = (level(filtered(1000 * np.sin(2 * np.pi * hz * at), low_pass(1000, 3))) for hz in (300, 3000))
    assert 20 * np.log10(high / low) == pytest.approx(-29, abs=2)


def test_a_room_answers_before_the_sound_is_over_and_behind_it() -> None:
    sound = in_a_room(VOICE, random.Random(1))
    assert np.abs(sound[len(VOICE) :]).max() > 0
    assert np.allclose(sound[: 5 * PER_MS], VOICE[: 5 * PER_MS])


def test_a_long_pause_within_is_seen() -> None:
    assert inner_pause_s(with_pause(sounding("voice", VOICE), 3000, 700 * PER_MS)) == pytest.approx(0.7, abs=0.05)
