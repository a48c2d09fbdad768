"""How long a silence is waited for."""

from dataclasses import replace

import pytest

from gateway.turn.patience import Patience
from gateway.turn.state import Rules
from gateway.turn.words import Completeness
from tests.sim.desk import Desk, quiet_desk
from tests.sim.rules import RULES, SILENCE_ALONE

WORDS = replace(RULES, speculate="off")
"""What is asked for in a pause is a witness of the end, nothing else."""


def patience(*pauses: int, by_words: bool = True) -> Patience:
    """Of a caller who made these pauses, in frames, and has a base of 0.7 s."""
    made = Patience(35, by_words=by_words)
    for pause in pauses:
        made.went_on(pause)
    return made


@pytest.mark.parametrize(
    ("pauses", "frames"),
    [
        ((), 35),
        ((20,), 35),  # shorter than the base anyway
        ((40,), 48),  # a caller who pauses for long
        ((40, 20, 20, 20, 20, 20, 20), 35),  # long ago
        ((120,), 60),  # there is an end to patience
        ((126,), 35),  # another thought, no pause
        ((14,), 35),  # part of speech
    ],
)
def test_the_callers_own_pauses_lengthen_the_wait(pauses: tuple[int, ...], frames: int) -> None:
    assert patience(*pauses).frames == frames


def test_a_fixed_wait_is_fixed() -> None:
    assert patience(50, by_words=False).frames == 35


@pytest.mark.parametrize(("completeness", "frames"), [(Completeness.COMPLETE, 25), (Completeness.OPEN, 52), (Completeness.HANGING, 48)])
def test_words_that_are_all_shorten_the_wait_and_words_that_may_be_lengthen_it(completeness: Completeness, frames: int) -> None:
    assert patience(40).frames_after(completeness) == frames


def test_the_callers_own_pauses_count_behind_words_that_may_be_all_too() -> None:
    assert patience(50).frames_after(Completeness.OPEN) == 58


def test_a_base_that_is_short_already_stays() -> None:
    assert Patience(20, by_words=True).frames_after(Completeness.COMPLETE) == 20


# -- In a call --------------------------------------------------------------------------------


def paused_desk(text: str, rules: Rules = WORDS, *, pause_s: float = 0.4) -> Desk:
    """A call in which the caller said ``text`` and has been silent for a while."""
    desk = quiet_desk(rules)
    desk.speak(1.0)
    desk.wait(pause_s)
    desk.understand(text, piece="probe")
    return desk


def test_the_words_are_asked_for_in_the_pause() -> None:
    desk = quiet_desk(WORDS)
    desk.speak(1.0)
    desk.wait(0.4)
    assert [piece.piece for piece in desk.published] == ["probe"]


def test_silence_alone_asks_for_no_words() -> None:
    desk = quiet_desk(SILENCE_ALONE)
    desk.speak(1.0)
    desk.wait(0.4)
    assert desk.published == []


@pytest.mark.parametrize(("text", "ended"), [("תודה", True), ("שלום", False), ("וגם", False)])
def test_words_that_are_all_end_the_utterance_after_half_a_second(text: str, ended: bool) -> None:
    desk = paused_desk(text)
    desk.wait(0.14)
    assert (len(desk.published) == 2) is ended


def test_without_drafts_the_utterance_is_published_as_a_whole_all_the_same() -> None:
    desk = paused_desk("תודה")
    desk.wait(0.5)
    assert [piece.piece for piece in desk.published] == ["probe", "whole"]


def test_where_no_frames_come_the_shorter_wait_holds_too() -> None:
    desk = paused_desk("תודה")
    desk.without_frames(0.42)
    assert len(desk.published) == 2


def test_a_caller_who_goes_on_gets_the_full_wait_again() -> None:
    desk = paused_desk("תודה")
    desk.speak(0.5)
    desk.wait(0.6)
    assert [piece.piece for piece in desk.published] == ["probe", "probe"]


@pytest.mark.parametrize(("waited_s", "published"), [(1.02, 1), (1.06, 2)])
def test_words_that_are_not_here_yet_are_waited_for_as_those_that_may_be_all(waited_s: float, published: int) -> None:
    desk = quiet_desk(WORDS)
    desk.speak(1.0)
    desk.wait(waited_s)
    assert len(desk.published) == published


@pytest.mark.parametrize(("text", "published"), [("תודה", 2), ("וגם", 2), ("שלום", 1)])
def test_words_that_come_late_end_the_wait_unless_they_may_be_all(text: str, published: int) -> None:
    desk = paused_desk(text, pause_s=0.8)
    desk.wait(0.2)
    assert len(desk.published) == published


def test_a_caller_who_goes_on_while_the_words_are_not_here_is_not_cut_off() -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(0.9)
    desk.speak(0.5)
    desk.wait(1.06)
    assert (desk.reports.count("BARGE_IN_FINAL"), [piece.start for piece in desk.published]) == (0, [desk.published[0].start] * 2)


def test_silence_alone_waits_no_longer_for_the_words_of_a_draft() -> None:
    desk = quiet_desk(replace(SILENCE_ALONE, speculate="full"))
    desk.speak(1.0)
    desk.wait(0.72)
    assert desk.machine.call.open is None


def test_looks_have_an_end() -> None:
    desk = quiet_desk(WORDS)
    for _ in range(12):
        desk.speak(0.2)
        desk.wait(0.4)
    assert [piece.piece for piece in desk.published].count("probe") == 8


# -- Words that hang --------------------------------------------------------------------------


def hanging_desk(rules: Rules = RULES) -> Desk:
    """A call in which the caller's last word was "and", 0.7 s ago."""
    desk = paused_desk("שלום וגם", rules)
    desk.wait(0.4)
    desk.understand("שלום וגם")
    return desk


def test_words_that_hang_are_not_committed() -> None:
    desk = hanging_desk()
    desk.wait(1.3)
    assert not desk.machine.call.turn.committed


def test_a_caller_who_does_not_go_on_is_answered() -> None:
    desk = hanging_desk()
    desk.wait(1.5)
    assert desk.machine.call.turn.committed


@pytest.mark.parametrize(("waited_s", "committed"), [(1.3, False), (1.36, True)])
def test_words_that_hang_and_come_late_are_committed_no_later(waited_s: float, committed: bool) -> None:
    desk = quiet_desk()
    desk.speak(1.0)
    desk.wait(0.88)
    desk.understand("שלום וגם")
    desk.wait(waited_s)
    assert desk.machine.call.turn.committed is committed


def test_a_caller_who_goes_on_is_answered_once() -> None:
    desk = hanging_desk(replace(RULES, speculate="asr"))
    desk.wait(0.5)
    desk.speak(1.0)
    desk.wait(0.4)
    desk.understand("ועוד", piece="probe")
    desk.wait(0.82)
    assert (desk.ends[-1], desk.asked) == ("superseded", ["שלום וגם ועוד"])


def test_the_next_pause_is_waited_for_longer() -> None:
    desk = hanging_desk()
    desk.wait(0.3)
    desk.speak(1.0)
    desk.wait(0.4)
    desk.understand("ועוד", piece="probe")
    assert desk.machine.call.patience.frames > 35


def test_words_that_hang_and_are_never_committed_are_in_the_history_of_a_call_that_ends() -> None:
    desk = hanging_desk()
    desk.hang_up()
    assert [command.caller for command in desk.closed][-1] == "שלום וגם"


def test_keys_do_not_hang() -> None:
    desk = quiet_desk(WORDS)
    desk.say("שלום וגם")
    desk.press("1", "#")
    assert desk.machine.call.turn.committed


def test_a_floor_that_was_taken_does_not_hang() -> None:
    desk = quiet_desk(replace(RULES, max_turn_s=2.0))
    desk.speak(2.2)
    desk.understand("שלום וגם")
    assert desk.machine.call.turn.committed


def test_silence_alone_does_not_look_at_the_words() -> None:
    desk = quiet_desk(SILENCE_ALONE)
    desk.say("שלום וגם")
    assert desk.machine.call.turn.committed


def test_a_floor_that_is_taken_ends_the_wait_for_words_that_hang() -> None:
    desk = quiet_desk(replace(RULES, max_turn_s=2.0))
    desk.speak(1.6)
    desk.wait(0.34)
    desk.understand("שלום וגם")
    desk.wait(0.2)
    assert desk.machine.call.turn.committed


def test_taking_the_floor_from_who_says_the_same_again_leaves_the_next_turn_free() -> None:
    desk = quiet_desk(replace(RULES, max_turn_s=2.0))
    desk.say("שלום")
    desk.reply("hello.", seconds=0.5)
    desk.wait(1.0)
    desk.speak(1.6)
    desk.wait(0.34)
    desk.understand("שלום")
    desk.wait(0.2)
    assert (desk.ends[-1], desk.machine.call.turn.floor_taken) == ("deduplicated", False)
