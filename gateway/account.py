"""What one call costs, and how much of it nobody heard (sans-I/O).

Rules
- A use costs what the table says (``common/prices.py``). Where no row tells, the amounts stand and the cost is unknown, not 0.
- *Dropped*: what the model and the voice did for a draft that the caller went on over; its turn was superseded.
- *Unheard*: of what a voice spoke in other turns, the share behind the last word that was heard. Sentences are heard in order; one
  that was spoken more than once shares its fate.
- The rest was of use; so is what was heard of the caller, whatever became of the answer.

Turns that have not ended when it is asked count as heard.
"""

from dataclasses import dataclass, field
from typing import Literal

from common.agents.agent import Snapshot
from common.messages import Message, Sentence, Stage, Use, Used
from common.prices import Prices
from gateway.turn.events import CloseTurn

Fate = Literal["of_use", "dropped", "unheard"]
UNITS = ("seconds", "input_tokens", "output_tokens", "characters")


@dataclass(slots=True)
class Line:
    """What was used of one model."""

    stage: Stage
    vendor: str
    model: str
    requests: int = 0
    estimated: int = 0
    """Requests whose vendor did not tell."""
    amounts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(UNITS, 0))
    usd: dict[Fate, float] | None = None
    """None: nobody knows its price."""

    def add(self, use: Use, usd: float | None, fate: Fate, share: float) -> None:
        """Take a use in, of which ``share`` met that fate and the rest was of use."""
        self.requests += 1
        self.estimated += use.estimated
        for unit in UNITS:
            self.amounts[unit] += getattr(use, unit)
        if usd is not None:
            self.usd = self.usd or {"of_use": 0.0, "dropped": 0.0, "unheard": 0.0}
            self.usd[fate] += usd * share
            self.usd["of_use"] += usd * (1 - share)


@dataclass(slots=True)
class Account:
    """One call's."""

    call: str
    agent: str
    caller: str = ""
    """A digest of the caller's number, or ""."""
    number: str = ""
    """The caller's, where the agent's report tells it; else ""."""
    began_with: Snapshot | None = None
    """The agent as its file was when the call began; None: nobody knows."""
    _used: list[Used] = field(default_factory=list)
    _lengths: dict[tuple[int, int], int] = field(default_factory=dict)
    """Letters of each sentence, by turn and number."""
    _closed: dict[int, CloseTurn] = field(default_factory=dict)

    def heard_from(self, message: Message) -> None:
        """A worker tells of what it used, or what is spoken."""
        match message:
            case Used():
                self._used.append(message)
            case Sentence():
                self._lengths[message.head.turn, message.head.seq] = len(message.text)
            case _:
                pass

    def turn_closed(self, closed: CloseTurn) -> None:
        """A turn ended."""
        self._closed[closed.turn] = closed

    @property
    def turns(self) -> list[CloseTurn]:
        """Those that ended, in order."""
        return [self._closed[turn] for turn in sorted(self._closed)]

    # --- What it comes to

    def lines(self, prices: Prices) -> list[Line]:
        """A line for each model."""
        lines: dict[tuple[str, str, str], Line] = {}
        for used in self._used:
            fate, share = self._fate(used)
            for use in used.uses:
                key = used.stage, use.vendor, use.model
                lines.setdefault(key, Line(used.stage, use.vendor, use.model)).add(use, prices.usd(use), fate, share)
        return [lines[key] for key in sorted(lines)]

    def _fate(self, used: Used) -> tuple[Fate, float]:
        closed = self._closed.get(used.head.turn)
        if closed is None or used.stage == "asr":
            return "of_use", 1.0
        if closed.how == "superseded":
            return "dropped", 1.0
        return ("unheard", self._unheard(used, len(closed.heard))) if used.stage == "tts" else ("of_use", 1.0)

    def _unheard(self, used: Used, heard: int) -> float:
        turn, seq = used.head.turn, used.head.seq
        length = self._lengths.get((turn, seq), 0)
        if not length:
            return 0.0
        begin = sum(self._lengths.get((turn, before), 0) + 1 for before in range(seq))  # and a blank behind each
        return 1 - min(1.0, max(0.0, (heard - begin) / length))


def usd_of(lines: list[Line]) -> float:
    """All of it that has a price."""
    return sum(sum((line.usd or {}).values()) for line in lines)
