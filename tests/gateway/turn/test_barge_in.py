"""What becomes of a hold: the judgements alone."""

import pytest

from gateway.turn.barge_in import LIMIT_S, SOFT_S, UNDECIDED_S, Hold, Verdict, is_callers_own, judge_length, judge_words
from gateway.turn.utterance import Loudness, Piece, Utterance
from gateway.turn.words import Sense

FINAL_FRAMES = 30


def hold(*, heard: bool = True, ended: bool = False, loud_frames: int = 5) -> Hold:
    """A hold that began at 10 s with frame 100."""
    return Hold(
        turn=1,
        utterance=Utterance(2, began_at=10.0, onset_at=10.0),
        since=10.0,
        start=100,
        end=150,
        heard=heard,
        sounding=True,
        stopped=True,
        quiet=False,
        loud_frames=loud_frames,
        gap_frames=100,
        ended=ended,
    )


def probe(end: int) -> Piece:
    """A probe of the hold, up to a frame."""
    return Piece(1, 2, "probe", 100, end, text="")


@pytest.mark.parametrize(
    ("sense", "heard", "ended", "covers", "lasting", "duplicate", "verdict"),
    [
        # no words: back, if there was no voice since, or the voice lasts without bringing any
        (Sense.EMPTY, True, True, True, False, False, Verdict.RESUME),
        (Sense.EMPTY, True, True, False, False, False, Verdict.WAIT),
        (Sense.EMPTY, True, False, True, False, False, Verdict.RESUME),
        (Sense.EMPTY, True, False, False, False, False, Verdict.WAIT),
        (Sense.EMPTY, True, False, False, True, False, Verdict.RESUME),
        (Sense.EMPTY, True, True, False, True, False, Verdict.WAIT),
        (Sense.EMPTY, False, True, True, False, False, Verdict.RESUME),
        # a nod: back once it was all; while nothing was heard it is an answer
        (Sense.BACKCHANNEL, True, True, True, False, False, Verdict.RESUME),
        (Sense.BACKCHANNEL, True, True, False, False, False, Verdict.WAIT),
        (Sense.BACKCHANNEL, True, False, True, False, False, Verdict.WAIT),
        (Sense.BACKCHANNEL, False, False, False, False, False, Verdict.FINAL),
        # the same again: back once it was all
        (Sense.WORDS, True, True, True, False, True, Verdict.RESUME),
        (Sense.WORDS, True, False, True, False, True, Verdict.WAIT),
        (Sense.WORDS, False, True, True, False, True, Verdict.RESUME),
        # words: final at once
        (Sense.WORDS, True, False, False, False, False, Verdict.FINAL),
        (Sense.WORDS, False, True, True, False, False, Verdict.FINAL),
    ],
)
def test_words_decide(sense: Sense, heard: bool, ended: bool, covers: bool, lasting: bool, duplicate: bool, verdict: Verdict) -> None:
    held, piece = hold(heard=heard, ended=ended), probe(150 if covers else 140)
    held.lasting = piece if lasting else None
    assert judge_words(held, piece, sense, duplicate=duplicate, voice_end=150) is verdict


@pytest.mark.parametrize(
    ("frames", "heard", "verdict"),
    [(FINAL_FRAMES - 1, True, Verdict.WAIT), (FINAL_FRAMES, True, Verdict.FINAL), (FINAL_FRAMES, False, Verdict.WAIT)],
)
def test_length_decides_once_something_was_heard(frames: int, heard: bool, verdict: Verdict) -> None:
    assert judge_length(hold(heard=heard, loud_frames=frames), FINAL_FRAMES) is verdict


@pytest.mark.parametrize(
    ("level", "known_frames", "own"),
    [(10, 49, True), (1000, 50, True), (317, 50, True), (316, 50, False), (5000, 500, True)],
)
def test_voice_within_ten_decibels_is_the_callers_own(level: int, known_frames: int, own: bool) -> None:
    assert is_callers_own(Loudness(3 * level, 3), Loudness(1000 * known_frames, known_frames)) is own


def test_an_undecided_hold_ends_two_seconds_into_silence() -> None:
    held = hold()
    held.silent_since = 11.0
    assert held.times_out_at(soft=False) == 11.0 + UNDECIDED_S


def test_a_hold_ends_after_six_seconds_whatever_happens() -> None:
    held = hold()
    assert held.times_out_at(soft=False) == 10.0 + LIMIT_S


def test_that_of_a_soft_voice_ends_after_one_second_and_a_half() -> None:
    assert hold().times_out_at(soft=True) == 10.0 + SOFT_S


def test_silence_does_not_prolong_a_hold() -> None:
    held = hold()
    held.silent_since = 15.5
    assert held.times_out_at(soft=False) == 10.0 + LIMIT_S


@pytest.mark.parametrize(("ends", "covering"), [([], None), ([140], None), ([140, 150], 150), ([150, 140], 150)])
def test_a_probe_covers_the_hold_if_it_reaches_its_end(ends: list[int], covering: int | None) -> None:
    held = hold()
    held.probes = [probe(end) for end in ends]
    found = held.covering()
    assert (found.end if found else None) == covering
