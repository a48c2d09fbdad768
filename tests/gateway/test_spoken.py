"""Where words are in their sound: told by the voice, or estimated."""

import math

import pytest

from common.audio import SAMPLE_RATE_HZ, pcm_to_mulaw, silence
from gateway.spoken import spoken_ms, word_ends, word_start


def voice(ms: int, peak: int = 8000) -> bytes:
    """A hum of so many ms."""
    samples = (round(peak * math.sin(at / 8)) for at in range(ms * SAMPLE_RATE_HZ // 1000))
    return pcm_to_mulaw(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


def ends_ms(text: str, sound: bytes, *, complete: bool = True) -> list[int]:
    """The estimate in ms."""
    return [end // 8 for end in word_ends(text, sound, complete=complete)]


# -- How long words are -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ("a", "strengths"),
        ("rhythm", "banana"),
        ("four", "4"),
        ("nine", "9:30"),
        ("five", "5%"),
        ("usa", "USA"),
        ("אב", "אבג"),
        ("שלו", "שלט"),
        ("you", "yoyo"),
    ],
)
def test_a_word_that_takes_longer_weighs_more(shorter: str, longer: str) -> None:
    assert spoken_ms(shorter) < spoken_ms(longer)


@pytest.mark.parametrize(("word", "same"), [("well,", "well"), ("I", "i"), ("ok?!", "ok")])
def test_punctuation_and_one_capital_take_no_time(word: str, same: str) -> None:
    assert spoken_ms(word) == spoken_ms(same)


# -- Told -----------------------------------------------------------------------------------------


def test_what_the_voice_told_is_taken() -> None:
    assert word_ends("one two", voice(1000), [300, 7000]) == [300, 7000]


def test_ends_of_more_words_than_there_are_count_for_nothing() -> None:
    assert word_ends("one", voice(1000), [300, 7000]) == [300]


def test_the_words_behind_those_that_were_told_share_the_rest() -> None:
    assert word_ends("one two two", voice(1000), [4000]) == [4000, 6000, 8000]


# -- Estimated ------------------------------------------------------------------------------------


def test_alike_words_share_an_even_sound() -> None:
    assert ends_ms("bad bad bad bad", voice(1000)) == [250, 500, 750, 1000]


def test_no_words_end_nowhere() -> None:
    assert word_ends("", voice(100)) == []


def test_words_without_sound_end_at_its_beginning() -> None:
    assert word_ends("one two", b"") == [0, 0]


def test_silence_around_a_sentence_belongs_to_no_word() -> None:
    assert ends_ms("bad bad", silence(400) + voice(600) + silence(800)) == [700, 1000]


def test_an_even_silence_is_shared_like_sound() -> None:
    assert ends_ms("bad bad", silence(400)) == [200, 400]


def test_a_pause_stands_where_the_text_has_a_comma() -> None:
    sound = voice(900) + silence(200) + voice(300)
    assert ends_ms("bad bad, bad bad", sound) == [450, 900, 1250, 1400]


def test_a_pause_goes_to_the_nearer_of_two_commas() -> None:
    sound = voice(300) + silence(200) + voice(900)
    assert ends_ms("bad, bad, bad bad", sound)[0] == 300


def test_of_two_pauses_the_nearer_is_that_of_the_comma() -> None:
    sound = voice(540) + silence(200) + voice(400) + silence(200) + voice(260)
    assert ends_ms("bad bad, bad bad", sound)[1] == 540


def test_a_pause_far_from_any_comma_is_none_of_its() -> None:
    sound = voice(2000) + silence(200) + voice(200)
    assert ends_ms("bad, bad bad bad", sound)[0] == 550


def test_a_short_silence_is_no_pause() -> None:
    sound = voice(900) + silence(80) + voice(300)
    assert ends_ms("bad bad, bad bad", sound)[1] == 600


def test_of_a_sound_that_is_not_complete_the_rest_is_still_to_come() -> None:
    ends = ends_ms("bad bad bad bad", voice(200), complete=False)
    assert (ends[0], ends[-1]) == (spoken_ms("bad"), 4 * spoken_ms("bad"))


def test_a_sound_that_is_longer_than_expected_counts_as_complete() -> None:
    assert ends_ms("bad bad", voice(2000), complete=False) == [1000, 2000]


# -- Where to begin again -------------------------------------------------------------------------


@pytest.mark.parametrize(("position", "start"), [(0, 0), (999, 0), (1000, 1000), (2500, 2000)])
def test_a_word_whose_place_was_told_begins_behind_the_one_before(position: int, start: int) -> None:
    assert word_start([1000, 2000, 3000], voice(400), position, exact=3) == start


def test_an_estimated_start_moves_back_to_the_weakest_moment() -> None:
    sound = voice(300) + silence(20) + voice(400)
    assert word_start([3200, 4800], sound, 4000, exact=0) == 2400


def test_it_does_not_move_back_for_longer_than_200_ms() -> None:
    sound = voice(100) + silence(20) + voice(600)
    assert word_start([3200, 4800], sound, 4000, exact=0) >= 3200 - 1760


def test_the_first_word_begins_at_the_beginning() -> None:
    assert word_start([3200], voice(400), 3000, exact=0) == 0


def test_behind_the_last_word_it_goes_on_with_its_end() -> None:
    assert word_start([1000, 2000], voice(400), 3000, exact=2) == 2000


def test_sound_that_is_not_here_yet_begins_at_its_start() -> None:
    assert word_start([0, 800], b"", 0, exact=0) == 0


def test_a_sign_is_said() -> None:
    assert spoken_ms("5%") > spoken_ms("5,")


def test_of_a_word_that_is_spelled_a_small_letter_is_not() -> None:
    assert spoken_ms("PCs") < spoken_ms("PCS")


def test_the_start_of_an_early_word_is_looked_for_in_what_is_there() -> None:
    assert word_start([480, 9600], voice(2000), 500, exact=0) in range(481)
