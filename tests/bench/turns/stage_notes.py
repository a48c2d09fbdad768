"""What the gateway's core decided in a call, noted as it passes: a turn machine that is looked at and left alone."""

import dataclasses
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from io import TextIOBase

from common.messages import Transcript
from gateway.turn.barge_in import Hold
from gateway.turn.events import CloseTurn, Command, CommitTurn, Event, FrameHeard, PublishUtterance, Report, WorkerReported
from gateway.turn.machine import TurnMachine
from tests.bench.turns.outcome import Commit, Piece

_HOLD_ENDS = {"BARGE_IN_FINAL": "final", "BARGE_IN_RESUMED": "resumed"}


@dataclass(slots=True)
class Notes:
    """Of one call."""

    now: Callable[[], float]
    """Seconds into it."""
    commits: list[Commit] = field(default_factory=list)
    onsets_s: list[float] = field(default_factory=list)
    holds: list[tuple[float, float, str]] = field(default_factory=list)
    ends: list[tuple[float, int, str]] = field(default_factory=list)
    """When which turn ended, and how."""
    pieces: dict[int, Piece] = field(default_factory=dict)
    """By their number in the call."""
    events: list[tuple[float, str]] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)
    held_since_s: float | None = None

    def commanded(self, command: Command) -> None:
        """The core wants something."""
        match command:
            case CommitTurn(turn=turn, text=text):
                self.commits.append(Commit(self.now(), turn, text))
            case CloseTurn(turn=turn, how=how):
                self.ends.append((self.now(), turn, how))
            case PublishUtterance(turn=turn, seq=seq, piece=kind, start=start, end=end):
                self.pieces[seq] = Piece(self.now(), turn, kind, start, end)
            case _:
                pass

    def words_came(self, transcript: Transcript) -> None:
        """Of a piece; of another stage's work they are not looked for."""
        piece = self.pieces.get(transcript.head.seq)
        if piece is not None:
            self.pieces[transcript.head.seq] = dataclasses.replace(piece, text=transcript.text, known_at_s=self.now())

    def hold_changed(self, before: Hold | None, after: Hold | None, commands: list[Command]) -> None:
        """A hold began, or ended, or both. Of a bot that was never silent nobody tells that it goes on: its turn is open still."""
        told = next((_HOLD_ENDS[each.name] for each in commands if isinstance(each, Report) and each.name in _HOLD_ENDS), None)
        if before is None and after is not None:
            self.held_since_s = self.now()
        elif after is None and (before is not None or told is not None):
            closed = any(isinstance(each, CloseTurn) for each in commands)
            self._hold_ended(told or ("over" if closed else "resumed"))

    def _hold_ended(self, how: str) -> None:
        now_s = self.now()
        self.holds.append((now_s if self.held_since_s is None else self.held_since_s, now_s, how))
        self.held_since_s = None

    def call_over(self) -> None:
        """Nothing more will be decided."""
        if self.held_since_s is not None:
            self._hold_ended("over")

    def replied_since(self, moment_s: float) -> bool:
        """Whether a reply was heard to its end since then."""
        return any(at_s >= moment_s and how == "replied" and turn for at_s, turn, how in self.ends)


class NotedMachine(TurnMachine):
    """A turn machine of whose every step notes are taken."""

    notes: Notes

    def handle(self, event: Event, now: float) -> list[Command]:
        """As it is, and then the notes."""
        spoke, held = self.call.caller_speaks, self.holding.hold
        commands = super().handle(event, now)
        if isinstance(event, FrameHeard):
            if self.call.caller_speaks and not spoke:
                self.notes.onsets_s.append(self.notes.now())
        elif isinstance(event, WorkerReported) and isinstance(event.message, Transcript):
            self.notes.words_came(event.message)
        for command in commands:
            self.notes.commanded(command)
        if held is not self.holding.hold or commands:
            self.notes.hold_changed(held, self.holding.hold, commands)
        return commands


class EventLines(TextIOBase):
    """Standard output of the gateway, line by line."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def write(self, text: str, /) -> int:
        """``EVENT call=CA1 turn=3 NAME key=value``: what stands behind the call."""
        for line in text.splitlines():
            self._notes.events.append((self._notes.now(), line.removeprefix("EVENT ").partition(" ")[2]))
        return len(text)


class LogLines(logging.Handler):
    """What the house says went wrong."""

    def __init__(self, notes: Notes) -> None:
        super().__init__(logging.WARNING)
        self._notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        """A warning is looked at with the events; an error is a bug of ours or of the stage's."""
        said = record.getMessage()
        self._notes.events.append((self._notes.now(), said))
        if record.levelno >= logging.ERROR:
            self._notes.bugs.append(f"{said} {record.exc_info[1]!r}" if record.exc_info else said)
