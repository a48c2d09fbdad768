"""The steps of a wait: they follow each other, add up to what the caller heard, and tell the vendors' part from the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from common.messages import Head, Sentence, SpeechChunk, StageFailed, Transcript, Utterance
from gateway.playout import Mark
from gateway.records.format import Handled
from gateway.records.recorder import Unrecorded
from gateway.turn.events import CallTaken, Command, Event, FrameHeard, KeyPressed
from gateway.turn.phrases import PhraseBook
from gateway.turn.state import Rules
from gateway.waits import STEPS, Gap
from gateway.waterfall import Waterfall
from tests.samples import few
from tests.sim.desk import Desk
from tests.sim.rules import RULES, SILENCE_ALONE
from tests.sim.sound import phrase_book
from tests.tools.recorded.calls import core_call
from tools.recorded.rerun import Rerun


class Watcher(Unrecorded):
    """Shows a desk's call to a waterfall."""

    def __init__(self) -> None:
        self.waterfall: Waterfall | None = None
        self.gaps: list[Gap] = []
        self.late_s = 0.0
        """How late what the caller says is heard."""
        self._now = 0.0

    def happened(self, event: Event, now: float, sound: bytes = b"") -> None:
        """Note when."""
        self._now = now
        if self.waterfall is not None:
            if isinstance(event, FrameHeard):
                self.waterfall.lateness.came(round(1000 * (now - self.late_s)), now)
            self.waterfall.happened(event, now)

    def returned(self, commands: Sequence[Command]) -> None:
        """At the time of the event."""
        if self.waterfall is not None:
            self.waterfall.returned(commands, self._now)

    def taken(self, items: Sequence[bytes | Mark], now: float) -> None:
        """Keep a gap that ends."""
        gap = self.waterfall.left(items, now) if self.waterfall is not None else None
        if gap is not None:
            self.gaps.append(gap)


class WatchedDesk(Desk):
    """A desk whose waits are watched; the caller's voice ended at ``voice_ended_at``."""

    def __init__(self, rules: Rules = SILENCE_ALONE, phrases: PhraseBook | None = None, begins: Event | None = None) -> None:
        self.watcher = Watcher()
        super().__init__(rules, phrases, begins=begins, new_recorder=lambda header: self.watcher)
        self.ended_s: list[float] = []
        """How long after the last of the voice utterances ended."""
        self.watcher.waterfall = Waterfall(self.machine.call, self.ended_s.append)
        self.voice_ended_at = 0.0
        self.wait(0.5)

    def speak(self, seconds: float = 1.0, *, level: int = 1000) -> None:
        """Note when it ended."""
        super().speak(seconds, level=level)
        self.voice_ended_at = self.now - self.watcher.late_s

    def lag(self, seconds: float) -> None:
        """All that the caller says is heard so much later from now on."""
        self.without_frames(seconds)
        self.watcher.late_s += seconds

    def say_after(self, text: str, asr_s: float = 0.1, asr_ms: int = 0, waited_ms: int = 0) -> None:
        """An utterance whose words are known so long after its end."""
        self.speak()
        self.wait(0.7 + asr_s)
        self.report(Transcript(head=self.head(seq=self.published[-1].seq), utterance=1, text=text, asr_ms=asr_ms, waited_ms=waited_ms))

    def answer_after(self, llm_s: float = 0.3, tts_s: float = 0.2, token_ms: int = 0, llm_ms: int = 0, tts_ms: int = 0) -> None:
        """A sentence and its sound."""
        self.wait(llm_s)
        self.report(Sentence(head=self.head(), text="one two", token_ms=token_ms, llm_ms=llm_ms, waited_ms=4))
        self.wait(tts_s)
        self.report(SpeechChunk(head=self.head(), offset_bytes=0, last=True, tts_ms=tts_ms, waited_ms=6), bytes(8000))
        self.end_reply(1)
        self.wait(0.1)

    @property
    def only(self) -> Gap:
        """The one wait."""
        (gap,) = self.watcher.gaps
        return gap

    def waited_ms(self) -> int:
        """From the end of the voice to the first frame, on the line."""
        first = next(at for at, item in self.sent if isinstance(item, bytes) and at > self.voice_ended_at)
        return round((first - self.voice_ended_at) * 1000)


def ms(seconds: float) -> int:
    return round(1000 * seconds)


def took(gap: Gap) -> dict[str, int]:
    """The steps that took time."""
    return {step: ms for step, ms in gap.steps_ms.items() if ms}


# -- A reply ----------------------------------------------------------------------------------


def test_the_steps_add_up_to_the_gap_on_the_line() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    desk.answer_after()
    assert desk.only.gap_ms == desk.waited_ms() == sum(desk.only.fields.values()) - desk.only.gap_ms


def test_what_workers_say_to_have_taken_is_taken_out_of_the_rest() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום", asr_s=0.1, asr_ms=80, waited_ms=5)
    desk.answer_after(0.3, 0.2, token_ms=150, llm_ms=280, tts_ms=190)
    assert took(desk.only) == {
        "wait": 700,
        "asr_hop": 5,
        "asr": 80,
        "asr_rest": 15,
        "llm_hop": 4,
        "first_token": 150,
        "first_piece": 130,
        "llm_rest": 16,
        "tts_hop": 6,
        "first_sound": 190,
        "tts_rest": 4,
        "first_frame": 20,
    }


def test_a_worker_that_says_more_than_there_was_does_not_make_the_gap_longer() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום", asr_s=0.1, asr_ms=900, waited_ms=5)
    desk.answer_after()
    assert (desk.only.gap_ms, desk.only.steps_ms["asr"], desk.only.steps_ms["asr_rest"]) == (desk.waited_ms(), 95, 0)


def test_what_takes_no_time_is_there_too() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    desk.answer_after()
    assert tuple(desk.only.steps_ms) == STEPS


def test_the_way_into_redis_is_a_step() -> None:
    desk = WatchedDesk()
    desk.speak()
    desk.wait(0.72)
    assert desk.watcher.waterfall is not None
    desk.watcher.waterfall.written(Utterance(head=desk.head(seq=desk.published[-1].seq), utterance=1), desk.now + 0.03)
    desk.watcher.waterfall.written(Sentence(head=desk.head(), text="x"), desk.now)
    desk.wait(0.1)
    desk.understand("שלום")
    desk.answer_after()
    assert (desk.only.steps_ms["publish"], desk.only.steps_ms["asr_rest"]) == (50, 70)


def test_a_draft_that_was_answered_waits_at_the_gate_for_the_end_of_the_turn() -> None:
    desk = WatchedDesk(replace(RULES, endpointing="fixed"))
    desk.speak()
    desk.wait(0.32)
    desk.understand("שלום")
    desk.answer_after(0.1, 0.1)
    desk.wait(0.5)
    steps = desk.only.steps_ms
    assert (steps["wait"], steps["gate"] > 100, desk.only.gap_ms, *map(ms, desk.ended_s)) == (300, True, desk.waited_ms(), 700)


def test_words_that_the_gateway_gives_to_the_model_are_decided_on_first() -> None:
    desk = WatchedDesk(replace(RULES, speculate="asr", endpointing="fixed"))
    desk.speak()
    desk.wait(0.4)
    desk.understand("שלום", piece="probe")
    desk.wait(0.4)
    desk.answer_after()
    steps = desk.only.steps_ms
    assert (steps["wait"], steps["asr_rest"], steps["decide"], desk.only.gap_ms) == (300, 100, 300, desk.waited_ms())


def test_a_filler_is_no_answer_and_the_answer_waits_for_it() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    desk.wait(2.0)
    desk.answer_after(0.1, 0.1)
    desk.wait(2.0)
    assert desk.only.steps_ms["gate"] > 0


def test_a_wait_is_told_once() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    desk.answer_after()
    desk.reply("one two", "three four")
    desk.wait(3.0)
    assert len(desk.watcher.gaps) == 1


def test_only_the_first_of_two_answers_counts() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    desk.report(Transcript(head=desk.head(seq=desk.published[-1].seq), utterance=1, text="שלום"))
    desk.wait(0.1)
    desk.report(Sentence(head=desk.head(), text="one two", token_ms=10))
    desk.report(Sentence(head=desk.head(), text="one two", token_ms=90))
    desk.chunk(0, 0.5, last=False)
    desk.chunk(0, 0.5, offset=4000)
    desk.wait(0.1)
    assert desk.only.steps_ms["first_token"] == 10


def test_keys_are_waited_for_from_the_last_one() -> None:
    desk = WatchedDesk()
    desk.press("1", "2")
    pressed_at = desk.now
    desk.wait(1.6)
    desk.answer_after()
    first = next(at for at, item in desk.sent if isinstance(item, bytes))
    assert (desk.only.gap_ms, desk.ended_s) == (round((first - pressed_at) * 1000), [])


@pytest.mark.parametrize("rules", [SILENCE_ALONE, replace(RULES, endpointing="fixed")], ids=["no drafts", "drafts"])
def test_what_is_heard_late_was_waited_for_too(rules: Rules) -> None:
    desk = WatchedDesk(rules)
    desk.lag(0.3)
    desk.speak()
    desk.wait(0.8)
    desk.understand("שלום", piece=desk.published[-1].piece)
    desk.answer_after()
    assert (desk.only.gap_ms, desk.only.steps_ms["hearing"], *map(ms, desk.ended_s)) == (desk.waited_ms(), 300, 1000)


def test_a_gateway_that_falls_behind_in_the_silence_behind_the_voice_is_told_as_late() -> None:
    desk = WatchedDesk()
    desk.speak()
    desk.lag(0.3)
    desk.wait(0.72)
    desk.understand("שלום")
    desk.answer_after()
    assert (desk.only.gap_ms, desk.only.steps_ms["hearing"], desk.only.steps_ms["wait"]) == (desk.waited_ms(), 300, 700)


def test_frames_that_never_come_are_no_end_of_the_wait() -> None:
    desk = WatchedDesk()
    desk.speak()
    desk.without_frames(1.5)
    desk.understand("שלום")
    desk.answer_after()
    assert desk.only.gap_ms == desk.waited_ms()


def test_an_answer_that_is_here_while_the_caller_talks_is_waited_for_from_the_last_of_their_voice() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    began_at = desk.voice_ended_at
    desk.wait(0.2)
    Desk.speak(desk, 0.6)
    desk.report(Sentence(head=desk.head(), text="one two"))
    desk.chunk(0, 1.0)
    desk.end_reply(1)
    answered_at = desk.now
    Desk.speak(desk, 0.4)
    talked_until = desk.now
    desk.wait(0.8)
    desk.understand("", piece="probe")
    desk.wait(0.3)
    gap, left_at = desk.only, next(at for at, item in desk.sent if isinstance(item, bytes) and at > talked_until)
    assert (gap.steps_ms["talking"], gap.gap_ms) == (ms(talked_until - answered_at), ms(left_at - began_at))
    assert gap.waited_ms == gap.gap_ms - 400


def test_talking_while_the_answer_is_made_is_no_step() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    Desk.speak(desk, 0.6)
    desk.wait(0.8)
    desk.understand("", piece="probe")
    desk.answer_after()
    assert (desk.only.steps_ms["talking"], desk.only.gap_ms) == (0, desk.waited_ms())


# -- No reply ---------------------------------------------------------------------------------


def test_a_phrase_that_nothing_was_understood_ends_the_wait() -> None:
    desk = WatchedDesk(phrases=phrase_book(greeting=False))
    desk.say_after("")
    desk.wait(0.1)
    assert (desk.only.turn, desk.only.gap_ms, took(desk.only)["wait"]) == (desk.turn, desk.waited_ms(), 700)


def test_so_it_does_where_that_was_known_before_the_end() -> None:
    desk = WatchedDesk(replace(RULES, endpointing="fixed"))
    desk.speak()
    desk.wait(0.4)
    desk.understand("", piece=desk.published[-1].piece)
    desk.wait(0.5)
    assert desk.only.gap_ms == desk.waited_ms()


def test_a_fallback_is_told_as_a_wait_for_what_did_not_come() -> None:
    desk = WatchedDesk(replace(SILENCE_ALONE, barge_in=True))
    desk.say_after("שלום")
    desk.report(StageFailed(head=desk.head(seq=7), stage="llm", error="x"))
    desk.wait(0.2)
    assert (desk.only.turn, desk.only.gap_ms) == (desk.turn, desk.waited_ms())


def test_an_answer_that_never_comes_is_given_up() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    desk.wait(9.0)
    assert desk.only.steps_ms["given_up"] > 2000


def test_a_recogniser_that_fails_ends_its_step() -> None:
    desk = WatchedDesk()
    desk.speak()
    desk.wait(0.8)
    for _ in range(2):
        desk.report(StageFailed(head=desk.head(seq=desk.published[-1].seq), stage="asr", error="x", utterance=1))
    desk.report(StageFailed(head=desk.head(seq=99), stage="asr", error="x", utterance=1))
    desk.report(Transcript(head=desk.head(seq=98), utterance=1, text="x"))
    desk.wait(0.1)
    assert desk.only.steps_ms["asr_rest"] == 100


def test_a_caller_who_is_told_nothing_is_no_gap() -> None:
    desk = WatchedDesk()
    desk.speak(0.2)
    desk.wait(0.8)
    desk.understand("", piece="probe")
    desk.wait(1.0)
    assert desk.watcher.gaps == []


def test_a_caller_who_interrupts_before_the_answer_waits_anew() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    desk.say_after("רגע רגע")
    desk.wait(0.2)
    desk.answer_after()
    assert all(gap.gap_ms <= desk.waited_ms() for gap in desk.watcher.gaps)


def test_what_another_stream_heard_is_not_measured() -> None:
    desk = WatchedDesk(begins=CallTaken(3, ended=2, open=True, text="שלום"))
    desk.answer_after()
    assert desk.watcher.gaps == []


def test_a_reply_of_an_older_turn_is_none_of_it() -> None:
    desk = WatchedDesk()
    desk.say_after("שלום")
    desk.report(Sentence(head=Head(call="c", turn=0), text="old", token_ms=99))
    desk.answer_after(token_ms=20, llm_ms=30)
    assert desk.only.steps_ms["first_token"] == 20


# -- Random calls -----------------------------------------------------------------------------


LATE_WORDS, TAKEN_OVER, LINE_GAP = 34, 33, 163


@dataclass(slots=True)
class Watched:
    """What was told of a random call, and what was so."""

    told: list[tuple[Gap, float]]
    """And for how long the caller had said nothing, in ms."""
    replied: set[int]
    """Turns in which sound of a reply left."""
    taken_over: int | None = None
    """The turn in which a call began that another gateway had."""


def watched(seed: int) -> Watched:
    rerun, found = Rerun(core_call(seed)), Watched([], set())
    call, said_at = rerun.machine.call, 0.0
    waterfall = Waterfall(call, lambda seconds: None)
    for step in rerun.steps():
        now, event = step.entry.now, step.entry.event if isinstance(step.entry, Handled) else None
        if event is not None:
            waterfall.happened(event, now)
            waterfall.returned(step.commands, now)
        if isinstance(event, KeyPressed) or (isinstance(event, FrameHeard) and not call.floor.silence_frames):
            said_at = now
        if isinstance(event, CallTaken):
            found.taken_over = call.turn.number
        gap = waterfall.left(step.items, now)
        if gap is not None:
            found.told.append((gap, 1000 * (now - said_at)))
        if any(isinstance(item, bytes) for item in step.items) and any(clip.begun and clip.kind == "reply" for clip in call.playout.clips):
            found.replied.add(call.turn.number)
    return found


@pytest.mark.parametrize("seed", few([LATE_WORDS, TAKEN_OVER, LINE_GAP, *range(12)], 4))
def test_in_random_calls_each_reply_ends_a_wait_that_is_told_once_and_not_as_shorter_than_the_silence(seed: int) -> None:
    found = watched(seed)
    turns = [gap.turn for gap, _ in found.told]
    assert turns == sorted(set(turns))
    assert found.replied - {found.taken_over} <= set(turns)
    assert [(gap.turn, silent_ms) for gap, silent_ms in found.told if gap.waited_ms < silent_ms - 1] == []
    assert all(ms >= 0 for gap, _ in found.told for ms in gap.steps_ms.values())
