"""What became of the mutants: per module, per rule, and why each survivor is right.

Rules
    A survivor is right if nothing could tell it from the core (``equivalent``), or if it is a second line of defence behind
    a first one that is tested (``defence``); ``mutants_survivors.toml`` says which, and proves it.
    Guards of the ``STRICT`` rules have no survivors but equivalents; of all others at most ``MOST_ELSEWHERE`` are not.
"""

import os
import platform
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Literal

from tests.guards import Guard, Removal

REASONS = Path(__file__).parent / "mutants_survivors.toml"
NO_END = "no end, or no memory left"
STRICT = frozenset({"R1", "R2", "R3", "R4", "R5", "R8", "R9"})
MOST_ELSEWHERE = 0.05


class Fate(Enum):
    """What became of a mutant."""

    UNIT = "unit tests"
    CALLS = "random calls only"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a survivor is right."""

    kind: Literal["equivalent", "defence"]
    text: str


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
    guards, steps = _apart(results)
    return [
        "# What notices when a guard of the core is removed",
        "",
        f"`make mutants`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}:",
        f"{len(guards)} mutants without a guard and {len(steps)} without a step in {minutes:.0f} minutes, two at a time, beside other work",
        f"(load {os.getloadavg()[2]:.1f}); {calls} random calls for what the unit tests let live.",
        f"{_endless(results)} were killed since a test did not end (5 CPU seconds, or the memory).",
        "An *equivalent* behaves as the core does, so nothing can kill it; the reasons are below.",
        "",
        "Each condition, every operand of an `and` or `or` by itself, is made always true, and always false: so a return that it leads to",
        "is removed, and made unconditional. An arm of a `match` never matches; a part of its pattern, a bound of a `min` or `max`",
        "and a value that an `or` chooses are left out (`tests/guards.py`).",
        "",
        *_table("kind", guards, reasons, lambda guard: (guard.kind,)),
        "",
        *_table("module", guards, reasons, lambda guard: (guard.module,)),
        "",
        "A guard is of the rules that the nearest docstring cites, so it may be in several rows.",
        f"{', '.join(sorted(STRICT))}: no survivors but equivalents. All others: at most {MOST_ELSEWHERE:.0%}.",
        "",
        *_table("rule", guards, reasons, lambda guard: guard.rules or ("none",)),
        "",
        "## Survivors, and why each is right",
        "",
        *([_told(result, reasons.get(str(result.mutant))) for result in _survivors(guards)] or ["None."]),
        "",
        "## Steps",
        "",
        "What is there for its effect alone (a call, what is kept beyond its function, an early return) is left out as well. No rule",
        "forbids a survivor here: some only tell what happened, or make sure of what follows anyway.",
        "",
        *_table("module", steps, reasons, lambda step: (step.module,)),
        "",
        *(f"- `{result.mutant}`" for result in _survivors(steps)),
    ]


def _apart(results: list[Result]) -> tuple[list[Result], list[Result]]:
    """Guards, and steps."""
    steps = [result for result in results if result.mutant.guard.kind == "step"]
    return [result for result in results if result not in steps], steps


def _endless(results: list[Result]) -> int:
    return sum(result.killer == NO_END for result in results)


def _told(result: Result, reason: Reason | None) -> str:
    return f"- `{result.mutant}`: " + ("no reason yet" if reason is None else f"{reason.kind}. {reason.text}")


def _table(name: str, results: list[Result], reasons: dict[str, Reason], groups: Callable[[Guard], Iterable[str]]) -> list[str]:
    columns = (Fate.UNIT.value, Fate.CALLS.value, "equivalent", Fate.SURVIVED.value)
    rows: dict[str, dict[str, int]] = {}
    for result in results:
        for group in (*groups(result.mutant.guard), "~all"):
            rows.setdefault(group, dict.fromkeys(columns, 0))["equivalent" if _equivalent(result, reasons) else result.fate.value] += 1
    lines = [f"| {name} | mutants | {' | '.join(columns)} |", "|---|---|---|---|---|---|"]
    for group, row in sorted(rows.items(), key=lambda item: (len(item[0]) if name == "rule" else 0, item[0])):
        lines.append(f"| {group.removeprefix('~')} | {sum(row.values())} | {' | '.join(map(str, row.values()))} |")
    return lines


def _survivors(results: list[Result]) -> list[Result]:
    return [result for result in results if result.fate is Fate.SURVIVED]


def _equivalent(result: Result, reasons: dict[str, Reason]) -> bool:
    reason = reasons.get(str(result.mutant))
    return result.fate is Fate.SURVIVED and reason is not None and reason.kind == "equivalent"


def read_reasons() -> dict[str, Reason]:
    """Why each survivor that is known is right, by the mutant's name."""
    listed = tomllib.loads(REASONS.read_text()).get("survivor", [])
    return {f"{entry['guard']} -> {entry['removed']}": Reason(entry["kind"], entry["reason"]) for entry in listed}


def complaints(results: list[Result], reasons: dict[str, Reason], *, whole: bool) -> list[str]:
    """Survivors without a reason or beyond the limits, and reasons without a survivor."""
    results, _ = _apart(results)
    alive, tried = {str(result.mutant) for result in _survivors(results)}, {str(result.mutant) for result in results}
    wrong = [f"survived, and no reason is listed: {name}" for name in sorted(alive - reasons.keys())]
    wrong += [f"listed as a survivor, but killed: {name}" for name in sorted((reasons.keys() & tried) - alive)]
    wrong += _beyond_limits(results, reasons, whole=whole)
    if whole:
        wrong += [f"listed as a survivor, but there is no such guard: {name}" for name in sorted(reasons.keys() - tried)]
    return wrong


def _beyond_limits(results: list[Result], reasons: dict[str, Reason], *, whole: bool) -> list[str]:
    lasting = [result.mutant for result in _survivors(results) if not _equivalent(result, reasons)]
    strict = [mutant for mutant in lasting if STRICT.intersection(mutant.guard.rules)]
    wrong = [f"no survivor is allowed in {', '.join(sorted(STRICT.intersection(mutant.guard.rules)))}: {mutant}" for mutant in strict]
    elsewhere = sum(not STRICT.intersection(result.mutant.guard.rules) for result in results)
    if whole and len(lasting) - len(strict) > MOST_ELSEWHERE * elsewhere:
        wrong.append(f"{len(lasting) - len(strict)} of {elsewhere} survived elsewhere: more than {MOST_ELSEWHERE:.0%}")
    return wrong
