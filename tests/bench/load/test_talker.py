"""One caller of the bench, and the provider's buffer at its end."""

import random

import pytest

from tests.bench.load.frame_clock import FrameClock
from tests.bench.load.talker import CYCLE_FRAMES, Talker
from tests.bench.load.voice import FRAME_S, SILENT_PAYLOAD, Voice

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


def test_an_answer_is_cut_into_and_its_clear_is_noted() -> None:
    line = Line()
    line.until_said(1)
    line.talker.sound_came(0.02, line.now + 0.4)
    line.until_said(2)
    over = line.talker.said[1]
    line.talker.clear_came(over.began_at + 0.1)
    assert over.over_bot
    assert over.clear_at == pytest.approx(over.began_at + 0.1)


def test_sound_behind_a_clear_is_counted_until_the_utterance_is_over() -> None:
    line = Line()
    line.until_said(1)
    line.talker.sound_came(0.02, line.now)
    while line.sends() != b"b2":
        pass
    line.talker.clear_came(line.now)
    line.talker.sound_came(0.02, line.now)
    assert line.talker.said[1].frames_after_clear == 1


def test_marks_go_back_when_the_sound_before_them_was_played_or_cleared() -> None:
    talker = Talker(FIRST, SECOND, random.Random(1))
    talker.sound_came(0.1, 1.0)
    talker.mark_came("one", 1.0)
    assert list(talker.due_marks(1.05)) == []
    assert list(talker.due_marks(1.11)) == ["one"]
    talker.sound_came(0.1, 2.0)
    talker.mark_came("two", 2.0)
    talker.clear_came(2.01)
    assert list(talker.due_marks(2.01)) == ["two"]


def test_what_was_measured_before_does_not_count() -> None:
    line = Line()
    line.until_said(1)
    line.talker.forget()
    assert line.talker.said == []


# --- The provider's buffer


def fed(*moments: float) -> FrameClock:
    clock = FrameClock()
    for at in moments:
        clock.came(FRAME_S, at)
    return clock


FILLED = [0.0] * 8


def test_a_run_that_keeps_its_lead_has_no_underrun() -> None:
    clock = fed(*FILLED, *(FRAME_S * n for n in range(1, 50)))
    assert clock.underruns == []
    assert min(clock.leads_s) == pytest.approx(0.14)


def test_a_frame_behind_the_end_of_the_buffer_is_an_underrun() -> None:
    clock = fed(*FILLED, 0.2)
    assert [round(each.gap_s, 3) for each in clock.underruns] == [0.04]


def test_a_gap_in_what_is_not_whole_is_an_underrun_however_long() -> None:
    clock = fed(*FILLED, 2.16)
    assert [round(each.gap_s, 3) for each in clock.underruns] == [2.0]


def test_sound_after_silence_behind_a_mark_or_a_clear_is_a_new_run() -> None:
    clock = fed(*FILLED)
    clock.marked()
    clock.came(FRAME_S, 0.7)
    clock.cleared()
    clock.came(FRAME_S, 0.9)
    assert clock.underruns == []
