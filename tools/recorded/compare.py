"""Whether a core does again what it did, to the bit; where not, the first place, with what came before."""

from collections import deque
from dataclasses import dataclass

from gateway.playout import Mark
from gateway.records.format import Handled, Record, Taken
from gateway.turn.events import FrameHeard
from tools.recorded.rerun import Rerun, Step, began_at, named_bug

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
    for step in Rerun(record).steps():
        steps, now = steps + 1, step.entry.now - began
        if not step.same:
            return Comparison(steps, now, (*before, *_shown_difference(step, now)))
        if _tells(step):
            before.append(f"{now:9.3f}   {_given(step)}")
    return Comparison(steps, now)


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
    does = _things(is_now) if step.bug is None else named_bug(step.bug)
    return (f"{now:9.3f} ! {head}", f"{'':9}   recorded: {_things(was)}", f"{'':9}   now:      {does}")


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
