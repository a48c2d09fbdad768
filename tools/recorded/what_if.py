"""What would have changed with other settings: turns with their ends, commits, clears, side by side."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from common import config
from gateway.records.format import Handled, Record
from gateway.rules import SETTING_OF, rules_of
from gateway.turn.events import CallAnswered, CallTaken, CloseTurn, CommitTurn, SendClear
from gateway.turn.state import Rules
from tools.recorded.hearing import Hearing
from tools.recorded.rerun import Rerun, Step, began_at

_COLUMN = 58
_NAMES = {field: setting.upper() for field, setting in SETTING_OF.items()}
RULE_SETTINGS = tuple(_NAMES.values())
"""What of the settings the core goes by."""


@dataclass(slots=True)
class TurnSeen:
    """One turn, as far as the settings can change it; times from the call's begin."""

    committed_s: float | None = None
    clears_s: list[float] = field(default_factory=list)
    ended_s: float | None = None
    how: str = "open"
    caller: str = ""

    def line(self) -> str:
        """It all in one line."""
        parts = [self.how if self.ended_s is None else f"{self.how} {self.ended_s:.2f}"]
        if self.committed_s is not None:
            parts.append(f"committed {self.committed_s:.2f}")
        parts += [f"clear {at:.2f}" for at in self.clears_s]
        if self.caller:
            parts.append(f"“{self.caller}”")
        return ", ".join(parts)


def turns_of(steps: Iterable[Step], began_s: float) -> dict[int, TurnSeen]:
    """The turns of a run by their numbers, which begin above 0 in a call that was taken over."""
    turns: dict[int, TurnSeen] = defaultdict(TurnSeen)
    number = 0
    for step in steps:
        at, number = step.entry.now - began_s, _begun_with(step, number)
        cleared = turns[number]  # a clear is told after the end of its turn
        for command in step.commands:
            match command:
                case CommitTurn(turn=turn):
                    turns[turn].committed_s = at
                case SendClear():
                    cleared.clears_s.append(at)
                case CloseTurn(turn=turn, how=how, caller=caller):
                    turns[turn].ended_s, turns[turn].how, turns[turn].caller = at, how, caller
                    number = turn + 1
                case _:
                    pass
    return {number: turn for number, turn in turns.items() if turn != TurnSeen()}


def _begun_with(step: Step, number: int) -> int:
    """The turn's number at the begin of the step."""
    match step.entry:
        case Handled(event=CallAnswered(turn=begun) | CallTaken(turn=begun)):
            return begun
        case _:
            return number


def side_by_side(record: Record, rules: Rules, hearing: Hearing | None, name: str) -> tuple[list[str], int]:
    """The lines of the table, and how many turns differ."""
    began = began_at(record)
    was = turns_of(Rerun(record).steps(), began)
    would_be = turns_of(Rerun(record, rules, hearing).steps(), began)
    lines = [f"{'turn':>5}    {'recorded':{_COLUMN}} {name}"]
    differing = 0
    for number in sorted(was.keys() | would_be.keys()):
        left, right = _at(was, number), _at(would_be, number)
        differs = left != right
        differing += differs
        lines.append(f"{number:5} {'≠' if differs else ' '}  {_fit(left):{_COLUMN}} {_fit(right)}")
    return lines, differing


def _at(turns: Mapping[int, TurnSeen], number: int) -> str:
    return turns[number].line() if number in turns else "-"


def _fit(text: str) -> str:
    return text if len(text) < _COLUMN else text[: _COLUMN - 2] + "…"


# -- Settings -------------------------------------------------------------------------------------


def rules_with(rules: Rules, changes: Mapping[str, str]) -> Rules:
    """The rules of a record, but for these settings, by name and text as the environment has them.

    Raises:
        ConfigError: naming the setting, its value, and what it takes.
    """
    changed = rules_of(config.load(changes))
    return dataclasses.replace(rules, **{field: getattr(changed, field) for field, name in _NAMES.items() if name in changes})
