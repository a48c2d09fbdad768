"""What a run of the bench found, as it is kept in ``docs/benchmarks``."""

import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tests.bench.load.churn import Churn
from tests.bench.load.figures import Spread
from tests.bench.load.level import Level
from tests.bench.load.parts import LATE, OURS
from tests.e2e.gateway_process import ROOT

FORMAT = 1
METHOD = 2
"""How it is measured. 1: all that was kept before 2026-11-23T19:53Z, by other rules for answers and underruns, with callers often late."""
MORE_IS_BETTER = ("rated load", "steps per CPU second", "lead")
"""In a figure's name."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured."""

    name: str
    cores: int
    kernel: str
    python: str
    load: tuple[float, float, float]
    """Of the last 1, 5 and 15 minutes when the run began: on a busy machine latencies are the machine's."""
    mhz: float | None = None
    """Its clock then, as the kernel says it; None: of before that was noted, or it does not say."""

    @property
    def told(self) -> str:
        """Without its load."""
        return f"{self.name}, {self.cores} cores, Linux {self.kernel}, Python {self.python}"


@dataclass(frozen=True, slots=True)
class Steps:
    """What one worker of a stage does."""

    stage: str
    steps: int
    per_s: float
    per_cpu_s: float
    """Steps in a second of its CPU: what it would do with a core for itself."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The bare loop and the gateway with drafts, with as many calls, one right behind the other, on the same machine in the same mood."""

    bare: float
    """CPU seconds per call-minute."""
    gateway: float
    """CPU seconds per call-minute."""

    @property
    def times(self) -> float:
        """The gateway's beside the bare loop's."""
        return self.gateway / self.bare


@dataclass(slots=True)
class Result:
    """One run."""

    at: str
    """UTC."""
    machine: Machine
    form: str
    format: int = FORMAT
    method: int = 1
    """Of what is kept without one."""
    bare: list[Level] = field(default_factory=list)
    gateway: list[Level] = field(default_factory=list)
    """With drafts."""
    no_drafts: list[Level] = field(default_factory=list)
    steps: list[Steps] = field(default_factory=list)
    ready_s: list[float] = field(default_factory=list)
    """From ``make run`` to the line that says that calls are answered."""
    silero: list[Level] = field(default_factory=list)
    """With drafts, and the detector that Torim is shipped with."""
    shipped: list[Level] = field(default_factory=list)
    """With all settings that Torim is shipped with."""
    commit: str = ""
    """What ran; with a ``+`` if files of it were changed. Empty: of before that was noted."""
    churn: Churn | None = None
    pairs: list[Pair] = field(default_factory=list)
    """At the number of calls that the goal names."""

    @property
    def levels(self) -> list[Level]:
        """All of them, as tables have them."""
        return [*self.bare, *self.gateway, *self.silero, *self.shipped, *self.no_drafts]

    @property
    def rated(self) -> Level | None:
        """The largest level that held, with all smaller ones."""
        return self.rated_with(lambda _: True)

    def rated_with(self, good: Callable[[Level], bool]) -> Level | None:
        """The largest level that held and was good, with all smaller ones."""
        found = None
        for level in self.gateway:
            if not (level.held and good(level)):
                break
            found = level
        return found

    def times_bare(self, level: Level) -> float | None:
        """Its CPU beside that of the bare loop with as many calls, if that was measured."""
        bare = at_calls(self.bare, level.calls)
        return level.cpu_s_per_call_minute / bare.cpu_s_per_call_minute if bare and bare.cpu_s_per_call_minute else None

    @property
    def figures(self) -> dict[str, float]:
        """What is compared from one run to the next; less is better, but of those that ``MORE_IS_BETTER`` names."""
        found: dict[str, float | None] = {"rated load, calls": self.rated.calls if self.rated else 0.0}
        servers = {"bare loop": self.bare, "gateway": self.gateway, "gateway with Silero": self.silero, "gateway as shipped": self.shipped}
        for name, levels in (servers | {"gateway without drafts": self.no_drafts}).items():
            for level in levels:
                found |= _figures_of(f"{name}, {level.calls} calls", level)
        found |= {f"{each.stage} worker, steps per CPU second": each.per_cpu_s for each in self.steps}
        found |= {"make run to ready, s": min(self.ready_s)} if self.ready_s else {}
        found |= _figures_of_churn(self.churn) if self.churn else {}
        return {name: value for name, value in found.items() if value is not None}


def _figures_of(name: str, level: Level) -> dict[str, float | None]:
    return {
        f"{name}: CPU s per call-minute": level.cpu_s_per_call_minute,
        f"{name}: MB per call": round(level.mb_per_call, 3),
        **_percentiles(f"{name}: onset to clear", level.onset_to_clear_ms),
        f"{name}: voice to voice p50, ms": level.voice_to_voice_ms.p50,
        **_percentiles(f"{name}: own share", level.own_share_ms),
        **_share(f"{name}: own share by its parts", level.parts_ms or {}),
        **_troubles(name, level),
        f"{name}: Redis CPU ms per answer": level.redis_cpu_ms_per_answer,
        **{f"{name}: {stage} worker's CPU ms per answer": ms for stage, ms in (level.worker_cpu_ms_per_answer or {}).items()},
        f"{name}: share of the other core": level.other_core_busy,
    }


def _percentiles(name: str, found: Spread) -> dict[str, float | None]:
    return {f"{name} p50, ms": found.p50, f"{name} p95, ms": found.p95, f"{name} p99, ms": found.p99}


def _share(name: str, parts: Mapping[str, Spread]) -> dict[str, float | None]:
    """As far as results tell it: the vendors' lateness is told in none but newer ones, and is a figure of its own."""
    own, late = parts.get(OURS), parts.get(LATE)
    return (_percentiles(name, own) if own else {}) | (_percentiles(f"{name}, vendors over", late) if late else {})


def _figures_of_churn(churn: Churn) -> dict[str, float | None]:
    return {
        "a call's begin and end, CPU ms": churn.cpu_ms_a_call,
        "while calls come and go: ticks late p99, ms": churn.tick_lateness_ms.get("p99"),
        "while calls come and go: calls lost": churn.lost,
    }


def _troubles(name: str, level: Level) -> dict[str, float | None]:
    """What there should be none of, and lateness."""
    times = level.frame_times
    return {
        f"{name}: audible underruns": times.underruns_over_5_ms,
        f"{name}: longest gap, ms": times.longest_gap_ms,
        f"{name}: lead p50, ms": times.lead_ms.p50,
        f"{name}: least lead, ms": times.least_lead_ms,
        f"{name}: frames late p99, ms": times.lateness_ms.p99,
        f"{name}: ticks late p99, ms": times.tick_lateness_ms.get("p99"),
        f"{name}: unanswered": level.unanswered,
        f"{name}: fillers": level.fillers,
        f"{name}: not cleared": level.not_cleared,
        f"{name}: frames after clear": level.frames_after_clear,
        f"{name}: calls lost": level.calls_lost,
    }


def at_calls(levels: Sequence[Level], calls: int) -> Level | None:
    """The level with so many calls."""
    return next((level for level in levels if level.calls == calls), None)


def new_result(form: str) -> Result:
    """A run that begins now, on this machine."""
    at = time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime())
    machine = Machine(processor(), os.cpu_count() or 1, platform.release(), platform.python_version(), os.getloadavg(), _mhz())
    return Result(at, machine, form, method=METHOD, commit=commit())


def commit() -> str:
    """The commit that is checked out, with a ``+`` if what runs is not quite that."""
    name = _git("rev-parse", "--short", "HEAD").strip()
    return name + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True, timeout=30).stdout


def processor() -> str:
    """Its name and, since many kinds share one, family and model, where the kernel tells."""
    name, family, model = _cpuinfo("model name"), _cpuinfo("cpu family"), _cpuinfo("model")
    return f"{name} (family {family}, model {model})" if name and family else name or platform.machine()


def _mhz() -> float | None:
    told = _cpuinfo("cpu MHz")
    return float(told) if told else None


def _cpuinfo(field: str) -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((value.strip() for name, _, value in (line.partition(":") for line in lines) if name.strip() == field), "")


# --- Files


def save(result: Result, folder: Path) -> Path:
    """Write it under a name that sorts by time."""
    path = folder / f"{result.at.replace(':', '')}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    return path


def load(path: Path) -> Result:
    """A result that was kept."""
    return msgspec.json.decode(path.read_bytes(), type=Result)


def kept_in(folder: Path) -> list[Result]:
    """Results of this format in a folder, the oldest first."""
    paths = sorted(folder.glob("*.json"))
    return [load(path) for path in paths if msgspec.json.decode(path.read_bytes())["format"] == FORMAT]
