"""What became of the mutants: per module, per rule, and why each survivor is right."""

import os
import platform
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from tests.guards import Guard, Removal

REASONS = Path(__file__).parent / "mutants_survivors.toml"


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


def report(results: list[Result], minutes: float, calls: int) -> list[str]:
    """As Markdown."""
    reasons = read_reasons()
    return [
        "# What notices when a guard of the core is removed",
        "",
        f"`make mutants`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}:",
        f"{len(results)} mutants in {minutes:.0f} minutes, two at a time; {calls} random calls for what the unit tests let live.",
        "A condition is made always true, and always false; an arm of a `match`, a bound and an operand are left out (`tests/guards.py`).",
        "",
        *_table("module", results, lambda guard: (guard.module,)),
        "",
        "A guard is of the rules that the nearest docstring cites, so it may be in several rows:",
        "",
        *_table("rule", results, lambda guard: guard.rules or ("none",)),
        "",
        "## Survivors, and why each is right",
        "",
        *(f"- `{result.mutant}` — {reasons.get(str(result.mutant), 'no reason yet')}" for result in _survivors(results)),
    ]


def _table(name: str, results: list[Result], groups: Callable[[Guard], Iterable[str]]) -> list[str]:
    rows: dict[str, dict[Fate, int]] = {}
    for result in results:
        for group in (*groups(result.mutant.guard), "~all"):
            row = rows.setdefault(group, dict.fromkeys(Fate, 0))
            row[result.fate] += 1
    lines = [f"| {name} | mutants | {' | '.join(fate.value for fate in Fate)} |", "|---|---|---|---|---|"]
    for group, row in sorted(rows.items(), key=lambda item: (len(item[0]) if name == "rule" else 0, item[0])):
        lines.append(f"| {group.removeprefix('~')} | {sum(row.values())} | {' | '.join(map(str, row.values()))} |")
    return lines


def _survivors(results: list[Result]) -> list[Result]:
    return [result for result in results if result.fate is Fate.SURVIVED]


def read_reasons() -> dict[str, str]:
    """Why each survivor that is known is right, by the mutant's name."""
    listed = tomllib.loads(REASONS.read_text()).get("survivor", [])
    return {f"{entry['guard']} -> {entry['removed']}": entry["reason"] for entry in listed}


def complaints(results: list[Result], *, whole: bool) -> list[str]:
    """Survivors without a reason, and reasons without a survivor."""
    reasons = read_reasons()
    alive, tried = {str(result.mutant) for result in _survivors(results)}, {str(result.mutant) for result in results}
    wrong = [f"survived, and no reason is listed: {name}" for name in sorted(alive - reasons.keys())]
    wrong += [f"listed as a survivor, but killed: {name}" for name in sorted((reasons.keys() & tried) - alive)]
    if whole:
        wrong += [f"listed as a survivor, but there is no such guard: {name}" for name in sorted(reasons.keys() - tried)]
    return wrong
