"""All that went wrong, by name: a page of each run, score, half and kind of sound."""

from collections.abc import Iterator

from tests.bench.turns.pictures import IGNORED
from tests.bench.turns.report import TOLD_ONCE
from tests.bench.turns.results import Json

_OVER_THE_BOT = ("R_Y", "R_Y 1 s", "R_Y word", "R_Y word 1 s", "gives way", "gives way, word")
LISTED = {
    "duck": (*_OVER_THE_BOT, *IGNORED, "resumes", "self-echo"),
    "hold": (*_OVER_THE_BOT, "clear", "resumes", "noise", "keys", "self-echo", *TOLD_ONCE),
}
"""By mode. What should be ignored by the literal rules says nothing of a hold, nor ``clear`` anything of ducking, which is late on purpose.
*Taken back* misses what *resumes* misses, ``I_A utterance`` a part of ``I_A``."""


def listed(run: str) -> tuple[str, ...]:
    """The scores whose misses are told of a run."""
    return LISTED[run.partition(",")[0]]


def missed_page(results: Json) -> str:
    """All of it as Markdown."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Json) -> Iterator[str]:
    made = results["made"]["runs"]
    yield "# Missed events, each by its name"
    yield ""
    yield (
        f"Made of `results.json` ({made['at']}, commit {made['commit']}). [How many of how many](README.md#what-went-wrong), "
        "[what they are, and what was tried](missed.md), [what the scores mean](README.md). A name is speaker, kind, recording and number, "
        "and of a pause which it is; "
        "`.venv/bin/python -m tests.bench.turns --draw NAME OUT.svg --run RUN` plays one and draws it."
    )
    for run in results["runs"]:
        yield from ("", f"## Run *{run}*")
        for metric in listed(run):
            yield from _of_metric(results, run, metric)


def _of_metric(results: Json, run: str, metric: str) -> Iterator[str]:
    found = list(missed_by_kind(results, run, metric))
    if not found:
        return
    yield from ("", f"### {metric}", "")
    for half, kind, names, events in found:
        yield f"- {half}, {kind}, {len(names)} of {events}: {', '.join(f'`{name}`' for name in names)}"


def missed_by_kind(results: Json, run: str, metric: str) -> Iterator[tuple[str, str, list[str], int]]:
    """Half, kind, names of what was missed, and of how many events that had an occasion."""
    kept = results["runs"].get(run, {}).get(metric)
    if kept is None:
        return
    missed, none = set(kept["missed"]), set(kept["no_occasion"])
    for half, kinds in sorted(results["events"][kept["events"]].items()):
        for kind, events in sorted(kinds.items()):
            names = [name for name in events if name in missed]
            if names:
                yield half, kind, names, len(set(events) - none)
