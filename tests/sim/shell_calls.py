"""Many random calls through the shell, in some processes, and how often each fault happened in them.

``python -m tests.sim FIRST LAST --shell`` runs them from the command line, ``python -m tests.sim SEED --shell`` shows one.
"""

import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from gateway.records.format import Header
from gateway.records.recorder import Recorder, StreamRecorder, unrecorded
from tests.sim import at_once
from tests.sim.broken_rule import BrokenRule
from tests.sim.hits import Outcome
from tests.sim.shell import ShellCall, simulate
from tests.virtual_clock import run

FAULTS = (
    *("redis hangs", "redis forgets its tail", "redis forgets everything"),
    *(f"{stage} worker {what}" for stage in ("asr", "llm", "tts") for what in ("died", "froze")),
    *("work taken over", "work twice", "entry late", "reply lost", "news lost", "turn written late", "sound of another length"),
    *(
        "mark late",
        "mark lost",
        "mark on clear",
        "gap in the frames, and a burst",
        "stop twice",
        "socket dropped",
        "second stream",
        "ducked frame",
    ),
)
"""What must happen in these calls, beside what the core's calls have."""


@dataclass(slots=True)
class ShellOutcome:
    """What happened in some calls, and what none of them may leave behind."""

    outcome: Outcome = field(default_factory=Outcome)
    silent: list[int] = field(default_factory=list)
    """Calls in which sound did not go both ways."""

    def add(self, other: "ShellOutcome") -> None:
        """Put what happened in other calls to it."""
        self.outcome.add(other.outcome)
        self.silent += other.silent

    def below(self, least: int) -> list[str]:
        """Broken rules, and faults that happened less often."""
        return self.outcome.broken + [f"{self.outcome.counts[name]} hits: {name}" for name in FAULTS if self.outcome.counts[name] < least]


@contextmanager
def _unlogged() -> Iterator[None]:
    """Log lines of simulated trouble go nowhere; those of what comes behind do."""
    ours = logging.getLogger("torim")
    before, ours.propagate = ours.propagate, False
    try:
        yield
    finally:
        ours.propagate = before


@_unlogged()
def run_calls(seeds: Iterable[int], simulated: Callable[[int], Coroutine[None, None, ShellCall]] = simulate) -> ShellOutcome:
    """One call a seed; whatever ends one too early is told with it, and the others go on."""
    all_of_them = ShellOutcome()
    for seed in seeds:
        try:
            with redirect_stdout(StringIO()):  # the event lines
                call = run(simulated(seed))
        except Exception as broken:  # noqa: BLE001 - it is told, and the other calls go on
            all_of_them.outcome.broken += dict.fromkeys(f"seed {seed}: {reason}" for reason in _reasons(broken, seed))
            continue
        all_of_them.outcome.add(Outcome(1, len(call.closed), call.seconds, call.counts))
        if not (call.rx and call.tx):
            all_of_them.silent.append(seed)
    return all_of_them


def _reasons(broken: BaseException, seed: int) -> Iterator[str]:
    """What went wrong; in several tasks at once, perhaps."""
    if isinstance(broken, BaseExceptionGroup):
        for one in broken.exceptions:
            yield from _reasons(one, seed)
    else:
        yield str(broken).removeprefix(f"seed {seed}: ") if isinstance(broken, BrokenRule) else repr(broken)


@_unlogged()
def traced(seed: int, record: Path | None = None) -> tuple[list[str], bool]:
    """What happened in one call, and whether it broke a rule; the record of each of its streams goes to a file.

    The first one's to ``record``, the next ones' beside it: ``call.torim``, ``call-2.torim``.
    """
    trace: list[str] = []
    with ExitStack() as files, redirect_stdout(StringIO()):
        new_recorder = unrecorded if record is None else _Records(record, files).begin
        try:
            run(simulate(seed, new_recorder, trace=trace))
        except Exception as broken:  # noqa: BLE001 - it is shown
            return [*trace, *(f"! {reason}" for reason in dict.fromkeys(_reasons(broken, seed)))], True
    return trace, False


@dataclass(slots=True)
class _Records:
    """The records of one call's streams."""

    first: Path
    files: ExitStack
    begun: int = 0

    def begin(self, header: Header) -> Recorder:
        """The next stream's."""
        self.begun += 1
        path = self.first if self.begun == 1 else self.first.with_stem(f"{self.first.stem}-{self.begun}")
        return StreamRecorder(header, self.files.enter_context(path.open("wb")).write)


def run_at_once(first: int, last: int) -> ShellOutcome:
    """The calls of these seeds, in a process a processor."""
    return at_once.run_at_once(run_calls, first, last, ShellOutcome())
