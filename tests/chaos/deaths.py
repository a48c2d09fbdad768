"""What processes say of the calls that they have: a worker that halts by order, last; a gateway, whenever one comes or goes."""

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from common.messages import Message, Utterance

How = Literal["DIES", "STALLS"]
"""``STALLS``: it stands still as a whole, until somebody lets it go on."""
ORDERS: Mapping[tuple[str, How], signal.Signals] = {
    ("reading", "DIES"): signal.SIGUSR1,
    ("commit", "DIES"): signal.SIGUSR2,
    ("reading", "STALLS"): signal.SIGRTMIN,
    ("commit", "STALLS"): signal.SIGRTMAX,
}
"""By phase and manner; what the signal says holds for one time."""
NO_ORDER = signal.SIGHUP
"""Takes any of them back."""
PHRASES = "phrases-"
"""How the names of the calls begin in which a gateway has its fixed phrases spoken."""
_LINE = re.compile(r"^(DIES|STALLS) phase=(\w+) moment=(\w+) stage=(\w+) call=(\S+) turn=(\d+)$", re.MULTILINE)
_CAME_OR_WENT = re.compile(r" listening host=|^EVENT call=(\S+) turn=\d+ (WS_START|CALL_LEFT|CALL_DONE)", re.MULTILINE)
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Halt:
    """Whose turn it was, and how far it was."""

    how: How
    phase: str
    moment: str
    stage: str
    call: str
    turn: int

    def __str__(self) -> str:
        return f"{self.how} phase={self.phase} moment={self.moment} stage={self.stage} call={self.call} turn={self.turn}"


def is_a_turn(message: Message) -> bool:
    """Whether a caller's turn hangs on it: neither a look at words in a pause, nor a fixed phrase."""
    looks = isinstance(message, Utterance) and message.piece != "whole"
    return not looks and not message.head.call.startswith(PHRASES)


def last_halt(log: Path) -> Halt | None:
    """The last one that a worker's log tells of, if it tells of any near its end."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        found = _LINE.findall(file.read().decode(errors="replace"))
    if not found:
        return None
    how, phase, moment, stage, call, turn = found[-1]
    return Halt(cast("How", how), phase, moment, stage, call, int(turn))


def lives_of(log: Path) -> int:
    """How often a gateway has begun to listen, over all its lives."""
    return log.read_text(encoding="utf-8").count(" listening host=") if log.exists() else 0


def calls_at(log: Path) -> frozenset[str]:
    """The calls that a gateway has, by its log: those that came to its latest life and did not leave."""
    calls = set[str]()
    for line in _CAME_OR_WENT.finditer(log.read_text(encoding="utf-8")):
        call, what = line.groups()
        if call is None:
            calls.clear()
        elif what == "WS_START":
            calls.add(call)
        else:
            calls.discard(call)
    return frozenset(calls)
