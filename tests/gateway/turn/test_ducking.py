"""Mode ``duck``: the bot speaks more quietly first; and what may not be interrupted at all."""

from dataclasses import replace

import pytest

from common.messages import Sentence, StageFailed
from gateway.turn.machine import BotState
from gateway.turn.state import Rules
from tests.sim.desk import Desk, asked_desk, speaking_desk
from tests.sim.rules import RULES
from tests.sim.sound import phrase_book

DUCK = replace(RULES, barge_in_mode="duck")
LONG = "one two three four five six seven eight."


def ducked_desk(seconds: float = 0.2) -> Desk:
    """A call in which the caller has talked over the bot for a while."""
    desk = speaking_desk(DUCK, LONG, seconds=4.0)
    desk.speak(seconds)
    return desk


# -- Quieter ----------------------------------------------------------------------------------


def test_an_onset_makes_the_bot_quieter() -> None:
    assert ducked_desk().machine.call.playout.ducked


def test_the_bot_speaks_on_meanwhile() -> None:
    desk = ducked_desk()
    assert (desk.clears, desk.state) == ([], BotState.SPEAKING)


def test_half_a_second_of_voice_silences_it() -> None:
    desk = ducked_desk(0.52)
    assert (len(desk.clears), desk.machine.call.playout.ducked, desk.turn) == (1, False, 1)


@pytest.mark.parametrize(("seconds", "clears"), [(0.88, 0), (0.9, 1)])
def test_or_as_much_as_the_setting_says(seconds: float, clears: int) -> None:
    desk = speaking_desk(replace(DUCK, barge_in_duck_ms=900, barge_in_final_ms=5000), LONG, seconds=4.0)
    desk.speak(seconds)
    assert len(desk.clears) == clears


def test_words_silence_it_at_once() -> None:
    desk = ducked_desk()
    desk.wait(0.4)
    desk.understand("רגע")
    assert (desk.ends[-1], len(desk.clears)) == ("interrupted", 1)


def test_a_nod_brings_the_voice_back() -> None:
    desk = ducked_desk()
    desk.wait(0.8)
    desk.understand("אהה")
    assert (desk.machine.call.playout.ducked, desk.clears, desk.turn) == (False, [], 1)


def test_nothing_is_said_twice_after_a_nod() -> None:
    desk = ducked_desk()
    desk.wait(0.8)
    desk.understand("אהה")
    desk.wait(4.0)
    assert (desk.ends[-1], desk.machine.call.playout.epoch) == ("replied", desk.machine.call.playout.epoch)
    assert len(desk.frames) == 200


def test_a_reply_that_ends_meanwhile_was_heard() -> None:
    desk = speaking_desk(DUCK, "one two.", seconds=1.2)
    desk.speak(0.2)
    desk.wait(0.6)
    assert desk.ends[-1] == "replied"


def test_a_bot_that_thinks_is_held_as_ever() -> None:
    desk = asked_desk(DUCK)
    desk.speak(0.2)
    assert (desk.machine.call.playout.ducked, desk.machine.call.playout.floor_free) == (False, False)


def test_after_three_holds_it_is_not_even_quieter() -> None:
    desk = speaking_desk(DUCK, LONG, LONG, LONG, seconds=4.0)
    for _ in range(3):
        desk.speak(0.2)
        desk.wait(0.8)
        desk.understand("אהה")
        desk.wait(0.3)
    desk.speak(0.54)
    assert (desk.machine.call.playout.ducked, desk.clears) == (False, [])


# -- What may not be interrupted ----------------------------------------------------------------


def greeting_desk(rules: Rules | None = None) -> Desk:
    """A call whose greeting of 1 s may not be interrupted."""
    book = phrase_book()
    assert book.greeting is not None
    desk = Desk(rules, replace(book, greeting=replace(book.greeting, interruptible=False)))
    desk.wait(0.3)
    return desk


@pytest.mark.parametrize("mode", ["hold", "duck"])
def test_a_voice_does_not_stop_it(mode: str) -> None:
    desk = greeting_desk(replace(RULES, barge_in_mode="duck" if mode == "duck" else "hold"))
    desk.speak(0.6)
    assert (desk.clears, desk.machine.call.playout.ducked, desk.state) == ([], False, BotState.SPEAKING)


def test_a_voice_that_ends_before_it_is_ignored() -> None:
    desk = greeting_desk()
    desk.speak(0.2)
    desk.wait(2.0)
    assert desk.published == []


def test_a_voice_that_still_goes_on_behind_it_counts_from_its_start() -> None:
    desk = greeting_desk()
    desk.speak(1.5)
    desk.wait(1.1)
    desk.understand("שלום")
    assert (desk.ends, desk.published[0].start, desk.machine.call.turn.text) == (["replied"], 0, "שלום")


def test_a_voice_that_ended_before_it_is_ignored_no_longer() -> None:
    desk = asked_desk(replace(RULES, barge_in=False))
    desk.reply("one two three four.", seconds=4.0)
    desk.wait(0.4)
    desk.speak(0.2)
    before = desk.machine.ignored_turn
    desk.wait(1.1)
    assert (before, desk.state, desk.machine.ignored_turn) == (1, BotState.SPEAKING, None)


def test_its_last_300_ms_are_heard_as_well() -> None:
    desk = greeting_desk()
    desk.wait(0.5)
    desk.speak(0.1)
    assert desk.ends == []


def test_a_sentence_that_may_be_interrupted_behind_one_that_may_not() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two three four.", 1.0)
    desk.sentence(1, "five six seven eight.", 3.0)
    desk.end_reply(2)
    desk.machine.call.playout.clips[0].interruptible = False
    desk.wait(0.4)
    desk.speak(0.4)
    before = list(desk.clears)
    desk.speak(0.8)
    assert (before, len(desk.clears)) == ([], 1)


def test_a_voice_that_was_undecided_before_it_is_ignored_over_it() -> None:
    desk = asked_desk(DUCK)
    desk.sentence(0, "one two three four.", 0.8)
    desk.sentence(1, "five six seven eight.", 3.0)
    desk.end_reply(2)
    desk.machine.call.playout.clips[1].interruptible = False
    desk.wait(0.5)
    desk.speak(1.5)
    assert (desk.clears, desk.machine.holding.hold, desk.machine.call.playout.ducked, desk.turn) == ([], None, False, 1)


def test_words_of_a_voice_that_was_let_go_are_not_heard_twice() -> None:
    desk = asked_desk(replace(RULES, barge_in_mode="duck", barge_in_final_ms=5000))
    desk.sentence(0, "one two three four.", 1.5)
    desk.sentence(1, "five six seven eight.", 1.0)
    desk.sentence(2, "nine ten eleven twelve.", 3.0)
    desk.end_reply(3)
    desk.machine.call.playout.clips[1].interruptible = False
    desk.wait(0.6)
    desk.speak(0.2)
    desk.wait(0.32)
    probe = desk.published[-1]
    desk.speak(1.7)
    assert (desk.machine.holding.hold is not None, desk.machine.call.floor.start >= probe.end) == (True, True)


def test_what_was_said_before_it_is_not_lost() -> None:
    desk = asked_desk(DUCK)
    desk.sentence(0, "one two three four.", 0.9)
    desk.sentence(1, "five six seven eight.", 1.0)
    desk.end_reply(2)
    desk.machine.call.playout.clips[1].interruptible = False
    desk.wait(0.4)
    desk.speak(0.44)
    desk.wait(0.3)
    desk.understand("ועוד", piece="probe")
    desk.wait(1.5)
    assert (desk.ends[-1], desk.machine.call.turn.text) == ("replied", "ועוד")


def test_what_was_looked_at_before_it_is_not_looked_at_again() -> None:
    desk = asked_desk(DUCK)
    desk.sentence(0, "one two three four.", 1.3)
    desk.sentence(1, "five six seven eight.", 1.0)
    desk.end_reply(2)
    desk.machine.call.playout.clips[1].interruptible = False
    desk.wait(0.4)
    desk.speak(0.2)
    desk.wait(1.0)
    assert [piece.piece for piece in desk.published] == ["whole", "probe"]


def test_what_was_said_since_the_last_look_is_looked_at_before_it() -> None:
    desk = asked_desk(DUCK)
    desk.sentence(0, "one two three four.", 1.3)
    desk.sentence(1, "five six seven eight.", 1.0)
    desk.end_reply(2)
    desk.machine.call.playout.clips[1].interruptible = False
    desk.wait(0.3)
    desk.speak(0.2)
    desk.wait(0.4)
    desk.speak(0.4)
    assert [piece.piece for piece in desk.published] == ["whole", "probe", "probe"]


@pytest.mark.parametrize(("begins_s", "clears"), [(0.26, 1), (0.28, 0)])
def test_half_a_second_of_voice_that_is_over_just_as_it_comes_does_not_silence_it(begins_s: float, clears: int) -> None:
    desk = asked_desk(DUCK)
    desk.sentence(0, "one two three four.", 0.9)
    desk.sentence(1, "five six seven eight.", 1.0)
    desk.end_reply(2)
    desk.machine.call.playout.clips[1].interruptible = False
    desk.wait(begins_s)
    desk.speak(0.5)
    assert len(desk.clears) == clears


def test_a_voice_while_more_of_it_is_waited_for_is_a_hold_and_repeats_no_word_of_it() -> None:
    desk = asked_desk()
    desk.report(Sentence(head=desk.head(), text="one two three four.", interruptible=False))
    desk.chunk(0, 0.6, last=False)
    desk.wait(1.0)
    frames = len(desk.frames)
    desk.speak(0.3)
    assert (desk.machine.holding.hold is not None, len(desk.frames)) == (True, frames)


def test_a_phrase_that_is_owed_is_said_after_a_nod_over_a_reply_that_failed() -> None:
    desk = asked_desk(DUCK)
    desk.sentence(0, "one two three four.", 0.5)
    desk.wait(0.2)
    desk.speak(0.3)
    desk.report(StageFailed(head=desk.head(), stage="llm", error="x"))
    desk.speak(0.1)
    owed = desk.machine.call.owed
    desk.wait(1.2)
    desk.understand("כן")
    assert (owed is not None, desk.ends[-1], desk.machine.call.owed, desk.state) == (True, "nothing_heard", None, BotState.SPEAKING)
