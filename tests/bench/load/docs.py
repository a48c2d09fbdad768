"""Writes ``docs/benchmarks.md`` from a run and from the soak that is kept; nobody writes it by hand."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.load.comparison import before_and_after, since
from tests.bench.load.flame import title_of
from tests.bench.load.goals import CALLS_GOAL, RATIO_FROM, shortfalls
from tests.bench.load.pictures import pictures
from tests.bench.load.reference import reference
from tests.bench.load.result import Result
from tests.bench.load.servers import SETTINGS
from tests.bench.load.soaked import PICTURE, Soak, draw, told
from tests.bench.load.table import gaps_table, parts_table, tables
from tests.bench.load.verdict import verdict
from tools.drawing import save

_BEGIN = """# Benchmarks

Written by `make bench ARGS=--docs`, never by hand: the figures are those of one run, on one machine, with what it was doing besides.
"""
_METHOD = f"""## Method

Real processes. The gateway is alone on one core; callers, Redis and one worker a stage are on another. Callers send a frame every
20 ms by an absolute schedule, each at its own place within them, and say two things in 30 s: one into silence, one over the answer
to it, 1.5-3.5 s after its first sound; the second answer is heard to its end. That is four exchanges a minute, half of them
interruptions. The vendors are `scripted` and `tone`: end of turn 0.8 s, ASR 100 ms, first token 150, 50 tokens a second with the
first sentence of three words, first sound 100: 1,210 ms in all. Everything that callers notice is
measured at their end of the wire. Redis writes nothing to disk here; with the append-only file of `deploy/redis.conf` it takes more CPU.

- **Bare loop**: the same server library, decoding and detector, frames that leave together, and no turns, bus, workers or history
  (`tests/bench/load/bare_loop.py`). It takes its messages as the library gives them; the gateway, once a call is up, takes them from
  the socket itself (`gateway/rounds.py`, `gateway/media_protocol.py`), so the ratio is one to the library's way, not to the limit.
- **Onset to clear** counts from the first voiced sample, 20 ms before its frame is sent. An onset takes five speech frames of
  six with webrtcvad, so that 100 ms is the least, and three of four with Silero, which hears in windows of 32 ms.
- **An answer** is what the callers know by its sound, since the voice whistles turn and sentence: the first sentence of a turn that they
  have not heard yet. A filler, another phrase, or a rest of the turn before is none. In the same way a sentence is over where its sound
  fades out; any other silence between two frames, however long, is an underrun.
- **Own share**: voice to voice, less end of turn and vendors; with drafts, less the later one of the end of turn (800 ms) and the
  pause of a draft with the vendors behind it (710 ms). What comes in is read every 5 ms: 2.5 ms of it, on average. Its goal
  is held against the parts that the gateway and the workers tell, without drafts: they are what the goal names, from the end of
  turn to the first frame less the vendors' own time, which is what they are set to: what they seem to take over it, timed around our own
  queues, tasks and waits for a core, is ours. The wire has more in it, what lies between the gateway and its callers, and
  is told beside them where it is over that goal. With drafts the wire is held against the same goal; there the parts hide in
  the end of turn.
- **Settings** are those that Torim is shipped with, but for {", ".join(f"`{name}={value}`" for name, value in SETTINGS.items())}: so the
  callers know when an utterance ends, and each is answered. The gateway of the levels *as shipped* has of these the language alone:
  Silero, a greeting, an end of turn that goes by the words. What of their voice to voice is ours is not known, so that they have
  no own share.
- **Silero** is the detector that Torim is shipped with. The level with it is there for its cost and its onsets: the callers' voices are cut
  to where webrtcvad hears their end, and nothing holds Silero to the same frame, so that it has no own share.
- **Held**: no underrun over 5 ms but where a timer on the same core was late by a whole lead, too; onset to clear under 300 ms at
  p99; every interruption cleared, and no sound behind the clear; no call lost, none left without an answer, none answered twice, none told
  a filler or a phrase in its place, no stage failed. The **rated load** is the largest number of calls that held with all smaller ones.
- **Waited for the core**: share of the time in which the server could have run and something else had its core
  (`/proc/PID/schedstat`).

## Limits

Callers, Redis and workers share a core, of which callers are given what they want first where the machine allows it (real-time
priority); "callers' latest" tells how late the worst of their frames was all the same. No call begins or ends while a level is
measured: what that costs is measured by itself, with five short calls a second beside a hundred that stand. A level is
measured once: what changes by a tenth from one run to the next may be chance, and what by a quarter in its ratio to the bare loop,
measured minutes before. At {CALLS_GOAL} calls that goal is held against the median of pairs, a bare loop and a gateway one right behind the
other. One
machine, loopback, no TLS. The callers' voices are two recordings, cut where they are loud, so that nothing of a detector's doubts
is in the figures. A worker's steps are those of one process with vendors that take no time. `make run` is timed with scripted
vendors, in a checkout that is set up. With fewer than {RATIO_FROM} calls a call's share of CPU and memory is mostly what a process
costs without any: there no bare loop is measured, and neither the ratio nor the memory of a call is held against its goal. Goals
that this bench does not see: a stall of 100 ms that nobody hears, one reply per utterance where deliveries are late, doubled or
lost, and the memory of a call in which nobody says a thing.
"""


def document(result: Result, earlier: Sequence[Result], soak: Soak | None, folder: str, flames: str = "") -> str:
    """The whole page, whose pictures are in ``folder``; the oldest of the earlier results first."""
    return "\n".join(_page(result, earlier, soak, folder, flames))


def _page(result: Result, earlier: Sequence[Result], soak: Soak | None, folder: str, flames: str) -> Iterator[str]:
    yield _BEGIN
    yield from verdict(result)
    yield ""
    for name, what, _ in pictures(result):
        yield f"![{what}]({folder}/{name}.svg)"
        yield ""
    yield from tables(result)
    yield from parts_table(result)
    yield from gaps_table(result)
    yield "One caller's waits, step by step: [waterfall.svg](waterfall.svg), explained in [operations.md](operations.md)."
    yield ""
    yield from reference(result)
    yield "## What is slower than hoped"
    yield ""
    yield from shortfalls(result, soak)
    yield ""
    if earlier:
        yield "## Before and after"
        yield ""
        yield from before_and_after(earlier, result)
        yield ""
    yield "## Since the last result"
    yield ""
    yield from since(earlier[-1] if earlier else None, result)
    yield ""
    if len(earlier) > 1:
        yield "## Since the first result"
        yield ""
        yield from since(earlier[0], result)
        yield ""
    if flames:
        yield f"## Where the time goes\n\n{flames}\n"
    if soak:
        yield from told(soak)
        yield f"![memory over time]({folder}/soak/{PICTURE})"
        yield ""
    yield _METHOD


def write(result: Result, earlier: Sequence[Result], soak: Soak | None, page: Path, folder: Path) -> None:
    """The page, and its pictures."""
    for name, _, picture in pictures(result):
        save(picture, folder / f"{name}.svg")
    if soak:
        draw(soak, folder / "soak")
    page.write_text(page_about(result, earlier, soak, page, folder), encoding="utf-8")


def page_about(result: Result, earlier: Sequence[Result], soak: Soak | None, page: Path, folder: Path) -> str:
    """What is written there, with the pictures that are in the folder."""
    shown = str(folder.relative_to(page.parent))
    return document(result, earlier, soak, shown, _flames(folder, shown))


_BEFORE = "The earlier one lies behind one optimisation already, that of a frame's path (4228f84); all others are between the two."
_LOAD = re.compile(r"at (\d+) calls")


def _flames(folder: Path, shown: str) -> str:
    """The flame graphs that are kept, and whether they can be compared; empty: there are none."""
    titles = {path.name: title_of(path) for path in sorted(folder.glob("flame*.svg"))}
    if not titles:
        return ""
    links = ", ".join(f"[{title}]({shown}/{name})" for name, title in titles.items())
    loads = {count for title in titles.values() for count in _LOAD.findall(title)}
    begun = f" {_BEFORE}" if "flame-before.svg" in titles else ""
    unlike = " They are not of one load: compare which parts are wide, not how wide they are." if len(loads) > 1 else ""
    return f"Flame graphs of the gateway under load, by py-spy, of what holds the interpreter: {links}.{begun}{unlike}"
