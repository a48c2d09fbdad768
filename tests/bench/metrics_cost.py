"""``python -m tests.bench.metrics_cost [--docs]``: what counting costs, each operation and all of a minute of a call.

How often a call counts is not guessed: simulated calls run through the real shell and the real workers on a virtual clock, and what
the registry has more of afterwards is what they counted. What ticks for the process, however many calls it has, stands apart.
Gauges are set twice a second by the process and twice a piece of work; the registry does not say so, so they are not in the sums.

A scrape is answered by a thread, which takes the interpreter from the loop: how late the loop wakes meanwhile is measured by turns, without
scrapes and with ten a second, since the machine's own stalls are in both.
"""

import asyncio
import logging
import statistics
import threading
import timeit
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import count
from time import thread_time

import uvloop
from prometheus_client import REGISTRY, generate_latest

from common import metrics
from gateway.tally import Tally
from gateway.turn.events import FrameHeard
from tests import virtual_clock
from tests.bench.kept import Bench, Kept
from tests.sim.desk import Desk
from tests.sim.shell import simulate

ROUNDS, TIMES = 7, 20_000
KINDS = ("counter", "counter, labelled", "histogram", "histogram, labelled")
SCRAPES = 200
LOOKS, LOOK_S, SCRAPE_EVERY_S = 400, 0.005, 0.1
CALLS = range(30)
FRAMES_A_MINUTE = 60 * 50
OF_THE_PROCESS = {"torim_tick_lateness_seconds": 50.0, "torim_tick_seconds": 50.0, "torim_loop_lag_seconds": 4.0}
"""A second."""


@dataclass(frozen=True, slots=True)
class MetricsCost:
    """What counting takes."""

    operations_ns: dict[str, float]
    frame_ns: float
    """Of watching a frame."""
    often: dict[str, float]
    """How often each metric is counted in a minute of a call."""
    call_us: float
    """A minute, all processes together, each count at the dearest kind's price."""
    process_us: float
    """A minute, for its clocks."""
    scrape_ms: float
    """Of a thread's CPU."""
    scrape_lines: int
    late_ms: float
    """How late the loop wakes at p99."""
    late_scraped_ms: float
    """The same beside ten scrapes a second."""


def nanoseconds(operation: Callable[[], object]) -> float:
    """The best of some rounds: what else runs on the machine only adds to it."""
    return min(timeit.repeat(operation, number=TIMES, repeat=ROUNDS)) / TIMES * 1e9


def operations() -> dict[str, float]:
    """Nanoseconds of each kind of counting."""
    return {
        "counter": nanoseconds(metrics.UNDERRUNS.inc),
        "counter, labelled": nanoseconds(lambda: metrics.REDELIVERIES.labels("asr").inc()),
        "histogram": nanoseconds(lambda: metrics.TICK_LATENESS_S.observe(0.0004)),
        "histogram, labelled": nanoseconds(lambda: metrics.WORK_S.labels("asr", "done").observe(0.3)),
    }


def frame_ns() -> float:
    """Of a frame of the caller's, and 20 ms of the bot's: what watches them."""
    desk = Desk()
    tally, event, said_ms = Tally(desk.machine), FrameHeard(False, 5), count()

    def frame() -> None:
        tally.waterfall.lateness.came(next(said_ms), 1.0)
        tally.waterfall.happened(event, 1.0)
        tally.waterfall.returned((), 1.0)
        tally.left([b""], 1.0)

    return nanoseconds(frame)


def counted() -> Counter[str]:
    """What the registry has of each metric."""
    found: Counter[str] = Counter()
    for family in REGISTRY.collect():
        suffix = "_count" if family.type == "histogram" else "_total"
        if family.name.startswith("torim_") and family.type in ("histogram", "counter"):
            found[family.name] += round(sum(sample.value for sample in family.samples if sample.name.endswith(suffix)))
    return found


def a_minute() -> dict[str, float]:
    """How often each metric is counted in a minute of a simulated call."""
    before, seconds = counted(), 0.0
    logging.getLogger("torim").propagate = False
    with redirect_stdout(StringIO()):
        for seed in CALLS:
            seconds += virtual_clock.run(simulate(seed, hostile=False)).seconds
    return {name: count * 60 / seconds for name, count in (counted() - before).items() if name not in OF_THE_PROCESS}


def scrape_ms() -> float:
    """Of a thread that answers one."""
    return min(timeit.repeat(lambda: generate_latest(REGISTRY), timer=thread_time, number=SCRAPES, repeat=ROUNDS)) / SCRAPES * 1000


async def lags_ms() -> list[float]:
    """How late a loop that has nothing else to do wakes."""
    clock, found = asyncio.get_running_loop().time, list[float]()
    for _ in range(LOOKS):
        due = clock() + LOOK_S
        await asyncio.sleep(LOOK_S)
        found.append(1000 * (clock() - due))
    return found


def lags_while_scraped_ms() -> list[float]:
    """The same beside a thread that answers scrapes."""
    over = threading.Event()

    def answer() -> None:
        while not over.wait(SCRAPE_EVERY_S):
            generate_latest(REGISTRY)

    beside = threading.Thread(target=answer)
    beside.start()
    try:
        return uvloop.run(lags_ms())
    finally:
        over.set()
        beside.join()


def late_ms() -> tuple[float, float]:
    """The 99th percentile of how late it wakes, without scrapes and with them."""
    without, beside = list[float](), list[float]()
    for _ in range(ROUNDS):
        without += uvloop.run(lags_ms())
        beside += lags_while_scraped_ms()
    return statistics.quantiles(without, n=100)[-1], statistics.quantiles(beside, n=100)[-1]


def measure() -> MetricsCost:
    """All of it."""
    often = a_minute()  # before the operations are timed, which count too
    cost, frame = operations(), frame_ns()
    of_call_us = (sum(often.values()) * max(cost.values()) + FRAMES_A_MINUTE * frame) / 1000
    of_process_us = 60 * sum(OF_THE_PROCESS.values()) * cost["histogram"] / 1000
    late, late_scraped = late_ms()
    return MetricsCost(
        operations_ns={name: round(ns) for name, ns in cost.items()},
        frame_ns=round(frame),
        often={name: round(count, 1) for name, count in sorted(often.items(), key=lambda item: -item[1])},
        call_us=round(of_call_us),
        process_us=round(of_process_us),
        scrape_ms=round(scrape_ms(), 2),
        scrape_lines=generate_latest(REGISTRY).count(b"\n"),
        late_ms=round(late, 1),
        late_scraped_ms=round(late_scraped, 1),
    )


def told(kept: Kept[MetricsCost]) -> Iterator[str]:
    """A paragraph."""
    found = kept.found
    count, labelled, observed, observed_labelled = (found.operations_ns[kind] / 1000 for kind in KINDS)
    yield (
        f"Counting costs {found.call_us / 1000:.1f} ms of CPU a call-minute, all processes together, and {found.process_us / 1000:.0f} ms "
        f"a minute a process for its clocks"
    )
    yield (
        f"(`.venv/bin/python -m tests.bench.metrics_cost`, {kept.where}: a count {count:.1f} µs, {labelled:.1f} with a label; "
        f"an observation {observed:.1f} and {observed_labelled:.1f}; watching a frame {found.frame_ns / 1000:.1f})."
    )
    yield f"A scrape takes a thread {found.scrape_ms:.1f} ms of CPU for {found.scrape_lines} lines. While a loop is scraped ten times"
    yield f"a second, it wakes {found.late_scraped_ms:.0f} ms late at p99, else {found.late_ms:.0f}: at one scrape in 5 s hardly ever."


def figures(found: MetricsCost) -> dict[str, float]:
    """What is compared."""
    counted = {f"{kind}, ns": ns for kind, ns in found.operations_ns.items()}
    return counted | {"a call's minute, us": found.call_us, "a process' minute, us": found.process_us, "a scrape, ms": found.scrape_ms}


BENCH = Bench("metrics_cost", Kept[MetricsCost], told, figures)

if __name__ == "__main__":
    BENCH.report(measure, BENCH.parser(__doc__).parse_args())
