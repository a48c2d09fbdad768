"""The record of a call as bytes: all that the core was given, and all that it gave (sans-I/O).

Rules
    A record is a first line that names the format's version, a header, and entries in the order in which
    they happened, each behind its length. Every time is the very float that the core was given.
    Events and commands are written by class name and field names: a new one needs no change here. A
    field that an older record lacks has its default, one that a newer record adds is not read. A rule that
    an older call did not go by yet is at its setting's default (``newer``); where the core of that time did
    otherwise, ``FORMAT`` rises.
    What was cut off in the middle of an entry (a killed process) is readable up to its last whole entry.

::

    "torim record 1\\n"  | length | header | length | entry | length | entry ...

Theory
    The playout is part of the core's state, and ``take`` changes it: the rest of a frame that is not here
    yet is no underrun, a clip that is wholly sent is passed by. So every take is noted, those that gave
    nothing, too: 13 bytes each, beside the 160 of the caller's frame.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from common.errors import TorimError
from gateway.playout import Mark
from gateway.turn.events import Command, Event, Report
from gateway.turn.phrases import PhraseBook
from gateway.turn.state import Rules
from gateway.turn.words import Lexicon

FORMAT = 1
_MAGIC = b"torim record "
_FIRST_LINE_BYTES = 40
_LENGTH_BYTES = 4


class RecordError(TorimError):
    """What was read is no record, or one that this Torim cannot read."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a call goes by, and which call it is; no phone numbers."""

    torim: str
    """Version of the program that made the record."""
    call: str
    """The call's name in Redis: the provider's id of it."""
    language: str
    started_s: float
    """Unix time at which the call was answered."""
    rules: Rules
    phrases: PhraseBook
    """Words and sound of the fixed phrases."""
    lexicon: Lexicon


# -- Entries ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handled:
    """The core was given ``event``."""

    now: float
    event: Event
    sound: bytes = b""
    """Of a frame: its 160 bytes of mu-law, where there was sound."""
    commands: tuple[Command, ...] | None = ()
    """What it returned; None if the record does not say, since it ends or has a gap here."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The playout was asked what is due, and gave this."""

    now: float
    items: tuple[bytes | Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """The disk was too slow: so many entries are missing here."""

    entries: int


@dataclass(frozen=True, slots=True)
class Noted:
    """What the shell told of itself, between two entries."""

    now: float
    report: Report


Entry = Handled | Taken | Lost


@dataclass(frozen=True, slots=True)
class Record:
    """A record that was read."""

    header: Header
    entries: tuple[Entry, ...]
    complete: bool
    """False if it was cut off: its writer did not close it."""
    notes: tuple[Noted, ...] = ()
    """Beside the entries: no core needs them."""


# -- Writing ------------------------------------------------------------------------------------

_encoder = msgspec.msgpack.Encoder(order="deterministic")


def named(things: Sequence[object]) -> bytes:
    """Events or commands as they are written: equal to the bit means equal bytes."""
    return _encoder.encode([(type(thing).__name__, thing) for thing in things])


def first_bytes(header: Header) -> bytes:
    """How a record begins."""
    return b"%s%d\n" % (_MAGIC, FORMAT) + _framed(header)


def event_entry(event: Event, now: float, sound: bytes) -> bytes:
    """The core is about to be given ``event``."""
    return _framed(("event", now, type(event).__name__, event, sound))


def commands_entry(commands: Sequence[Command]) -> bytes:
    """What it returned."""
    return _framed(("commands", [(type(command).__name__, command) for command in commands]))


def take_entry(items: Sequence[bytes | Mark], now: float) -> bytes:
    """What the playout gave; a mark is its name."""
    return _framed(("take", now, [(item.name,) if isinstance(item, Mark) else item for item in items]))


def note_entry(report: Report, now: float) -> bytes:
    """The shell told this of itself."""
    return _framed(("note", now, report))


def lost_entry(entries: int) -> bytes:
    """So many entries are missing."""
    return _framed(("lost", entries))


def last_entry() -> bytes:
    """The record is complete."""
    return _framed(("end",))


def _framed(thing: object) -> bytes:
    body = _encoder.encode(thing)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


# -- Reading ------------------------------------------------------------------------------------


class _Event(msgspec.Struct, array_like=True, tag="event"):
    now: float
    name: str
    fields: msgspec.Raw
    sound: bytes


class _Commands(msgspec.Struct, array_like=True, tag="commands"):
    commands: list[tuple[str, msgspec.Raw]]


class _Take(msgspec.Struct, array_like=True, tag="take"):
    now: float
    items: list[bytes | tuple[str]]


class _Lost(msgspec.Struct, array_like=True, tag="lost"):
    entries: int


class _Note(msgspec.Struct, array_like=True, tag="note"):
    now: float
    report: Report


class _End(msgspec.Struct, array_like=True, tag="end"):
    pass


_Written = _Event | _Commands | _Take | _Lost | _Note | _End
_header_decoder = msgspec.msgpack.Decoder(dict[str, Any])
_entry_decoder: msgspec.msgpack.Decoder[_Written] = msgspec.msgpack.Decoder(_Written)
_decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {
    kind.__name__: msgspec.msgpack.Decoder(kind) for kind in (*get_args(Event), *get_args(Command))
}


def decode(data: bytes, newer: Rules | None = None) -> Record:
    """What is in a record, whole or cut off. Rules that are newer than it are as in ``newer``.

    Raises:
        RecordError: not a record, one of another version, or damaged.
    """
    bodies = _bodies(data, _after_first_line(data))
    try:
        header = _header(next(bodies, b""), newer)
        written = [_entry_decoder.decode(body) for body in bodies]
        entries = tuple(_entries(written))
    except msgspec.DecodeError as error:
        raise RecordError(f"damaged, or of a Torim that is too different: {error}") from None
    notes = tuple(Noted(entry.now, entry.report) for entry in written if isinstance(entry, _Note))
    return Record(header, entries, bool(written) and isinstance(written[-1], _End), notes)


def _header(body: bytes, newer: Rules | None) -> Header:
    fields = _header_decoder.decode(body)
    if newer is not None and isinstance(fields.get("rules"), dict):
        fields["rules"] = msgspec.to_builtins(newer) | fields["rules"]
    return msgspec.convert(fields, Header)


def _after_first_line(data: bytes) -> int:
    line, newline, _ = data[:_FIRST_LINE_BYTES].partition(b"\n")
    if not newline or not line.startswith(_MAGIC):
        raise RecordError("not a record of a call")
    version = line.removeprefix(_MAGIC).decode("ascii", "replace")
    if version != str(FORMAT):
        raise RecordError(f"a record of format {version}; this Torim reads format {FORMAT}")
    return len(line) + 1


def _bodies(data: bytes, at: int) -> Iterator[bytes]:
    """The whole entries from ``at`` on."""
    while at + _LENGTH_BYTES <= len(data):
        end = at + _LENGTH_BYTES + int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
        if end > len(data):
            return
        yield data[at + _LENGTH_BYTES : end]
        at = end


def _entries(written: list[_Written]) -> Iterator[Entry]:
    """The entries, each event with its commands."""
    for entry, following in zip(written, [*written[1:], None], strict=True):
        match entry:
            case _Event():
                yield Handled(entry.now, _thing(entry.name, entry.fields), entry.sound, _commands(following))
            case _Take(now=now, items=items):
                yield Taken(now, tuple(item if isinstance(item, bytes) else Mark(*item) for item in items))
            case _Lost(entries=entries):
                yield Lost(entries)
            case _:
                pass  # commands belong to the event before them, notes to nobody


def _commands(following: _Written | None) -> tuple[Command, ...] | None:
    match following:
        case None | _Lost():
            return None
        case _Commands(commands=commands):
            return tuple(_thing(name, fields) for name, fields in commands)
        case _:
            return ()


def _thing(name: str, fields: msgspec.Raw) -> Any:
    decoder = _decoders.get(name)
    if decoder is None:
        raise RecordError(f"has a {name}, which this Torim does not know")
    return decoder.decode(fields)
