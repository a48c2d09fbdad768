"""The judge of simulated calls complains of each rule that a core breaks; of one that breaks none it does not."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from msgspec import structs

from common.audio import FRAME_BYTES, SILENCE_BYTE
from common.messages import SpeechChunk, Transcript
from gateway.clip import Clip
from gateway.turn.events import (
    CallTaken,
    CloseTurn,
    Command,
    CommitTurn,
    Event,
    FrameHeard,
    KeyPressed,
    OpenTurn,
    PublishTranscript,
    PublishUtterance,
    Report,
    SendClear,
    TimePassed,
    TransferCall,
    WorkerReported,
)
from gateway.turn.machine import BotState, TurnMachine
from tests.sim.caller import Caller
from tests.sim.doctored import Doctor, Items, complaint
from tests.sim.judge_sound import cells
from tests.sim.judge_words import WordsJudge
from tests.sim.rules import RULES
from tests.sim.sound import Label, label, sound
from tests.sim.vocabulary import NOD
from tests.sim.workers import DESK
from tests.sim.world import World

pytestmark = pytest.mark.long
"""What judges the calls is judged where they are many."""

C = TypeVar("C", bound=Command)

RESUMED = range(36, 96)
"""Calls of which an early one goes on with a long sentence after a hold."""


class Instead(Doctor):
    """Does something else instead of each command of a kind."""

    def __init__(self, kind: type[C], change: Callable[[C], Sequence[Command]]) -> None:
        self._kind, self._change = kind, change

    def does(self, machine: TurnMachine, event: Event, commands: list[Command], now: float) -> list[Command]:
        """The same, but for that kind."""
        done: list[Command] = []
        for command in commands:
            done += self._change(command) if isinstance(command, self._kind) else [command]
        return done


def instead(kind: type[C], change: Callable[[C], Sequence[Command]]) -> Callable[[], Doctor]:
    """A doctor for each call."""
    return lambda: Instead(kind, change)


def test_of_a_core_that_does_nothing_wrong_it_does_not_complain() -> None:
    assert not complaint(Doctor, seeds=range(8))


# -- Turns, commits, replies, the record ------------------------------------------------------------


def twice(command: Command) -> list[Command]:
    return [command, command]


def never(command: Command) -> list[Command]:
    return []


def as_nothing_heard(closed: CloseTurn) -> list[CloseTurn]:
    return [replace(closed, how="nothing_heard", caller="", heard="") if closed.caller and closed.how == "replied" else closed]


def with_the_history_of_a_superseded_turn(closed: CloseTurn) -> list[CloseTurn]:
    return [replace(closed, caller="w1") if closed.how == "superseded" else closed]


def with_words_that_were_not_said(closed: CloseTurn) -> list[CloseTurn]:
    return [replace(closed, heard=f"{closed.heard} indeed".strip()) if closed.how == "replied" else closed]


def of_another_caller(closed: CloseTurn) -> list[CloseTurn]:
    return [replace(closed, caller=f"so {closed.caller}") if closed.how == "replied" and closed.caller else closed]


def with_nothing_heard(closed: CloseTurn) -> list[CloseTurn]:
    return [replace(closed, heard="")]


def greeting_as_a_whole(closed: CloseTurn) -> list[CloseTurn]:
    return [replace(closed, heard="hello how can I help") if closed.turn == 0 and closed.how == "interrupted" else closed]


def greeting_not_at_all(closed: CloseTurn) -> list[CloseTurn]:
    return [replace(closed, heard="") if closed.turn == 0 else closed]


def and_the_next(closed: CloseTurn) -> list[CloseTurn]:
    after = replace(closed, turn=closed.turn + 1, caller="", heard="")
    return [closed, after] if closed.how == "hung_up" else [closed]


@pytest.mark.parametrize(
    ("kind", "change", "rule", "situation"),
    [
        (CommitTurn, twice, "is committed twice", ""),
        (CloseTurn, twice, "ends, and not", ""),
        (CloseTurn, never, "in turn 0:", ""),
        (CloseTurn, and_the_next, "ends after the call", ""),
        (CloseTurn, as_nothing_heard, "was committed, and is nothing_heard", ""),
        (CloseTurn, of_another_caller, "was committed: CloseTurn", ""),
        (CloseTurn, with_the_history_of_a_superseded_turn, "a history of a turn that was superseded", ""),
        (CloseTurn, with_words_that_were_not_said, "history says what was not said", ""),
        (CloseTurn, with_nothing_heard, "history says 0 words", ""),
        (CloseTurn, greeting_as_a_whole, "history says 5 words of sentence 0, the ear", ""),
        (CloseTurn, greeting_not_at_all, "history says 0 words of sentence 0, and the ear heard", ""),
        (OpenTurn, lambda opened: [replace(opened, turn=opened.turn + 1)], "in turn 1: OpenTurn", ""),
        (PublishTranscript, never, "no model was asked", ""),
        (PublishTranscript, twice, "is answered twice", ""),
        (PublishTranscript, lambda asked: [replace(asked, text="something else")], "the model was asked 'something else'", ""),
        (PublishUtterance, lambda said: [replace(said, end=said.start)], "no sound is published", ""),
        (PublishUtterance, lambda said: [replace(said, end=said.end + 50)], "no sound is published", ""),
        (PublishUtterance, lambda said: [replace(said, start=max(0, said.start - 200))], "sound that is forgotten is published", ""),
        (PublishUtterance, never, "lost: [", ""),
        (SendClear, never, "while sound is unheard", ""),
    ],
)
def test_it_complains_of_a_core_that(kind: type[Any], change: Callable[[Any], list[Command]], rule: str, situation: str) -> None:
    assert rule in complaint(instead(kind, change), situation)


def test_it_complains_of_a_last_turn_that_was_not_hung_up() -> None:
    doctor = instead(CloseTurn, lambda closed: [] if closed.how == "hung_up" else [closed])
    assert "the last turn ended" in complaint(doctor)


# -- The caller's words -----------------------------------------------------------------------------


class Mishears(Doctor):
    """Words come to the core otherwise than they were said."""

    def __init__(self, change: Callable[[list[str]], list[str]]) -> None:
        self._change = change

    def hears(self, machine: TurnMachine, event: Event) -> Event:
        """Other words."""
        if not isinstance(event, WorkerReported) or not isinstance(event.message, Transcript):
            return event
        text = " ".join(self._change(event.message.text.split()))
        return replace(event, message=structs.replace(event.message, text=text))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda words: words[::-1], "out of order"),
        (lambda words: [word for word in words for _ in range(2)], "is in turns"),
        (lambda words: words[:-1] if len(words) > 1 else words, "lost: ["),
    ],
)
def test_it_complains_of_words_that_are_lost_doubled_or_mixed(change: Callable[[list[str]], list[str]], rule: str) -> None:
    rules = replace(RULES, speculate="asr", dedup_s=0.0)
    assert rule in complaint(lambda: Mishears(change), rules=rules)


def without(*unheard: str) -> Callable[[list[str]], list[str]]:
    return lambda words: [word for word in words if word not in unheard]


def doubled(*heard: str) -> Callable[[list[str]], list[str]]:
    return lambda words: [word for word in words for _ in range(1 + (word in heard))]


@pytest.mark.parametrize("change", [without("stop"), without(NOD), without("so"), without("yes"), without("５", "６")])
def test_it_complains_of_sayings_that_are_lost(change: Callable[[list[str]], list[str]]) -> None:
    rules = replace(RULES, speculate="asr", dedup_s=0.0)
    assert "lost: Counter" in complaint(lambda: Mishears(change), "language", rules)


@pytest.mark.parametrize("change", [doubled("stop"), doubled(NOD), doubled("yes"), lambda words: ["stop", *words]])
def test_it_complains_of_sayings_that_were_not_said(change: Callable[[list[str]], list[str]]) -> None:
    rules = replace(RULES, speculate="asr", dedup_s=0.0)
    assert "written, and not said" in complaint(lambda: Mishears(change), "language", rules)


class TakesAllForSaidBefore(Doctor):
    """Ignores what was never said."""

    def does(self, machine: TurnMachine, event: Event, commands: list[Command], now: float) -> list[Command]:
        """And says why."""
        report = Report(machine.call.turn.number, "DEDUP: same utterance ignored", (), "what was never said")
        return [*commands, report] if isinstance(event, WorkerReported) else commands


def test_it_complains_of_what_is_ignored_as_said_before_and_was_not() -> None:
    assert "is ignored as said before, and that was" in complaint(TakesAllForSaidBefore)


# -- The caller's keys -------------------------------------------------------------------------------


class Presses(Doctor):
    """Another key comes to the core, or none."""

    def __init__(self, change: Callable[[str], str]) -> None:
        self._change = change

    def hears(self, machine: TurnMachine, event: Event) -> Event:
        """Nothing, where no key is left."""
        if not isinstance(event, KeyPressed):
            return event
        key = self._change(event.digit)
        return KeyPressed(key) if key else TimePassed()


class PressesTwice(Doctor):
    """Each key comes to the core twice."""

    def does(self, machine: TurnMachine, event: Event, commands: list[Command], now: float) -> list[Command]:
        """Of both."""
        return [*commands, *TurnMachine.handle(machine, event, now)] if isinstance(event, KeyPressed) else commands


class PressesBehindTheNext(Doctor):
    """Each key comes to the core when the next one is pressed."""

    def __init__(self) -> None:
        self._kept = "0"

    def hears(self, machine: TurnMachine, event: Event) -> Event:
        """The key before."""
        if not isinstance(event, KeyPressed):
            return event
        key, self._kept = self._kept, event.digit
        return KeyPressed(key)


class PressesLate(Doctor):
    """Each key comes to the core 0.6 s too late, behind words that were said since."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._frames = 0

    def hears(self, machine: TurnMachine, event: Event) -> Event:
        """No key yet."""
        self._frames += isinstance(event, FrameHeard)
        if not isinstance(event, KeyPressed):
            return event
        self._kept.append(event.digit)
        self._frames = 0
        return TimePassed()

    def does(self, machine: TurnMachine, event: Event, commands: list[Command], now: float) -> list[Command]:
        """Now the key."""
        if not self._kept or self._frames < 30:
            return commands
        return [*commands, *TurnMachine.handle(machine, KeyPressed(self._kept.pop(0)), now)]


def test_it_complains_of_a_key_behind_words_that_were_said_since() -> None:
    assert any("words and keys out of order" in complaint(PressesLate, "keys", seeds=[seed]) for seed in range(60))


@pytest.mark.parametrize("situation", ["keys", "keys that were asked for", "coughs between keys"])
@pytest.mark.parametrize("doctor", [lambda: Presses(lambda key: ""), lambda: Presses(lambda key: "9"), PressesTwice, PressesBehindTheNext])
def test_it_complains_of_keys_that_are_lost_doubled_or_mixed(doctor: Callable[[], Doctor], situation: str) -> None:
    said = complaint(doctor, situation)
    assert "is not where it belongs" in said or "is written of the keys" in said


def test_it_complains_of_keys_that_were_not_pressed() -> None:
    with_another = instead(
        CloseTurn, lambda closed: [replace(closed, caller="7") if not closed.caller and closed.how == "hung_up" else closed]
    )
    assert "'7' is written of the keys " in complaint(with_another)


@pytest.mark.parametrize(("key_at", "moments"), [(103, [100, 103]), (150, [100])])
def test_a_word_that_was_said_as_a_key_was_pressed_may_stand_on_either_side_of_it(key_at: int, moments: list[int]) -> None:
    caller = Caller(random.Random(1), talks_for=0)
    caller.words.append((100, "w1", "utterance"))
    words = WordsJudge(lambda holds, rule: None, caller, longest_piece_s=6.0)
    words.key_pressed(key_at)
    assert words.moments == {"w1": moments}


@pytest.mark.parametrize(("told", "why"), [(False, "the call was over"), (True, "lost")])
def test_what_was_said_before_a_draft_whose_words_nobody_knew_is_still_being_said(told: bool, why: str) -> None:
    words = WordsJudge(lambda holds, rule: None, Caller(random.Random(1), talks_for=0), longest_piece_s=6.0)
    words.published(1, range(277, 382), probe=False)
    if told:
        words.told(1)
    words.went_on()
    words.told(1)
    assert words.why_lost(300, 480) == why


# -- Transfers --------------------------------------------------------------------------------------


_MAY_TRANSFER = replace(RULES, destinations=frozenset({DESK}))


def test_it_complains_of_a_transfer_that_was_asked_for_and_is_not_made() -> None:
    assert "the call goes to None, not desk" in complaint(instead(TransferCall, lambda transfer: []), "transfers", _MAY_TRANSFER)


def test_it_complains_of_a_transfer_to_somebody_else() -> None:
    elsewhere = instead(TransferCall, lambda transfer: [replace(transfer, destination="elsewhere")])
    assert "the call goes to elsewhere, not desk" in complaint(elsewhere, "transfers", _MAY_TRANSFER)


# -- The sound --------------------------------------------------------------------------------------


class Meddles(Doctor):
    """Changes what leaves, once in a call, when its time has come."""

    def __init__(self, change: Callable[[Items, Label], Items | None]) -> None:
        self._change = change
        self._done = False

    def sends(self, world: World, items: Items) -> Items:
        """Some frames of a reply otherwise."""
        labels = [label(item) for item in items if isinstance(item, bytes)]
        if self._done or not labels or labels[0].fixed or labels[0].offset < 1600:
            return items
        changed = self._change(items, labels[0])
        self._done = changed is not None
        return items if changed is None else changed


def frame(like: Label, **other: int) -> bytes:
    """Another frame."""
    it = replace(like, **other)
    return sound(it.turn, it.sentence, it.take, it.attempt, it.offset + FRAME_BYTES)[it.offset :]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda items, first: [bytes(bytearray(items[0])), *items], "a gap or a repetition"),
        (lambda items, first: items[1:], "a gap or a repetition"),
        (lambda items, first: [frame(first, attempt=2), *items] if first.offset >= 4800 else None, "two attempts at one take"),
        (lambda items, first: [frame(first, take=1), *items], "two takes mix"),
        (lambda items, first: [frame(first, sentence=3), *items], "begins in the middle"),
        (lambda items, first: [frame(first, sentence=0), *items] if first.sentence else None, "an earlier sentence comes again"),
        (lambda items, first: [frame(first, turn=first.turn + 1), *items], "leaves in turn"),
    ],
)
def test_it_complains_of_sound_that(change: Callable[[Items, Label], Items | None], rule: str) -> None:
    assert rule in complaint(lambda: Meddles(change))


class SpeaksTooEarly(Doctor):
    """A frame of a reply before its turn is committed, or while the caller has the floor."""

    def __init__(self, state: BotState, *, open_floor: bool) -> None:
        self._state, self._open = state, open_floor

    def sends(self, world: World, items: Items) -> Items:
        """One frame too many."""
        call = world.machine.call
        wanted = world.machine.state is self._state and (call.open is not None) is self._open and not call.turn.committed
        return [*items, sound(call.turn.number, 0, 0, 1, FRAME_BYTES)] if wanted else items


def test_it_complains_of_a_reply_before_the_commit() -> None:
    assert "before its turn is committed" in complaint(lambda: SpeaksTooEarly(BotState.THINKING, open_floor=False))


def test_it_complains_of_sound_while_the_caller_has_the_floor() -> None:
    assert "while the caller has the floor" in complaint(lambda: SpeaksTooEarly(BotState.LISTENING, open_floor=True))


class ResumesElsewhere(Doctor):
    """After a stop the reply goes on from another place."""

    def __init__(self, place: Callable[[Label], int]) -> None:
        self._place = place
        self._last: Label | None = None
        self._run = 0, 0

    def sends(self, world: World, items: Items) -> Items:
        """After a hold, one frame of another place."""
        replies = [label(item) for item in items if isinstance(item, bytes) and not label(item).fixed]
        if not replies:
            return items
        call = world.machine.call
        last, run = self._last, self._run
        self._last, self._run = replies[-1], (call.turn.number, call.playout.epoch)
        if last is None or run == self._run or run[0] != self._run[0] or last.offset < 11_000:
            return items
        return [frame(last, offset=self._place(last)), *items]


def test_it_complains_of_a_resume_that_leaves_something_out() -> None:
    assert "bytes are left out" in complaint(lambda: ResumesElsewhere(lambda last: last.offset + FRAME_BYTES), seeds=RESUMED)


def test_it_complains_of_a_resume_that_says_too_much_again() -> None:
    assert "bytes are said again" in complaint(lambda: ResumesElsewhere(lambda last: 0), seeds=RESUMED)


@pytest.mark.parametrize(("length", "places"), [(24, {20, 21, 22}), (23, {20, 21})])
def test_padding_and_what_cannot_tell_what_it_is_are_no_sound_that_could_be_left_out(length: int, places: set[int]) -> None:
    last = sound(1, 0, 0, 1, FRAME_BYTES + length)[FRAME_BYTES:].ljust(FRAME_BYTES, bytes([SILENCE_BYTE]))
    assert cells([label(last)]) == {(0, 0, place) for place in places}


class TakesAPieceForTheEnd(Doctor):
    """Hears no more of a sentence than what comes first of it."""

    def hears(self, machine: TurnMachine, event: Event) -> Event:
        """A first piece is all there is."""
        if not isinstance(event, WorkerReported) or not isinstance(event.message, SpeechChunk):
            return event
        return replace(event, message=structs.replace(event.message, last=True))


def test_it_complains_of_a_sentence_that_is_left_in_the_middle() -> None:
    assert any("is left in the middle" in complaint(TakesAPieceForTheEnd, seeds=[seed]) for seed in range(60))


class TakesAnyWords(Doctor):
    """Does not ask which words sound is of."""

    def hears(self, machine: TurnMachine, event: Event) -> Event:
        """It does not tell."""
        if not isinstance(event, WorkerReported) or not isinstance(event.message, SpeechChunk):
            return event
        return replace(event, message=structs.replace(event.message, words=0))


def test_it_complains_of_sound_of_words_that_gave_way() -> None:
    assert "words that gave way" in complaint(TakesAnyWords, "other replies")


class ForgetsToClear(Doctor):
    """The provider plays on, and the core says that it speaks."""

    def does(self, machine: TurnMachine, event: Event, commands: list[Command], now: float) -> list[Command]:
        """No clear."""
        cleared = any(isinstance(command, SendClear) for command in commands)
        machine.state = BotState.SPEAKING if cleared and not machine.call.open else machine.state
        return [command for command in commands if not isinstance(command, SendClear)]


def test_it_complains_of_sound_of_a_turn_that_is_over() -> None:
    rules = replace(RULES, barge_in=False)
    assert any("s after its end" in complaint(ForgetsToClear, rules=rules, seeds=[seed]) for seed in range(60))


def test_it_complains_of_a_voice_that_stops_what_may_not_be_interrupted() -> None:
    class Stops(Doctor):
        def does(self, machine: TurnMachine, event: Event, commands: list[Command], now: float) -> list[Command]:
            return [*commands, SendClear()] if isinstance(event, FrameHeard) and machine.call.playout.protected(now) else commands

    assert "a voice stops what may not be interrupted" in complaint(Stops)


# -- States, and how long they last -------------------------------------------------------------------


class Lies(Doctor):
    """The core says something else of itself."""

    def __init__(self, lie: Callable[[TurnMachine, float], None], from_s: float = 0.0) -> None:
        self._lie, self._from_s = lie, from_s

    def does(self, machine: TurnMachine, event: Event, commands: list[Command], now: float) -> list[Command]:
        """The same, and a lie."""
        if now >= self._from_s and not machine.call.over:
            self._lie(machine, now)
        return commands


def says_that_it_speaks(machine: TurnMachine, now: float) -> None:
    machine.state = BotState.SPEAKING


def speaks_over_the_caller(machine: TurnMachine, now: float) -> None:
    if machine.call.open is not None:
        machine.state = BotState.SPEAKING


def says_that_it_listens(machine: TurnMachine, now: float) -> None:
    machine.state = BotState.LISTENING


def never_wakes(machine: TurnMachine, now: float) -> None:
    machine.deadline = None


def wakes_too_early(machine: TurnMachine, now: float) -> None:
    machine.deadline = now - 1.0


def prolongs_holds(machine: TurnMachine, now: float) -> None:
    if machine.holding.hold is not None:
        machine.holding.hold.since = now
        machine.holding.hold.heard, machine.holding.hold.lasting = False, None


def prolongs_turns(machine: TurnMachine, now: float) -> None:
    if machine.call.open is not None:
        machine.call.open.began_at = now


def forgets_tools(machine: TurnMachine, now: float) -> None:
    machine.call.turn.tool_until = 0.0


def speaks_on(machine: TurnMachine, now: float) -> None:
    greeting = machine.call.phrases.still_there
    if len(machine.call.playout.clips) < 200:
        machine.call.playout.add(Clip("phrase", greeting.text, bytearray(greeting.audio), complete=True, interruptible=False))


@pytest.mark.parametrize(
    ("lie", "rule", "situation"),
    [
        (says_that_it_speaks, "SPEAKING without any sound", ""),
        (speaks_over_the_caller, "SPEAKING while the caller has the floor", ""),
        (says_that_it_listens, "LISTENING while sound is unheard", ""),
        (never_wakes, "a live call has a deadline", ""),
        (wakes_too_early, "lies in the past", ""),
        (prolongs_holds, "a hold for ever", "not interruptible"),
        (prolongs_turns, "the caller has the floor for ever", "recogniser asleep in long turns"),
        (forgets_tools, "a tool that runs is not waited for", "tools"),
        (speaks_on, "SPEAKING for ever", ""),
    ],
)
def test_it_complains_of_a_core_that_lies(lie: Callable[[TurnMachine, float], None], rule: str, situation: str) -> None:
    assert rule in complaint(lambda: Lies(lie), situation, replace(RULES, max_turn_s=2.0, barge_in_final_ms=5000))


def hears_nobody(machine: TurnMachine, now: float) -> None:
    for piece in machine.call.awaited.values():
        piece.soft = True


def test_it_complains_of_a_core_that_takes_the_caller_for_somebody_else() -> None:
    assert "a voice as loud as the caller's own counts for nothing" in complaint(lambda: Lies(hears_nobody), "turns away")


class HearsEverybody(Doctor):
    """As if any voice were the caller's, once its words come."""

    def hears(self, machine: TurnMachine, event: Event) -> Event:
        """All of it."""
        if isinstance(event, WorkerReported):
            for piece in machine.call.awaited.values():
                piece.soft = False
        return event


def test_it_complains_of_a_core_that_takes_somebody_else_for_the_caller() -> None:
    assert "a voice that is not the caller's stops the bot" in complaint(HearsEverybody, "turns away")


def waits_for_soft_voices(machine: TurnMachine, now: float) -> None:
    hold = machine.holding.hold
    if hold is not None:
        hold.since = max(hold.since, now - 1.0)


def test_it_complains_of_a_core_that_is_silent_for_whoever_mutters() -> None:
    assert "a soft voice silences the bot for ever" in complaint(lambda: Lies(waits_for_soft_voices), "turns away")


class FallsAsleep(Doctor):
    """Hears nothing any more, from a moment on, and so does nothing."""

    def __init__(self, when: Callable[[TurnMachine], bool]) -> None:
        self._when = when

    def does(self, machine: TurnMachine, event: Event, commands: list[Command], now: float) -> list[Command]:
        """All of it, until it sleeps."""
        self.asleep = not machine.call.over and machine.call.playout.expires_at is None and self._when(machine)
        return commands


@pytest.mark.parametrize(
    ("when", "rule", "situation"),
    [
        (lambda machine: machine.state is BotState.LISTENING, "LISTENING: silence for ever", ""),
        (lambda machine: machine.state is BotState.THINKING, "THINKING: silence for ever", ""),
        (lambda machine: machine.holding.hold is not None, "a hold for ever", "waits badly"),
        (lambda machine: machine.call.keys_until is not None, "LISTENING: silence for ever", "keys"),
        (lambda machine: machine.call.short is not None, "LISTENING: silence for ever", "clears the throat"),
        (lambda machine: machine.call.open is not None and not machine.call.caller_speaks, "LISTENING: silence for ever", "keys"),
    ],
)
def test_it_complains_of_a_core_that_falls_asleep(when: Callable[[TurnMachine], bool], rule: str, situation: str) -> None:
    assert rule in complaint(lambda: FallsAsleep(when), situation)


@pytest.mark.parametrize(("text", "state"), [("", "LISTENING"), ("as said before", "THINKING")])
def test_it_complains_of_a_core_that_falls_asleep_when_it_has_taken_a_call(text: str, state: str) -> None:
    taken = CallTaken(turn=0, open=bool(text), text=text)
    assert f"{state}: silence for ever" in complaint(lambda: FallsAsleep(lambda machine: True), opening=taken)
