"""What the gateway waited for is judged when it comes, when it fails, and when it never comes."""

from collections.abc import Iterable

import pytest

from common.messages import Head, Message, Piece, ReplyEnded, Sentence, SpeechChunk, Stage, StageFailed, ToolStarted, Transcript
from gateway.records.format import Handled
from gateway.stage_times import StageTimes
from gateway.turn.clocks import FALLBACK_S
from gateway.turn.events import CloseTurn, Command, End, Event, HangUp, PublishTranscript, PublishUtterance, WorkerReported
from tests.sim.desk import Desk
from tests.sim.rules import SILENCE_ALONE
from tests.tools.recorded.calls import core_call
from tools.recorded.rerun import Rerun

Step = Message | Command


def head(turn: int = 1, seq: int = 0) -> Head:
    return Head(call="CA1", turn=turn, seq=seq, take=0, gateway="g", language="en")


def sound(seq: int = 7, piece: Piece = "whole") -> PublishUtterance:
    return PublishUtterance(1, 1, seq, piece, 0, 50, 1000)


def words(text: str = "hello", seq: int = 7, piece: Piece = "whole") -> Transcript:
    return Transcript(head=head(seq=seq), utterance=1, text=text, piece=piece)


def failed(stage: Stage, seq: int = 0) -> StageFailed:
    return StageFailed(head=head(seq=seq), stage=stage, error="timeout")


def ended(how: End, turn: int = 1) -> CloseTurn:
    return CloseTurn(turn, how, "", "")


ASKED = PublishTranscript(1, 1, 8, "hello")
SENTENCE = Sentence(head=head(), text="Hi.")
CHUNK = SpeechChunk(head=head(), offset_bytes=0)


def took(steps: Iterable[Step]) -> list[tuple[Stage, float]]:
    """What is told where a step comes each second."""
    told: list[tuple[Stage, float]] = []
    times = StageTimes(lambda stage, seconds: told.append((stage, seconds)))
    for now, step in enumerate(steps):
        if isinstance(step, Command):
            times.returned([step], now)
        else:
            times.message_came(step, now)
    return told


CASES: dict[str, tuple[list[Step], list[tuple[Stage, float]]]] = {
    "words": ([sound(), words()], [("asr", 1)]),
    "words of a probe": ([sound(piece="probe"), words(piece="probe"), SENTENCE], [("asr", 1)]),
    "no words": ([sound(), words(""), SENTENCE], [("asr", 1)]),
    "words twice": ([sound(), words(), words()], [("asr", 1)]),
    "words that nobody waits for": ([words(), SENTENCE], []),
    "no words but a failure": ([sound(), HangUp(), failed("asr", seq=7)], [("asr", 2)]),
    "all of an answer": ([sound(), words(), SENTENCE, CHUNK], [("asr", 1), ("llm", 1), ("tts", 1)]),
    "words that are joined here": ([sound(piece="segment"), words(piece="segment"), ASKED, SENTENCE], [("asr", 1), ("llm", 1)]),
    "words that wait here": ([sound(), words(), HangUp(), ASKED, SENTENCE], [("asr", 1), ("llm", 1)]),
    "a tool before the answer": ([ASKED, ToolStarted(head=head(), name="book", timeout_s=5.0), SENTENCE], [("llm", 2)]),
    "an empty reply": ([ASKED, ReplyEnded(head=head(), sentences=0)], [("llm", 1)]),
    "a model that fails": ([ASKED, failed("llm")], [("llm", 1)]),
    "a voice that fails": ([ASKED, SENTENCE, failed("tts")], [("llm", 1), ("tts", 1)]),
    "later sentences": ([ASKED, Sentence(head=head(seq=1), text="x"), SpeechChunk(head=head(seq=1), offset_bytes=0)], []),
    "a model that never answers": ([ASKED, HangUp(), HangUp(), ended("fallback"), SENTENCE], [("llm", 3)]),
    "words that come in a later turn": ([sound(), ended("nothing_heard"), ended("interrupted"), words()], [("asr", 3)]),
    "words that came too late to be answered": ([sound(), ended("interrupted"), words(), ended("fallback", turn=2)], [("asr", 2)]),
    "a recogniser that never answers": ([sound(), *[HangUp()] * 4, ended("nothing_heard"), words()], [("asr", 5)]),
    "sound that is not waited for yet": ([sound(), ended("nothing_heard"), words()], [("asr", 2)]),
    "sound of an earlier turn": ([sound(), *[HangUp()] * 4, ended("nothing_heard", turn=2), words()], [("asr", 6)]),
    "sound that nobody wants any more": ([sound(), *[HangUp()] * 29, words("", seq=9), words()], []),
    "words that come after all": ([sound(), sound(seq=8), *[HangUp()] * 27, words("", seq=9), words(seq=8)], [("asr", 29)]),
    "an answer that is wanted no more": ([ASKED, ended("interrupted"), ended("fallback")], []),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_waited_for_is_judged_once(case: str) -> None:
    steps, expected = CASES[case]
    assert took(steps) == expected


class TimedDesk(Desk):
    """Notes how long stages took."""

    def __init__(self) -> None:
        self.took: list[tuple[Stage, float]] = []
        self.times = StageTimes(lambda stage, seconds: self.took.append((stage, round(seconds))))
        super().__init__(SILENCE_ALONE)

    def do(self, event: Event) -> list[Command]:
        """What comes of it is looked at."""
        commands = super().do(event)
        self.times.returned(commands, self.now)
        return commands


def test_each_question_to_a_recogniser_that_is_gone_is_seen() -> None:
    desk = TimedDesk()
    for _ in range(3):
        desk.speak()
        desk.wait(7.0)
    assert (desk.ends.count("nothing_heard"), desk.took) == (3, [("asr", round(FALLBACK_S))] * 3)


def of_words_s(seed: int) -> tuple[list[float], list[float]]:
    """How long all words of a random call took to come; and what is told of it."""
    came, told, given_at = list[float](), list[float](), dict[int, float]()
    times = StageTimes(lambda stage, seconds: told.append(seconds) if stage == "asr" else None)
    for step in Rerun(core_call(seed)).steps():
        if not isinstance(step.entry, Handled):
            continue
        now, event = step.entry.now, step.entry.event
        if isinstance(event, WorkerReported):
            times.message_came(event.message, now)
            if isinstance(event.message, Transcript) and event.message.head.seq in given_at:
                came.append(now - given_at.pop(event.message.head.seq))
        times.returned(step.commands, now)
        given_at |= {command.seq: now for command in step.commands if isinstance(command, PublishUtterance)}
    return came, told


def test_in_random_calls_slow_words_are_seen_as_well_as_quick_ones() -> None:
    calls = [of_words_s(seed) for seed in range(10, 20)]
    came, told = ([s for call in calls for s in call[which]] for which in range(2))
    assert [s for s in came if s < FALLBACK_S and s not in told] == []
    slow_came, slow_told = (sum(s >= FALLBACK_S for s in each) for each in (came, told))
    assert 0 < slow_came <= slow_told <= slow_came + 0.05 * len(came)
