"""What a call adds to the metrics of its gateway."""

from collections.abc import Callable
from typing import get_args

import pytest
from prometheus_client import REGISTRY

from common.messages import Sentence, StageFailed
from gateway.tally import Tally
from gateway.turn.events import End, PublishTranscript, Report
from gateway.turn.reply import Unused
from tests.sim.desk import Desk, asked_desk
from tests.sim.sound import phrase_book

EVENTS = [("TURN_ENDED", "torim_turns_total", "superseded"), ("BARGE_IN_FINAL", "torim_holds_total", "final")]
EVENTS += [("BARGE_IN_RESUMED", "torim_holds_total", "resumed")]
HOWS = (*get_args(End), "phrase", "handed_over")


def told(name: str, **labels: str) -> float:
    """What Prometheus is told."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(("event", "name", "how"), EVENTS)
def test_what_the_core_tells_is_counted(event: str, name: str, how: str) -> None:
    before = told(name, how=how)
    Tally(Desk().machine).reported(Report(1, event, (("how", how),)))
    assert told(name, how=how) == before + 1


def turns_of(act: Callable[[Desk], None]) -> dict[str, int]:
    """How the turns of a call are counted that begins with a greeting."""
    desk, before = Desk(phrases=phrase_book(greeting=True)), {how: told("torim_turns_total", how=how) for how in HOWS}
    tally = Tally(desk.machine)
    desk.wait(6.0)
    act(desk)
    desk.hang_up()
    tally.returned(desk.commands, desk.now)
    for report in desk.all(Report):
        tally.reported(report)
    counts = {how: round(told("torim_turns_total", how=how) - before[how]) for how in HOWS}
    return {how: count for how, count in counts.items() if count}


def fail_three_times(desk: Desk) -> None:
    for _ in range(3):
        desk.say("שלום")
        desk.report(StageFailed(head=desk.head(), stage="llm", error="x"))
        desk.wait(6.0)


def mumble_three_times(desk: Desk) -> None:
    for _ in range(3):
        desk.say("")
        desk.wait(6.0)


def hear_three_answers(desk: Desk) -> None:
    for text in ("שלום", "תודה", "מה"):
        desk.say(text)
        desk.reply("one two three")
        desk.wait(3.0)


@pytest.mark.parametrize(
    ("act", "counted"),
    [
        (fail_three_times, {"fallback": 3, "phrase": 4, "hung_up": 1}),
        (mumble_three_times, {"nothing_heard": 3, "phrase": 4, "hung_up": 1}),
        (hear_three_answers, {"replied": 3, "superseded": 1, "phrase": 1, "hung_up": 1}),
    ],
)
def test_a_turn_that_answers_nobody_is_counted_as_a_phrase(act: Callable[[Desk], None], counted: dict[str, int]) -> None:
    assert turns_of(act) == counted


def test_an_event_that_nobody_counts_is_none() -> None:
    before = told("torim_holds_total", how="final")
    Tally(Desk().machine).reported(Report(1, "DRAFT"))
    assert told("torim_holds_total", how="final") == before


def test_underruns_are_counted_as_they_come() -> None:
    desk, before = Desk(), told("torim_underruns_total")
    tally = Tally(desk.machine)
    for underruns in (1, 1, 3):
        desk.machine.call.playout.underruns = underruns
        tally.left([], 1.0)
    assert told("torim_underruns_total") == before + 3


def test_messages_of_no_use_are_counted_by_why() -> None:
    desk, before = Desk(), told("torim_stale_messages_total", why="turn")
    tally, whys = Tally(desk.machine), []
    for _ in range(2):
        desk.report(Sentence(head=desk.head(turn=77), text="x"))
        whys += [tally.message_handled(), tally.message_handled()]
    assert (told("torim_stale_messages_total", why="turn") - before, whys) == (2, [["turn"], [], ["turn"], []])


@pytest.mark.parametrize("why", [*get_args(Unused), "turn", "reply", "unasked"])
def test_every_reason_is_told_before_its_first_message(why: str) -> None:
    assert REGISTRY.get_sample_value("torim_stale_messages_total", {"why": why}) is not None


def test_the_end_of_a_wait_is_observed_and_told() -> None:
    before = told("torim_voice_to_voice_seconds_count")
    desk = asked_desk()
    tally = Tally(desk.machine)
    tally.waterfall.returned(desk.commands, desk.now)
    desk.wait(0.1)
    desk.reply("one two")
    tally.waterfall.returned([], desk.now)
    report = tally.left(desk.machine.call.playout.take(desk.now + 0.02), desk.now + 0.02)
    assert (report is not None and report.name, told("torim_voice_to_voice_seconds_count") - before) == ("WATERFALL", 1)


def test_the_end_of_an_utterance_is_observed_though_no_answer_comes() -> None:
    before = told("torim_endpointing_delay_seconds_count")
    desk = asked_desk()
    Tally(desk.machine).waterfall.returned(desk.commands, desk.now)
    assert told("torim_endpointing_delay_seconds_count") == before + 1


def test_what_a_stage_took_is_observed_though_no_answer_comes() -> None:
    desk, before = Desk(), told("torim_stage_seconds_sum", stage="llm")
    tally = Tally(desk.machine)
    tally.returned([PublishTranscript(desk.head().turn, utterance=1, seq=1, text="x")], 1.0)
    tally.message_came(StageFailed(head=desk.head(), stage="llm", error="timeout"), 4.5)
    assert told("torim_stage_seconds_sum", stage="llm") == before + 3.5
