"""What calls that are over leave in Redis, and whether it is gone when it should be (sans-I/O): each kind of key has its lifetime."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from common import streams

LIFETIMES_S = {
    "call": streams.CLOSED_CALL_TTL_S,
    "hist": streams.CLOSED_CALL_TTL_S,
    "ev": streams.EVENTS_TTL_S,
    "out": streams.OUT_TTL_S,
    "asked": streams.OUT_TTL_S,
    "done": streams.DONE_TTL_S,
    "found": streams.FOUND_TTL_S,
    "tool": streams.TOOL_TTL_S,
    "looked": streams.CALL_TTL_S,
    "tok": streams.TOKEN_TTL_S,
    "again": streams.RECONNECTS_TTL_S,
    "transfer": streams.TRANSFER_TTL_S,
}
"""By the kind of key, of a call that is over; one of a kind that is not here should not be at all."""
_SLACK_S = 15.0
"""In which a gateway has told all of a call that its caller ended."""
_KEY = re.compile(r"t:\{s\d+\}:(\w+):(CA[0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Left:
    """Keys of one kind."""

    keys: int = 0
    overdue: int = 0
    """Whose call is over for longer than they live."""


def left_of(names: Iterable[str], ended_at: Mapping[str, float], now: float) -> dict[str, Left]:
    """Of the keys that name a call, by kind; ``ended_at`` tells when each call was over."""
    found = dict[str, Left]()
    for kind, call in (match.groups() for name in names if (match := _KEY.match(name))):
        known = found.get(kind, Left())
        late = now - ended_at.get(call, now) > LIFETIMES_S.get(kind, -1) + _SLACK_S
        found[kind] = replace(known, keys=known.keys + 1, overdue=known.overdue + late)
    return dict(sorted(found.items()))
