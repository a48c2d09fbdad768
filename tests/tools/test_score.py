"""From a record to figures."""

from typing import Any

import pytest

from tools.caller.record import Arrival, CallerTurn, Clear, Mark, Record
from tools.caller.score import check_expectation, figures, score, unmet

MS = 8


class Story:
    """A call, told in milliseconds."""

    def __init__(self) -> None:
        self.record = Record("CA1", caller_track=bytearray(60_000 * MS))

    def bot(self, begin: int, end: int, *, mark: str = "", sound: bool = True) -> "Story":
        """The bot sends, and the caller hears, 20 ms frames from ``begin`` to ``end``."""
        for at in range(begin, end, 20):
            self.record.arrivals.append(Arrival(at * MS, 160, sound, begins=at == begin))
        self.record.bot_heard(begin * MS, b"x" * ((end - begin) * MS))
        if mark:
            self.record.marks.append(Mark(end * MS, mark))
        return self

    def caller(self, begin: int, end: int, *, interrupts: bool = False) -> "Story":
        self.record.turns.append(CallerTurn(begin * MS, end * MS, interrupts))
        return self

    def clear(self, at: int) -> "Story":
        self.record.clears.append(Clear(at * MS, 0))
        return self

    def late_frame(self, at: int) -> "Story":
        self.record.arrivals.append(Arrival(at * MS, 160, audible=True, begins=False))
        return self

    @property
    def turns(self) -> list[dict[str, Any]]:
        turns: list[dict[str, Any]] = score(self.record)["turns"]
        return turns


def interrupted() -> Story:
    """Greeting, a question, a reply that is cut off 150 ms after the caller's onset, another reply."""
    story = Story().bot(100, 1000, mark="0.0:7200").caller(2000, 3000).bot(3900, 5150, mark="1.0:9600")
    return story.caller(5000, 6000, interrupts=True).clear(5150).bot(6800, 8000, mark="2.1:9600")


def test_the_shape_is_the_promised_one() -> None:
    assert list(score(interrupted().record)) == ["call", "turns", "marks", "clears", "rx", "tx", "underruns", "violations", "dials"]


def test_a_row_has_the_promised_shape() -> None:
    names = ["turn", "caller_start_ms", "caller_end_ms", "first_frame_ms", "voice_to_voice_ms", "heard_ms", "barge_in"]
    assert list(interrupted().turns[1]) == names


def test_the_greeting_is_turn_0() -> None:
    assert interrupted().turns[0] == {
        "turn": 0,
        "caller_start_ms": None,
        "caller_end_ms": None,
        "first_frame_ms": 100,
        "voice_to_voice_ms": None,
        "heard_ms": 900,
        "barge_in": None,
    }


def test_a_turn_has_its_reply() -> None:
    assert interrupted().turns[1] == {
        "turn": 1,
        "caller_start_ms": 2000,
        "caller_end_ms": 3000,
        "first_frame_ms": 3900,
        "voice_to_voice_ms": 900,
        "heard_ms": 1250,
        "barge_in": None,
    }


def test_an_interruption_is_measured() -> None:
    assert interrupted().turns[2]["barge_in"] == {"onset_ms": 5000, "clear_ms": 5150, "frames_after_clear": 0, "resumed": False}


def test_the_reply_after_an_interruption_is_the_new_one() -> None:
    assert interrupted().turns[2]["first_frame_ms"] == 6800


def test_frames_after_the_clear_are_counted_while_the_caller_speaks() -> None:
    assert interrupted().late_frame(5170).late_frame(5900).turns[2]["barge_in"]["frames_after_clear"] == 2


def test_a_reply_that_goes_on_is_resumed() -> None:
    story = Story().bot(100, 1000, mark="0.0:7200").caller(900, 1100, interrupts=True).clear(1000).bot(1900, 3000, mark="0.1:9000")
    assert story.turns[1]["barge_in"]["resumed"]


def test_a_resumed_reply_is_no_new_one() -> None:
    story = Story().bot(100, 1000, mark="0.0:7200").caller(900, 1100, interrupts=True).clear(1000).bot(1900, 3000, mark="0.1:9000")
    assert figures(score(story.record))["replies"] == 0


def test_marks_of_another_bot_tell_nothing_about_resuming() -> None:
    story = Story().bot(100, 1000, mark="a").caller(900, 1100, interrupts=True).clear(1000).bot(1900, 3000, mark="a")
    assert not story.turns[1]["barge_in"]["resumed"]


def test_an_interruption_that_is_not_heard_has_no_clear() -> None:
    story = Story().bot(100, 3000).caller(900, 1100, interrupts=True)
    assert story.turns[1]["barge_in"]["clear_ms"] is None


def test_a_turn_without_a_reply_says_so() -> None:
    turn = Story().bot(100, 1000).caller(2000, 3000).turns[1]
    assert (turn["first_frame_ms"], turn["voice_to_voice_ms"], turn["heard_ms"]) == (None, None, 0)


def test_silence_that_the_bot_sends_is_no_reply() -> None:
    assert Story().caller(2000, 3000).bot(3500, 4500, sound=False).turns[0]["first_frame_ms"] is None


def test_without_a_greeting_the_first_turn_is_1() -> None:
    assert [turn["turn"] for turn in Story().caller(2000, 3000).bot(3500, 4500).turns] == [1]


def test_an_echo_is_a_reply_without_a_wait() -> None:
    story = Story().bot(20, 1000, sound=False).caller(1000, 2000)
    story.record.arrivals += [Arrival(at * MS, 160, audible=at < 2020, begins=False) for at in range(1020, 4000, 20)]
    [turn] = story.turns
    assert (turn["first_frame_ms"], turn["voice_to_voice_ms"]) == (1020, None)


def test_a_call_in_which_nothing_happened_has_no_turns() -> None:
    assert score(Record("CA1"))["turns"] == []


def test_frames_are_counted_by_sound_not_by_message() -> None:
    record = Record("CA1", arrivals=[Arrival(0, 1600, audible=True, begins=True)])
    assert score(record)["rx"] == 10


# --- Expectations


@pytest.mark.parametrize("text", ["2", "replies=2", "clears>=1", "voice_to_voice_ms<950.5", "onset_to_clear_ms<=300", "rx>0"])
def test_an_expectation_is_taken(text: str) -> None:
    assert check_expectation(text) == text


@pytest.mark.parametrize("text", ["", "two", "replies", "replies==2", "speed<3", "replies=-1"])
def test_what_is_no_expectation_is_not(text: str) -> None:
    with pytest.raises(ValueError, match="takes a number of replies"):
        check_expectation(text)


@pytest.mark.parametrize(
    "met",
    [
        "2",
        "replies=2",
        "greetings=1",
        "clears=1",
        "voice_to_voice_ms<=900",
        "onset_to_clear_ms=150",
        "marks>2",
        "rx>=167",
        "frames_after_clear<1",
    ],
)
def test_an_expectation_that_holds_is_met(met: str) -> None:
    assert unmet(met, figures(score(interrupted().record))) is None


@pytest.mark.parametrize("missed", ["1", "replies>2", "clears<1", "voice_to_voice_ms<900", "underruns>=1"])
def test_an_expectation_that_does_not_hold_is_unmet(missed: str) -> None:
    assert unmet(missed, figures(score(interrupted().record)))


def test_a_time_that_there_was_not_meets_nothing() -> None:
    assert unmet("onset_to_clear_ms<1000", figures(score(Record("CA1")))) == "expected onset_to_clear_ms < 1000, got nothing"
