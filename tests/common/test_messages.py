"""The bytes of every released version of the messages can be read, and are what is written.

``tests/data/messages_v1.json`` holds them in hex. A released line never changes; a new field makes
a new line in a file beside it: ``messages_v2.json`` is what will be released next.
"""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from common.messages import (
    Action,
    CallTakenOver,
    Collect,
    Head,
    Message,
    ReplyEnded,
    Sentence,
    SpeechChunk,
    StageFailed,
    Summarise,
    Summary,
    ToolEnded,
    ToolStarted,
    Transcript,
    Use,
    Used,
    Utterance,
    decode,
    encode,
    fingerprint,
)

DATA = Path(__file__).parents[1] / "data"
RELEASED: dict[str, str] = json.loads((DATA / "messages_v1.json").read_text())
CHANGED: dict[str, str] = json.loads((DATA / "messages_v2.json").read_text())
GOLDEN = RELEASED | CHANGED
"""What is written now."""

HEAD = Head(call="CA1", turn=17, seq=2, take=1, gateway="gw1", language="he", t0_s=1_700_000_000.25, trace="tr1", agent="clinic-1")
MESSAGES: dict[str, Message] = {
    "utterance": Utterance(head=HEAD, utterance=5, piece="segment", voiced_ms=1_230),
    "transcript": Transcript(head=HEAD, utterance=5, text="מה השעה?", piece="probe", asr_ms=320, waited_ms=4),
    "sentence": Sentence(
        head=HEAD,
        text="עכשיו חמש.",
        interruptible=False,
        token_ms=150,
        llm_ms=290,
        waited_ms=3,
        asked=(Action(head=HEAD, after=2, name="hang_up"),),
    ),
    "speech": SpeechChunk(
        head=HEAD,
        offset_bytes=800,
        last=True,
        attempt=2,
        tts_ms=95,
        word_ends=(3_200, 4_160),
        waited_ms=5,
        words=2_654_435_769,
        stand_in=True,
    ),
    "reply_ended": ReplyEnded(head=HEAD, sentences=3, llm_ms=410),
    "tool_started": ToolStarted(head=HEAD, name="book", timeout_s=12.5, effects=True, runs=False),
    "tool_ended": ToolEnded(head=HEAD, name="book", ok=True),
    "action": Action(head=HEAD, after=-1, name="collect", argument="desk", collect=Collect(digits=9, terminator="*", timeout_s=5.0)),
    "stage_failed": StageFailed(head=HEAD, stage="tts", error="http_500", utterance=5, piece="whole"),
    "call_taken_over": CallTakenOver(head=HEAD, fence=3),
    "used": Used(
        head=HEAD,
        stage="llm",
        uses=(Use(vendor="openai", model="m", seconds=1.5, input_tokens=120, output_tokens=7, characters=3, estimated=True),),
        piece="probe",
    ),
    "summarise": Summarise(head=HEAD, text="Caller: מתי?"),
    "summary": Summary(head=HEAD, text="The caller asked when."),
}

NEW_FIELDS: dict[str, dict[str, object]] = {
    "transcript": {"waited_ms": 0},
    "sentence": {"interruptible": True, "token_ms": 0, "llm_ms": 0, "waited_ms": 0, "asked": ()},
    "speech": {"word_ends": (), "waited_ms": 0, "words": 0, "stand_in": False},
    "tool_started": {"runs": True},
    "action": {"name": "transfer", "collect": None},
}
"""What the released bytes do not have, and how it is read then."""

each_kind = pytest.mark.parametrize("kind", sorted(MESSAGES))


def raw(kind: str) -> list[object]:
    """The golden bytes as a plain list."""
    found: list[object] = msgspec.msgpack.decode(bytes.fromhex(GOLDEN[kind]))
    return found


def test_every_kind_of_message_has_golden_bytes() -> None:
    assert {type(message) for message in MESSAGES.values()} == set(get_args(Message))


@pytest.mark.parametrize("kind", sorted(RELEASED))
def test_the_released_bytes_are_read(kind: str) -> None:
    head = msgspec.structs.replace(HEAD, agent="")
    assert decode(bytes.fromhex(RELEASED[kind])) == msgspec.structs.replace(MESSAGES[kind], head=head, **NEW_FIELDS.get(kind, {}))


@each_kind
def test_the_golden_bytes_are_read(kind: str) -> None:
    assert decode(bytes.fromhex(GOLDEN[kind])) == MESSAGES[kind]


@each_kind
def test_the_golden_bytes_are_written(kind: str) -> None:
    assert encode(MESSAGES[kind]).hex() == GOLDEN[kind]


@each_kind
def test_fields_that_a_newer_version_adds_are_ignored(kind: str) -> None:
    tag, head, *rest = raw(kind)
    assert isinstance(head, list)
    newer = msgspec.msgpack.encode([tag, [*head, "new in the head"], *rest, "new in the message"])
    assert decode(newer) == MESSAGES[kind]


@pytest.mark.parametrize(
    "unreadable",
    [
        b"",
        b"\xc1",
        b"not msgpack",
        msgspec.msgpack.encode(["unheard_of", ["CA1"]]),
        msgspec.msgpack.encode(["sentence", [1, "CA1", "x"], "a"]),
    ],
)
def test_what_is_no_message_raises(unreadable: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(unreadable)


def test_other_words_have_another_fingerprint_and_no_words_have_none() -> None:
    assert (fingerprint("") == 0, fingerprint("one") == fingerprint("one"), fingerprint("one") == fingerprint("two")) == (True, True, False)


def test_a_field_with_a_default_may_be_missing_as_in_an_older_version() -> None:
    older = msgspec.msgpack.encode(["sentence", [1, "CA1", 3], "Hello."])
    assert decode(older) == Sentence(head=Head(call="CA1", turn=3), text="Hello.")
