"""A core that lives a recorded call once more.

With the record's own rules it is given the same events at the same times and asked for sound at the same
times, so it must do the same, to the bit. A bug that breaks the core off is its last step: it is what one wants to see.

With others its alarms ring when they are due, unless the record's next entry is a ring or earlier than
that. What the caller and the workers did stays as it was recorded, whatever the core does now. The
provider's marks do so until the two calls part; from then on they come back as soon as the sound before them was
played, since those of the record are not for the sound that is sent now.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from common.config import Settings
from gateway.playout import Mark
from gateway.records.format import Handled, Lost, Record, RecordError, Taken, decode, named
from gateway.rules import rules_of
from gateway.turn.events import Command, Event, FrameHeard, MarkEchoed, SendClear, TimePassed
from gateway.turn.machine import TurnMachine
from gateway.turn.state import Rules
from tools.recorded.hearing import Hearing
from tools.recorded.provider import Provider


@dataclass(frozen=True, slots=True)
class Step:
    """What a core did with an entry."""

    entry: Handled | Taken
    commands: tuple[Command, ...] = ()
    items: tuple[bytes | Mark, ...] = ()
    """What its playout gave."""
    bug: Exception | None = None
    """What broke the core off; no step follows."""

    @property
    def same(self) -> bool:
        """Whether it is what the record says, to the bit."""
        if self.bug is not None:
            return False
        match self.entry:
            case Taken(items=items):
                return items == self.items
            case Handled(commands=commands):
                return commands is None or named(commands) == named(self.commands)


class Rerun:
    """One record, run once."""

    def __init__(self, record: Record, rules: Rules | None = None, hearing: Hearing | None = None) -> None:
        header = record.header
        self.machine = TurnMachine(rules or header.rules, header.phrases, header.lexicon)
        self.provider = Provider(began_at(record))
        self._entries = record.entries
        self._changed = rules is not None or hearing is not None
        self._hearing = hearing
        self._parted = False

    def steps(self) -> Iterator[Step]:
        """One after the other; the machine is as it is after the last one. Ends at a gap of the record, or a bug of the core."""
        for step in self._all_steps():
            yield step
            if step.bug is not None:
                return

    def _all_steps(self) -> Iterator[Step]:
        for entry in self._entries:
            if isinstance(entry, Lost):
                return
            if self._changed:
                yield from self._before(entry)
            if not (self._parted and _is_mark(entry)):
                step = self._take(entry) if isinstance(entry, Taken) else self._handle(entry)
                self._parted = self._parted or (self._changed and not step.same)
                yield step

    # -- As recorded ----------------------------------------------------------------------------

    def _take(self, entry: Taken) -> Step:
        try:
            items = tuple(self.machine.call.playout.take(entry.now))
        except Exception as bug:  # noqa: BLE001 - a record of a call that a bug ended shows that bug
            return Step(entry, bug=bug)
        self.provider.send(items, entry.now)
        if self._hearing is not None:
            self._hearing.played(items, self.machine.call.playout.plays_until)
        return Step(entry, items=items)

    def _handle(self, entry: Handled) -> Step:
        event = self._heard_anew(entry)
        try:
            commands = tuple(self.machine.handle(event, entry.now))
        except Exception as bug:  # noqa: BLE001 - as above
            return Step(replace(entry, event=event), bug=bug)
        if any(isinstance(command, SendClear) for command in commands):
            self.provider.clear(entry.now)
            if self._hearing is not None:
                self._hearing.cleared(entry.now)
        return Step(replace(entry, event=event), commands)

    # -- With other settings ----------------------------------------------------------------------

    def _heard_anew(self, entry: Handled) -> Event:
        event = entry.event
        if self._hearing is None or not isinstance(event, FrameHeard):
            return event
        return self._hearing.frame(entry.sound, event.level, entry.now)

    def _before(self, coming: Handled | Taken) -> Iterator[Step]:
        """What the record cannot have: alarms of other times, marks of other sound."""
        if self._parted:
            for at, name in self.provider.marks_until(coming.now):
                yield from self._alarms(at)
                yield self._handle(Handled(at, MarkEchoed(name), commands=None))
        if not (isinstance(coming, Handled) and isinstance(coming.event, TimePassed)):
            yield from self._alarms(coming.now)

    def _alarms(self, until: float) -> Iterator[Step]:
        while (at := self.machine.wakes_at) is not None and at < until:
            yield self._handle(Handled(at, TimePassed(), commands=None))


def _is_mark(entry: Handled | Taken) -> bool:
    return isinstance(entry, Handled) and isinstance(entry.event, MarkEchoed)


def named_bug(bug: Exception) -> str:
    """A bug in one line."""
    return " ".join(f"{type(bug).__name__}: {bug}".split())


def read(path: Path) -> Record:
    """The record in a file.

    Raises:
        OSError: it cannot be read.
        RecordError: naming the file; what is in it cannot be read.
    """
    try:
        return decode(path.read_bytes(), newer=rules_of(Settings()))
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from None


def began_at(record: Record) -> float:
    """The core's clock when the call began: times are shown from then on."""
    return next((entry.now for entry in record.entries if not isinstance(entry, Lost)), 0.0)
