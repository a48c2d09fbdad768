"""What a call's history says: the hash that ``streams.history`` names, read."""

from collections.abc import Mapping

import msgspec

from common import streams
from common.bus import PastTurn, ToolRun


def past_turns(history: Mapping[bytes, bytes]) -> list[PastTurn]:
    """Its turns, oldest first."""
    return [_past(history, turn) for turn in sorted({streams.turn_of(field) for field in history})]


def heard_last(history: Mapping[bytes, bytes]) -> tuple[str, str]:
    """What was heard in the last two turns in which anything was: the earlier one first."""
    heard = sorted(field for field in history if field.endswith(b"s"))
    before, last = ([b"", b""] + [history[field] for field in heard])[-2:]
    return before.decode(), last.decode()


def said(history: Mapping[bytes, bytes]) -> tuple[str, ...]:
    """What the caller said, in order."""
    return tuple(history[field].decode() for field in sorted(history) if field.endswith(b"u"))


def tool_field(run: ToolRun) -> str:
    """The field that tells of a tool's run."""
    return streams.turn_field(run.turn, f"t:{run.id}")


def _past(history: Mapping[bytes, bytes], turn: int) -> PastTurn:
    return PastTurn(turn, _said(history, turn, "u"), _said(history, turn, "s"), _tools(history, turn), bool(_said(history, turn, "c")))


def _said(history: Mapping[bytes, bytes], turn: int, what: str) -> str:
    return history.get(streams.turn_field(turn, what).encode(), b"").decode()


def _tools(history: Mapping[bytes, bytes], turn: int) -> tuple[ToolRun, ...]:
    begins = streams.turn_field(turn, "t:").encode()
    runs = [msgspec.msgpack.decode(value, type=ToolRun) for field, value in history.items() if field.startswith(begins)]
    return tuple(sorted(runs, key=lambda run: run.started_s))
