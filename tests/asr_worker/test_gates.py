"""What a recogniser made up, and what people say."""

import pytest

from asr_worker.gates import Passed, load, passed, phantoms, repeats_itself
from asr_worker.vendors.base import Heard
from common.errors import ConfigError

TWO_S = 2000


def gated(heard: str, language: str = "en", audio_ms: int = TWO_S) -> Passed:
    return passed(heard, audio_ms, language)


# --- What the model says of itself


@pytest.mark.parametrize(
    ("no_speech", "logprob", "why"),
    [
        (0.4, None, ""),
        (0.57, None, "no_speech"),
        (0.57, -0.2, ""),
        (0.9, -0.2, ""),
        (0.9, -1.2, "no_speech"),
        (0.5, -1.2, ""),
        (None, -2.0, ""),
        (None, None, ""),
    ],
)
def test_what_the_model_takes_for_no_speech_is_none(no_speech: float | None, logprob: float | None, why: str) -> None:
    assert gated(Heard("opening hours", no_speech, logprob)).why == why


# --- Over and over


@pytest.mark.parametrize("text", ["", "כן", "no no no", "לא לא לא לא", "Please enter your phone number starting with the area code."])
def test_what_people_say_does_not_repeat_itself(text: str) -> None:
    assert not repeats_itself(text)


@pytest.mark.parametrize("text", ["בואו, " * 12, "I'm going to go to the next one. " * 5, "you you you you you you", "תודה רבה. " * 6])
def test_one_phrase_over_and_over_does(text: str) -> None:
    assert repeats_itself(text)


def test_a_text_that_repeats_itself_is_none() -> None:
    assert gated("בואו, " * 12, "he", 9000) == Passed("", "repetition")


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("לא לא לא לא לא לא", "he"),
        ("כן, כן, כן, כן, כן, כן, כן, כן.", "he"),
        ("הלו? הלו? הלו? הלו? הלו? הלו?", "he-IL"),
        ("No, no, no, no, no, no.", "en-US"),
        ("No, no, no, no, no, no, I want to cancel.", "en"),
    ],
)
def test_who_insists_is_heard(said: str, language: str) -> None:
    assert gated(said, language) == Passed(said)


@pytest.mark.parametrize(
    ("heard", "language", "audio_ms"),
    [
        ("No," + 16 * " no,", "en", 9000),
        ("no no no no no no", "en", 600),
        ("you you you you you you", "en", TWO_S),
        ("לא לא לא לא לא לא, " + 5 * "הוא נגד נגד, ", "he", 9000),
        ("אני לא יודע, לא, לא, לא, לא, לא, לא", "he", TWO_S),
        ("no no no no no no", "he", TWO_S),
    ],
)
def test_a_model_that_loops_does_not_insist(heard: str, language: str, audio_ms: int) -> None:
    assert gated(heard, language, audio_ms) == Passed("", "repetition")


# --- Too much


def test_nobody_says_a_long_sentence_in_the_fifth_of_a_second() -> None:
    assert gated("The quick brown fox jumps over the lazy dog at noon.", audio_ms=200) == Passed("", "too_fast")


def test_a_fast_speaker_is_heard() -> None:
    said = "I would like to book an appointment for tomorrow morning please"
    assert gated(said, audio_ms=2500) == Passed(said)


VOCABULARY = ("Galil clinic", "Dr. Cohen", "Karmiel", "MRI")


@pytest.mark.parametrize("echo", ["Galil clinic, Dr. Cohen, Karmiel, MRI.", "galil clinic dr cohen karmiel", "Dr Cohen, Karmiel, MRI"])
def test_the_vocabulary_given_back_is_no_words(echo: str) -> None:
    assert passed(echo, TWO_S, "en", VOCABULARY) == Passed("", "echo")


@pytest.mark.parametrize("said", ["Karmiel", "Dr. Cohen, Karmiel", "Karmiel, Dr. Cohen, MRI", "To Dr. Cohen, Karmiel, MRI"])
def test_an_answer_in_words_of_the_vocabulary_is_heard(said: str) -> None:
    assert passed(said, TWO_S, "en", VOCABULARY) == Passed(said)


def test_both_words_of_a_vocabulary_of_two_are_an_echo() -> None:
    assert passed("Torim, Wavenet.", TWO_S, "en", ("torim", "wavenet")) == Passed("", "echo")


@pytest.mark.parametrize(("sure", "left"), [(Heard("Torim", 0.1), "Torim"), (Heard("Torim", 0.45), "")])
def test_the_only_word_of_a_vocabulary_is_an_echo_where_it_is_doubtful(sure: Heard, left: str) -> None:
    assert passed(sure, TWO_S, "en", ("Torim",)).text == left


# --- Phantoms


@pytest.mark.parametrize(
    ("heard", "language"),
    [
        ("Thanks for watching!", "en"),
        ("Thank you for watching. Please subscribe.", "en-US"),
        ("תודה על הצפייה!", "he"),
        ("תודה רבה שצפיתם.", "he"),
        ("Subtitles by the Amara.org community", "he"),
        ("[Music]", "en"),
        ("♪ ♪", "en"),
        ("(מוזיקה)", "he"),
        ("*coughs*", "en"),
        ("[BLANK_AUDIO]", "ru"),
    ],
)
def test_what_nobody_says_to_a_phone_bot_is_dropped(heard: str, language: str) -> None:
    assert gated(heard, language) == Passed("", "phantom")


def test_a_phantom_behind_true_words_is_cut_off() -> None:
    assert gated("I want to cancel. Thanks for watching!") == Passed("I want to cancel.", "phantom")


@pytest.mark.parametrize(
    ("heard", "language"),
    [
        ("Thank you.", "en"),
        ("תודה רבה", "he"),
        ("I watched it, thanks for watching the children", "en"),
        ("the price is 3.50, isn't it?", "en"),
        ("ביי", "he"),
        ("My number is (415) 555-1234.", "en"),
        ("(03) 1234567", "he"),
        ("אפשר להתקשר ל *6565 או ל *2700", "he"),
    ],
)
def test_what_callers_say_stays(heard: str, language: str) -> None:
    assert gated(heard, language) == Passed(heard)


@pytest.mark.parametrize(("no_speech", "logprob", "left"), [(0.35, None, ""), (0.35, -0.1, ""), (0.1, -0.9, ""), (0.1, -0.3, "Thank you.")])
def test_a_thank_you_that_the_model_doubts_is_dropped(no_speech: float, logprob: float | None, left: str) -> None:
    assert gated(Heard("Thank you.", no_speech, logprob)).text == left


def test_the_phantoms_of_one_language_are_not_those_of_another() -> None:
    assert gated("תודה על הצפייה", "en").text


def test_a_language_without_a_list_has_that_of_all() -> None:
    assert phantoms("fr").never


# --- The file


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[en", "phantoms.toml: "),
        ("en = 3", r"\[en\]: takes the lists never, doubtful, insisted"),
        ("[en]\nmaybe = []", r"\[en\]: takes the lists"),
        ('[en]\nnever = "x"', r"\[en\] never: takes a list of sentences"),
        ('[en]\nnever = ["!"]', r"\[en\] never: takes a list of sentences"),
    ],
)
def test_a_bad_file_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(text)


def test_points_and_case_do_not_matter() -> None:
    assert load('[he]\nnever = ["תּוֹדָה, רבה"]')["he"].never == {"תודה רבה"}
