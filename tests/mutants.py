"""``make mutants``: removes each guard of the core in turn, and sees whether anything notices.

Rules
    A mutant is the core with one guard removed (``guards.py``). It is *killed* if a unit test fails, or else if a random
    call breaks a rule, fails, or does not end. Both are tried in a forked process that has pytest and all
    modules already, so that a mutant costs about as much as the tests that it survives: the one that killed it in
    the last run here (``.run/mutants.json``) is tried first.
    One that nothing kills is a *survivor*, and makes the run fail: the guard is needless, or a test is missing.
    Steps (``guards.py``) are left out, too. A whole run writes ``docs/mutants.md``.

``--only WORD`` takes the guards with that word in their names, ``--sample N`` some N of them, by ``--seed``.
"""

import argparse
import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.guards import ROOT, all_guards
from tests.guards_in_place import without, without_nothing
from tests.mutants_report import NO_END, Fate, Mutant, Result, complaints, report
from tests.sim.world import make_world

UNIT_TESTS = ("tests/gateway/turn", "tests/gateway/test_playout.py", "tests/gateway/test_spoken.py", "tests/gateway/vad/test_hangover.py")
_SLOW = "test_pauses.py"
"""As slow as all the others together: tried last."""
_ONE_CPU_S = 5
"""A test or call that takes longer runs in a circle: with the core as it is the slowest takes a third."""
_MEMORY_BYTES = 3 << 29
_AT_ONCE = 2
_NOTHING = "nothing noticed"
_KILLERS = ROOT / ".run/mutants.json"


@dataclass(slots=True)
class _Run:
    """A plugin of pytest: instead of running the tests that were collected once, it runs them for each mutant."""

    mutants: list[Mutant]
    calls: int
    last: dict[str, str] = field(default_factory=dict)
    """The test that killed a mutant in the last run, by the mutant's name."""
    results: list[Result] = field(default_factory=list)
    killers: dict[str, list[str]] = field(default_factory=dict)
    """Tests that killed mutants of a module, the newest first: they are tried first."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of pytest's own loop."""
        assert session.items, "no unit tests were collected"
        for result in self._all(session):
            self.results.append(result)
            if result.fate is Fate.UNIT and result.mutant.removal:
                self._remember(result)
            _show(result, len(self.results), len(self.mutants))
        return True

    def _all(self, session: pytest.Session) -> Iterator[Result]:
        """Two at a time."""
        running: dict[int, tuple[Mutant, int, float]] = {}
        for mutant in self.mutants:
            if len(running) == _AT_ONCE:
                yield _wait(running)
            pid, pipe = self._fork(session, mutant)
            running[pid] = mutant, pipe, time.monotonic()
        while running:
            yield _wait(running)

    def _remember(self, result: Result) -> None:
        known = self.killers.setdefault(result.mutant.guard.module, [])
        if result.killer in known:
            known.remove(result.killer)
        known.insert(0, result.killer)

    # -- In the forked process

    def _fork(self, session: pytest.Session, mutant: Mutant) -> tuple[int, int]:
        out, into = os.pipe()
        pid = os.fork()
        if pid:
            os.close(into)
            return pid, out
        try:
            self._try(session, mutant, into)
        finally:
            os._exit(0)

    def _try(self, session: pytest.Session, mutant: Mutant, pipe: int) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
        if mutant.removal is None:
            without_nothing()
        else:
            without(mutant.guard, mutant.removal)
        os.write(pipe, b"unit\n")
        killer = self._failing_test(session, mutant)
        if not killer:
            os.write(pipe, b"calls\n")
            killer = _broken_call(self.calls)
        os.write(pipe, (" ".join(killer.split())[:300] or _NOTHING).encode())

    def _failing_test(self, session: pytest.Session, mutant: Mutant) -> str:
        module = mutant.guard.module
        first = {name: place for place, name in enumerate(self.killers.get(module, ()))}
        own = f"test_{module.rpartition('.')[2]}.py"
        last = self.last.get(str(mutant))

        def place(item: pytest.Item) -> tuple[bool, int, bool, bool]:
            test = item.nodeid
            return test != last, first.get(test, len(first)), _SLOW in test, own not in test

        items = sorted(session.items, key=place)
        for item, following in zip(items, [*items[1:], None], strict=True):
            signal.setitimer(signal.ITIMER_PROF, _ONE_CPU_S)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return item.nodeid
        return ""


def _broken_call(calls: int) -> str:
    for seed in range(calls):
        signal.setitimer(signal.ITIMER_PROF, _ONE_CPU_S)
        try:
            make_world(seed).run()
        except Exception as broken:  # noqa: BLE001  # a mutant may fail in any way
            return f"{type(broken).__name__}: {broken}"
    return ""


# -- In the process that forks


def _wait(running: dict[int, tuple[Mutant, int, float]]) -> Result:
    """The next one that ends."""
    pid, _ = os.waitpid(-1, 0)
    mutant, pipe, began = running.pop(pid)
    with os.fdopen(pipe) as told:
        _, *by = told.read().splitlines()
    fate = Fate.SURVIVED if by[-1:] == [_NOTHING] else Fate.CALLS if "calls" in by else Fate.UNIT
    killer = by[-1] if by and by[-1] != "calls" else NO_END
    return Result(mutant, fate, killer, time.monotonic() - began)


def _show(result: Result, done: int, of: int) -> None:
    text = f"{result.mutant}  ({result.seconds:.1f} s)\n" if result.fate is Fate.SURVIVED else ""
    sys.stderr.write(f"\r{done}/{of}  {text}")
    sys.stderr.flush()


def _chosen(options: argparse.Namespace) -> list[Mutant]:
    mutants = [Mutant(guard, removal) for guard in all_guards() for removal in guard.removals if options.only in guard.name]
    if options.sample is None:
        return mutants
    return random.Random(options.seed).sample(mutants, min(options.sample, len(mutants)))


def _tried(mutants: list[Mutant], calls: int) -> list[Result]:
    run = _Run(mutants, calls, _last_killers())
    status = pytest.main(["-q", "-s", "-p", "no:cacheprovider", "--tb=no", *(str(ROOT / test) for test in UNIT_TESTS)], plugins=[run])
    if status or len(run.results) != len(mutants):
        raise SystemExit(f"mutants: pytest ended with {status!r}")
    killers = {str(result.mutant): result.killer for result in run.results if result.fate is Fate.UNIT}
    _KILLERS.parent.mkdir(exist_ok=True)
    _KILLERS.write_text(json.dumps(run.last | killers))
    return run.results


def _last_killers() -> dict[str, str]:
    return dict(json.loads(_KILLERS.read_text())) if _KILLERS.exists() else {}


def main(words: list[str] | None = None) -> int:
    """Run it; 1 if anything survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Remove each guard of the core: what notices?")
    parser.add_argument("--only", default="", metavar="WORD", help="guards with WORD in their names")
    parser.add_argument("--sample", type=int, metavar="N", help="some N mutants")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--calls", type=int, default=200, help="random calls for what the unit tests let live (200)")
    options = parser.parse_args(words)
    mutants, whole = _chosen(options), not options.only and options.sample is None
    began = time.monotonic()
    (untouched,) = _tried([Mutant(mutants[0].guard, None)], options.calls)
    if untouched.fate is not Fate.SURVIVED:
        raise SystemExit(f"mutants: the core as it is does not pass: {untouched.killer}")
    results = sorted(_tried(mutants, options.calls), key=lambda result: mutants.index(result.mutant))
    minutes = (time.monotonic() - began) / 60
    lines = report(results, minutes, options.calls, sys.argv[1:] if words is None else words)
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    if whole:
        (ROOT / "docs/mutants.md").write_text("\n".join(lines) + "\n")
    wrong = complaints(results)
    sys.stderr.write("".join(f"mutants: {text}\n" for text in wrong))
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
