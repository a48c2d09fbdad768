"""``python -m tests.bench.load``, or ``make bench``: what calls cost the gateway, and what their callers notice.

Short form: half a minute a level, about ten minutes in all. ``--long``: two minutes a level, more of them. What it finds is
printed, written to a folder, and compared with the last result in ``docs/benchmarks``. No figure fails it: it reports.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import uvloop

from common import catalogue, models
from common.config import Settings
from tests.bench.load import docs
from tests.bench.load import result as results
from tests.bench.load.flame import flame_graph
from tests.bench.load.level import Level, measure
from tests.bench.load.processes import OTHER_CORE
from tests.bench.load.result import Result
from tests.bench.load.servers import House, bare_loop, house
from tests.bench.load.soaked import kept_soak
from tests.bench.load.start import seconds_to_ready
from tests.bench.load.steps import measure_steps
from tests.bench.load.table import parts_table, shortfalls, since, tables, verdict
from tests.e2e.gateway_process import ROOT
from tests.servers import real_server

KEPT = ROOT / "docs" / "benchmarks"
_LEVELS = (1, 10, 50, 100, 150, 200)
_MORE_LEVELS = (250, 300, 350, 400)
_REFERENCE_LEVEL = 110
_NO_DRAFTS = (10, 50, 150)
_SILERO = 50
_STARTS = 3


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("--long", action="store_true", help="two minutes a level, and levels beyond 200 calls while they hold")
    made.add_argument("--out", type=Path, default=ROOT / ".run" / "bench", help="folder for what it finds (%(default)s)")
    made.add_argument("--docs", action="store_true", help="keep what it finds: docs/benchmarks.md, and its figures and pictures beside it")
    made.add_argument("--levels", help="only so many calls, as 10,50; for trying out")
    made.add_argument("--flame", type=Path, metavar="SVG", help="flame graph of the gateway's process at its rated load; takes py-spy")
    made.add_argument("--seconds", type=float, help="so long a level; for trying out")
    return made


class Bench:
    """One run."""

    def __init__(self, folder: Path, levels: tuple[int, ...], seconds: float, form: str, flame: Path | None) -> None:
        self.result = results.new_result(form)
        self._folder = folder
        self._levels = levels
        self._seconds = seconds
        self._flame = flame

    async def run(self, redis_url: str) -> Result:
        """All parts, one after the other."""
        await self._bare_levels()
        async with house(self._folder, redis_url) as around:
            await self._levels_until_one_fails(around)
            for calls in (calls for calls in _NO_DRAFTS if calls in self._levels):
                self.result.no_drafts.append(await self._level(around, calls, drafts=False))
            if _SILERO in self._levels:
                self.result.silero.append(await self._with_silero(around))
            await self._draw_flames(around)
        self.result.steps += await measure_steps(self._folder)
        self.result.ready_s += [await asyncio.to_thread(seconds_to_ready, self._folder / f"run{number}") for number in range(_STARTS)]
        return self.result

    async def _bare_levels(self) -> None:
        for calls in sorted({*self._levels, _REFERENCE_LEVEL} - {1}):
            async with bare_loop(self._folder) as server:
                self.result.bare.append(told(await measure(server, calls, self._seconds)))

    async def _levels_until_one_fails(self, around: House) -> None:
        for calls in self._levels:
            level = await self._level(around, calls, drafts=True)
            self.result.gateway.append(level)
            if not level.held and calls > _LEVELS[-1]:
                return

    async def _level(self, around: House, calls: int, *, drafts: bool) -> Level:
        async with around.gateway(SPECULATE="full" if drafts else "off") as server:
            return told(await measure(server, calls, self._seconds, drafts=drafts, house=around))

    async def _with_silero(self, around: House) -> Level:
        (around.cache / "models").symlink_to(Settings().torim_cache.expanduser() / "models")
        async with around.gateway(SPECULATE="full", VAD="silero") as server:
            level = await measure(server, _SILERO, self._seconds, drafts=True, house=around)
            return told(replace(level, server="gateway with Silero"))

    async def _draw_flames(self, around: House) -> None:
        """Of the rated load, in a level of its own: py-spy stops what it looks at."""
        if self._flame is not None:
            rated = self.result.rated or self.result.gateway[0]
            async with around.gateway(SPECULATE="full") as server, flame_graph(server.pid, self._flame):
                await measure(server, rated.calls, self._seconds, drafts=True, house=around)


def told(level: Level) -> Level:
    """Say how it goes on."""
    clear = level.onset_to_clear_ms.p99
    sys.stderr.write(
        f"{level.server}, {level.calls} calls: {level.cpu_s_per_call_minute:.3f} CPU s per call-minute, "
        f"onset to clear p99 {clear} ms, waited {level.waited:.0%}, {'held' if level.held else 'did not hold'}\n"
    )
    return level


def main() -> int:
    """Measure, write, compare."""
    options = parser().parse_args()
    levels = tuple(int(each) for each in options.levels.split(",")) if options.levels else _LEVELS + (_MORE_LEVELS if options.long else ())
    seconds = options.seconds or (120.0 if options.long else 30.0)
    models.present(catalogue.SILERO, Settings().torim_cache)  # rather now than in ten minutes
    os.sched_setaffinity(0, {OTHER_CORE})
    with real_server() as server, tempfile.TemporaryDirectory(prefix="torim-bench-") as folder:
        form = "long" if options.long else "short"
        result = uvloop.run(Bench(Path(folder), levels, seconds, form, options.flame).run(server.url))
    options.out.mkdir(parents=True, exist_ok=True)
    results.save(result, options.out)
    before = results.last_of(KEPT)
    text = "\n".join([*verdict(result), "", *tables(result), *parts_table(result), *shortfalls(result), "", *since(before, result), ""])
    (options.out / "tables.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    docs.write(result, before, kept_soak(KEPT), options.out / "benchmarks.md", options.out)
    if options.docs:
        KEPT.mkdir(exist_ok=True)
        results.save(result, KEPT)
        docs.write(result, before, kept_soak(KEPT), KEPT.with_suffix(".md"), KEPT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
