"""``python -m tests.sim FIRST LAST`` runs the random calls of these seeds; ``python -m tests.sim SEED`` shows one.

``--record FILE`` leaves the record of the one, of a second stream ``FILE-2`` and so on, for ``tools.replay`` and
``tools.timeline``. Of many, ``--guards`` counts how often each guard of the core was true and false, and ``--least N`` fails
if anything was hit less often (``make sim``). ``--shell``: through the real shell and workers, with a Redis, workers and a
line that fail.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.sim import shell_calls
from tests.sim.calls import run_at_once, traced
from tests.sim.situations import NAMED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the calls that the command line names; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description="Random calls through the core.")
    parser.add_argument("first", metavar="SEED", type=int, help="show this call; or, with LAST, run this one and the next ones")
    parser.add_argument("last", metavar="LAST", type=int, nargs="?", help="the first call that is not run any more")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the record of the one call")
    parser.add_argument(
        "--situation", default="", choices=NAMED, help="what the one call's caller and line do now and then; default: drawn"
    )
    parser.add_argument("--guards", action="store_true", help="count the hits of the core's guards")
    parser.add_argument("--least", type=int, default=0, metavar="N", help="fail if anything was hit less often")
    parser.add_argument("--shell", action="store_true", help="calls through the shell, the workers and the bus in memory")
    options = parser.parse_args(arguments)
    first, last = options.first, options.first + 1 if options.last is None else options.last
    if first >= last:
        parser.error(f"there are no calls from {first} to before {last}")
    if options.last is None:
        return _shown(*(shell_calls.traced(first, options.record) if options.shell else traced(first, options.record, options.situation)))
    if options.shell:
        return _shell(first, last, options.least)
    return _many(first, last, guards=options.guards, least=options.least)


def _shown(trace: list[str], breaks: bool) -> int:
    sys.stdout.write("\n".join(trace) + "\n")
    return breaks


def _shell(first: int, last: int, least: int) -> int:
    began = time.monotonic()
    calls = shell_calls.run_at_once(first, last)
    return _told(calls.outcome.lines(), calls.below(least), first, last, began)


def _many(first: int, last: int, *, guards: bool, least: int) -> int:
    began = time.monotonic()
    outcome = run_at_once(first, last, guards=guards)
    return _told(outcome.lines(every_guard=guards), outcome.broken + outcome.below(least), first, last, began)


def _told(lines: list[str], wrong: list[str], first: int, last: int, began: float) -> int:
    took = f"seeds {first} to {last - 1}, {time.monotonic() - began:.0f} s in a process a processor"
    sys.stdout.write("\n".join([*lines, took]) + "\n")
    sys.stderr.write("".join(f"sim: {text}\n" for text in wrong))
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
