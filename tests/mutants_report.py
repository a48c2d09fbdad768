"""What became of the mutants, per module and per rule. None survives: what would is needless, or lacks its test."""

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from tests.guards import Guard, Removal

NO_END = "no end, or no memory left"


class Fate(Enum):
    """What became of a mutant."""

    UNIT = "unit tests"
    CALLS = "random calls only"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Mutant:
    """The core without one guard; whole if there is no ``removal``."""

    guard: Guard
    removal: Removal | None

    def __str__(self) -> str:
        return f"{self.guard.name} -> {self.removal}"


@dataclass(frozen=True, slots=True)
class Result:
    """A mutant, and what killed it."""

    mutant: Mutant
    fate: Fate
    killer: str
    seconds: float


def report(results: list[Result], minutes: float, calls: int, words: list[str]) -> list[str]:
    """As Markdown; ``words`` is what the command line said."""
    guards, steps = _apart(results)
    arguments = f' ARGS="{" ".join(words)}"' if words else ""
    return [
        "# What notices when a guard of the core is removed",
        "",
        f"`make mutants{arguments}`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}:",
        f"{len(guards)} mutants without a guard and {len(steps)} without a step in {minutes:.0f} minutes, two at a time, beside other work",
        f"(load {os.getloadavg()[2]:.1f}); {calls} random calls for what the unit tests let live.",
        f"{_endless(results)} were killed since a test did not end (5 CPU seconds, or the memory).",
        "None may survive: what would is needless, or lacks its test.",
        "",
        "Each condition, every operand of an `and` or `or` by itself, is made always true, and always false: so a return that it leads to",
        "is removed, and made unconditional. An arm of a `match` never matches; a part of its pattern, a bound of a `min` or `max`",
        "and a value that an `or` chooses are left out (`tests/guards.py`).",
        "",
        *_table("kind", guards, lambda guard: (guard.kind,)),
        "",
        *_table("module", guards, lambda guard: (guard.module,)),
        "",
        "A guard is of the rules that the nearest docstring cites, so it may be in several rows.",
        "",
        *_table("rule", guards, lambda guard: guard.rules or ("none",)),
        "",
        "## Steps",
        "",
        "What is there for its effect alone (a call, what is kept beyond its function, an early return) is left out as well.",
        "",
        *_table("module", steps, lambda step: (step.module,)),
    ]


def _apart(results: list[Result]) -> tuple[list[Result], list[Result]]:
    """Guards, and steps."""
    steps = [result for result in results if result.mutant.guard.kind == "step"]
    return [result for result in results if result not in steps], steps


def _endless(results: list[Result]) -> int:
    return sum(result.killer == NO_END for result in results)


def _table(name: str, results: list[Result], groups: Callable[[Guard], Iterable[str]]) -> list[str]:
    columns = [fate.value for fate in Fate]
    rows: dict[str, dict[str, int]] = {}
    for result in results:
        for group in (*groups(result.mutant.guard), "~all"):
            rows.setdefault(group, dict.fromkeys(columns, 0))[result.fate.value] += 1
    lines = [f"| {name} | mutants | {' | '.join(columns)} |", "|---|---|---|---|---|"]
    for group, row in sorted(rows.items(), key=lambda item: (len(item[0]) if name == "rule" else 0, item[0])):
        lines.append(f"| {group.removeprefix('~')} | {sum(row.values())} | {' | '.join(map(str, row.values()))} |")
    return lines


def complaints(results: list[Result]) -> list[str]:
    """The survivors."""
    return [f"survived: {result.mutant}" for result in results if result.fate is Fate.SURVIVED]
