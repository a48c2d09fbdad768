"""``python -m tests.chaos``: a house of real processes under fire, and what its callers heard.

It shows how far it is; Ctrl-C ends it with a report of what was until then, a second one at once. Exit code 0: no complaint; 1: some; 2: it
broke off by a fault of its own.
"""

import argparse
import asyncio
import inspect
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from common import streams
from tests.chaos import costs
from tests.chaos.aim import PHASES
from tests.chaos.director import Director, Judged, Run, plan
from tests.chaos.house import House
from tests.chaos.picture import draw
from tests.chaos.report import BESIDE_KILLS, complaints_of, figures, late_ms, tables, turns_of
from tests.chaos.story import records_of, stories
from tests.chaos.talk import LOOKS_UP_MS
from tests.cluster import cluster
from tests.e2e.gateway_process import ROOT
from tests.servers import RealServer
from tools.drawing import save

EXIT_CLEAN, EXIT_COMPLAINTS, EXIT_BROKEN = 0, 1, 2
_CLEARS_UP_S = 2.0
_HOW = """
    {gateways}, and two workers of each stage, as processes of their own{ways}; what dies is
    started again. Callers come in through the webhook, speak Twilio's protocol, say up to ten things each, press keys where they
    are asked to, and hear replies of three sentences whose pitch tells turn and sentence; some sound for over 5 s. In four turns
    of ten a tool is at work: a webhook that looks something up for {looks_up_s:g} s, while the caller hears that it does, one that books
    something, once, and a Python function that notes something, once. Three turns end in an action: keys are asked for, the call is
    put through (half of them come back unanswered), and hung up. What tools did is counted where they did it: at the webhooks' server,
    by key, and in the file of notes. A kill counts only while the
    process holds a caller's turn, and only then is it made; no entry's workers are killed twice. Requests are signed, and streams have
    their tokens. Each attempt at a reply has words of its own, and each worker a voice: so it is heard who made what.
    *Late* is how much more of the
    time until a reply was over passed without it, and without a tool at work, than in the median case of the quiet beginning. A worker
    is in *commit* before, within or after its last write; in *reading* when it got its entry and did nothing with it; *between* before
    the first sentence; in a *tool* while a webhook of its turn is not answered yet; of those that were killed while *streaming*, every
    other one was at a long reply. A *stall* is a worker that stands still in one of these phases for 0.3 to 8 s, and goes on; *frozen* is
    a gateway that does so for 1 to 8 s; Redis is *paused*, *restarted* with all it had, without the last second of it (*tail*), or
    *empty*{masters}.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=30, help="of workers; other faults come along in proportion (%(default)s)")
    parser.add_argument("--callers", type=int, default=8, help="on the line at a time (%(default)s)")
    parser.add_argument("--quiet", type=float, default=30.0, metavar="SECONDS", help="without faults, to compare with (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the plan (%(default)s)")
    parser.add_argument("--gateways", type=int, default=0, help="so many, on one port (two with a port each)")
    parser.add_argument("--cluster", action="store_true", help="on a Valkey Cluster, which loses masters")
    parser.add_argument("--only", choices=[*PHASES, *BESIDE_KILLS], help="kill in this phase alone, or have this fault alone, as often")
    parser.add_argument("--logs", type=Path, help="folder for logs, and records of calls with complaints (a new one, removed without any)")
    parser.add_argument("--out", type=Path, default=Path(".run/chaos"), help="folder for chaos.md, .json and .svg (%(default)s)")
    options = parser.parse_args(arguments)
    folder = options.logs or Path(tempfile.mkdtemp(prefix="torim-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(options.seed, 0.0, tree=_tree())
    try:
        asyncio.run(_live(options, folder, run))
    except (KeyboardInterrupt, asyncio.CancelledError):
        _tell("ended before its time: the report is of what was until now")
    except ExceptionGroup:
        traceback.print_exc()
        _tell("broken off by a fault of its own: the report is of what was until now")
        return max(_write(options, folder, run), EXIT_BROKEN)
    return _write(options, folder, run)


async def _live(options: argparse.Namespace, folder: Path, run: Run) -> None:
    with cluster() if options.cluster else _server(folder / "redis") as store:
        async with asyncio.TaskGroup() as manning:
            house = House(folder, store)
            try:
                await house.open(manning, options.gateways or 2, one_port=bool(options.gateways))
                await _direct(options, house, run)
            finally:
                run.memory_after_mb, run.errands, run.gone_on_with = house.memory_mb(), house.errands(), house.gone_on_with()
                await house.close()


@contextmanager
def _server(folder: Path) -> Iterator[RealServer]:
    """A server alone, that writes to its disk each second."""
    folder.mkdir()
    server = RealServer(folder, durable=True, fsync="everysec")
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def _direct(options: argparse.Namespace, house: House, run: Run) -> None:
    loop = asyncio.get_running_loop()
    run.began_s = run.ended_s = loop.time()
    _tell(f"the house is open: {len(house.posts)} processes, logs in {house.folder}")
    faults = plan(options.kills, options.only, cluster=options.cluster)

    def judged(call: Judged, track: bytes) -> None:
        complaints = list(complaints_of(replace(run, calls=[call], errands=house.errands())))
        for line in complaints:
            _tell(f"        {line}")
        _keep(house.folder, call.heard.call, track, complained=bool(complaints))

    director = Director(house, run, faults, callers=options.callers, quiet_s=options.quiet, tell=_tell, judged=judged)
    loop.add_signal_handler(signal.SIGINT, _end, director, asyncio.current_task())
    await director.direct()
    await asyncio.sleep(_CLEARS_UP_S)
    run.left_behind = await _left_behind(house)


def _keep(folder: Path, call: str, track: bytes, *, complained: bool) -> None:
    """Of a call with a complaint what its caller heard, and what gateways noted of it; of others nothing."""
    if complained:
        (folder / f"{call}.mulaw").write_bytes(track)
        return
    for record in records_of(folder, call):
        record.unlink()


def _end(director: Director, running: "asyncio.Task[Any] | None") -> None:
    """Somebody pressed Ctrl-C."""
    if director.stopping and running is not None:
        running.cancel()
    _tell("no more faults; the callers hear their replies to the end (Ctrl-C again: they do not)")
    director.stop()


async def _left_behind(house: House) -> dict[str, int]:
    """What is in Redis though nobody calls: work that is not done, or is not known to be done; dead letters."""
    found = Counter[str]()
    for stage, tag in product(streams.STAGES, house.keys.tags):
        key = streams.work(tag, stage)
        pending: Any = await house.redis.xpending(key, streams.GROUP)
        found[f"{stage} entries"] += int(await house.redis.xlen(key))
        found[f"{stage} pending"] += int(pending["pending"])
        found[f"{stage} dead letters"] += int(await house.redis.xlen(streams.dead_letters(tag, stage)))
    return found


def _write(options: argparse.Namespace, folder: Path, run: Run) -> int:
    found, late = figures(run), late_ms(turns_of(run))
    options.out.mkdir(parents=True, exist_ok=True)
    title = f"{found['kills']} kills, {found['turns']} turns, {options.callers} callers, seed {run.seed}"
    complaints, told = list(complaints_of(run)), list(stories(run, folder))
    told += [f"logs, records, and what was heard: {folder}"] * bool(complaints)
    text = "\n".join([*_head(options, run, found, title), *tables(found), "", *_complaints(complaints, told)])
    (options.out / "chaos.md").write_text(text + "\n", encoding="utf-8")
    (options.out / "chaos.json").write_text(json.dumps(found | {"all_late_ms": late, "stories": told}, indent=1) + "\n", encoding="utf-8")
    save(draw(late, title), options.out / "chaos.svg")
    sys.stdout.write(f"{text}\n")
    if complaints:
        _tell(f"the logs of the house stay in {folder}")
        return EXIT_COMPLAINTS
    if options.logs is None:
        shutil.rmtree(folder)
    return EXIT_CLEAN


def _head(options: argparse.Namespace, run: Run, found: dict[str, Any], title: str) -> list[str]:
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {found['load_mean']:.1f} ({found['load_max']:.1f} at most)"
    )
    kills = ", ".join(f"{phase} {count}" for phase, count in found["kills_by_phase"].items())
    commits = ", ".join(f"{moment} {count}" for moment, count in sorted(found["kills_in_commit"].items()))
    stalls = ", ".join(f"{phase} {count}" for phase, count in sorted(found["stalls_by_phase"].items()))
    others = ", ".join(f"{kind} {count}" for kind, count in found["other_faults"].items() if count)
    return [
        "# Kill anything",
        "",
        f"`make chaos KILLS={options.kills} CALLERS={options.callers} SEED={options.seed}{_arguments(options)}`, {at}, "
        f"{found['seconds']} s, quiet for {options.quiet:g} s; {run.tree}; {machine}.",
        "",
        f"**{title}.** Kills by phase: {kills} (commit: {commits}). Other faults: {others} (stalls: {stalls}).",
        "",
        "![How late replies were](chaos.svg)",
        "",
        _how(options),
        "",
        "```",
        str(costs.__doc__).strip(),
        "```",
        "",
    ]


def _arguments(options: argparse.Namespace) -> str:
    chosen = [f"--gateways {options.gateways}"] * bool(options.gateways) + ["--cluster"] * options.cluster
    chosen += [f"--only {options.only}"] * bool(options.only)
    return f' ARGS="{" ".join(chosen)}"' if chosen else ""


def _how(options: argparse.Namespace) -> str:
    return inspect.cleandoc(_HOW).format(
        looks_up_s=LOOKS_UP_MS / 1000,
        gateways=f"{options.gateways} gateways that share a port" if options.gateways else "Two gateways with a port each",
        ways="" if options.cluster else ", each with a way of its own to Redis",
        masters="; here, instead, a cluster of three masters and three replicas loses a *master*" if options.cluster else "",
    )


def _tree() -> str:
    """What is run."""
    try:
        commit, changed = (_git(*asked) for asked in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no")))
    except (OSError, subprocess.CalledProcessError):
        return "of no commit"
    return f"commit {commit[:12]}{', with changes' * bool(changed)}"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _complaints(complaints: Sequence[str], told: Sequence[str]) -> list[str]:
    return ["No complaints."] if not complaints else ["Complaints:", "", *(f"- {one}" for one in complaints), "", "```", *told, "```"]


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
