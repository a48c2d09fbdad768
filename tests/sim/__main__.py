"""``python -m tests.sim FIRST LAST`` runs the random calls of these seeds; ``python -m tests.sim SEED`` shows one.

``--record FILE`` leaves the record of the one, of a second stream ``FILE-2`` and so on, for ``tools.replay`` and
``tools.timeline``. Of many, ``--guards`` counts how often each guard of the core was true and false, and fails if anything was
hit too seldom for so many calls (``make sim``), ``--least N`` if less often than that. ``--shell``: through the real shell and
workers, with a Redis, workers and a line that fail.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.sim import shell_calls
from tests.sim.calls import CALLS, LEAST, least_hits, run_at_once, traced
from tests.sim.situations import NAMED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the calls that the command line names; the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    first, last = options.first, options.first + 1 if options.last is None else options.last
    if first >= last:
        parser.error(f"there are no calls from {first} to before {last}")
    if wrong := _without_use(options):
        parser.error(wrong)
    if options.last is None:
        return _shown(*(shell_calls.traced(first, options.record) if options.shell else traced(first, options.record, options.situation)))
    if options.shell:
        return _shell(first, last, options.least or 0)
    return _many(first, last, guards=options.guards, least=options.least)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description="Random calls through the core.")
    parser.add_argument("first", metavar="SEED", type=int, help="show this call; or, with LAST, run this one and the next ones")
    parser.add_argument("last", metavar="LAST", type=int, nargs="?", help="the first call that is not run any more")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the record of the one call")
    parser.add_argument(
        "--situation",
        default="",
        metavar="NAME",
        choices=NAMED,
        help="what the one call's caller and line do now and then (tests/sim/situations.py); default: drawn",
    )
    parser.add_argument("--guards", action="store_true", help="count the hits of the core's guards, too")
    parser.add_argument(
        "--least",
        type=int,
        metavar="N",
        help=f"fail if anything was hit less often; default with --guards: {LEAST} in {CALLS} calls from 0, a tenth in others, 0 in fewer",
    )
    parser.add_argument("--shell", action="store_true", help="calls through the shell, the workers and the bus in memory")
    return parser


def _without_use(options: argparse.Namespace) -> str:
    """What was asked for and would not be done; "" if it will all be done."""
    one, many = (options.record is not None, options.situation != ""), (options.guards, options.least is not None)
    if options.last is not None and any(one):
        return "--record and --situation are of one call: without LAST"
    if options.last is None and any(many):
        return "--guards and --least are of many calls: with LAST"
    if options.shell and (options.situation or options.guards):
        return "--situation and --guards are of calls through the core alone: without --shell"
    return ""


def _shown(trace: list[str], breaks: bool) -> int:
    sys.stdout.write("\n".join(trace) + "\n")
    return breaks


def _shell(first: int, last: int, least: int) -> int:
    began = time.monotonic()
    calls = shell_calls.run_at_once(first, last)
    return _told(calls.outcome.lines(), calls.below(least), first, last, began)


def _many(first: int, last: int, *, guards: bool, least: int | None) -> int:
    began = time.monotonic()
    if least is None:
        least = least_hits(first, last) if guards else 0
    outcome = run_at_once(first, last, guards=guards)
    return _told(outcome.lines(every_guard=guards), outcome.broken + outcome.below(least), first, last, began)


def _told(lines: list[str], wrong: list[str], first: int, last: int, began: float) -> int:
    took = f"seeds {first} to {last - 1}, {time.monotonic() - began:.0f} s in a process a processor"
    sys.stdout.write("\n".join([*lines, took]) + "\n")
    sys.stderr.write("".join(f"sim: {text}\n" for text in wrong))
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
