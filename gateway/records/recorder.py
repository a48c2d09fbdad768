"""What notes a call as it happens; the shell of a call tells it everything that goes through the core."""

from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.playout import Mark
from gateway.records import format as record_format
from gateway.records.format import Header
from gateway.turn.events import Command, Event, Report


class Recorder(Protocol):
    """Notes one call; never waits."""

    def happened(self, event: Event, now: float, sound: bytes = b"") -> None:
        """The core is about to be given ``event``; of a frame: with its sound."""

    def returned(self, commands: Sequence[Command]) -> None:
        """What the core returned."""

    def taken(self, items: Sequence[bytes | Mark], now: float) -> None:
        """The playout was asked what is due, and gave this."""

    def noted(self, report: Report, now: float) -> None:
        """The shell told this of itself; the core has no part in it."""

    def close(self) -> None:
        """The call is over."""


NewRecorder = Callable[[Header], Recorder]
"""Begins the record of a call."""


class Unrecorded:
    """Notes nothing."""

    def happened(self, event: Event, now: float, sound: bytes = b"") -> None:
        """Let it pass."""

    def returned(self, commands: Sequence[Command]) -> None:
        """Let it pass."""

    def taken(self, items: Sequence[bytes | Mark], now: float) -> None:
        """Let it pass."""

    def noted(self, report: Report, now: float) -> None:
        """Let it pass."""

    def close(self) -> None:
        """There is nothing to close."""


def unrecorded(header: Header) -> Recorder:
    """No record of this call is made."""
    return Unrecorded()


class StreamRecorder:
    """Gives each entry to ``sink`` as bytes, in order."""

    def __init__(self, header: Header, sink: Callable[[bytes], object], close: Callable[[], object] = lambda: None) -> None:
        self._sink = sink
        self._close = close
        sink(record_format.first_bytes(header))

    def happened(self, event: Event, now: float, sound: bytes = b"") -> None:
        """Before the core is given it, so that an event that breaks the core is in the record."""
        self._sink(record_format.event_entry(event, now, sound))

    def returned(self, commands: Sequence[Command]) -> None:
        """No commands are no entry."""
        if commands:
            self._sink(record_format.commands_entry(commands))

    def taken(self, items: Sequence[bytes | Mark], now: float) -> None:
        """Nothing taken is an entry, too."""
        self._sink(record_format.take_entry(items, now))

    def noted(self, report: Report, now: float) -> None:
        """No part of what is run again."""
        self._sink(record_format.note_entry(report, now))

    def close(self) -> None:
        """The record is complete."""
        self._sink(record_format.last_entry())
        self._close()
