"""``python -m tests.bench.load``, or ``make bench``: what calls cost the gateway, and what their callers notice.

Short form: half a minute a level, about 25 minutes in all. ``--long``: two minutes a level, over an hour. What it finds is
printed, written to a folder, and compared with the last result in ``docs/benchmarks``. No figure fails it: it reports.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from common import catalogue, models
from common.config import Settings
from tests.bench.load import docs
from tests.bench.load import result as results
from tests.bench.load.churn import measure_churn
from tests.bench.load.comparison import since
from tests.bench.load.figures import spread
from tests.bench.load.flame import flame_graph
from tests.bench.load.goals import CALLS_GOAL, RATIO_FROM, shortfalls
from tests.bench.load.level import Level, measure
from tests.bench.load.processes import CORES, OTHER_CORE, come_first, run
from tests.bench.load.reference import REFERENCE_CALLS
from tests.bench.load.result import Pair, Result
from tests.bench.load.servers import House, bare_loop, house
from tests.bench.load.soaked import kept_soak
from tests.bench.load.start import seconds_to_ready
from tests.bench.load.steps import measure_steps
from tests.bench.load.table import gaps_table, parts_table, tables
from tests.bench.load.verdict import verdict
from tests.e2e.gateway_process import ROOT
from tests.servers import real_server

KEPT = ROOT / "docs" / "benchmarks"
_LEVELS = (1, 10, 50, 100, 150, 200)
_MORE_LEVELS, _LONG_LEVELS = (250, 300), (350, 400)
"""While they hold."""
_NO_DRAFTS = (10, 50, CALLS_GOAL)
_PAIRS = 5
_SILERO = 50
_CHURN = 100
"""Calls that stand while others come and go."""
_STARTS = 3


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("--long", action="store_true", help="two minutes a level")
    made.add_argument("--out", type=Path, default=ROOT / ".run" / "bench", help="folder for what it finds (%(default)s)")
    made.add_argument("--docs", action="store_true", help="keep what it finds: docs/benchmarks.md, and its figures and pictures beside it")
    made.add_argument("--page", action="store_true", help="measure nothing: make docs/benchmarks.md anew, of the figures that are kept")
    made.add_argument("--levels", help="only so many calls, as 10,50; for trying out")
    made.add_argument("--flame", type=Path, metavar="SVG", help="flame graph of the gateway's process at its rated load; takes py-spy")
    made.add_argument("--seconds", type=float, help="so long a level; for trying out")
    return made


class Bench:
    """One run."""

    def __init__(self, folder: Path, out: Path, levels: tuple[int, ...], seconds: float, form: str, flame: Path | None) -> None:
        self.result = results.new_result(form)
        self._folder = folder
        self._out = out
        self._levels = levels
        self._seconds = seconds
        self._flame = flame

    async def run(self, redis_url: str) -> Result:
        """All parts, one after the other."""
        await self._bare_levels()
        async with house(self._folder, redis_url) as around:
            await self._levels_until_one_fails(around)
            for calls in self._without_drafts():
                self._keep(self.result.no_drafts, await self._level(around, calls, drafts=False))
            if CALLS_GOAL in self._levels:
                await self._pairs(around)
            if _SILERO in self._levels:
                self._keep(self.result.silero, await self._with_silero(around))
            if _CHURN in self._levels:
                async with around.gateway(SPECULATE="full") as server:
                    self.result.churn = await measure_churn(server, _CHURN, self._seconds)
                    results.save(self.result, self._out)
            await self._draw_flames(around)
            around.link_models()
            for calls in self._as_shipped():  # last: with Silero the rated load may be more than a core can do
                self._keep(self.result.shipped, await self._shipped_level(around, calls))
        self.result.steps += await measure_steps(self._folder)
        self.result.ready_s += [await asyncio.to_thread(seconds_to_ready, self._folder / f"run{number}") for number in range(_STARTS)]
        return self.result

    async def _bare_levels(self) -> None:
        for calls in sorted({calls for calls in self._levels if calls >= RATIO_FROM} | {REFERENCE_CALLS}):
            async with bare_loop(self._folder) as server:
                self._keep(self.result.bare, await measure(server, calls, self._seconds))

    async def _levels_until_one_fails(self, around: House) -> None:
        for calls in self._levels:
            level = await self._level(around, calls, drafts=True)
            self._keep(self.result.gateway, level)
            if not level.held and calls >= _LEVELS[-1]:
                return

    def _without_drafts(self) -> list[int]:
        """At the rated load, too: there our share is held against its goal, part by part."""
        rated = {self.result.rated.calls} if self.result.rated else set()
        return sorted(rated | {calls for calls in _NO_DRAFTS if calls in self._levels})

    def _as_shipped(self) -> list[int]:
        return sorted(({self.result.rated.calls} if self.result.rated else set()) | ({CALLS_GOAL} & set(self._levels)))

    async def _level(self, around: House, calls: int, *, drafts: bool) -> Level:
        async with around.gateway(SPECULATE="full" if drafts else "off") as server:
            return await measure(server, calls, self._seconds, drafts=drafts, house=around)

    async def _pairs(self, around: House) -> None:
        for _ in range(_PAIRS):
            async with bare_loop(self._folder) as server:
                bare = await measure(server, CALLS_GOAL, self._seconds)
            gateway = await self._level(around, CALLS_GOAL, drafts=True)
            self.result.pairs.append(Pair(bare.cpu_s_per_call_minute, gateway.cpu_s_per_call_minute))
            results.save(self.result, self._out)
            tell(bare)
            tell(gateway)

    async def _with_silero(self, around: House) -> Level:
        around.link_models()
        async with around.gateway(SPECULATE="full", VAD="silero") as server:
            level = await measure(server, _SILERO, self._seconds, drafts=True, house=around)
            return replace(level, server="gateway with Silero")

    async def _shipped_level(self, around: House, calls: int) -> Level:
        """What of voice to voice is owed to the end of turn only the gateway knows: no share of ours."""
        async with around.gateway(as_shipped=True) as server:
            level = await measure(server, calls, self._seconds, drafts=True, house=around)
            return replace(level, server="gateway as shipped", own_share_ms=spread([]))

    def _keep(self, levels: list[Level], level: Level) -> None:
        """With those before it in a file: who stops the run loses none of them."""
        levels.append(level)
        results.save(self.result, self._out)
        tell(level)

    async def _draw_flames(self, around: House) -> None:
        """Of the rated load, in a level of its own: py-spy stops what it looks at."""
        if self._flame is not None:
            rated = self.result.rated or self.result.gateway[0]
            title = f"{self._flame.stem}: the gateway ({self.result.commit}) at {rated.calls} calls"
            async with around.gateway(SPECULATE="full") as server, flame_graph(server.pid, self._flame, title):
                await measure(server, rated.calls, self._seconds, drafts=True, house=around)


def tell(level: Level) -> None:
    """Say how it goes on."""
    clear = level.onset_to_clear_ms.p99
    sys.stderr.write(
        f"{level.server}, {level.calls} calls: {level.cpu_s_per_call_minute:.3f} CPU s per call-minute, "
        f"onset to clear p99 {clear} ms, waited {level.waited:.0%}, {'held' if level.held else 'did not hold'}\n"
    )


def checked(arguments: argparse.ArgumentParser) -> argparse.Namespace:
    """The options, with whatever would be found out in ten minutes found out now."""
    options = arguments.parse_args()
    if len(CORES) < 2:
        arguments.error("one core: what is measured takes one for itself")
    if options.docs and options.levels:
        arguments.error("--docs keeps a whole run: leave out --levels")
    if options.docs and results.commit().endswith("+"):
        arguments.error("--docs keeps figures of a commit: commit what you changed first")
    if options.flame and shutil.which("py-spy") is None:
        arguments.error("--flame: no py-spy on the PATH: pipx install py-spy")
    return options


def main() -> int:
    """Measure, write, compare."""
    options = checked(parser())
    if options.page:
        *earlier, newest = results.kept_in(KEPT)
        docs.write(newest, earlier, kept_soak(KEPT), KEPT.with_suffix(".md"), KEPT)
        return 0
    levels = (
        tuple(int(each) for each in options.levels.split(",")) if options.levels else _LEVELS + _MORE_LEVELS + _LONG_LEVELS * options.long
    )
    seconds = options.seconds or (120.0 if options.long else 30.0)
    models.ensure(catalogue.SILERO, Settings().torim_cache)  # rather now than in ten minutes
    os.sched_setaffinity(0, {OTHER_CORE})
    come_first()
    options.out.mkdir(parents=True, exist_ok=True)
    with real_server() as server, tempfile.TemporaryDirectory(prefix="torim-bench-") as folder:
        form = "long" if options.long else "short"
        result = run(Bench(Path(folder), options.out, levels, seconds, form, options.flame).run(server.url))
    results.save(result, options.out)
    earlier = results.kept_in(KEPT)
    before = earlier[-1] if earlier else None
    text = "\n".join(
        [
            *verdict(result),
            "",
            *tables(result),
            *parts_table(result),
            *gaps_table(result),
            *shortfalls(result),
            "",
            *since(before, result),
            "",
        ]
    )
    (options.out / "tables.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    docs.write(result, earlier, kept_soak(KEPT), options.out / "benchmarks.md", options.out)
    if options.docs:
        KEPT.mkdir(exist_ok=True)
        results.save(result, KEPT)
        docs.write(result, earlier, kept_soak(KEPT), KEPT.with_suffix(".md"), KEPT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
