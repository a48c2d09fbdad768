"""What changed since an earlier result, and by how much more than chance.

Rules
    The bare loop has not changed: how its figures did is the machine's, and the measuring's. So CPU is held against the median of the
    bare loop's own ratios, a worker's and Redis' too; and a figure is told only where it changed more than any of the bare loop's of
    that kind did, and than a tenth.
    Of little nothing is told: ``_LEAST`` of a unit. Nor of loads below 50 calls, where a run has few answers.
    What is worse comes first.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, log
from statistics import median

from tests.bench.load.figures import Change
from tests.bench.load.result import MORE_IS_BETTER, Result
from tests.bench.load.table import head, row

_FROM_CALLS = 50
_LEAST_RATIO = 1.1
_LEAST = {"ms": 2.0, "call": 0.02, "core": 0.05}
"""By the last word of a figure's name."""
_BARE, _CPU = "bare loop", "CPU s per call-minute"
_LEVEL = re.compile(r"(.+), (\d+) calls: (.+)")


@dataclass(frozen=True, slots=True)
class Noise:
    """How a figure of the bare loop changed: of CPU the median ratio of its loads, and how many times that one is from it at the most."""

    usual: float = 1.0
    most: float = _LEAST_RATIO

    def beyond(self, change: Change) -> float:
        """By what factor it is another one than that; 1 if it is not by more than chance."""
        ratio = change.ratio / self.usual
        away = max(ratio, 1 / ratio) if ratio else inf
        least = _LEAST.get(change.name.rpartition(" ")[2], 0.0)
        return away if away > self.most and abs(change.now - change.before * self.usual) > least else 1.0

    def worse(self, change: Change) -> bool:
        """Whether it is so but for what the bare loop's did."""
        return (change.ratio < self.usual) if _more_is_better(change.name) else (change.ratio > self.usual)


def since(before: Result | None, now: Result) -> Iterator[str]:
    """What changed since a result that was kept."""
    if before is None:
        yield "No earlier result is kept."
        return
    noise = noises(before.figures, now.figures)
    yield f"Compared: {_about(before)}, with {_about(now)}."
    if _machine(before) != _machine(now):
        yield "**Not the same machine**: what differs may be the machine's."
    cpu = noise.get(_CPU, Noise())
    yield (
        f"The bare loop, whose code is the same, took {cpu.usual:.2f} times the CPU, and at some loads {cpu.most:.2f} times more or less "
        "than that: told is what goes beyond what its own figures did, and beyond a tenth."
    )
    yield ""
    yield from _rows(judged(before.figures, now.figures, noise))


def _about(result: Result) -> str:
    return f"{result.at} ({result.form} form, commit {result.commit or 'not noted'}, {_machine(result)}, load {result.machine.load[0]:.1f})"


def _machine(result: Result) -> str:
    machine = result.machine
    return f"{machine.name}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python}"


def _rows(found: list[tuple[Change, bool]]) -> Iterator[str]:
    if not found:
        yield "Nothing differs by more than that."
        return
    yield from head("figure", "before", "now", "ratio", "is")
    for change, worse in found:
        yield row(change.name, f"{change.before:g}", f"{change.now:g}", f"{change.ratio:.2f}", "worse" if worse else "better")


# --- What counts


def judged(before: Mapping[str, float], now: Mapping[str, float], noise: Mapping[str, Noise]) -> list[tuple[Change, bool]]:
    """Each figure that changed, and whether it is worse: those first, the greatest change before the others."""
    told = list[tuple[float, Change, bool]]()
    for name in (name for name in now if name in before and _counts(name)):
        change, known = Change(name, before[name], now[name]), _of(noise, name)
        if (away := known.beyond(change)) > 1:
            told.append((away, change, known.worse(change)))
    told.sort(key=lambda each: (not each[2], -log(each[0]) if each[0] < inf else -inf))
    return [(change, worse) for _, change, worse in told]


def noises(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, Noise]:
    """By the figure's kind."""
    ratios = defaultdict[str, list[float]](list)
    for name, value in now.items():
        match = _LEVEL.fullmatch(name)
        if match and match[1] == _BARE and int(match[2]) >= _FROM_CALLS and before.get(name) and value:
            ratios[match[3]].append(value / before[name])
    return {kind: _noise(found, median(found) if kind == _CPU else 1.0) for kind, found in ratios.items()}


def _noise(ratios: list[float], usual: float) -> Noise:
    return Noise(usual, max(_LEAST_RATIO, *(max(ratio / usual, usual / ratio) for ratio in ratios)))


def _of(noise: Mapping[str, Noise], name: str) -> Noise:
    match = _LEVEL.fullmatch(name)
    kind, cpu = match[3] if match else name, noise.get(_CPU, Noise())
    if kind in noise:
        return noise[kind]
    if "CPU" in kind or "core" in kind:
        return Noise(1 / cpu.usual, cpu.most) if _more_is_better(name) else cpu
    return Noise()


def _counts(name: str) -> bool:
    match = _LEVEL.fullmatch(name)
    return match is None or (match[1] != _BARE and int(match[2]) >= _FROM_CALLS)


def _more_is_better(name: str) -> bool:
    return any(each in name for each in MORE_IS_BETTER)
