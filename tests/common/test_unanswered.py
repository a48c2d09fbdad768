"""What a gateway keeps until it is answered."""

from typing import Literal

import msgspec
import pytest

from common.bus import Emitted
from common.messages import Action, Message, ReplyEnded, Sentence, SpeechChunk, StageFailed, ToolStarted, Transcript, fingerprint
from common.unanswered import Unanswered
from tests.contract.house import CALL, chunk, head, sentence, transcript, utterance

PROBE = utterance(piece="probe", seq=3)


def kept(*happened: Message) -> list[Message]:
    """What is kept of an utterance, a text and a probe of turn 1, after these replies."""
    unanswered = Unanswered()
    unanswered.published("asr", utterance(turn=1), b"sound")
    unanswered.published("llm", transcript(turn=1))
    unanswered.published("asr", utterance(turn=1, piece="probe", seq=3))
    for message in happened:
        unanswered.replied(message)
    return [each.message for each in unanswered.all()]


ALL = [utterance(turn=1), transcript(turn=1), utterance(turn=1, piece="probe", seq=3)]


@pytest.mark.parametrize(
    "message",
    [
        transcript(turn=1),
        sentence(turn=1),
        ToolStarted(head=head(1), name="look_up", timeout_s=1.0),
        chunk(turn=2),
        StageFailed(head=head(1), stage="tts", error="timeout"),
    ],
)
def test_progress_is_no_answer(message: Message) -> None:
    assert kept(message) == ALL


@pytest.mark.parametrize(
    "message",
    [
        chunk(turn=1),
        ReplyEnded(head=head(1), sentences=0),
        StageFailed(head=head(1), stage="llm", error="t"),
        ToolStarted(head=head(1), name="book", timeout_s=1.0, effects=True),
    ],
)
def test_a_reply_answers_all_but_probes(message: Message) -> None:
    assert kept(message) == ALL[2:]


def test_sound_of_words_that_gave_way_answers_nothing() -> None:
    assert kept(sentence(turn=1, text="One."), sentence(turn=1, text="1."), SpeechChunk(head=head(1), offset_bytes=0, words=1)) == ALL


def test_sound_before_its_words_is_an_answer() -> None:
    assert kept(SpeechChunk(head=head(1), offset_bytes=0, words=1)) == ALL[2:]


def test_words_answer_a_probe() -> None:
    assert kept(Transcript(head=head(1, 3), utterance=1, text="yes", piece="probe")) == ALL[:2]


@pytest.mark.parametrize(
    "message", [transcript(turn=1, text=""), StageFailed(head=head(1), stage="asr", error="timeout", utterance=1, piece="whole")]
)
def test_an_utterance_without_words_is_answered(message: Message) -> None:
    assert kept(message) == ALL[1:]


def test_a_failed_probe_is_answered() -> None:
    assert kept(StageFailed(head=head(1, 3), stage="asr", error="timeout", utterance=1, piece="probe")) == ALL[:2]


def test_the_end_of_a_turn_leaves_its_probes() -> None:
    unanswered = Unanswered()
    for message in (utterance(turn=1), PROBE, utterance(turn=2)):
        unanswered.published("asr", message)
    unanswered.closed(CALL, 1)
    assert [each.message for each in unanswered.all()] == [PROBE, utterance(turn=2)]


def test_sentences_are_not_kept() -> None:
    unanswered = Unanswered()
    unanswered.published("tts", Sentence(head=head(), text="Hello."))
    assert unanswered.all() == []


def test_a_piece_is_kept_once() -> None:
    unanswered = Unanswered()
    for _ in range(2):
        unanswered.published("asr", utterance(), b"sound")
    assert [each.audio for each in unanswered.all()] == [b"sound"]


def test_nothing_is_kept_of_a_call_that_is_forgotten() -> None:
    unanswered = Unanswered()
    unanswered.published("asr", utterance())
    unanswered.forget(CALL)
    unanswered.replied(SpeechChunk(head=head(), offset_bytes=0))
    assert unanswered.all() == []


# --- Replies that sound


def sounding(*happened: Message, turn: int = 1) -> list[list[str]]:
    """What is gone on with of the reply to an utterance of turn 1, behind these replies."""
    unanswered = Unanswered()
    unanswered.published("asr", utterance(turn=turn), b"sound")
    for message in (transcript(turn=turn), *happened):
        unanswered.replied(message)
    return [list(reply.sentences) for _, reply in unanswered.sounding()]


ONE, TWO, THREE = (sentence(turn=1, seq=number, text=text) for number, text in enumerate(("One.", "Two.", "Three.")))
OTHER_TWO = sentence(turn=1, seq=1, text="2.")


def says(text: str, seq: int = 0) -> SpeechChunk:
    """Sound of these words."""
    return SpeechChunk(head=head(1, seq), offset_bytes=0, words=fingerprint(text))


@pytest.mark.parametrize(
    ("happened", "found"),
    [
        ((ONE,), []),
        ((ONE, chunk(1)), [["One."]]),
        ((ONE, TWO, chunk(1)), [["One."]]),
        ((ONE, TWO, chunk(1), chunk(1, 1)), [["One.", "Two."]]),
        ((ONE, TWO, chunk(1), ONE), [["One."]]),
        ((ONE, TWO, THREE, chunk(1), OTHER_TWO, chunk(1, 1)), [["One.", "2."]]),
        ((ONE, TWO, chunk(1), OTHER_TWO, says("Two.", 1)), [["One."]]),
        ((ONE, TWO, chunk(1), OTHER_TWO, says("Two.", 1), says("2.", 1)), [["One.", "2."]]),
    ],
)
def test_a_reply_is_gone_on_with_behind_the_sentences_that_sound(happened: tuple[Message, ...], found: list[list[str]]) -> None:
    assert sounding(*happened) == found


@pytest.mark.parametrize(
    "last",
    [
        ReplyEnded(head=head(1), sentences=2),
        StageFailed(head=head(1), stage="llm", error="t"),
        ToolStarted(head=head(1), name="book", timeout_s=1.0, effects=True),
        sentence(turn=1, seq=3),
        chunk(1, 2),
        OTHER_TWO,
    ],
    ids=["ended", "given up", "did something", "sentence missing", "words missing", "two replies"],
)
def test_a_reply_is_left_as_it_is(last: Message) -> None:
    assert sounding(ONE, TWO, chunk(1), chunk(1, 1), last, transcript(turn=1), chunk(1)) == []


def test_what_the_gateway_joined_is_asked_again() -> None:
    unanswered = Unanswered()
    unanswered.published("llm", transcript(turn=1, text="joined"))
    for message in (ONE, chunk(1)):
        unanswered.replied(message)
    assert unanswered.sounding() == [(transcript(turn=1, text="joined"), Emitted(["One."], []))]


def asked(after: int, name: Literal["hang_up", "collect"] = "hang_up", argument: str = "") -> Action:
    return Action(head=head(1), after=after, name=name, argument=argument)


def with_asked(message: Sentence, *actions: Action) -> Sentence:
    return msgspec.structs.replace(message, asked=actions)


@pytest.mark.parametrize(
    ("happened", "found"),
    [
        ((with_asked(ONE, asked(0)), chunk(1)), [asked(0)]),
        ((ONE, chunk(1), with_asked(ONE, asked(0))), [asked(0)]),
        ((ONE, with_asked(TWO, asked(1)), chunk(1)), []),
        ((ONE, with_asked(TWO, asked(1)), chunk(1), chunk(1, 1)), [asked(1)]),
        ((with_asked(ONE, asked(0)), ONE, chunk(1)), [asked(0)]),
        ((with_asked(ONE, asked(0)), with_asked(TWO, asked(0), asked(1, "collect")), chunk(1, 1)), [asked(0), asked(1, "collect")]),
        ((with_asked(ONE, asked(0)), chunk(1), with_asked(TWO, asked(1)), chunk(1, 1)), [asked(0)]),
        ((ONE, with_asked(TWO, asked(1)), chunk(1), OTHER_TWO, chunk(1, 1)), []),
    ],
    ids=[
        *("with its sentence", "behind it", "silent", "it sounds, too", "a repetition", "two", "the same again", "replaced"),
    ],
)
def test_a_reply_is_gone_on_with_what_was_asked_for_up_to_there(happened: tuple[Message, ...], found: list[Action]) -> None:
    unanswered = Unanswered()
    unanswered.published("llm", transcript(turn=1))
    for message in happened:
        unanswered.replied(message)
    assert [reply.asked for _, reply in unanswered.sounding()] == [found]


def test_a_reply_without_a_known_question_is_not_gone_on_with() -> None:
    unanswered = Unanswered()
    unanswered.published("asr", utterance(turn=1))
    for message in (ONE, chunk(1)):
        unanswered.replied(message)
    assert unanswered.sounding() == []


@pytest.mark.parametrize(("turn", "left"), [(0, 1), (1, 0)])
def test_nobody_goes_on_with_a_turn_that_is_over(turn: int, left: int) -> None:
    unanswered = Unanswered()
    unanswered.published("llm", transcript(turn=1))
    for message in (ONE, chunk(1)):
        unanswered.replied(message)
    unanswered.closed(CALL, turn)
    assert len(unanswered.sounding()) == left


def test_of_an_earlier_turn_nothing_is_added() -> None:
    unanswered = Unanswered()
    for turn in (2, 1):
        unanswered.published("llm", transcript(turn=turn))
    for message in (ONE, chunk(1)):
        unanswered.replied(message)
    assert unanswered.sounding() == []


def test_nothing_is_kept_of_what_nobody_asked_for() -> None:
    unanswered = Unanswered()
    for message in (transcript(turn=1), ONE, chunk(1)):
        unanswered.replied(message)
    assert unanswered.sounding() == []
