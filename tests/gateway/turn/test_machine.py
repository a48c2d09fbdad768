"""The machine as a whole: its table, its states, and what always holds."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from common.messages import Action, Sentence, Transcript
from gateway.turn import machine as module
from gateway.turn.events import (
    CallAnswered,
    CallerHungUp,
    CloseTurn,
    CommitTurn,
    End,
    FrameHeard,
    HangUp,
    KeyPressed,
    LanguageChanged,
    LoadChanged,
    MarkEchoed,
    PublishTranscript,
    Report,
    TimePassed,
)
from gateway.turn.machine import BotState, TurnMachine
from gateway.turn.words import Lexicon
from tests.sim.desk import Desk, asked_desk, speaking_desk, transferring_desk
from tests.sim.rules import RULES
from tests.sim.sound import phrase_book

# -- The table --------------------------------------------------------------------------------


def listening() -> Desk:
    """LISTENING: nothing was said yet."""
    desk = Desk()
    desk.wait(0.5)
    return desk


def thinking() -> Desk:
    """THINKING: an utterance waits for its reply."""
    return asked_desk()


def awaiting_words() -> Desk:
    """THINKING: an utterance waits for its words, so nothing is committed yet."""
    desk = listening()
    desk.speak(1.0)
    desk.wait(1.06)
    return desk


def speaking() -> Desk:
    """SPEAKING: some of the reply was heard."""
    return speaking_desk()


STATES: dict[str, Callable[[], Desk]] = {"LISTENING": listening, "THINKING": thinking, "SPEAKING": speaking}
AWAITING_WORDS = ("words",)
"""Rows whose THINKING is that of a turn that is not committed."""
COMMITTED = ("no progress",)
"""Rows whose THINKING is that of a committed turn alone."""


def utterance_opens(desk: Desk) -> bool:
    desk.speak(0.2)
    return desk.machine.call.open is not None and desk.machine.holding.hold is None


def gate_closes(desk: Desk) -> bool:
    desk.speak(0.2)
    return desk.machine.holding.hold is not None and not desk.machine.call.playout.floor_free and not desk.clears


def silent_at_once(desk: Desk) -> bool:
    desk.speak(0.2)
    at = desk.clears[0]
    desk.wait(0.3)
    return desk.frames_since(at) == [] and desk.turn == 1


def segments(desk: Desk) -> bool:
    desk.speak(7.0)
    return [piece.piece for piece in desk.published] == ["segment"]


def words_only_are_final(desk: Desk) -> bool:
    desk.speak(1.25)
    before = desk.turn
    desk.understand("ועוד", seq=desk.published[-1].seq)
    return (before, desk.turn, desk.ends[-1]) == (1, 2, "superseded")


def what_is_as_any_words(desk: Desk) -> bool:
    """Nothing was heard that could be said again."""
    desk.speak(1.25)
    desk.understand("מה?")
    return (desk.turn, desk.ends[-1], "SAID_AGAIN" in desk.reports) == (2, "superseded", False)


def length_or_words_are_final(desk: Desk) -> bool:
    """One after the other: each ends the reply of its turn."""
    desk.speak(0.7)
    by_length = desk.ends[1:]
    desk.wait(0.8)
    desk.understand("ועוד")
    desk.reply("one two three four five six seven eight.", seconds=2.0)
    desk.wait(0.6)
    desk.speak(0.2)
    desk.wait(0.4)
    desk.understand("עצור")
    return (by_length, desk.ends[1:]) == (["interrupted"], ["interrupted", "interrupted"])


def publish_and_think(desk: Desk) -> bool:
    desk.speak(1.0)
    desk.wait(1.06)
    return (len(desk.published), desk.state) == (1, BotState.THINKING)


def draft_or_look(desk: Desk) -> bool:
    """A draft, and a look where the workers are behind."""
    desk.speak(1.0)
    desk.wait(0.4)
    desk.do(LoadChanged(busy=True))
    desk.speak(1.0)
    desk.wait(0.4)
    return [piece.piece for piece in desk.published] == ["whole", "probe"] and desk.reports.count("DRAFT") == 1


def probe(desk: Desk) -> bool:
    desk.speak(0.4)
    desk.wait(0.4)
    return desk.published[-1].piece == "probe" and desk.machine.holding.hold is not None


def draft_superseded(desk: Desk) -> bool:
    desk.speak(1.0)
    desk.wait(0.4)
    before = desk.turn
    desk.speak(0.1)
    return (before, desk.turn, desk.ends[-1]) == (1, 2, "superseded") and desk.machine.holding.hold is None


def hold_goes_on(desk: Desk) -> bool:
    desk.speak(0.3)
    hold = desk.machine.holding.hold
    desk.wait(0.4)
    desk.speak(0.1)
    return hold is not None and desk.machine.holding.hold is hold


def last_reply_again(desk: Desk) -> bool:
    """After it, or over it; heard to its end."""
    if desk.state is BotState.LISTENING:
        desk.say("שלום")
        desk.reply("one two three four five six seven eight.", seconds=2.0)
        desk.wait(3.0)
    desk.speak(0.4)
    desk.wait(0.8)
    before = desk.now
    desk.understand("מה?")
    desk.wait(4.0)
    said_again = {frame.sentence for frame in desk.frames_since(before)}
    return (said_again, desk.reports[-1], desk.closed[-1].heard) == ({0}, "SAID_AGAIN", "one two three four five six seven eight.")


def thinks_on(desk: Desk) -> bool:
    desk.speak(0.2)
    desk.wait(0.8)
    probed = desk.published[-1].piece == "probe"
    desk.understand("")
    return probed and desk.machine.holding.hold is None and (desk.turn, desk.state) == (1, BotState.THINKING)


def speaks_on(desk: Desk) -> bool:
    desk.speak(0.2)
    desk.wait(0.8)
    probed, silent = desk.published[-1].piece == "probe", desk.state is not BotState.SPEAKING
    before = desk.now
    desk.understand("")
    desk.wait(0.1)
    resumed = desk.frames_since(before) != [] and (desk.turn, desk.state) == (1, BotState.SPEAKING)
    return probed and silent and resumed and desk.reports[-1] == "BARGE_IN_RESUMED"


def key_is_an_utterance(desk: Desk) -> bool:
    desk.press("1")
    desk.wait(1.6)
    return (desk.all(PublishTranscript)[-1].text, desk.state) == ("1", BotState.THINKING)


def key_supersedes(desk: Desk) -> bool:
    desk.press("1")
    return desk.ends[-1] == "superseded"


def key_interrupts(desk: Desk) -> bool:
    desk.press("1")
    return desk.ends[-1] == "interrupted"


def commit_or_dedup(desk: Desk) -> bool:
    desk.say("שלום")
    committed = len(desk.all(CommitTurn)) == 1
    desk.reply("hello.", seconds=0.5)
    desk.wait(1.0)
    desk.say("שלום")
    return committed and desk.ends[-1] == "deduplicated"


def commit(desk: Desk) -> bool:
    before = desk.all(CommitTurn)
    desk.understand("שלום")
    return (before, desk.all(CommitTurn), desk.state) == ([], [CommitTurn(1, "שלום")], BotState.THINKING)


def final_or_resume(desk: Desk) -> bool:
    """Without words it goes on; with words it ends."""
    for text in ("", "עצור"):
        desk.speak(0.2)
        desk.wait(0.4)
        desk.understand(text)
        desk.wait(0.2)
    return "BARGE_IN_RESUMED" in desk.reports and desk.reports[-1] == "BARGE_IN_FINAL" and desk.ends[1:] == ["interrupted"]


def mark_of_before_is_nothing(desk: Desk) -> bool:
    """The last one of a reply that was heard comes again, after it or while the next one is awaited."""
    waits = desk.state is BotState.THINKING
    if waits:
        desk.understand("שלום")
    else:
        desk.say("שלום")
    desk.reply("hello.", seconds=0.5)
    desk.wait(1.0)
    if waits:
        desk.say("ועוד")
    was = desk.state
    return (desk.ends[-1], desk.do(MarkEchoed(desk.marks[-1])), desk.state) == ("replied", [], was)


def turn_is_replied(desk: Desk) -> bool:
    desk.wait(2.0)
    return desk.ends[-1] == "replied"


def are_you_there(desk: Desk) -> bool:
    desk.wait(8.0)
    return desk.sentences_heard == [4]


def filler_then_fallback(desk: Desk) -> bool:
    desk.wait(6.0)
    return desk.sentences_heard == [2, 3]


def nothing_while_it_speaks(desk: Desk) -> bool:
    desk.wait(1.0)
    return desk.state is BotState.SPEAKING and desk.turn == 1


CELLS: dict[str, tuple[tuple[str, Callable[[Desk], bool]], ...]] = {
    "onset": (
        ("utterance opens", utterance_opens),
        ("hold: the gate closes", gate_closes),
        ("hold: silent at once", silent_at_once),
    ),
    "voice lasts": (
        ("segments (R6)", segments),
        ("words only are final", words_only_are_final),
        ("length or words: final", length_or_words_are_final),
    ),
    "pause": (("draft, or a look", draft_or_look), ("probe", probe), ("probe", probe)),
    "goes on": (("draft superseded", draft_superseded), ("hold goes on", hold_goes_on), ("hold goes on", hold_goes_on)),
    "silence": (("publish, THINKING", publish_and_think), ("probe decides", thinks_on), ("probe decides", speaks_on)),
    "key": (("utterance", key_is_an_utterance), ("superseded", key_supersedes), ("interrupted", key_interrupts)),
    "words": (("commit, or DEDUP", commit_or_dedup), ("commit", commit), ("(probe) final or resume", final_or_resume)),
    '"what?"': (("last reply again", last_reply_again), ("as any words", what_is_as_any_words), ("last reply again", last_reply_again)),
    "last mark": (("-", mark_of_before_is_nothing), ("-", mark_of_before_is_nothing), ("turn *replied*", turn_is_replied)),
    "no progress": (
        ('"are you there?"', are_you_there),
        ("filler, then fallback", filler_then_fallback),
        ("-", nothing_while_it_speaks),
    ),
}


def documented_table() -> dict[str, tuple[str, ...]]:
    """The table in the module's docstring: row -> what it says in each column."""
    text = module.__doc__ or ""
    border, *rest = [line.strip() for line in text.splitlines() if line.strip().startswith("====") or rest_of_table(line)]
    edges, at = [], 0
    for width in (len(part) for part in border.split()):
        edges.append((at, at + width))
        at += width + 2
    rows = [tuple(line[a:b].strip() for a, b in edges) for line in rest if not line.startswith("====")]
    return {row[0]: row[1:] for row in rows[1:]}


def rest_of_table(line: str) -> bool:
    """Whether a line of the docstring is a row of the table."""
    return line.strip().split("  ")[0] in {*CELLS, "caller / bot"}


def test_the_documented_table_is_the_one_that_is_tested() -> None:
    assert documented_table() == {row: tuple(text for text, _ in cells) for row, cells in CELLS.items()}


def test_the_table_in_the_docs_is_the_one_of_the_machine() -> None:
    docs = (Path(__file__).parents[3] / "docs/architecture.md").read_text()
    lines = [line.removeprefix("    ") for line in (module.__doc__ or "").splitlines()]
    first, *_, last = [number for number, line in enumerate(lines) if line.startswith("====")]
    assert "\n".join(lines[first : last + 1]) in docs


@pytest.mark.parametrize("row", CELLS)
@pytest.mark.parametrize("column", STATES)
def test_each_cell_of_the_table_is_true(row: str, column: str) -> None:
    desk = awaiting_words() if column == "THINKING" and row in AWAITING_WORDS else STATES[column]()
    assert desk.state is BotState[column]
    assert CELLS[row][list(STATES).index(column)][1](desk)


@pytest.mark.parametrize("row", [row for row in CELLS if row not in COMMITTED])
def test_a_bot_that_waits_for_words_thinks_as_one_that_has_them(row: str) -> None:
    desk = awaiting_words()
    assert (desk.state, desk.all(CommitTurn)) == (BotState.THINKING, [])
    assert CELLS[row][list(STATES).index("THINKING")][1](desk)


# -- States -----------------------------------------------------------------------------------


def states(desk: Desk) -> list[str]:
    """The states, in the order in which they were reported."""
    return [str(dict(report.fields)["now"]) for report in desk.all(Report) if report.name == "STATE"]


def test_a_call_listens_thinks_speaks_and_listens() -> None:
    desk = asked_desk()
    desk.reply("one.", seconds=0.5)
    desk.wait(1.0)
    assert states(desk) == ["THINKING", "SPEAKING", "LISTENING"]


def test_a_greeting_is_speaking() -> None:
    assert Desk(phrases=phrase_book()).state is BotState.SPEAKING


def test_without_a_greeting_turn_zero_ends_at_once() -> None:
    assert Desk().ends == ["replied"]


def test_a_hold_is_listening() -> None:
    desk = speaking_desk()
    desk.speak(0.1)
    assert desk.state is BotState.LISTENING


def test_a_gap_in_the_reply_is_thinking() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", 0.5)
    desk.wait(1.0)
    assert desk.state is BotState.THINKING


# -- Ends and numbers -------------------------------------------------------------------------


def an_end(how: End) -> Desk:
    """A call in which a turn ends that way."""
    desk = asked_desk(text="" if how == "nothing_heard" else "שלום")
    match how:
        case "interrupted":
            desk = speaking_desk()
            desk.speak(0.7)
        case "superseded":
            desk.press("1")
        case "deduplicated":
            desk.reply("hello.", seconds=0.5)
            desk.wait(1.0)
            desk.say("שלום")
        case "fallback":
            desk.wait(5.1)
        case "transferred":
            desk = transferring_desk()
            desk.wait(1.5)
        case "hung_up":
            desk.hang_up()
        case _:
            pass
    return desk


@pytest.mark.parametrize("how", get_args(End))
def test_each_end_raises_the_number_by_one(how: End) -> None:
    desk = an_end(how)
    assert how in desk.ends
    assert [closed.turn for closed in desk.all(CloseTurn)] == list(range(len(desk.ends)))


def test_publishing_does_not_raise_it() -> None:
    desk = listening()
    desk.speak(1.0)
    desk.wait(0.8)
    assert desk.turn == 1


def test_fillers_belong_to_the_turn() -> None:
    desk = asked_desk()
    desk.wait(2.2)
    assert desk.turn == 1


# -- The end of a call ------------------------------------------------------------------------


def test_after_hanging_up_nothing_happens() -> None:
    desk = speaking_desk()
    desk.hang_up()
    assert [desk.do(event) for event in (CallerHungUp(), FrameHeard(True, 1000), KeyPressed("1"), TimePassed())] == [[], [], [], []]


def test_a_call_that_is_over_has_no_deadline() -> None:
    desk = asked_desk()
    desk.hang_up()
    assert (desk.machine.deadline, desk.machine.wakes_at) == (None, None)


def test_what_was_heard_until_then_is_in_the_history() -> None:
    desk = speaking_desk(None, "one two three four five six seven eight.", seconds=2.0)
    desk.hang_up()
    assert desk.all(CloseTurn)[-1] == CloseTurn(1, "hung_up", "שלום", "one two", cut=True)


def test_a_reply_that_is_interrupted_is_cut() -> None:
    desk = speaking_desk(None, "one two three four five six seven eight.", seconds=2.0)
    desk.press("1")
    assert (desk.closed[-1].how, desk.closed[-1].cut) == ("interrupted", True)


def test_a_reply_is_cut_if_there_was_more_to_come() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two.", 0.5)
    desk.wait(1.5)
    desk.press("1")
    assert (desk.closed[-1].heard, desk.closed[-1].cut) == ("one two.", True)


def test_a_greeting_that_is_interrupted_is_cut() -> None:
    desk = Desk(phrases=phrase_book())
    desk.wait(0.5)
    desk.press("1")
    assert (desk.closed[-1].how, desk.closed[-1].cut) == ("interrupted", True)


def test_a_reply_that_was_heard_is_not_cut() -> None:
    desk = speaking_desk(None, "one two.", seconds=0.5)
    desk.wait(2.0)
    assert (desk.closed[-1].how, desk.closed[-1].cut) == ("replied", False)


def test_a_turn_without_texts_is_not_cut() -> None:
    desk = Desk()
    desk.hang_up()
    assert not desk.closed[-1].cut


def test_the_caller_may_hang_up_in_mid_word() -> None:
    desk = listening()
    desk.speak(0.5)
    desk.hang_up()
    assert (desk.ends[-1], desk.published) == ("hung_up", [])


def test_a_call_that_the_bot_ends_is_hung_up_too() -> None:
    desk = Desk(phrases=phrase_book())
    desk.wait(40.0)
    assert (desk.ends[-1], desk.commands[-1]) == ("hung_up", HangUp())


# -- Time -------------------------------------------------------------------------------------


def test_no_time_is_waited_for_that_is_over_where_marks_are_lost() -> None:
    desk = Desk(marks_come_back=False)
    desk.say("שלום")
    desk.sentence(0, "one two.", 0.5)
    desk.wait(2.4)
    desk.machine.handle(TimePassed(), desk.now + 0.3)
    assert (desk.machine.wakes_at or 0.0) > desk.now + 0.3


def test_the_gate_is_shut_while_the_caller_has_the_floor() -> None:
    desk = listening()
    before = desk.machine.call.playout.floor_free
    desk.speak(0.5)
    assert (before, desk.machine.call.playout.floor_free) == (True, False)


def test_a_deadline_takes_in_sound_that_has_left_since() -> None:
    desk = asked_desk()
    desk.reply("one.", seconds=0.5)
    desk.wait(0.3)
    assert desk.machine.wakes_at == pytest.approx(desk.machine.call.playout.expires_at, abs=0.041)


@pytest.mark.parametrize(
    ("prepare", "needed"),
    [
        (lambda desk: desk.wait(1.0), False),
        (lambda desk: desk.speak(0.5), True),
        (lambda desk: (desk.speak(1.0), desk.wait(0.8)), True),
        (lambda desk: (desk.speak(0.2), desk.wait(0.8)), True),
        (lambda desk: desk.say("שלום"), False),
        (lambda desk: (desk.say("שלום"), desk.speak(0.2), desk.wait(0.8)), True),
    ],
)
def test_sound_of_the_caller_is_needed_until_it_is_understood(prepare: Callable[[Desk], object], needed: bool) -> None:
    desk = listening()
    prepare(desk)
    assert desk.machine.needs_sound is needed


def test_sound_over_what_may_not_be_interrupted_is_needed_since_it_may_outlast_it() -> None:
    desk = asked_desk(replace(RULES, barge_in=False))
    desk.reply("one two three four.", seconds=2.0)
    desk.wait(0.4)
    desk.speak(0.4)
    assert (desk.machine.call.open, desk.machine.needs_sound) == (None, True)


def test_the_most_sound_that_is_needed_is_a_whole_turn_and_a_hold() -> None:
    assert TurnMachine(replace(RULES, max_turn_s=10.0), phrase_book(), Lexicon()).sound_limit_frames == 16 * 50 + 40


def test_a_pending_record_of_pieces_is_bounded() -> None:
    desk = asked_desk()
    for _ in range(100):
        desk.machine.call.publish_audio(desk.machine.call.new_utterance(desk.now), "probe", 0, 10)
    assert len(desk.machine.call.awaited) == 64


# -- One fact each of what the machine lets others do -------------------------------------------


def test_after_a_hang_up_a_held_voice_is_not_published() -> None:
    desk = speaking_desk()
    desk.speak(0.2)
    desk.wait(0.75)
    published = len(desk.published)
    desk.hang_up()
    assert (desk.ends[-1], len(desk.published)) == ("hung_up", published)


def test_a_muted_voice_may_be_needed() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=9000), seconds=6.0)
    desk.speak(1.4)
    desk.understand("", piece="probe")
    desk.speak(0.1)
    assert (desk.machine.call.open, desk.machine.needs_sound) == (None, True)


def test_a_pause_of_a_voice_over_the_bot_is_not_learned() -> None:
    desk = speaking_desk(seconds=6.0)
    before = desk.machine.call.patience.frames
    desk.speak(0.2)
    desk.wait(0.62)
    desk.speak(0.2)
    assert desk.machine.call.patience.frames == before


def test_a_voice_over_the_bot_is_not_cut_in_pieces() -> None:
    desk = speaking_desk(replace(RULES, barge_in_final_ms=60000), seconds=9.0)
    desk.speak(5.9)
    assert {piece.piece for piece in desk.published[1:]} == {"probe"}


def test_where_nothing_may_be_interrupted_a_voice_over_a_filler_is_ignored() -> None:
    desk = asked_desk(replace(RULES, barge_in=False))
    desk.wait(2.2)
    desk.speak(0.14)
    assert (desk.machine.ignored_turn, desk.machine.holding.hold) == (1, None)


def test_a_reply_whose_end_is_told_during_a_hold_is_not_over() -> None:
    desk = asked_desk()
    desk.sentence(0, "one two.", 0.5)
    desk.wait(1.5)
    desk.speak(0.2)
    desk.end_reply(1)
    assert desk.turn == 1


def test_a_reply_that_is_heard_to_its_end_while_it_is_ducked_is_over() -> None:
    desk = speaking_desk(replace(RULES, barge_in_mode="duck"), "one two.", seconds=1.4)
    desk.speak(0.2)
    desk.wait(0.8)
    assert desk.ends == ["replied", "replied"]


def test_all_of_a_voice_that_outlasts_what_may_not_be_interrupted_is_published() -> None:
    desk = Desk(phrases=phrase_book(interruptible=False))
    desk.speak(0.3)
    desk.wait(0.4)
    desk.speak(0.8)
    desk.wait(1.0)
    assert [piece.start for piece in desk.published] == [0]


# -- Nothing after the end ----------------------------------------------------------------------


def test_words_that_wait_for_the_last_reply_are_not_published_after_it() -> None:
    desk = asked_desk(replace(RULES, barge_in=False))
    desk.speak(0.2)
    desk.wait(2.6)
    desk.report(Action(head=desk.head(), name="hang_up", after=0))
    desk.reply("one two three four.", seconds=1.0)
    desk.wait(0.5)
    desk.understand("ועוד", seq=desk.published[-1].seq)
    desk.wait(2.0)
    assert (desk.ends[-1], desk.commands[-1]) == ("hung_up", HangUp())


def test_no_state_is_told_after_a_reply_that_ends_the_call_was_nearly_heard() -> None:
    desk = asked_desk()
    desk.report(Action(head=desk.head(), name="hang_up", after=1))
    desk.report(Sentence(head=desk.head(), text="one two.", interruptible=False))
    desk.chunk(0, 0.8)
    desk.sentence(1, "three.", 0.2)
    desk.end_reply(2)
    desk.speak(1.5)
    assert desk.commands[-1] == HangUp()


def test_a_call_that_comes_back_begins_with_the_turn_it_is_told() -> None:
    assert Desk(phrases=phrase_book(), begins=CallAnswered(turn=5)).turn == 5


def test_words_that_nobody_waits_for_are_counted() -> None:
    desk = listening()
    desk.report(Transcript(head=desk.head(seq=99), utterance=1, text="שלום", piece="whole"))
    assert desk.machine.speaking.stale.total() == 1


# -- Another language -------------------------------------------------------------------------


def test_fixed_phrases_are_in_the_language_that_the_caller_asked_for() -> None:
    desk = asked_desk()
    phrases = replace(phrase_book(), filler=phrase_book().goodbye)
    desk.do(LanguageChanged(phrases, Lexicon()))
    desk.wait(2.5)
    assert desk.sentences_heard == [5]


def test_words_mean_what_they_mean_in_that_language() -> None:
    desk = speaking_desk()
    desk.do(LanguageChanged(phrase_book(), Lexicon(backchannels=frozenset({"yeah"}))))
    desk.speak(0.4)
    desk.wait(0.8)
    desk.understand("yeah", piece="probe")
    assert "BARGE_IN_RESUMED" in desk.reports
