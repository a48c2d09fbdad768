"""What happened in a recorded call, ready to be drawn. States, holds and epochs come from the core, run once more.

Where a bug breaks the core off the story ends, and says so. All times are seconds since the call began.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from common.audio import FRAME_MS
from common.messages import ReplyEnded, Sentence, SpeechChunk, StageFailed, ToolEnded, ToolStarted, Transcript
from gateway.clip import Clip
from gateway.playout import BYTES_PER_S, Mark
from gateway.records.format import Handled, Record
from gateway.turn.endpointing import CallerState
from gateway.turn.events import (
    CloseTurn,
    Command,
    CommitTurn,
    FrameHeard,
    KeyPressed,
    MarkEchoed,
    PublishUtterance,
    Report,
    SendClear,
    WorkerReported,
)
from tools.recorded.rerun import Rerun, Step, began_at, named_bug

_FRAME_S = FRAME_MS / 1000
_SHOWN_OTHERWISE = ("STATE", "TURN_ENDED", "ASR_TEXT", "LLM_REPLY")


@dataclass(slots=True)
class Span:
    """Something that lasted."""

    begin_s: float
    end_s: float
    name: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened."""

    at_s: float
    name: str


@dataclass(slots=True)
class PieceSeen:
    """A piece of the caller's sound that went to the ASR stage."""

    seq: int
    kind: str
    begin_s: float
    end_s: float
    published_s: float
    known_s: float | None = None
    text: str = ""


@dataclass(slots=True)
class MarkSeen:
    """A mark that was sent."""

    sent_s: float
    name: str
    echoed_s: float | None = None


@dataclass(frozen=True, slots=True)
class FrameSeen:
    """20 ms of the caller."""

    at_s: float
    level: int
    sound: bytes


class Track:
    """Something that has one value at a time, as spans of those that have a name."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._value: object = None

    def note(self, value: object, name: str, at_s: float) -> None:
        """It is ``value`` from now on; "" is shown as nothing."""
        if value == self._value:
            return
        self._value = value
        self.end(at_s)
        if name:
            self.spans.append(Span(at_s, float("inf"), name))

    def end(self, at_s: float) -> None:
        """What lasts, lasts no longer."""
        if self.spans and self.spans[-1].end_s == float("inf"):
            self.spans[-1].end_s = at_s


@dataclass(slots=True, eq=False)
class Story:
    """One call."""

    name: str
    seconds: float = 0.0
    frames: list[FrameSeen] = field(default_factory=list)
    floor: Track = field(default_factory=Track)
    bot: Track = field(default_factory=Track)
    sounding: Track = field(default_factory=Track)
    """Where unheard sound is: ``gateway`` while some waits here, ``provider`` while the rest is there."""
    epochs: Track = field(default_factory=Track)
    turns: Track = field(default_factory=Track)
    holds: Track = field(default_factory=Track)
    pieces: list[PieceSeen] = field(default_factory=list)
    keys: list[Moment] = field(default_factory=list)
    decisions: list[Moment] = field(default_factory=list)
    work: list[Moment] = field(default_factory=list)
    """What came of the workers, or out of memory, to be said."""
    marks: list[MarkSeen] = field(default_factory=list)
    clears: list[float] = field(default_factory=list)
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    thrown_away: list[Span] = field(default_factory=list)
    """Sound that a clear kept from being heard: when it would have been."""
    bug: str = ""
    """What broke the core off: there the story ends."""

    @property
    def has_sound(self) -> bool:
        """Whether the frames are sound; of a simulated call there are levels only."""
        return any(frame.sound for frame in self.frames)


def tell(record: Record) -> Story:
    """The story of a record, as far as it goes."""
    rerun, story = Rerun(record), Story(record.header.call)
    teller = _Teller(rerun, story, began_at(record))
    for step in rerun.steps():
        teller.tell(step)
    teller.end()
    return story


class _Teller:
    def __init__(self, rerun: Rerun, story: Story, began: float) -> None:
        self._rerun = rerun
        self._story = story
        self._began = began
        self._clips: list[Clip] = []
        self._sent_until_s = 0.0
        self._turn = 0
        """Before the step that is told."""
        story.turns.note(0, "0", 0.0)

    def tell(self, step: Step) -> None:
        """One step more."""
        story, at = self._story, step.entry.now - self._began
        story.seconds = at
        if isinstance(step.entry, Handled):
            self._event(step.entry, at)
        if step.bug is not None:
            self._broke_off(step.bug, at)
            return
        self._sent(step.items, at)
        for command in step.commands:
            self._command(command, at)
        self._states(step.commands, at)
        self._turn = self._rerun.machine.call.turn.number

    def _broke_off(self, bug: Exception, at: float) -> None:
        self._story.bug = f"{at:.2f} s into the call the core breaks off: {named_bug(bug)}"
        self._story.decisions.append(Moment(at, f"BUG: {type(bug).__name__}"))

    def end(self) -> None:
        """The record is over: what lasts ends here."""
        story, provider = self._story, self._rerun.provider
        provider.marks_until(self._began + story.seconds)
        story.heard = [(at - self._began, sound) for at, sound in provider.heard]
        for track in (story.floor, story.bot, story.sounding, story.epochs, story.turns, story.holds):
            track.end(story.seconds)

    # -- What came in ---------------------------------------------------------------------------

    def _event(self, entry: Handled, at: float) -> None:
        story = self._story
        match entry.event:
            case FrameHeard(level=level):
                story.frames.append(FrameSeen(at, level, entry.sound))
            case KeyPressed(digit=digit):
                story.keys.append(Moment(at, f"key {digit}"))
            case MarkEchoed(name=name):
                self._echoed(name, at)
            case WorkerReported(message=Transcript(head=head, text=text)):
                self._known(head.seq, text, at)
            case WorkerReported(message=StageFailed(stage="asr", head=head)):
                self._known(head.seq, "failed", at)
            case WorkerReported(message=message) if message.head.turn == self._turn:
                self._work(message, at)
            case _:
                pass

    def _echoed(self, name: str, at: float) -> None:
        mark = next((mark for mark in reversed(self._story.marks) if mark.name == name), None)
        if mark is not None and mark.echoed_s is None:
            mark.echoed_s = at

    def _known(self, seq: int, text: str, at: float) -> None:
        piece = next((piece for piece in self._story.pieces if piece.seq == seq), None)
        if piece is not None and piece.known_s is None:
            piece.known_s, piece.text = at, text

    def _work(self, message: object, at: float) -> None:
        match message:
            case Sentence(head=head, text=text):
                name = f"{head.seq}: “{text}”"
            case SpeechChunk(head=head, offset_bytes=0):
                name = f"first sound of {head.seq}" + (f", take {head.take}" if head.take else "")
            case ReplyEnded():
                name = "reply is complete"
            case ToolStarted(name=tool, runs=runs):
                name = f"tool {tool} starts" if runs else f"call of {tool} is written"
            case ToolEnded(name=tool, ok=ok):
                name = f"tool {tool} {'is done' if ok else 'failed'}"
            case StageFailed(stage=stage):
                name = f"{stage} failed"
            case _:
                return
        self._story.work.append(Moment(at, name))

    # -- What went out --------------------------------------------------------------------------

    def _sent(self, items: Iterable[bytes | Mark], at: float) -> None:
        for item in items:
            if isinstance(item, Mark):
                self._story.marks.append(MarkSeen(at, item.name))
            else:
                self._sent_until_s = max(at, self._sent_until_s) + len(item) / BYTES_PER_S

    def _command(self, command: Command, at: float) -> None:
        story = self._story
        match command:
            case PublishUtterance():
                begin_s, end_s = self._frame_s(command.start) - _FRAME_S, self._frame_s(command.end - 1)
                story.pieces.append(PieceSeen(command.seq, command.piece, begin_s, end_s, at))
            case CommitTurn():
                story.decisions.append(Moment(at, "committed"))
            case CloseTurn(turn=turn, how=how):
                story.turns.spans[-1].name = f"{turn} {how}"
                story.turns.note(turn + 1, str(turn + 1), at)
            case SendClear():
                story.clears.append(at)
                story.thrown_away.append(Span(at, max(at, self._sent_until_s), "thrown away"))
                self._sent_until_s = at
            case Report(name=name) if name not in _SHOWN_OTHERWISE:
                story.decisions.append(Moment(at, name))
            case _:
                pass

    def _frame_s(self, number: int) -> float:
        frames = self._story.frames
        return frames[min(max(number, 0), len(frames) - 1)].at_s

    # -- What is the case -------------------------------------------------------------------------

    def _states(self, commands: Iterable[Command], at: float) -> None:
        story, machine = self._story, self._rerun.machine
        playout = machine.call.playout
        floor, bot, epoch = machine.call.floor.state, machine.state, playout.epoch
        waits = "gateway" if playout.sendable else "provider" if playout.at_provider(self._began + at) else ""
        story.floor.note(floor, "" if floor is CallerState.SILENT else floor.value, at)
        story.bot.note(bot, bot.value, at)
        story.sounding.note(waits, waits, at)
        story.epochs.note(epoch, str(epoch), at)
        self._hold(commands, at)
        for clip in playout.clips:
            self._clip(clip, at)

    def _hold(self, commands: Iterable[Command], at: float) -> None:
        hold, spans = self._rerun.machine.holding.hold, self._story.holds.spans
        if hold is None and spans and spans[-1].end_s == float("inf"):
            spans[-1].name += _outcome(commands)
        self._story.holds.note(hold, "" if hold is None else "quiet hold" if hold.quiet else "hold", at)

    def _clip(self, clip: Clip, at: float) -> None:
        if any(clip is known for known in self._clips):
            return
        self._clips.append(clip)
        if clip.fixed or clip.kind == "beep":
            self._story.work.append(Moment(at, f"{clip.kind}: “{clip.text}”" if clip.text else clip.kind))


def _outcome(commands: Iterable[Command]) -> str:
    """What ended a hold."""
    names = {command.name for command in commands if isinstance(command, Report)}
    if "BARGE_IN_FINAL" in names:
        return ": final"
    return ": resumed" if "BARGE_IN_RESUMED" in names else ": taken back"
