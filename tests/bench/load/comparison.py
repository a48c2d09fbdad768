"""What changed since an earlier result, and by how much more than chance.

Rules
    How the bare loop's figures changed is taken for the machine's, and the measuring's. So CPU is held against the median of the
    bare loop's own ratios, a worker's and Redis' too; and a figure is told only where it changed more than any of the bare loop's of
    that kind did, and than a tenth.
    Where the machine is another one, or may be, times are held against the bare loop's as well; of what it has none, nothing is told.
    What the two results did not measure alike is not compared: ``Between``.
    Of little nothing is told: ``_LEAST`` of a unit. Nor of loads below 50 calls, where a run has few answers.
    What is worse comes first.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from statistics import median

from tests.bench.load.figures import Change
from tests.bench.load.level import Level
from tests.bench.load.result import MORE_IS_BETTER, Result, at_calls
from tests.bench.load.table import head, row, three

_FROM_CALLS = 50
_CALLS = (50, 100, 150, 200)
"""Of the table of before and after."""
_LEAST_RATIO = 1.1
_LEAST = {"ms": 2.0, "call": 0.02, "core": 0.05}
"""By the last word of a figure's name."""
_BARE, _CPU = "bare loop", "CPU s per call-minute"
_LEVEL = re.compile(r"(.+), (\d+) calls: (.+)")
_FAMILY = " (family"
"""Without it many processors share a name."""
_MEMORY = "MB per call"
_EVERY_METHOD = (_CPU, "steps per CPU second", _MEMORY)
"""What all methods measure alike. They differ in what an answer is, by which other CPU is reckoned, and in what the callers do, who
share the other core."""
_BY_LENGTH = ("rated load", "underruns", "longest", "least", "unanswered", "fillers", "not cleared", "after clear", "calls lost")
"""Counts and extremes, which a longer run has more of."""
_FIRST = "2026-11-23T04:13Z"
_NOT_BEFORE_ALL = (
    "The first is not from before all optimisation: a frame's path had been made cheaper before any result was kept (4228f84, whose "
    "message has what that gained). Nor is the flame graph `flame-before`, which is of a run at 80 calls, not at the rated load."
)

_IN_TWOS = ("2026-11-23T19:53Z", "2026-11-24T04:46Z")
_LEAVES_IN_TWOS = (
    "Between these two **frames began to leave in twos** (20cb070): every second one leaves a tick later by design, which takes 20 ms "
    "from the least lead and adds up to as much to how late frames are. Ticks' lateness is counted in buckets (1, 2, 5, 10 ms); why its "
    "p99 rose by one of them is not known."
)


@dataclass(frozen=True, slots=True)
class Between:
    """What two results did not measure alike."""

    same_machine: bool | None
    """None: not known, since one does not tell its processor's family and model."""
    same_method: bool
    same_form: bool

    def compares(self, name: str) -> bool:
        """Whether the figure is one that both measured alike."""
        alike = self.same_method or name.endswith(_EVERY_METHOD)
        return alike and (self.same_form or not any(each in name for each in _BY_LENGTH))

    def told(self) -> Iterator[str]:
        """In words."""
        if not self.same_machine:
            what = "**Not the same machine**" if self.same_machine is False else "**Not known whether it is the same processor**"
            yield f"{what}: CPU and times are judged beside the bare loop's, memory as it is; of what it has no figure nothing is told."
        if not self.same_method:
            yield (
                "**The bench itself changed in between**: times, counts, what an answer costs and the other core are not comparable and "
                "left out; CPU s per call-minute, steps per CPU second and memory are comparable."
            )
        if not self.same_form:
            yield "**One is of the short form, one of the long**: counts, extremes and the rated load are not comparable and left out."


@dataclass(frozen=True, slots=True)
class Noise:
    """How a figure of the bare loop changed: the median ratio of its loads, and how many times that one is from it at the most."""

    usual: float | None = None
    """None: what is judged is not held against it."""
    most: float = _LEAST_RATIO

    def beside(self, change: Change) -> float:
        """The change's ratio, over the bare loop's."""
        return change.ratio / (self.usual or 1.0)

    def beyond(self, change: Change) -> float:
        """By what factor it is another one than that; 1 if it is not by more than chance."""
        ratio = self.beside(change)
        away = max(ratio, 1 / ratio) if ratio else inf
        least = _LEAST.get(change.name.rpartition(" ")[2], 0.0)
        return away if away > self.most and abs(change.now - change.before * (self.usual or 1.0)) > least else 1.0

    def worse(self, change: Change) -> bool:
        """Whether it is so but for what the bare loop's did."""
        return (self.beside(change) < 1) if _more_is_better(change.name) else (self.beside(change) > 1)


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure that changed by more than chance."""

    change: Change
    noise: Noise

    @property
    def worse(self) -> bool:
        """Or better."""
        return self.noise.worse(self.change)


def since(before: Result | None, now: Result) -> Iterator[str]:
    """What changed since a result that was kept."""
    if before is None:
        yield "No earlier result is kept."
        return
    between = _between(before, now)
    noise = noises(before.figures, now.figures, between)
    yield f"Compared: {_about(before)}, with {_about(now)}."
    yield from between.told()
    if (before.at, now.at) == _IN_TWOS:
        yield _LEAVES_IN_TWOS
    if (cpu := noise.get(_CPU)) is not None:
        yield (
            f"The bare loop took {cpu.usual:.2f} times the CPU, and at some loads {cpu.most:.2f} times more or less "
            "than that: told is what goes beyond what its own figures did, and beyond a tenth."
        )
    yield ""
    yield from _rows(judged(before.figures, now.figures, noise, between))


def before_and_after(earlier: Sequence[Result], now: Result) -> Iterator[str]:
    """The first result that is kept, the last one before now, and now: whatever changed, and what did not."""
    first, runs = earlier[0], {each.at: each for each in (earlier[0], earlier[-1], now)}
    yield "The gateway with drafts, in the first result that is kept, the last before this one, and this one. The ratio is to the bare loop"
    yield "of the same run and is as uncertain as that one's figure. Onset to clear: p50 / p95 / p99 in ms; of fewer than 100 values, the"
    yield "largest in brackets."
    if first.at == _FIRST:
        yield _NOT_BEFORE_ALL
    if not all(each.method == now.method for each in runs.values()):
        yield "The bench itself changed in between: its times are not comparable, CPU and memory are."
    yield ""
    yield from head("calls", "run", "CPU s / call-minute", "x bare loop", "MB / call", "onset to clear", "voice to voice p50, ms")
    for calls in _CALLS:
        for run in runs.values():
            if (level := at_calls(run.gateway, calls)) is not None:
                yield row(calls, f"{run.at}, {run.form}", *_cells(run, level))


def _cells(run: Result, level: Level) -> Iterator[object]:
    times, heard = run.times_bare(level), level.voice_to_voice_ms.p50
    yield f"{level.cpu_s_per_call_minute:.3f}"
    yield None if times is None else f"{times:.2f}"
    yield f"{level.mb_per_call:.2f}"
    yield three(level.onset_to_clear_ms)
    yield None if heard is None else f"{heard:.0f}"


def _between(before: Result, now: Result) -> Between:
    machine: bool | None = None
    if _set_up(before) != _set_up(now):
        machine = False
    elif all(_FAMILY in each.machine.name for each in (before, now)):
        machine = before.machine.name == now.machine.name
    return Between(machine, before.method == now.method, before.form == now.form)


def _set_up(result: Result) -> tuple[object, ...]:
    machine = result.machine
    return machine.name.partition(_FAMILY)[0], machine.cores, machine.kernel, machine.python


def _about(result: Result) -> str:
    return (
        f"{result.at} ({result.form} form, commit {result.commit or 'not noted'}, {result.machine.told}, load {result.machine.load[0]:.1f})"
    )


def _rows(found: Sequence[Judged]) -> Iterator[str]:
    if not found:
        yield "Nothing differs by more than that."
        return
    yield from head("figure", "before", "now", "ratio", "beside the bare loop", "is")
    for each in found:
        change, worse = each.change, "worse" if each.worse else "better"
        beside = None if each.noise.usual is None else f"{each.noise.beside(change):.2f}"
        yield row(change.name, f"{change.before:g}", f"{change.now:g}", f"{change.ratio:.2f}", beside, worse)


# --- What counts


def judged(before: Mapping[str, float], now: Mapping[str, float], noise: Mapping[str, Noise], between: Between) -> list[Judged]:
    """Each figure that changed: what is worse first, the greatest change before the others."""
    told = list[tuple[float, Judged]]()
    for name in (name for name in now if name in before and _counts(name) and between.compares(name)):
        change, known = Change(name, before[name], now[name]), _of(noise, name)
        if not between.same_machine and known.usual is None and _MEMORY not in name:
            continue
        if (away := known.beyond(change)) > 1:
            told.append((away, Judged(change, known)))
    told.sort(key=lambda each: (not each[1].worse, -log(each[0]) if each[0] < inf else -inf))
    return [found for _, found in told]


def noises(before: Mapping[str, float], now: Mapping[str, float], between: Between) -> dict[str, Noise]:
    """By the figure's kind."""
    ratios = defaultdict[str, list[float]](list)
    for name, value in now.items():
        match = _LEVEL.fullmatch(name)
        if match and match[1] == _BARE and int(match[2]) >= _FROM_CALLS and before.get(name) and value:
            ratios[match[3]].append(value / before[name])
    return {kind: _noise(found, held=kind == _CPU or (not between.same_machine and kind != _MEMORY)) for kind, found in ratios.items()}


def _noise(ratios: Sequence[float], *, held: bool) -> Noise:
    usual = median(ratios) if held else 1.0
    return Noise(usual if held else None, max(_LEAST_RATIO, *(max(ratio / usual, usual / ratio) for ratio in ratios)))


def _of(noise: Mapping[str, Noise], name: str) -> Noise:
    match = _LEVEL.fullmatch(name)
    kind, cpu = match[3] if match else name, noise.get(_CPU, Noise())
    if kind in noise:
        return noise[kind]
    if _is_cpu(name):
        return Noise(1 / cpu.usual, cpu.most) if cpu.usual and _more_is_better(name) else cpu
    return Noise()


def _is_cpu(name: str) -> bool:
    return "CPU" in name or "core" in name


def _counts(name: str) -> bool:
    match = _LEVEL.fullmatch(name)
    return match is None or (match[1] != _BARE and int(match[2]) >= _FROM_CALLS)


def _more_is_better(name: str) -> bool:
    return any(each in name for each in MORE_IS_BETTER)
