"""An ear that can tell a stale, double or lost sentence."""

import itertools
import random

import pytest

from common.audio import beep, pcm_to_mulaw, silence
from tts_worker.tones import heard_tones, tone

EVERY_CODE = list(itertools.product(range(16), range(32)))


def codes(mulaw: bytes) -> list[tuple[int, int]]:
    return [(heard.turn, heard.sentence) for heard in heard_tones(mulaw)]


@pytest.mark.parametrize("turn", range(16))
def test_every_sentence_of_a_turn_is_told_apart(turn: int) -> None:
    line = b"".join(tone(turn, sentence, 200) for sentence in range(32))
    assert codes(line) == [(turn, sentence) for sentence in range(32)]


@pytest.mark.parametrize("sentence", range(32))
def test_every_turn_is_told_apart(sentence: int) -> None:
    line = b"".join(tone(turn, sentence, 200) for turn in range(16))
    assert codes(line) == [(turn, sentence) for turn in range(16)]


def test_turns_are_counted_modulo_16_and_sentences_modulo_32() -> None:
    assert codes(tone(35, 34, 200)) == [(3, 2)]


def test_the_beep_is_none_of_the_codes() -> None:
    assert codes(beep()) == [(-1, -1)]


def test_the_beep_says_that_it_is_one() -> None:
    assert heard_tones(beep())[0].is_beep


@pytest.mark.parametrize("turn", [3, 4])
def test_the_beep_between_its_neighbouring_pitches_is_told_apart(turn: int) -> None:
    assert codes(tone(turn, 0, 300) + beep() + tone(turn, 1, 300)) == [(turn, 0), (-1, -1), (turn, 1)]


@pytest.mark.parametrize("turn", [3, 4])
def test_no_beep_is_heard_where_two_takes_meet_a_moment_apart(turn: int) -> None:
    lines = [silence(205) + tone(turn, 1, 240) + silence(20)[:gap] + tone(turn, 2, 300) for gap in range(0, 80, 4)]
    assert not any(heard.is_beep for line in lines for heard in heard_tones(line))


@pytest.mark.parametrize("turn", [3, 4])
def test_no_beep_is_heard_where_a_sentence_goes_on_in_another_take(turn: int) -> None:
    lines = [tone(turn, 0, 500)[: 8 * cut_ms] + tone(turn, 0, 300) for cut_ms in range(200, 300)]
    assert not any(heard.is_beep for line in lines for heard in heard_tones(line))


def test_silence_holds_no_tone() -> None:
    assert heard_tones(silence(1000)) == []


def test_noise_holds_no_tone() -> None:
    chance = random.Random(7)
    noise = b"".join(chance.randint(-6000, 6000).to_bytes(2, "little", signed=True) for _ in range(8000))
    assert heard_tones(pcm_to_mulaw(noise)) == []


def test_times_are_right_to_half_a_window() -> None:
    (heard,) = heard_tones(silence(330) + tone(2, 5, 470) + silence(200))
    assert [heard.start_ms, heard.end_ms] == pytest.approx([330, 800], abs=50)


def test_a_sentence_heard_twice_is_two_entries() -> None:
    assert codes(tone(1, 1, 300) + silence(80) + tone(1, 1, 300)) == [(1, 1), (1, 1)]


def test_a_tone_cut_short_by_silence_ends_where_it_was_cut() -> None:
    (heard,) = heard_tones(tone(6, 0, 1000)[: 8 * 400] + silence(600))
    assert [heard.start_ms, heard.end_ms] == pytest.approx([0, 400], abs=50)
