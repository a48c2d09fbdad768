"""From a record to figures: who answered whom, after how long, and how an interruption went.

    caller  ....onset====end.....................onset====end
    bot     greeting      :    first_frame==heard==|clear      first_frame==...
                          |<--voice to voice-->|   ^ frames after it: leaks

A reply belongs to the caller's last turn before it. Sound that an interruption's ``clear`` has not
yet stopped still belongs to the turn before.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from common.audio import BYTES_PER_MS, FRAME_BYTES
from tools.caller.record import Arrival, CallerTurn, Record, milliseconds

_CLEAR_WITHIN = 3000 * BYTES_PER_MS
_LEADING_SILENCE = 1000 * BYTES_PER_MS
_LEAK_WINDOW = 200 * BYTES_PER_MS
_TURN_OF_MARK = re.compile(r"(\d+)\.\d+:\d+")
NAMES = (
    *("replies", "greetings", "clears", "marks", "rx", "tx", "underruns", "violations"),
    *("resumed", "frames_after_clear", "voice_to_voice_ms", "onset_to_clear_ms"),
)
"""What ``--expect`` can name."""
_EXPECTATION = re.compile(r"(?:([a-z_]+)(<=|>=|=|<|>))?(\d+(?:\.\d+)?)")


def score(record: Record) -> dict[str, Any]:
    """The call in the shape of ``--json``; see ``python -m tools.call --help``."""
    return {
        "call": record.call,
        "turns": _turns(record),
        "marks": len(record.marks),
        "clears": len(record.clears),
        "rx": sum(arrival.size for arrival in record.arrivals) // FRAME_BYTES,
        "tx": record.sent_frames,
        "underruns": record.underruns,
        "violations": len(record.violations),
        "dials": [{"number": dial.number, "ring_s": dial.ring_s, "caller_id": dial.caller_id} for dial in record.dials],
    }


# --- Turns


def _turns(record: Record) -> list[dict[str, Any]]:
    clears = [_clear_of(record, turn, next_turn) for turn, next_turn in zip(record.turns, [*record.turns[1:], None], strict=False)]
    begins = [0] + [turn.begin if clear is None else clear for turn, clear in zip(record.turns, clears, strict=True)]
    rows = []
    for number, (begin, end) in enumerate(pairwise([*begins, record.length + 1])):
        turn = record.turns[number - 1] if number else None
        rows.append(_row(record, number, turn, clears[number - 1] if number else None, begin, end))
    return rows if rows[0]["first_frame_ms"] is not None else rows[1:]


def _row(record: Record, number: int, turn: CallerTurn | None, clear: int | None, begin: int, end: int) -> dict[str, Any]:
    first = _first_frame(record, begin, end)
    waited = first - turn.end if turn and first is not None else -1
    return {
        "turn": number,
        "caller_start_ms": milliseconds(turn.begin) if turn else None,
        "caller_end_ms": milliseconds(turn.end) if turn else None,
        "first_frame_ms": None if first is None else milliseconds(first),
        "voice_to_voice_ms": milliseconds(waited) if waited > 0 else None,
        "heard_ms": 0 if first is None else milliseconds(_heard(record, first, end)),
        "barge_in": _barge_in(record, turn, clear) if turn and turn.interrupts else None,
    }


def _first_frame(record: Record, begin: int, end: int) -> int | None:
    """When the reply's first frame came: that of the first beginning with sound in it, else of the first sound.

    A bot that sends silence all the time (an echo) has one endless beginning, so sound must follow soon;
    and what is heard just before the next turn is that turn's own.
    """
    began: Arrival | None = None
    within = [arrival for arrival in record.arrivals if begin <= arrival.at < end]
    for arrival in within:
        began = arrival if arrival.begins else began
        if began and arrival.audible and arrival.at - began.at < _LEADING_SILENCE:
            return began.at
    return next((arrival.at for arrival in within if arrival.audible and arrival.at < end - _LEAK_WINDOW), None)


def _heard(record: Record, begin: int, end: int) -> int:
    return sum(max(0, min(end, until) - max(begin, since)) for since, until in record.heard)


# --- Interruptions


def _clear_of(record: Record, turn: CallerTurn, next_turn: CallerTurn | None) -> int | None:
    """When the bot's sound was cleared because of the caller's turn."""
    limit = min(turn.begin + _CLEAR_WITHIN, next_turn.begin if next_turn else record.length + 1)
    return next((clear.at for clear in record.clears if turn.begin <= clear.at < limit), None)


def _barge_in(record: Record, turn: CallerTurn, clear: int | None) -> dict[str, Any]:
    resumed = clear is not None and _resumed(record, clear)
    return {
        "onset_ms": milliseconds(turn.begin),
        "clear_ms": None if clear is None else milliseconds(clear),
        "frames_after_clear": 0 if clear is None else _frames_after(record, clear, turn, resumed=resumed),
        "resumed": resumed,
    }


def _frames_after(record: Record, clear: int, turn: CallerTurn, *, resumed: bool) -> int:
    """Frames that came while the bot had to be silent: as long as the caller spoke, 200 ms at least."""
    until = clear + _LEAK_WINDOW if resumed else max(clear + _LEAK_WINDOW, turn.end)
    return sum(arrival.size for arrival in record.arrivals if clear < arrival.at < until) // FRAME_BYTES


def _resumed(record: Record, clear: int) -> bool:
    """Whether the reply that was cleared went on: the next mark is of the same turn (marks are ``turn.epoch:offset``)."""
    before = [mark.name for mark in record.marks if mark.at <= clear]
    after = [mark.name for mark in record.marks if mark.at > clear]
    if not before or not after:
        return False
    old, new = _TURN_OF_MARK.fullmatch(before[-1]), _TURN_OF_MARK.fullmatch(after[0])
    return bool(old and new and old[1] == new[1])


# --- Expectations


def figures(result: Mapping[str, Any]) -> dict[str, float]:
    """What ``--expect`` can name. Of times the worst one; of a time that there was not, nothing."""
    turns = result["turns"]
    caller_turns = [turn for turn in turns if turn["turn"]]
    barge_ins = [turn["barge_in"] for turn in turns if turn["barge_in"]]
    found: dict[str, float] = {name: result[name] for name in ("marks", "clears", "rx", "tx", "underruns", "violations")}
    found["greetings"] = len(turns) - len(caller_turns)
    found["replies"] = sum(turn["first_frame_ms"] is not None and not (turn["barge_in"] or {}).get("resumed") for turn in caller_turns)
    found["resumed"] = sum(barge_in["resumed"] for barge_in in barge_ins)
    found["frames_after_clear"] = sum(barge_in["frames_after_clear"] for barge_in in barge_ins)
    _worst(found, "voice_to_voice_ms", [turn["voice_to_voice_ms"] for turn in caller_turns])
    _worst(found, "onset_to_clear_ms", [one["clear_ms"] - one["onset_ms"] for one in barge_ins if one["clear_ms"] is not None])
    return found


def _worst(found: dict[str, float], name: str, values: Sequence[int | None]) -> None:
    known = [value for value in values if value is not None]
    if known:
        found[name] = max(known)


def check_expectation(text: str) -> str:
    """``text``, if it is an expectation: ``NAME<=>NUMBER``, or a number of replies.

    Raises:
        ValueError: it is none.
    """
    match = _EXPECTATION.fullmatch(text)
    if not match or (match[1] and match[1] not in NAMES):
        raise ValueError(f"{text}: takes a number of replies, or NAME, one of = < > <= >=, and a number; names: {', '.join(NAMES)}")
    return text


def unmet(expectation: str, found: Mapping[str, float]) -> str | None:
    """What is wrong, or None if the expectation is met."""
    match = _EXPECTATION.fullmatch(expectation)
    assert match
    name, comparison, number = match[1] or "replies", match[2] or "=", float(match[3])
    value = found.get(name)
    if value is not None and _holds(value, comparison, number):
        return None
    return f"expected {name} {comparison} {number:g}, got {'nothing' if value is None else format(value, 'g')}"


def _holds(value: float, comparison: str, number: float) -> bool:
    match comparison:
        case "=":
            return value == number
        case "<":
            return value < number
        case ">":
            return value > number
        case "<=":
            return value <= number
        case _:
            return value >= number
