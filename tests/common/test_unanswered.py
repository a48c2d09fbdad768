"""What a gateway keeps until it is answered."""

import pytest

from common.messages import Message, ReplyEnded, Sentence, SpeechChunk, StageFailed, ToolStarted, Transcript
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
