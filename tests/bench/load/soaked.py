"""What a soak found: how fast memory grows, and what is left behind; as it is kept, told and drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from common.redis_link import WRITERS
from tests.bench.load.chart import Series, lines
from tests.bench.load.ends import no_answer
from tests.bench.load.figures import Slope, slope
from tests.bench.load.left import Left
from tests.bench.load.result import Machine
from tests.bench.load.table import row
from tests.bench.load.talker import ANSWER_S, Said

FILE, PICTURE = "soak.json", "soak.svg"
_WARM_UP_SHARE, _WARM_UP_S = 1 / 3, 600.0
_PERCENT_AN_HOUR = {False: 3.0, True: 1.0}
"""Goals: of a run under two hours, and of a longer one."""
_LONG_S = 7_200.0
_SLOPE = (
    "A slope is of all that a process holds, and does not tell what holds it: Python keeps freed tuples, two thousand of each length, "
    "and what knows each other in circles until a full collection, of which a gateway has few, since they stall its calls. What calls, "
    "connections and commands to Redis leave behind without any collection is counted by tests (`tests/uncollected.py`).",
    "",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the house."""

    at_s: float
    calls: int
    """On the line."""
    memory_mb: dict[str, float]
    """RSS of each process; of Redis what it says itself."""
    descriptors: dict[str, int]
    keys: int
    consumers: dict[str, int]
    endless: dict[str, int] = field(default_factory=dict)
    """Keys that never expire, by kind."""


@dataclass(frozen=True, slots=True)
class Served:
    """What callers were answered."""

    answered: int = 0
    unanswered: int = 0
    fillers: int = 0

    def with_call(self, said: Sequence[Said], now: float) -> "Served":
        """And a call that ends now."""
        answered = self.answered + sum(each.answered_at is not None for each in said)
        return Served(
            answered, self.unanswered + sum(each.unanswered(now) for each in said), self.fillers + sum(each.fillers for each in said)
        )


@dataclass(frozen=True, slots=True)
class Soak:
    """One run."""

    at: str
    machine: Machine
    places: int
    """Calls at a time."""
    placed: int
    """Calls over all."""
    lost: int
    """Calls that their callers did not end."""
    before: Sample
    samples: list[Sample]
    after: Sample
    """Half a minute after the last call."""
    commit: str = ""
    """What ran."""
    served: Served | None = None
    """None, here and below: of before that was noted."""
    ends: dict[str, int] | None = None
    """How many turns ended how, by the gateway's own word."""
    left: dict[str, Left] | None = None
    """In Redis, of calls, at the end."""

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.samples[-1].at_s

    @property
    def warm_up_s(self) -> float:
        """What does not count: ten minutes, of a short run a third."""
        return min(_WARM_UP_S, _WARM_UP_SHARE * self.seconds)

    def growth(self, process: str) -> Slope:
        """Percent an hour of what the process has on average, after the warm-up."""
        found, mean = slope([sample.at_s for sample in self.counted], self._values(process)), self.mean_mb(process)
        return Slope(*(100 * each / mean for each in (found.per_hour, found.low, found.high)))

    def mean_mb(self, process: str) -> float:
        """What it has on average, after the warm-up."""
        return sum(self._values(process)) / len(self.counted)

    @property
    def counted(self) -> list[Sample]:
        """Those after the warm-up."""
        return [sample for sample in self.samples if sample.at_s >= self.warm_up_s]

    def _values(self, process: str) -> list[float]:
        return [sample.memory_mb[process] for sample in self.counted]


def told(soak: Soak) -> Iterator[str]:
    """The figures, as Markdown."""
    load = ", ".join(f"{each:.1f}" for each in soak.machine.load)
    goal = _PERCENT_AN_HOUR[soak.seconds >= _LONG_S]
    yield "## Soak"
    yield ""
    yield (
        f"{soak.at}, commit {soak.commit or 'not noted'}: {soak.seconds / 60:.0f} minutes, {soak.places} calls at a time, {soak.placed} "
        f"over all, each of 20-70 s; {soak.lost} lost; {soak.machine.told}, load {load}. Settings as in Method, but for `VAD=silero`. "
        f"Growth is told after {soak.warm_up_s / 60:.1f} minutes of warm-up; the goal is {goal:g} % an hour.{_no_long_run(soak)}"
    )
    yield ""
    yield from _served(soak)
    yield row("process", "MB at the end", "growth, % an hour", "between (95 %)", "goal", "descriptors before / most / after")
    yield row(":--", "--:", "--:", "--:", ":--", "--:")
    for process in soak.before.memory_mb:
        yield _row_of(soak, process, goal)
    yield ""
    yield from _SLOPE
    yield from _left(soak)
    yield f"Keys in Redis before, at the most, and half a minute after the last call: {_three(soak, [each.keys for each in soak.samples])}."
    yield "Redis keeps the events of a call for two hours and what stages did for ten minutes, so it grows for two hours."
    yield (
        f"Descriptors half a minute after the last call, beside before the first: {_descriptors_word(soak)}. A gateway holds "
        f"two for each call, and each process of its connections to Redis as many as it ever needed at a time, {WRITERS} at the "
        "most: they stay open."
    )
    if soak.after.endless:
        kinds = ", ".join(f"`{kind}` {count}" for kind, count in sorted(soak.after.endless.items()))
        yield f"Keys that never expire, by kind, half a minute after the last call: {kinds}."
    counts = ", ".join(f"{stage} {count}" for stage, count in soak.after.consumers.items())
    word = "exact" if soak.after.consumers == soak.before.consumers else "**not as before**"
    yield f"Consumers of each stage's group at the end: {counts} ({word})."
    yield ""


def shortfalls(soak: Soak) -> Iterator[str]:
    """What of the goals was not reached, or can't be told of this soak."""
    goal = _PERCENT_AN_HOUR[soak.seconds >= _LONG_S]
    for process in soak.before.memory_mb:
        growth = soak.growth(process)
        if (word := _reached(growth, goal)) != "reached":
            between = f"between {growth.low:+.1f} and {growth.high:+.1f}"
            why = "; it keeps a call's events for two hours" if process == "redis" else ""
            yield f"Soak: memory of {process} grows by {growth.per_hour:+.1f} % an hour ({between}), the goal is {goal:g}: {word}{why}."
    if not _good(soak):
        yield "Soak: not every caller was served."
    overdue = sum(left.overdue for left in (soak.left or {}).values())
    consumers = sum(soak.after.consumers.values()) - sum(soak.before.consumers.values())
    none = {"calls lost": soak.lost, "keys of calls left behind": overdue, "consumers more than before": consumers}
    yield from (f"Soak: {count} {what}, the goal is 0." for what, count in none.items() if count)
    if _more_descriptors(soak):
        about = "half a minute after the last call, beside before the first"
        yield f"Soak: descriptors {about}: {_descriptors_word(soak)}; the goal is as many."
    if told := _no_long_run(soak):
        yield f"Soak:{told}"


def _no_long_run(soak: Soak) -> str:
    if soak.seconds >= _LONG_S:
        return ""
    return f" No run of three hours is kept: whether it grows by less than {_PERCENT_AN_HOUR[True]:g} % an hour in such a one is not known."


def _more_descriptors(soak: Soak) -> dict[str, int]:
    """Of each process that has more of them than before."""
    before, after = soak.before.descriptors, soak.after.descriptors
    return {process: more for process, count in after.items() if (more := count - before[process]) > 0}


def _descriptors_word(soak: Soak) -> str:
    found = _more_descriptors(soak)
    if not found:
        return "exact"
    told = ", ".join(f"{process} {count:+}" for process, count in found.items())
    return f"{told} ({'**left behind**' if max(found.values()) > WRITERS else 'not sure: no more than connections that stay open'})"


def _good(soak: Soak) -> bool:
    """Whether callers were served, as far as the soak has noted it."""
    if soak.served is None or soak.ends is None:
        return True
    served = soak.served
    return bool(served.answered and not served.unanswered and not served.fillers and not no_answer(soak.ends))


def _served(soak: Soak) -> Iterator[str]:
    if soak.served is None or soak.ends is None:
        return
    served = soak.served
    ended = ", ".join(f"{how} {count}" for how, count in soak.ends.items())
    yield (
        f"Were calls served: **{'yes' if _good(soak) else 'no'}**; {served.answered} answers, {served.unanswered} utterances "
        f"without one within {ANSWER_S:g} s, {served.fillers} fillers; turns ended so: {ended}."
    )
    yield ""


def _left(soak: Soak) -> Iterator[str]:
    if soak.left is None:
        return
    kinds = ", ".join(f"`{kind}` {left.keys}" for kind, left in soak.left.items())
    overdue = {kind: left.overdue for kind, left in soak.left.items() if left.overdue}
    word = "exact" if not overdue else "**left behind**: " + ", ".join(f"`{kind}` {count}" for kind, count in overdue.items())
    count = sum(overdue.values())
    yield f"Keys of calls at the end, by kind: {kinds}. Of calls that are over for longer than the kind lives: {count} ({word})."
    yield ""


def _row_of(soak: Soak, process: str, goal: float) -> str:
    growth, held = soak.growth(process), soak.before.descriptors.get(process)
    most = max((each.descriptors.get(process, 0) for each in soak.samples), default=0)
    files = f"{held} / {most} / {soak.after.descriptors[process]}" if held is not None else None
    memory = f"{soak.samples[-1].memory_mb[process]:.1f}"
    return row(process, memory, f"{growth.per_hour:+.1f}", f"{growth.low:+.1f} .. {growth.high:+.1f}", _reached(growth, goal), files)


def _reached(growth: Slope, goal: float) -> str:
    if growth.high <= goal:
        return "reached"
    return "missed" if growth.low > goal else "not sure"


def _three(soak: Soak, keys: Sequence[int]) -> str:
    return f"{soak.before.keys}, {max(keys)}, {soak.after.keys}"


def in_a_line(sample: Sample) -> str:
    """One look, for who waits."""
    memory = ", ".join(f"{name} {mb:.1f}" for name, mb in sample.memory_mb.items())
    return f"{sample.at_s / 60:.0f} min: {sample.calls} calls, {memory} MB, {sample.keys} keys"


def drawn(soak: Soak) -> str:
    """Memory over time, each process beside its own mean, and where the warm-up ends; not Redis, which is to grow."""
    names, warm = [name for name in soak.before.memory_mb if name != "redis"], soak.warm_up_s / 60
    means = {name: soak.mean_mb(name) for name in names}
    shown = {name: [(each.at_s / 60, 100 * each.memory_mb[name] / mean) for each in soak.samples] for name, mean in means.items()}
    ys = [y for points in shown.values() for _, y in points]
    mark = Series("warm-up's end", [(warm, min(ys)), (warm, max(ys))], dashed=True)
    series = [mark, *(Series(name.removesuffix("_worker"), points) for name, points in shown.items())]
    title = f"Memory under churn, {soak.places} calls at a time"
    return lines(title, "minutes", "% of a process's mean after the warm-up", series, low=min(ys) - 0.5)


def draw(soak: Soak, folder: Path) -> None:
    """The picture, in a folder that is made for it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PICTURE).write_text(drawn(soak), encoding="utf-8")


def save(soak: Soak, folder: Path) -> None:
    """Figures and picture."""
    draw(soak, folder)
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(soak), indent=1) + b"\n")


def kept_soak(folder: Path) -> Soak | None:
    """The soak that is kept beside the benchmarks; None: none is."""
    path = folder / "soak" / FILE
    return msgspec.json.decode(path.read_bytes(), type=Soak) if path.exists() else None
