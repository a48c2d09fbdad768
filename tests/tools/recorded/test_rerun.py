"""A recorded call, run once more, is the same to the bit; a difference is shown where it begins."""

import dataclasses
from pathlib import Path

import pytest

from common.messages import Transcript
from gateway.playout import Mark
from gateway.records.format import Handled, Lost, Record, Taken, decode
from gateway.turn.events import CloseTurn, Command, FrameHeard, PublishUtterance, Report, WorkerReported
from tests.samples import few
from tests.tools.recorded.calls import ask_and_break, ask_and_hear, core_call, desk_record, interrupt, shell_record
from tools.recorded.compare import compare
from tools.recorded.rerun import Rerun, Step, began_at, read

SEEDS, SHELL_SEEDS = few(range(20), 4), few(range(4), 1)


@pytest.fixture(scope="module")
def call() -> Record:
    """A question, and its answer."""
    return decode(desk_record(ask_and_hear))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_call_runs_again_to_the_bit(seed: int) -> None:
    record = core_call(seed)
    found = compare(record)
    assert (found.difference, found.steps) == ((), len(record.entries))


@pytest.mark.parametrize("seed", SHELL_SEEDS)
def test_what_the_shell_recorded_runs_again_to_the_bit(seed: int) -> None:
    record = decode(shell_record(seed))
    found = compare(record)
    assert (found.difference, found.steps, record.complete) == ((), len(record.entries), True)


def test_the_shell_records_the_sound_of_every_frame() -> None:
    frames = [entry for entry in decode(shell_record(1)).entries if isinstance(entry, Handled) and isinstance(entry.event, FrameHeard)]
    assert {len(frame.sound) for frame in frames} == {160}


def test_a_record_that_is_cut_off_runs_to_its_end(call: Record) -> None:
    at = next(place for place, entry in enumerate(call.entries) if isinstance(entry, Handled) and entry.commands)
    last = call.entries[at]
    assert isinstance(last, Handled)
    cut = dataclasses.replace(call, entries=(*call.entries[:at], dataclasses.replace(last, commands=None)), complete=False)
    assert compare(cut).difference == ()


def test_a_record_with_a_gap_runs_up_to_it(call: Record) -> None:
    gap = dataclasses.replace(call, entries=(*call.entries[:100], Lost(5), *call.entries[105:]))
    assert compare(gap).steps == 100


# -- Differences ----------------------------------------------------------------------------------


def changed(call: Record, place: int, **fields: object) -> Record:
    """The record with one entry changed."""
    entry = dataclasses.replace(call.entries[place], **fields)  # type: ignore[arg-type]  # any field of any entry
    return dataclasses.replace(call, entries=(*call.entries[:place], entry, *call.entries[place + 1 :]))


def first(call: Record, kind: type) -> int:
    """Where the first command of a kind is."""
    return next(
        place
        for place, entry in enumerate(call.entries)
        if isinstance(entry, Handled) and any(isinstance(command, kind) for command in entry.commands or ())
    )


def test_the_first_difference_is_shown_with_both_sides(call: Record) -> None:
    shown = compare(changed(call, first(call, PublishUtterance), commands=())).difference
    assert [line.strip().split(" ")[0] for line in shown[-2:]] == ["recorded:", "now:"]
    assert "nothing" in shown[-2]
    assert "PublishUtterance" in shown[-1]


def test_a_difference_is_shown_with_what_came_before_it(call: Record) -> None:
    place = first(call, PublishUtterance)
    *context, _, _, _ = compare(changed(call, place, commands=())).difference
    at = call.entries[place]
    assert isinstance(at, Handled)
    assert context
    assert max(float(line.split()[0]) for line in context) <= at.now - began_at(call)


def test_a_single_wrong_byte_of_sound_is_a_difference(call: Record) -> None:
    place = next(place for place, entry in enumerate(call.entries) if isinstance(entry, Taken) and entry.items)
    entry = call.entries[place]
    assert isinstance(entry, Taken)
    items = tuple(item if isinstance(item, Mark) else b"\x00" + item[1:] for item in entry.items)
    assert compare(changed(call, place, items=items)).steps == place + 1


def test_an_event_that_breaks_the_core_is_shown(call: Record) -> None:
    place = first(call, CloseTurn)
    shown = compare(changed(call, place, event=WorkerReported(None))).difference  # type: ignore[arg-type]
    assert "AttributeError" in shown[-1]


def test_a_bug_is_the_last_step() -> None:
    *steps, last = Rerun(decode(desk_record(ask_and_break))).steps()
    assert ([step.bug for step in steps if step.bug], type(last.bug)) == ([], IndexError)


# -- Of before ------------------------------------------------------------------------------------


def test_a_record_of_the_first_torim_that_made_some_can_be_read_and_run() -> None:
    """Made once and never again, by ``desk_record(ask_and_hear)``; what the core makes of it today may be something else."""
    record = read(Path(__file__).parents[2] / "data" / "record_1.torim")
    said = [text for step in Rerun(record).steps() for text in _heard(step)]
    assert (record.complete, record.header.rules.dedup_s, said) == (True, 6.0, ["שלום"])


def _heard(step: Step) -> list[str]:
    """Words that a recogniser told."""
    event = step.entry.event if isinstance(step.entry, Handled) else None
    return [event.message.text] if isinstance(event, WorkerReported) and isinstance(event.message, Transcript) else []


# -- With other settings ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", few(range(5), 1))
def test_the_same_settings_again_change_nothing_in_a_random_call(seed: int) -> None:
    record = core_call(seed)
    assert all(step.same for step in Rerun(record, record.header.rules).steps())


def test_with_other_settings_an_utterance_ends_earlier(call: Record) -> None:
    def first_end(rerun: Rerun) -> float:
        return next(step.entry.now for step in rerun.steps() if any(_begins_to_think(command) for command in step.commands))

    sooner = dataclasses.replace(call.header.rules, min_utt_s=0.5)
    assert first_end(Rerun(call, sooner)) < first_end(Rerun(call)) - 0.1


def _begins_to_think(command: Command) -> bool:
    return isinstance(command, Report) and ("now", "THINKING") in command.fields


def test_what_was_asked_sooner_is_answered_as_it_was_recorded(call: Record) -> None:
    sooner = dataclasses.replace(call.header.rules, min_utt_s=0.5)
    ends = [command.how for step in Rerun(call, sooner).steps() for command in step.commands if isinstance(command, CloseTurn)]
    assert ends == ["replied", "replied"]


def test_marks_of_sound_that_is_sent_only_now_come_back() -> None:
    """Without a hold the reply is not cut: its end is proven by marks that the record does not have."""
    call = decode(desk_record(interrupt))
    deaf = dataclasses.replace(call.header.rules, barge_in=False)
    closed = [
        (step.entry.now, command.how) for step in Rerun(call, deaf).steps() for command in step.commands if isinstance(command, CloseTurn)
    ]
    sounds_until = 100 + 1.5 + 2.06 + 2.0
    ended_at, how = closed[1]
    assert (how, abs(ended_at - sounds_until) < 0.1) == ("replied", True)
