"""One caller of the bench, and the provider's buffer at its end."""

import random
from base64 import b64encode

import pytest

from common.audio import FRAME_BYTES
from tests.bench.load.frame_clock import FrameClock
from tests.bench.load.sounds import FILLER, ends_aloud, first_frame
from tests.bench.load.talker import CYCLE_FRAMES, Talker
from tests.bench.load.voice import FRAME_S, SILENT_PAYLOAD, Voice
from tts_worker.tones import tone

FIRST, SECOND = Voice(tuple(b"a%d" % n for n in range(46)), 5), Voice(tuple(b"b%d" % n for n in range(44)), 3)


class Line:
    """A talker, and the time."""

    def __init__(self) -> None:
        self.talker = Talker(FIRST, SECOND, random.Random(1))
        self.now = 0.0

    def sends(self) -> bytes:
        self.now += FRAME_S
        return self.talker.payload(self.now)

    def until_said(self, count: int) -> None:
        for _ in range(2 * CYCLE_FRAMES):
            self.sends()
            if len(self.talker.said) == count and self.talker.said[-1].decided_at is not None:
                return
        raise AssertionError("it says nothing")


def test_a_caller_speaks_once_a_cycle_where_nothing_is_answered() -> None:
    line = Line()
    line.until_said(1)
    sent = [line.sends() for _ in range(2 * CYCLE_FRAMES)]
    assert sent.count(b"a0") == 2
    assert sent.count(SILENT_PAYLOAD) == 2 * (CYCLE_FRAMES - len(FIRST.payloads))


def test_no_caller_is_silent_for_long_at_first() -> None:
    for seed in range(50):
        talker = Talker(FIRST, SECOND, random.Random(seed))
        assert any(talker.payload(FRAME_S * n) == b"a0" for n in range(1001))


def test_moments_are_those_of_the_first_and_last_voiced_frame() -> None:
    line = Line()
    line.until_said(1)
    said = line.talker.said[0]
    assert said.ended_at is not None
    assert said.decided_at is not None
    assert said.ended_at - said.began_at == pytest.approx(6 * FRAME_S)
    assert said.decided_at - said.ended_at == pytest.approx(40 * FRAME_S)


def frames(turn: int, sentence: int, count: int = 50) -> list[str]:
    """A sentence as it comes."""
    sound = tone(turn, sentence, 20 * count)
    return [b64encode(sound[at : at + FRAME_BYTES]).decode() for at in range(0, len(sound), FRAME_BYTES)]


ANSWER, NEXT_ANSWER, BEHIND_A_FILLER = (first_frame(turn, 0) for turn in (1, 2, 3))
MIDDLE = frames(1, 0)[25]


def test_an_answer_is_cut_into_and_its_clear_is_noted() -> None:
    line = Line()
    line.until_said(1)
    line.talker.sound_came(ANSWER, line.now + 0.4)
    line.until_said(2)
    over = line.talker.said[1]
    line.talker.clear_came(over.began_at + 0.1)
    assert line.talker.said[0].answer == 1
    assert over.over_bot
    assert over.clear_at == pytest.approx(over.began_at + 0.1)


def interrupted() -> Line:
    """Whose second utterance has cut off the answer to the first, and is not over yet."""
    line = Line()
    line.until_said(1)
    line.talker.sound_came(ANSWER, line.now)
    while line.sends() != b"b2":
        pass
    line.talker.clear_came(line.now)
    return line


def test_sound_behind_a_clear_is_counted_until_the_utterance_is_over() -> None:
    line = interrupted()
    line.talker.sound_came(MIDDLE, line.now)
    assert line.talker.said[1].frames_after_clear == 1


@pytest.mark.parametrize("stale", [MIDDLE, ANSWER, first_frame(1, 1)], ids=["a middle", "the answer anew", "its next sentence"])
def test_sound_of_the_turn_before_is_no_answer_but_sound_behind_the_clear(stale: str) -> None:
    line = interrupted()
    line.until_said(2)
    line.talker.sound_came(stale, line.now + 0.001)
    line.talker.sound_came(NEXT_ANSWER, line.now + 0.4)
    said = line.talker.said[1]
    assert (said.frames_after_clear, said.answered_at) == (1, line.now + 0.4)


def test_a_filler_is_no_answer_and_is_counted() -> None:
    line = interrupted()
    line.until_said(2)
    for frame in frames(0, FILLER):
        line.talker.sound_came(frame, line.now + 2)
    said = line.talker.said[1]
    assert (said.answered_at, said.fillers, said.frames_after_clear) == (None, 1, 0)
    line.talker.sound_came(BEHIND_A_FILLER, line.now + 3)
    assert said.answered_at == line.now + 3


def test_a_second_reply_behind_the_answer_is_counted_and_does_not_answer_what_is_said_next() -> None:
    line = interrupted()
    line.until_said(2)
    line.talker.sound_came(NEXT_ANSWER, line.now)
    line.talker.sound_came(BEHIND_A_FILLER, line.now + 1)
    line.talker.sound_came(BEHIND_A_FILLER, line.now + 2)
    assert (line.talker.said[1].answered_at, line.talker.said[1].more_answers) == (line.now, 1)
    line.until_said(3)
    line.talker.sound_came(BEHIND_A_FILLER, line.now)
    assert line.talker.said[2].answered_at is None


def test_no_other_fixed_phrase_is_an_answer() -> None:
    line = Line()
    line.until_said(1)
    for frame in frames(0, 3):
        line.talker.sound_came(frame, line.now + 5)
    assert (line.talker.said[0].answered_at, line.talker.said[0].fillers) == (None, 0)


def test_marks_go_back_when_the_sound_before_them_was_played_or_cleared() -> None:
    talker = Talker(FIRST, SECOND, random.Random(1))
    talker.sound_came(ANSWER, 1.0)
    talker.mark_came("one", 1.0)
    assert list(talker.due_marks(1.01)) == []
    assert list(talker.due_marks(1.03)) == ["one"]
    talker.sound_came(ANSWER, 2.0)
    talker.mark_came("two", 2.0)
    talker.clear_came(2.01)
    assert list(talker.due_marks(2.01)) == ["two"]


def test_what_was_measured_before_does_not_count() -> None:
    line = Line()
    line.until_said(1)
    line.talker.forget()
    assert line.talker.said == []


# --- The provider's buffer


def test_an_answer_to_what_does_not_count_is_none_to_what_is_said_next() -> None:
    line = Line()
    line.until_said(1)
    line.talker.forget()
    line.talker.sound_came(first_frame(1, 0), line.now)
    line.until_said(1)
    line.talker.sound_came(first_frame(1, 0), line.now)
    assert line.talker.said[0].answered_at is None
    line.talker.sound_came(first_frame(2, 0), line.now)
    assert line.talker.said[0].answered_at == line.now


def test_two_turns_that_sound_by_turns_are_told_apart_behind_what_does_not_count() -> None:
    line = Line()
    line.until_said(1)
    line.talker.sound_came(first_frame(1, 0), line.now)
    line.until_said(2)
    line.talker.forget()
    line.talker.sound_came(first_frame(2, 0), line.now)
    line.until_said(1)
    line.talker.sound_came(first_frame(1, 0), line.now)
    assert line.talker.said[0].answered_at == line.now


def fed(*moments: float) -> FrameClock:
    clock = FrameClock()
    for at in moments:
        clock.came(MIDDLE, at)
    return clock


FILLED = [0.0] * 8


def test_a_run_that_keeps_its_lead_has_no_underrun() -> None:
    clock = fed(*FILLED, *(FRAME_S * n for n in range(1, 50)))
    assert clock.underruns == []
    assert min(clock.leads_s) == pytest.approx(0.14)


def test_a_frame_behind_the_end_of_the_buffer_is_an_underrun() -> None:
    clock = fed(*FILLED, 0.2)
    assert [round(each.gap_s, 3) for each in clock.underruns] == [0.04]


def gaps(sentence: list[str], pause_s: float) -> list[float]:
    """Of a sentence that breaks off in its middle, or of a whole one, before there is more."""
    talker = Talker(FIRST, SECOND, random.Random(1))
    for frame in sentence:
        talker.sound_came(frame, 0.0)
    talker.mark_came("1.1:8000", 0.0)
    talker.sound_came(first_frame(1, 1), FRAME_S * len(sentence) + pause_s)
    return [round(each.gap_s, 3) for each in talker.clock.underruns]


@pytest.mark.parametrize("pause_s", [0.3, 0.5, 2.0, 5.0])
def test_a_gap_within_a_sentence_is_an_underrun_however_long_it_is_and_though_a_mark_came(pause_s: float) -> None:
    assert gaps(frames(1, 0)[:25], pause_s) == [pause_s]


def test_some_silence_behind_a_whole_sentence_is_no_underrun() -> None:
    assert (gaps(frames(1, 0), 0.5), gaps(frames(1, 0), 0.3)) == ([], [0.3])


def test_sound_behind_a_clear_is_a_new_run() -> None:
    clock = fed(*FILLED)
    clock.cleared()
    clock.came(MIDDLE, 0.9)
    assert clock.underruns == []


@pytest.mark.parametrize("turn", [0, 1, 7, 15])
def test_only_the_last_frame_of_a_sentence_does_not_end_aloud(turn: int) -> None:
    heard = frames(turn, turn)
    assert [ends_aloud(frame) for frame in heard] == [True] * 49 + [False]
