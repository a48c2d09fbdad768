"""Whether a core does again what it did, to the bit; where not, the first place, with what came before."""

from collections import deque
from dataclasses import dataclass

from gateway.playout import Mark
from gateway.records.format import Handled, Lost, Record, Taken
from gateway.turn.events import FrameHeard
from tools.recorded.rerun import Rerun, Step, began_at

_CONTEXT = 8
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of running a record once more."""

    steps: int
    seconds: float
    """How far it was run."""
    difference: tuple[str, ...] = ()
    """Lines that show the first one; none: it is all the same."""


def compare(record: Record) -> Comparison:
    """Run a record with its own rules."""
    began, steps, now = began_at(record), 0, 0.0
    before: deque[str] = deque(maxlen=_CONTEXT)
    run = Rerun(record).steps()
    while True:
        try:
            step = next(run, None)
        except Exception as bug:  # noqa: BLE001 - a record of a call that a bug ended shows that bug
            return Comparison(steps, now, (*before, *_bug(record, steps, bug, began)))
        if step is None:
            return Comparison(steps, now)
        steps, now = steps + 1, step.entry.now - began
        if not step.same:
            return Comparison(steps, now, (*before, *_shown_difference(step, now)))
        if _tells(step):
            before.append(f"{now:9.3f}   {_given(step)}")


def _tells(step: Step) -> bool:
    """Whether it belongs into a context: not one of the many frames and takes that bring nothing."""
    quiet = isinstance(step.entry, Taken) or isinstance(step.entry.event, FrameHeard)
    return bool(step.commands or step.items) or not quiet


def _given(step: Step) -> str:
    match step.entry:
        case Taken():
            return f"take: {_things(step.items)}"
        case Handled(event=event):
            return f"{brief(event)}: {_things(step.commands)}"


def _shown_difference(step: Step, now: float) -> tuple[str, ...]:
    entry = step.entry
    head = "take" if isinstance(entry, Taken) else brief(entry.event)
    was, is_now = (entry.items, step.items) if isinstance(entry, Taken) else (entry.commands or (), step.commands)
    return (f"{now:9.3f} ! {head}", f"{'':9}   recorded: {_things(was)}", f"{'':9}   now:      {_things(is_now)}")


def _bug(record: Record, steps: int, bug: Exception, began: float) -> tuple[str, ...]:
    known = [entry for entry in record.entries if not isinstance(entry, Lost)]
    entry = known[steps]
    head = "take" if isinstance(entry, Taken) else brief(entry.event)
    return (f"{entry.now - began:9.3f} ! {head}", f"{'':9}   now:      {type(bug).__name__}: {bug}")


def _things(things: "tuple[object, ...]") -> str:
    return ", ".join(brief(thing) for thing in things) or "nothing"


def brief(thing: object) -> str:
    """An event, command or frame in one line."""
    if isinstance(thing, bytes):
        return f"frame {thing[:4].hex()}..."
    if isinstance(thing, Mark):
        return f"mark {thing.name}"
    text = repr(thing)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
