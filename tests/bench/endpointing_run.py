"""One paused recording through the real turn machine, on a clock of its own.

A frame every 20 ms, a detector that hears them, and words that come a fixed delay after a piece was published. Nobody
answers: what counts is when the turn was committed.
"""

from dataclasses import dataclass, field

from common.audio import mulaw_to_pcm, rms
from common.messages import Head, Transcript
from gateway.lexicons import lexicon
from gateway.turn.events import CallAnswered, Command, CommitTurn, Event, FrameHeard, PublishUtterance, TimePassed, WorkerReported
from gateway.turn.machine import TurnMachine
from gateway.turn.state import Rules
from gateway.vad.base import Detector
from tests.bench.ears import Ear
from tests.bench.paused_callers import FRAMES_PER_S, Paused
from tests.sim.sound import phrase_book

FRAME_S = 1 / FRAMES_PER_S


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one paused recording."""

    line: Paused
    cut_off: bool
    """The turn was committed in the pause."""
    talked_over: bool
    """It was committed after the voice had gone on, from words of before: nothing is heard of it, but work was wasted."""
    delay_s: float | None
    """From the true end of the voice to the commit; None if it was cut off before, or never committed."""
    pieces: int
    """What was sent to the recogniser."""


@dataclass(slots=True)
class _Run:
    machine: TurnMachine
    line: Paused
    ear: Ear
    asr_delay_s: float
    frame: int = 0
    commits: list[int] = field(default_factory=list)
    """The frames in which a turn was committed."""
    pieces: int = 0
    _words: list[tuple[float, Transcript]] = field(default_factory=list)

    def do(self, event: Event) -> None:
        for command in self.machine.handle(event, self.frame * FRAME_S):
            self._obey(command)

    def _obey(self, command: Command) -> None:
        if isinstance(command, CommitTurn):
            self.commits.append(self.frame)
        elif isinstance(command, PublishUtterance):
            self.pieces += 1
            text = self.ear.words(self.line, command.start, command.end)
            head = Head(call="bench", turn=command.turn, seq=command.seq)
            words = Transcript(head=head, utterance=command.utterance, text=text, piece=command.piece)
            self._words.append((self.frame * FRAME_S + self.asr_delay_s, words))

    def tick(self, event: FrameHeard) -> None:
        self.frame += 1
        now = self.frame * FRAME_S
        self.do(event)
        while (ready := min(self._words, key=lambda words: words[0], default=None)) is not None and ready[0] <= now:
            self._words.remove(ready)
            self.do(WorkerReported(ready[1]))
        while (due := self.machine.wakes_at) is not None and due <= now:
            self.do(TimePassed())


def run(line: Paused, rules: Rules, detector: Detector, ear: Ear, asr_delay_s: float, until: int | None = None) -> Outcome:
    """Let the caller speak; stop at a cut-off, at the commit after the true end, or at the frame ``until``."""
    state = _Run(TurnMachine(rules, phrase_book(greeting=False), lexicon(line.recording.language)), line, ear, asr_delay_s)
    state.do(CallAnswered())
    for frame in line.frames[:until]:
        pcm = mulaw_to_pcm(frame)
        level = rms(pcm)
        state.tick(FrameHeard(detector.is_speech(pcm, level), level))
        if any(line.place <= commit <= line.resumes or commit >= line.speech_end for commit in state.commits):
            break
    return _outcome(line, state)


def _outcome(line: Paused, state: _Run) -> Outcome:
    after = next((commit for commit in state.commits if commit >= line.speech_end), None)
    return Outcome(
        line=line,
        cut_off=any(line.place <= commit <= line.resumes for commit in state.commits),
        talked_over=any(line.resumes < commit < line.speech_end for commit in state.commits),
        delay_s=None if after is None else (after - line.speech_end) * FRAME_S,
        pieces=state.pieces,
    )
