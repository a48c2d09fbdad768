"""The record of a call: what goes in comes out to the bit, cut off or not; what is no record is told."""

from dataclasses import replace

import msgspec
import pytest

from common.messages import Collect, Head, SpeechChunk, Transcript
from common.version import VERSION
from gateway.lexicons import lexicon
from gateway.playout import Mark
from gateway.records import format as record_format
from gateway.records.format import Entry, Handled, Header, Lost, Noted, Record, RecordError, Taken, decode, named
from gateway.records.recorder import StreamRecorder
from gateway.turn.events import (
    CallAnswered,
    CallerHungUp,
    CallTaken,
    CloseTurn,
    FrameHeard,
    KeyPressed,
    LanguageChanged,
    PublishUtterance,
    Report,
    TimePassed,
    WorkerReported,
)
from gateway.turn.words import Lexicon
from tests.sim.rules import RULES
from tests.sim.sound import phrase_book

HEADER = Header(VERSION, "CA1", "he", 1.5, replace(RULES, barge_in_final_ms=300), phrase_book(), lexicon("he"))
HEAD = Head(call="CA1", turn=3, seq=7, t0_s=1700000000.123456)
THIRD = 0.1 + 0.2
PUBLISH = PublishUtterance(3, 2, 7, "whole", 10, 60, 900)
REPORT = Report(3, "ASR_TEXT", (("asr_ms", 100), ("share", 0.5), ("how", "x")), "שלום")


def written(*entries: Entry, header: Header = HEADER) -> bytes:
    """The record of these entries."""
    data = bytearray()
    recorder = StreamRecorder(header, data.extend)
    for entry in entries:
        match entry:
            case Handled(now=now, event=event, sound=sound, commands=commands):
                recorder.happened(event, now, sound)
                recorder.returned(commands or ())
            case Taken(now=now, items=items):
                recorder.taken(items, now)
            case Lost(entries=count):
                data += record_format.lost_entry(count)
    recorder.close()
    return bytes(data)


@pytest.mark.parametrize(
    "entry",
    [
        Handled(THIRD, CallAnswered()),
        Handled(THIRD, FrameHeard(True, 1200), bytes(range(160))),
        Handled(THIRD, KeyPressed("#"), b"", (PUBLISH, REPORT)),
        Handled(THIRD, WorkerReported(Transcript(head=HEAD, utterance=2, text="כן", asr_ms=412))),
        Handled(THIRD, WorkerReported(SpeechChunk(head=HEAD, offset_bytes=800, tts_ms=90), b"\xff" * 800)),
        Handled(THIRD, CallTaken(7, 6, collect=Collect(digits=9), spoken=LanguageChanged(phrase_book(), Lexicon()))),
        Handled(THIRD, CallerHungUp(), b"", (CloseTurn(3, "hung_up", "", "", collect=Collect(terminator="")),)),
        Taken(THIRD),
        Taken(THIRD, (b"\x01" * 160, Mark("3.2:160"), b"\x02" * 160)),
    ],
)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert decode(written(entry)).entries == (entry,)


def test_the_header_comes_back_as_it_was() -> None:
    assert decode(written()).header == HEADER


def test_what_the_shell_told_is_beside_the_entries() -> None:
    data = bytearray()
    recorder = StreamRecorder(HEADER, data.extend)
    recorder.taken((), 1.0)
    recorder.noted(REPORT, 1.5)
    recorder.taken((), 2.0)
    recorder.close()
    record = decode(bytes(data))
    assert (record.entries, record.notes) == ((Taken(1.0), Taken(2.0)), (Noted(1.5, REPORT),))


def test_a_record_is_complete_once_it_was_closed() -> None:
    assert decode(written(Taken(1.0))).complete


def test_entries_keep_their_order() -> None:
    entries = (Handled(1.0, TimePassed()), Taken(1.0), Handled(1.0, TimePassed(), b"", (REPORT,)), Taken(1.02))
    assert decode(written(*entries)).entries == entries


def test_one_and_one_point_nought_are_not_the_same_to_the_bit() -> None:
    assert named([Report(1, "X", (("ms", 1),))]) != named([Report(1, "X", (("ms", 1.0),))])


# -- Cut off, incomplete, damaged ---------------------------------------------------------------


def cut(*entries: Entry, by: int) -> Record:
    """The record without its last bytes; that it is closed takes 9 of them."""
    return decode(written(*entries)[:-by])


def test_a_cut_record_has_all_its_whole_entries() -> None:
    assert cut(Taken(1.0), Taken(2.0, (b"\x01" * 160,)), by=15).entries == (Taken(1.0),)


@pytest.mark.parametrize("by", range(1, 9))
def test_a_cut_record_is_not_complete(by: int) -> None:
    assert cut(Taken(1.0), by=by) == Record(HEADER, (Taken(1.0),), complete=False)


def test_what_the_last_event_of_a_cut_record_brought_is_not_known() -> None:
    assert cut(Handled(1.0, TimePassed()), by=9).entries == (Handled(1.0, TimePassed(), commands=None),)


def test_what_an_event_before_a_gap_brought_is_not_known() -> None:
    entries = decode(written(Handled(1.0, TimePassed()), Lost(12), Taken(2.0))).entries
    assert entries == (Handled(1.0, TimePassed(), commands=None), Lost(12), Taken(2.0))


@pytest.mark.parametrize("data", [b"", b"RIFF....WAVE", b"torim record 1", written()[:20]])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(RecordError):
        decode(data)


def test_a_record_of_another_format_says_so() -> None:
    with pytest.raises(RecordError, match="format 2; this Torim reads format 1"):
        decode(written().replace(b"torim record 1\n", b"torim record 2\n"))


def test_a_rule_that_an_older_call_did_not_have_is_as_it_is_told() -> None:
    rules = msgspec.to_builtins(HEADER.rules)
    del rules["dedup_s"]
    older = written(header=replace(HEADER, rules=rules))
    assert decode(older, newer=replace(RULES, dedup_s=7.5)).header.rules == replace(HEADER.rules, dedup_s=7.5)
    with pytest.raises(RecordError, match="dedup_s"):
        decode(older)


def test_a_header_without_rules_is_damaged() -> None:
    with pytest.raises(RecordError, match="damaged"):
        decode(written(header=replace(HEADER, rules=())), newer=RULES)  # type: ignore[arg-type]


def test_an_event_of_another_torim_is_named() -> None:
    with pytest.raises(RecordError, match="KeyTouched"):
        decode(written(Handled(1.0, KeyPressed("1"))).replace(b"KeyPressed", b"KeyTouched"))


def test_a_damaged_entry_is_told() -> None:
    with pytest.raises(RecordError, match="damaged"):
        decode(written(Taken(1.0)).replace(b"take", b"tale"))
